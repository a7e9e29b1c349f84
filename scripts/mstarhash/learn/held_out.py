"""Evidence of the labelled spectra as if each, with all that is left out with it, had not been used."""

import numpy as np

from mstarhash.common.parallel import ordered_map
from mstarhash.search.leftover import FAINT, SAMPLE
from mstarhash.search.matching import fit
from mstarhash.search.retrieval import mean_nearest
from mstarhash.spectra.hdf5 import blocks, open_h5


def as_unclassified(kind):
    """(m,) rows that stand for the unclassified spectra: copies of known ones (without copies: the originals), and
    unclassified ones inspected or presumed. kind: (n,) texts of set_file.COLUMNS."""
    known = ["copy"] if np.any(kind == "copy") else ["drawn", "template", "known"]
    return np.flatnonzero(np.isin(kind, [*known, "inspected", "presumed"]))


def faint_unclassified(path):
    """Flux and inverse variance (n, p) of faint unclassified spectra among the negatives: what tells of left-over sky."""
    with open_h5(path) as source:
        snr, kind = source["snr_r"][:], source["kind"].asstr()[:]
        rows = np.flatnonzero((kind == "presumed") & (snr > FAINT[0]) & (snr < FAINT[1]))[:SAMPLE]
        return source["flux"][rows], source["ivar"][rows]


def labelled_fits(sets, unit, averages, prior, floor, shifts, refine, threads):
    """Class evidence (n, f) of all labelled spectra, no average made of a row's own unit.

    sets: paths of the positives and the negatives; unit: (n,) numbers as in `averages`, in that order; prior, floor,
    shifts, refine: as for `matching.fit`.
    """

    def read():
        first = 0
        for path in sets:
            with open_h5(path) as source:
                for where in blocks(len(source["flux"])):
                    mine = unit[first + where.start : first + where.stop]
                    yield source["flux"][where], source["ivar"][where], mine
                first += len(source["flux"])

    def match(item):
        flux, ivar, mine = item
        return fit(flux, ivar, averages, prior, floor, shifts, refine, mine)["class_evidence"]

    return np.concatenate(list(ordered_map(match, read(), threads)))


def neighbour_distances(codes, unit, sides, rows, count, threads):
    """Mean distances of `rows` to the `count` nearest codes of each of `sides`, not counting those of the same unit.

    codes: (n, k) packed; unit: (n,) numbers; sides: lists of rows. Returns a list of (m,).
    """

    sides = [members[np.argsort(unit[members], kind="stable")] for members in sides]  # those of a unit side by side

    def part(item):
        members, where = item
        mine = rows[where]

        def same(inner):
            ends = (np.searchsorted(unit[members], unit[mine[inner]], side) for side in ("left", "right"))
            pairs = [(row, k) for row, (first, end) in enumerate(zip(*ends, strict=True)) for k in range(first, end)]
            return tuple(np.array(pairs, int).reshape(-1, 2).T)

        return mean_nearest(codes[mine], codes[members], count, same)

    parts = blocks(len(rows))
    found = list(ordered_map(part, [(members, where) for members in sides for where in parts], threads))
    return [np.concatenate(found[k * len(parts) : (k + 1) * len(parts)]) for k in range(len(sides))]
