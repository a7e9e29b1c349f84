"""Clusters of released spectra: PCA, BIRCH groups, K-means sub-clusters (G19 3.3; FIELD 12)."""

import warnings

import numpy as np
from sklearn.cluster import Birch, KMeans
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning

CHUNK = 10_000  # rows given to BIRCH at a time
SUBSET = 20_000  # rows on which its threshold is found
LEAVES = (500, 5_000)  # wanted number of BIRCH leaves: fewer blur, more cost memory squared


def fit_pca(features, components, seed):
    """PCA of at most 50,000 rows (n, d), drawn with `seed`; a fitted scikit-learn PCA."""
    rng = np.random.default_rng(seed)
    n = len(features)
    rows = np.arange(n) if n <= 50_000 else np.sort(rng.choice(n, 50_000, replace=False))
    components = min(components, n, features.shape[1])
    return PCA(components, svd_solver="randomized", random_state=seed).fit(np.asarray(features[rows], "f8"))


def birch_groups(scores, count, seed):
    """(n,) group numbers of PCA scores (n, k): BIRCH, its leaves joined into `count` groups (Ward).

    The threshold (a radius in units of the scores) is bisected on a subset until the number of leaves is in
    LEAVES, or as near as the sample allows; rows come in an order shuffled with `seed`.
    """
    n = len(scores)
    count = min(count, n)
    if count <= 1:
        return np.zeros(n, int)
    shuffled = np.random.default_rng(seed).permutation(n)
    threshold = birch_threshold(scores[shuffled[:SUBSET]], count)
    tree = Birch(threshold=threshold, n_clusters=None)
    for first in range(0, n, CHUNK):
        tree.partial_fit(scores[shuffled[first : first + CHUNK]])
    tree.set_params(n_clusters=min(count, len(tree.subcluster_centers_)))
    tree.partial_fit()
    groups = np.concatenate([tree.predict(scores[first : first + CHUNK]) for first in range(0, n, CHUNK)])
    return np.unique(groups, return_inverse=True)[1]


def birch_threshold(subset, count):
    """The radius at which BIRCH has a number of leaves in LEAVES over `subset` (n, k) of the scores, by bisection."""
    low_leaves = min(LEAVES[0], max(2 * count, len(subset) // 4))
    high_leaves = max(low_leaves + 1, min(LEAVES[1], len(subset) // 2))
    low, high = 0.0, float(2 * np.sqrt(subset.var(0).sum())) or 1.0
    threshold = high / 2
    for _ in range(20):
        leaves = len(_birch(subset, threshold).subcluster_centers_)
        if leaves > high_leaves:
            low = threshold
        elif leaves < low_leaves:
            high = threshold
        else:
            break
        threshold = (low + high) / 2
    return threshold


def _birch(scores, threshold):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return Birch(threshold=threshold, n_clusters=None).fit(scores)


def sub_clusters(scores, groups, count, seed):
    """(n,) cluster numbers: K-means with min(count, size // 5, at least 1) sub-clusters in each group."""
    labels = np.zeros(len(scores), int)
    total = 0
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        labels[rows] = total + kmeans(scores[rows], min(count, max(1, len(rows) // 5)), seed)
        total = labels[rows].max() + 1
    return labels


def kmeans(scores, count, seed):
    """(n,) labels 0..count-1 of K-means (k-means++, ten starts up to 2,000 rows, one beyond)."""
    if count <= 1:
        return np.zeros(len(scores), int)
    starts = 10 if len(scores) <= 2_000 else 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct points than clusters
        found = KMeans(count, n_init=starts, random_state=seed).fit_predict(scores)
    return np.unique(found, return_inverse=True)[1]
