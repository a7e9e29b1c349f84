"""Groups of spectra by position, and their one-to-one match to the sources of a table."""

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from mstarhash.stars.astrometry import chord, separation

BLOCK = 1_000_000  # sources looked at together


def group(vectors, names, radius):
    """Number of the object of each spectrum, counted from 0 in the order of the rows.

    Spectra are of one object if a chain of positions links them with no step above `radius` [arcsec]. Those without
    a position (NaN) are of one object where their names are the same.
    vectors (n, 3); names (n,) text.
    """
    n = len(vectors)
    placed = np.flatnonzero(np.isfinite(vectors).all(axis=1))
    links = cKDTree(vectors[placed]).query_pairs(chord(radius), output_type="ndarray") if len(placed) else []
    links = placed[np.asarray(links, dtype=int).reshape(-1, 2)]
    lost = np.setdiff1d(np.arange(n), placed)
    _, first, inverse = np.unique(names[lost], return_index=True, return_inverse=True)
    links = np.concatenate([links, np.stack([lost, lost[first[inverse]]], axis=1).reshape(-1, 2)])
    graph = coo_matrix((np.ones(len(links), bool), (links[:, 0], links[:, 1])), shape=(n, n))
    label = connected_components(graph, directed=False)[1] if n else np.zeros(0, int)
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64)


def primary(groups, snr):
    """(m,) row of the spectrum of best S/N of each group; NaN counts least, ties go to the first in order."""
    rank = np.lexsort((np.arange(len(groups)), -np.where(np.isfinite(snr), snr, -np.inf), groups))
    _, first = np.unique(groups[rank], return_index=True)
    return rank[first]


def centres(vectors, groups):
    """(m, 3) mean directions of the groups; NaN without position."""
    count = groups.max() + 1 if len(groups) else 0
    total = np.stack([np.bincount(groups, vectors[:, k], count) for k in range(3)], axis=1)
    return total / np.linalg.norm(total, axis=1, keepdims=True)


def near(sources, objects, radius):
    """Row numbers of sources (k, 3) within `radius` [arcsec] of any object (m, 3)."""
    placed = objects[np.isfinite(objects).all(axis=1)]
    rows = np.flatnonzero(np.isfinite(sources).all(axis=1))
    if not len(placed) or not len(rows):
        return rows[:0]
    tree, found = cKDTree(placed), []
    for first in range(0, len(rows), BLOCK):
        part = rows[first : first + BLOCK]
        distance, _ = tree.query(sources[part], distance_upper_bound=chord(radius) * (1 + 1e-9))
        found.append(part[np.isfinite(distance)])
    return np.concatenate(found)


def pairs(objects, sources, radius):
    """(object, source, separation [arcsec]) of all pairs within `radius`, sorted by object, then source."""
    left, right = (np.flatnonzero(np.isfinite(v).all(axis=1)) for v in (objects, sources))
    if not len(left) or not len(right):
        return np.zeros(0, int), np.zeros(0, int), np.zeros(0)
    limit = chord(radius) * (1 + 1e-9)
    found = cKDTree(objects[left]).sparse_distance_matrix(cKDTree(sources[right]), limit, output_type="ndarray")
    one, two = left[found["i"]], right[found["j"]]
    apart = separation(objects[one], sources[two])
    rows = np.lexsort((two, one))
    rows = rows[apart[rows] <= radius]
    return one[rows], two[rows], apart[rows]


def one_to_one(one, two, apart, brightness, tie):
    """Rows of the pairs that are kept, at most one for each object and for each source.

    The closest pair of all is taken first, then the closest of what is left: every kept pair is the nearest to each
    other among the free ones. Within `tie` [arcsec] the brighter source comes first.
    one, two: numbers of object and source; apart [arcsec]; brightness: magnitudes of the pairs' sources.
    """
    close = apart <= tie
    magnitude = np.where(np.isfinite(brightness), brightness, np.inf)
    kept, taken, used = [], set(), set()
    for row in np.lexsort((two, one, apart, np.where(close, magnitude, apart), ~close)):
        if one[row] not in taken and two[row] not in used:
            taken.add(one[row])
            used.add(two[row])
            kept.append(row)
    return np.array(sorted(kept), dtype=int)
