"""Other ways to rank the same spectra: the paper's, and PCA with logistic regression."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

from mstarhash import pil
from mstarhash.codes import pack
from mstarhash.retrieval import count_distances, cuts, select
from mstarhash.scaling import features


def paper_votes(positive, negative, unknown, share, seed, threads, layers=(1024, 512), bits=256):
    """(n,) votes of G19's search: min-max scaling, three random PIL autoencoders, median threshold, top `share`.

    positive, negative, unknown: (flux, ivar) on the grid. The positives are the queries.
    """
    scaled = [features(*part, smooth=0, scale="minmax", thin=1) for part in (positive, negative, unknown)]
    network, values, _ = pil.train_reconstruct(
        np.concatenate(scaled[:2]), list(layers), bits, "random", 1e-2, seed, threads
    )
    queries = pack(values[: len(scaled[0])] > network.thresholds)
    blocks = [scaled[2][rows] for rows in pil.row_blocks(len(scaled[2]))]
    codes = pack(np.concatenate([network.values(x) for x in blocks]) > network.thresholds)
    distance, ties = cuts(count_distances(queries, codes, bits)[None], share)
    return select(queries, codes, distance, ties[0])[0]


def pca_logistic(x, wanted, unknown, seed, components=100):
    """(n,) decision values of logistic regression on principal components of the same features.

    x: (m, d) training features with degraded copies, wanted: (m,) bool, unknown: (n, d).
    """
    pca = PCA(min(components, *x.shape), svd_solver="randomized", random_state=seed).fit(x)
    scale = pca.explained_variance_[0] ** 0.5
    model = LogisticRegression(C=1.0, max_iter=2000, class_weight="balanced", random_state=seed)
    model.fit(pca.transform(x) / scale * 10, wanted)
    return model.decision_function(pca.transform(unknown) / scale * 10)
