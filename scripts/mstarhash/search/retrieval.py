"""Exact top share of every query over shards, by counts (DESIGN, The search); nearest labelled neighbours."""

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.search.codes import hamming
from mstarhash.spectra.hdf5 import open_h5, read_text, write_columns

FAR = 1 << 14  # distance of what does not count: beyond any code


def count_distances(queries, codes, bits):
    """(q, bits + 1) how many of the codes (n, k) lie at each Hamming distance of each query (q, k); both packed."""
    counts = np.zeros((len(queries), bits + 1), "i8")
    offset = np.arange(len(queries))[:, None] * (bits + 1)
    for first in range(0, len(codes), 1024):
        distance = hamming(queries, codes[first : first + 1024])
        counts += np.bincount((distance + offset).ravel(), minlength=counts.size).reshape(counts.shape)
    return counts


def cuts(counts, share):
    """Where each query's top `share` ends.

    counts: (shards, q, bits + 1). Returns the cut distance (q,), and the number of spectra at exactly that
    distance which each shard may keep (shards, q), ties being settled in the order of the shards: in all,
    exactly ceil(share * N) for every query.
    """
    counts = np.asarray(counts)
    total = counts.sum(0)
    n = int(total[0].sum()) if len(total) else 0
    wanted = int(np.ceil(share * n - 1e-9))
    upto = np.cumsum(total, axis=1)
    cut = (upto < wanted).sum(1)
    rows = np.arange(len(total))
    below = np.where(cut > 0, upto[rows, np.maximum(cut - 1, 0)], 0)
    room = wanted - below
    here = counts[:, rows, cut]
    before = np.cumsum(here, axis=0) - here
    return cut, np.clip(room[None, :] - before, 0, here)


def write_cuts(out, cut, ties, codes):
    """cuts.h5, open: of `cuts`, and the files of codes (shards,) whose ties these are."""
    write_columns(out, {"cut": cut, "ties": ties, "codes": codes})


def read_cuts(path, codes):
    """Cut distances (q,) and ties (q,) of one shard. Raises InputError where `codes` is not among its files."""
    with open_h5(path, "retrieve") as source:
        files = read_text(source["codes"]).tolist()
        if codes not in files:
            raise InputError(f"{path}: cuts of {', '.join(files)}, not of {codes}")
        return source["cut"][:], source["ties"][files.index(codes)]


def select(queries, codes, cut, ties):
    """Votes (n,) and smallest distance (n,) of packed codes (n, k): how many queries keep each spectrum of a shard.

    cut: (q,) cut distances; ties: (q,) how many of this shard's spectra at the cut each query keeps, first come
    first served.
    """
    votes = np.zeros(len(codes), "i4")
    nearest = np.full(len(codes), np.inf, "f4")
    left = ties.astype("i8").copy()
    for first in range(0, len(codes), 1024):
        distance = hamming(queries, codes[first : first + 1024])
        part = slice(first, first + distance.shape[1])
        ties_here = (distance == cut[:, None]).sum(1)
        all_fit = ties_here <= left
        kept = distance <= (cut - ~all_fit)[:, None]
        for query in np.flatnonzero(~all_fit & (left > 0)):
            kept[query, np.flatnonzero(distance[query] == cut[query])[: left[query]]] = True
        left -= np.minimum(ties_here, left)
        votes[part] = kept.sum(0)
        nearest[part] = distance.min(0)
    return votes, nearest


def votes(queries, codes, bits, share):
    """Votes (n,) of packed codes (n, k), all in one shard: how many queries have each in their top `share`."""
    distance, ties = cuts(count_distances(queries, codes, bits)[None], share)
    return select(queries, codes, distance, ties[0])[0]


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


def nearest_families(codes, labelled, first, own, count):
    """The `count` nearest families of labelled codes: numbers (n, count), nearest first, ties in their order, and their
    distances (n, count). A family is as near as its nearest code.

    codes: (n, k), labelled: (m, k) packed, the codes of a family side by side; first: (f,) row where each begins;
    own: (n,) family that does not count for a code, or -1.
    """
    count = min(count, len(first) - 1)
    numbers, near = np.empty((len(codes), count), "i4"), np.empty((len(codes), count), "f4")
    for start in range(0, len(codes), 1024):
        rows = slice(start, start + 1024)
        distance = np.minimum.reduceat(hamming(codes[rows], labelled), first, axis=1)
        known = np.flatnonzero(own[rows] >= 0)
        distance[known, own[rows][known]] = FAR
        key = distance.astype("i8") * len(first) + np.arange(len(first))
        best = np.sort(np.partition(key, count - 1, axis=1)[:, :count], axis=1)
        numbers[rows], near[rows] = best % len(first), best // len(first)
    return numbers, near
