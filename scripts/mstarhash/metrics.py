"""How good a ranking is: average precision, recall within a share of the list, share to inspect for a recall."""

import numpy as np
from sklearn.metrics import average_precision_score

SHARES = (0.01, 0.02, 0.03, 0.05, 0.10)
RECALLS = (0.90, 0.95, 0.99)


def average_precision(scores, truth):
    """Mean of precision over the true ones, ties counted together (scikit-learn's definition)."""
    return float(average_precision_score(truth, scores))


def ranks_of_true(scores, truth):
    """Sorted expected 1-based ranks of the true ones, best score first; within a tie everyone's mean rank."""
    scores = np.asarray(scores, float)
    values, inverse, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.sort(((2 * last - counts + 1) / 2)[inverse][np.asarray(truth, bool)])


def recall_at(scores, truth, share):
    """Share of the true ones whose rank is within the first ceil(share n)."""
    return float((ranks_of_true(scores, truth) <= np.ceil(share * len(scores))).mean())


def share_for(scores, truth, recall):
    """Share of the list that holds `recall` of the true ones."""
    ranks = ranks_of_true(scores, truth)
    return float(ranks[int(np.ceil(recall * len(ranks) - 1e-9)) - 1] / len(scores))


def summary(scores, truth, seed, draws=200):
    """A dict of all of these, with the 16-84 % interval of the average precision (bootstrap over spectra)."""
    scores, truth = np.asarray(scores, float), np.asarray(truth, bool)
    rng = np.random.default_rng(seed)
    again = []
    for _ in range(draws):
        rows = rng.integers(len(truth), size=len(truth))
        if truth[rows].any():
            again.append(average_precision(scores[rows], truth[rows]))
    low, high = np.quantile(again, [0.16, 0.84])
    row = {"n": len(truth), "n_true": int(truth.sum()), "ap": average_precision(scores, truth)}
    row |= {"ap_low": low, "ap_high": high}
    row |= {f"recall_{round(100 * share)}": recall_at(scores, truth, share) for share in SHARES}
    return row | {f"share_{round(100 * recall)}": share_for(scores, truth, recall) for recall in RECALLS}


def curve(scores, truth, points=200):
    """(points, 3) share of the list (logarithmic), recall, precision."""
    order = np.argsort(-np.asarray(scores, float), kind="stable")
    found = np.cumsum(np.asarray(truth, bool)[order])
    cut = np.unique(np.geomspace(1, len(order), points).astype(int))
    return np.c_[cut / len(order), found[cut - 1] / max(1, found[-1]), found[cut - 1] / cut]
