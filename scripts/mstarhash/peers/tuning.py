"""Scores by nearest neighbours of codes, and the settings of a method that score best on spectra held back."""

import numpy as np

from mstarhash.peers.task import HELD
from mstarhash.search.codes import hamming, pack
from mstarhash.search.metrics import weighted_precision
from mstarhash.search.retrieval import FAR

PRIOR = 0.02  # share of the wanted class at which settings are compared


def tuned(task, x, method, grid, neighbours):
    """The settings with the best average precision on the held-back families, wanted ones at the share PRIOR; and that AP.

    neighbours: how many are averaged on each side for codes; None: the method scores. Some of the presumed negatives are
    of the wanted class: so many as the search suspects, those that the method itself puts first, are not judged. Where a
    side has nothing to be judged by, the first settings and NaN.
    """
    held, judged = task.validation()
    truth, presumed = task.wanted[judged], np.flatnonzero(task.presumed[judged])
    if truth.all() or not truth.any():
        return grid[0], np.nan
    suspects = [round(task.suspects * share) for share in (HELD, 1 - HELD)]
    best = (-1.0, None)
    for settings in grid:
        model = method(seed=task.seed, **settings)
        if neighbours is None:
            scores = model.fit(x[~held], task.wanted[~held]).score(x[judged])
        else:
            model.fit(x[~held])
            nothing = np.full(judged.sum(), -1)
            left = task.wanted[~held], task.presumed[~held], suspects[1]
            scores = hash_score(model.encode(x[judged]), model.encode(x[~held]), *left, nothing, neighbours)
        counts = np.ones(len(truth), bool)
        counts[presumed[np.argsort(-scores[presumed], kind="stable")[: suspects[0]]]] = False
        weights = np.where(truth, PRIOR / truth.sum(), (1 - PRIOR) / max((counts & ~truth).sum(), 1)) * counts
        ap = float(weighted_precision(scores, truth, weights[None])[0])
        if ap > best[0]:
            best = ap, settings
    return best[1], best[0]


def hash_score(codes, labelled, wanted, presumed, suspects, own, count):
    """`neighbour_score` as the search has it, but for labelled others, which all count: the presumed negatives that look
    most like wanted ones by these codes, `suspects` of them, are nobody's negative neighbours.

    labelled: (m, bits), wanted, presumed: (m,) bool; the rest as there.
    """
    rows, others = np.flatnonzero(presumed), ~wanted
    looks = neighbour_score(labelled[rows], labelled, (others, wanted), rows, count)
    others[rows[np.argsort(-looks, kind="stable")[:suspects]]] = False
    return neighbour_score(codes, labelled, (others, wanted), own, count)


def neighbour_score(codes, labelled, sides, own, count):
    """(n,) mean distance to the `count` nearest negatives less that to the `count` nearest positives.

    codes: (n, bits) bool; labelled: (m, bits); sides: negatives and positives, (m,) bool; own: (n,) the row that is the
    spectrum itself, or -1, which is not its neighbour.
    """
    a, b = pack(codes), pack(labelled)
    near = []
    for side in sides:
        column = np.where((own >= 0) & side[own], np.cumsum(side)[own] - 1, -1)

        def same(rows, column=column):
            mine = np.flatnonzero(column[rows] >= 0)
            return mine, column[rows][mine]

        near.append(mean_nearest(a, b[side], count, same))
    return near[0] - near[1]


def mean_nearest(codes, others, count, same=None):
    """(n,) mean distance of each code to its `count` nearest among `others`, all packed.

    same: optional function (rows of codes) -> list of (row, column) pairs that do not count (a spectrum itself, its copies).
    """
    out = np.empty(len(codes), "f4")
    for first in range(0, len(codes), 1024):
        distance = hamming(codes[first : first + 1024], others)
        if same is not None:
            rows, columns = same(slice(first, first + len(distance)))
            distance[rows, columns] = FAR
        k = min(count, distance.shape[1])
        out[first : first + len(distance)] = np.partition(distance, k - 1, axis=1)[:, :k].mean(1)
    return out
