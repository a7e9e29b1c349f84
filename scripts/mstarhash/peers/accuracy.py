"""Accuracy TP / (TP + FP) against recall of nearest-neighbour queries in Hamming space (G19 Fig. 8; FIELD 11).

Everything follows from how many spectra, and how many that are relevant, lie at each distance of a query: within a
tie the order counts as random, and all values are expectations over it.
"""

import numpy as np

from mstarhash.search.codes import pack
from mstarhash.search.retrieval import count_distances

RECALLS = np.arange(1, 101) / 100
RANKS = 400  # ranks at which a curve is followed, logarithmic


def distance_counts(queries, codes, relevant):
    """How many codes, and how many relevant ones, lie at each distance: two (q, bits + 1) arrays.

    queries: (q, bits), codes: (n, bits), relevant: (n,) bool.
    """
    bits = codes.shape[1]
    a, b = (pack(part) for part in (queries, codes))
    good = count_distances(a, b[relevant], bits)
    return good + count_distances(a, b[~relevant], bits), good


def by_rank(counts, good):
    """(m, 2) recall and accuracy within the first 1 .. n spectra of a query, means over queries."""
    upto, found = (np.cumsum(part, axis=1) for part in (counts, good))
    n = int(upto[0, -1])
    ranks = np.unique(np.geomspace(1, n, RANKS).round())
    hits = np.array(
        [np.interp(ranks, np.r_[0, x], np.r_[0, y]) for x, y in zip(upto, found, strict=True)]
    )  # within a tie relevant ones come evenly, on average
    return np.c_[(hits / np.maximum(found[:, -1:], 1)).mean(0), (hits / ranks).mean(0)]


def by_radius(counts, good):
    """(m, 2) recall and accuracy within each Hamming radius, all queries counted together."""
    upto, found = (np.cumsum(part.sum(0)) for part in (counts, good))
    some = upto > 0
    return np.c_[found[some] / max(found[-1], 1), found[some] / upto[some]]


def on_grid(curve):
    """(100,) accuracy at the recalls RECALLS of a curve (m, 2) whose recall never falls; before its start its first value."""
    recall, first = np.unique(
        curve[:, 0], return_index=True
    )  # the first point of each recall has the fewest false ones
    return np.interp(RECALLS, recall, curve[first, 1])


def expected_precision(counts, good):
    """(q,) average precision of each query, its expectation over the order within ties (McSherry & Najork 2008)."""
    upto, found = (np.cumsum(part, axis=1) for part in (counts, good))
    before, hits = upto - counts, found - good
    harmonic = np.r_[0, np.cumsum(1 / np.arange(1, upto.max() + 1))]
    inverse = harmonic[upto] - harmonic[before]  # sum of 1 / rank over the tie
    share = np.divide(good, counts, out=np.zeros(counts.shape), where=counts > 0)
    more = np.divide(good - 1, counts - 1, out=np.zeros(counts.shape), where=counts > 1)
    total = share * ((hits + 1) * inverse + more * (counts - (before + 1) * inverse))
    return total.sum(1) / np.maximum(found[:, -1], 1)


def split(groups, relevant, share, rng, able=True):
    """(n,) bool: a random part of about `share` of the groups of each class, of rows that are `able` alone; no group is
    cut in two."""
    held = np.zeros(len(groups), bool)
    for side in (relevant & able, ~relevant & able):
        found = np.unique(groups[side])
        held |= np.isin(groups, rng.permutation(found)[: max(1, round(share * len(found)))]) & side
    return held


def thinned(relevant, prior, rng):
    """(n,) bool: all others, and of the relevant so many, drawn at random, that they are a share `prior`."""
    yes = np.flatnonzero(relevant)
    count = min(len(yes), max(1, round((~relevant).sum() * prior / (1 - prior))))
    keep = ~relevant
    keep[rng.choice(yes, count, replace=False)] = True
    return keep
