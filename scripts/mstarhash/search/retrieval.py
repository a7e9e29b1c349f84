"""Lists of every query, exact over shards by counts, and their unions; nearest labelled neighbours."""

from dataclasses import dataclass

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.common.intervals import wilson
from mstarhash.search.codes import hamming
from mstarhash.spectra.hdf5 import open_h5, read_text, write_columns

FAR = 1 << 14  # distance of what does not count: beyond any code
AT_ONCE = 512  # codes compared with all queries at once
ENOUGH = 20_000  # spectra that tell how large a union is
OTHERS = 4.0  # share of all others that the narrow union may hold, in units of the prior
MOST_OTHERS = 0.1  # and at most


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


@dataclass
class Cuts:
    """What tells where a query's lists end, for all queries (q,) and shards.

    The list of a query at a share is what lies nearest to it. `cut` and `ties` are of the share of Guo et al. (2019), which
    is reached exactly, ties settled in the order of the shards. The rank share of a spectrum in a query's list is how much of
    the sample is as near or nearer: no ties, no order.
    """

    cut: np.ndarray  # (q,) distance at which the list of the paper's share ends
    ties: np.ndarray  # (shards, q) how many spectra at that distance each shard keeps
    codes: list  # (shards,) files of codes
    ranks: np.ndarray  # (q, bits + 1) how many of the sample are at each distance or nearer
    confident: np.ndarray  # (q,) bool: queries that the search, each held out, takes for the class
    searched: int  # spectra in the sample
    share: float  # of the lists that `cut` and `ties` end
    narrow: float  # share at which the narrow union is taken
    completeness: tuple  # share of the class that this holds, low, high; told by degraded copies of released spectra

    def write(self, out):
        """Into an open HDF5 file."""
        write_columns(out, {key: getattr(self, key) for key in ("cut", "ties", "codes", "ranks", "confident")})
        out.attrs.update({key: getattr(self, key) for key in ("searched", "share", "narrow", "completeness")})

    @classmethod
    def read(cls, path):
        """From a file of `write`."""
        with open_h5(path, "retrieve") as source:
            columns = {key: source[key][:] for key in ("cut", "ties", "ranks", "confident")}
            attrs = {key: source.attrs[key].tolist() for key in ("searched", "share", "narrow", "completeness")}
            return cls(**columns, codes=read_text(source["codes"]).tolist(), **attrs)

    def ties_of(self, path, codes):
        """(q,) ties of the shard whose file of codes is `codes`; path: of this file, for the message of InputError."""
        if codes not in self.codes:
            raise InputError(f"{path}: cuts of {', '.join(self.codes)}, not of {codes}")
        return self.ties[self.codes.index(codes)]


def fair_part(total):
    """At most ENOUGH of `total` spectra, evenly chosen: they tell how large a union is."""
    return np.arange(total) if total <= ENOUGH else np.arange(ENOUGH) * total // ENOUGH


def ranks_in_lists(queries, codes, ranks, searched):
    """Yield rows of packed codes (n, k), and for each packed query (q, k) how many of the sample are as near to it or nearer
    (q, rows); nothing without queries. ranks: (q, bits + 1) as of Cuts; searched: size of the sample."""
    table = ranks.astype("i8" if searched > np.iinfo("i4").max else "i4").ravel()
    offset = np.arange(len(queries))[:, None] * ranks.shape[1]
    for first in range(0, len(codes) if len(queries) else 0, AT_ONCE):
        rows = slice(first, min(first + AT_ONCE, len(codes)))
        yield rows, table[hamming(queries, codes[rows]) + offset]


def rank_shares(queries, codes, ranks, searched, narrow):
    """Of packed codes (n, k), over the lists of packed queries (q, k): the smallest rank share and the median one (of an even
    number the larger of both in the middle), and in how many lists of the share `narrow` each is; (n,) each.

    ranks, searched: as for `ranks_in_lists`. Without queries nothing is near: shares are 1.
    """
    smallest, median, votes = np.ones(len(codes)), np.ones(len(codes)), np.zeros(len(codes), "i4")
    limit, middle = int(narrow * searched + 1e-9), len(queries) // 2
    for rows, found in ranks_in_lists(queries, codes, ranks, searched):
        smallest[rows] = found.min(0) / searched
        votes[rows] = (found <= limit).sum(0)
        median[rows] = np.partition(found, middle, axis=0)[middle] / searched
    return smallest, median, votes


def smallest_shares(queries, codes, ranks, searched, units=None):
    """(n,) the smallest rank share alone, as from `rank_shares`.

    units: numbers of the queries (q,) and of the codes (n,); the lists of a code's own unit do not count. None: all do.
    """
    smallest = np.ones(len(codes))
    for rows, found in ranks_in_lists(queries, codes, ranks, searched):
        if units is not None:
            found[units[0][:, None] == units[1][rows]] = searched
        smallest[rows] = found.min(0) / searched
    return smallest


def in_union(smallest, share):
    """(n,) bool: spectra that the union of lists of a share holds. smallest: (n,) smallest rank shares."""
    return smallest <= share * (1 + 1e-12)


def completeness_of(smallest, share, weights, unit):
    """Share of spectra that the union of lists of a share holds, and its 95 % interval: a triple.

    smallest: (m,) smallest rank shares; weights: (m,); unit: (m,) numbers: spectra of one unit are no independent ones (Kish).
    """
    if not weights.sum() > 0:
        return np.nan, np.nan, np.nan
    inside = float(weights[in_union(smallest, share)].sum() / weights.sum())
    of_unit = np.bincount(np.unique(unit, return_inverse=True)[1], weights)
    count = of_unit.sum() ** 2 / (of_unit**2).sum()
    return tuple(float(value) for value in wilson(inside * count, count, 0.95))


def narrow_share(smallest, prior):
    """The share of each list at which the union holds, of the others, as many times their number as OTHERS priors, at most
    MOST_OTHERS, on top of the share `prior` that is of the class.

    smallest: (n,) smallest rank share of the spectra, or of a fair sample of them.
    """
    size = prior + (1 - prior) * min(OTHERS * prior, MOST_OTHERS)
    place = int(np.floor(size * len(smallest) + 1e-9))
    if not len(smallest) or place >= len(smallest):
        return 1.0
    ordered = np.sort(smallest)
    below = ordered[ordered < ordered[place]]
    return float(below[-1]) if len(below) else float(ordered[0])


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


def list_scores(queries, codes, bits, shares, confident=None):
    """What the lists of packed queries (q, k) tell of packed codes (n, k), all in one shard; columns named as in
    candidates.csv, (n,) each.

    shares: of each list, the one of `votes`, the lists of all queries, and the one of `votes_narrow`; confident: (q,) bool,
    the queries of `votes_narrow`, `union_share` and `median_share`; None: all.
    """
    share, narrow = shares
    counts = count_distances(queries, codes, bits)
    cut, ties = cuts(counts[None], share)
    asked = np.ones(len(queries), bool) if confident is None else confident
    ranks = np.cumsum(counts[asked], axis=1)
    smallest, median, in_narrow = rank_shares(queries[asked], codes, ranks, len(codes), narrow)
    found = {"votes": select(queries, codes, cut, ties[0])[0], "votes_narrow": in_narrow}
    return found | {"union_share": smallest, "median_share": median}


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
