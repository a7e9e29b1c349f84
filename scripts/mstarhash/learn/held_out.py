"""Evidence of the labelled spectra as if each, with all that is left out with it, had not been used."""

import numpy as np

from mstarhash.common.parallel import ordered_map
from mstarhash.search.calibration import USUAL
from mstarhash.search.leftover import FAINT, SAMPLE
from mstarhash.search.likelihood import all_fits
from mstarhash.search.retrieval import mean_nearest
from mstarhash.spectra.hdf5 import blocks, open_h5

KNOWN = ("drawn", "template", "known")  # kinds of spectra of known class as they are, no copies


def as_unclassified(kind):
    """(m,) rows that stand for the unclassified spectra: copies of known ones (without copies: the originals), and
    unclassified ones inspected or presumed. kind: (n,) texts of set_file.COLUMNS."""
    known = ["copy"] if np.any(kind == "copy") else KNOWN
    return np.flatnonzero(np.isin(kind, [*known, "inspected", "presumed"]))


def faint_unclassified(kind, snr):
    """Rows of faint unclassified spectra, which tell of left-over sky. kind, snr: (n,)."""
    return np.flatnonzero((kind == "presumed") & (snr > FAINT[0]) & (snr < FAINT[1]))[:SAMPLE]


def suspects(kind, wanted, chance, score, least):
    """(n,) bool: others with more than `least` chance to be of the wanted class, hidden among the presumed or wrongly
    labelled; what was inspected is believed. Where that would be all others, none is.

    kind: (n,) texts; wanted: (n,) bool; chance: Calibration of the unclassified spectra, whose class is as common among the
    presumed ones; a label is as rarely wrong wherever it is; score: (n,).
    """
    likely = np.where(kind == "presumed", chance(score), chance.at(score, USUAL))
    found = ~wanted & (kind != "inspected") & (likely > least)
    return found & (found.sum() < (~wanted).sum())


def spectra_of(sets, rows):
    """Flux and inverse variance (n, p) of `rows` (rising) of the positives and the negatives, numbered through."""
    parts, first = [], 0
    for path in sets:
        with open_h5(path) as source:
            count = len(source["flux"])
            parts.append([source[key][:0] for key in ("flux", "ivar")])
            for where in blocks(count):  # whole blocks: HDF5 takes its time over single rows
                mine = rows[(rows >= first + where.start) & (rows < first + where.stop)] - first - where.start
                if len(mine):
                    parts.append([source[key][where][mine] for key in ("flux", "ivar")])
        first += count
    return tuple(np.concatenate(pair) for pair in zip(*parts, strict=True))


def labelled_fits(sets, unit, averages, released, prior, floor, shifts, refine, threads):
    """Class evidence (n, f) and likelihood score (n,) of all labelled spectra, each of them without what is of its own unit.

    sets: paths of the positives and the negatives; unit: (n,) numbers as in `averages` and `released`, in that order; prior,
    floor, shifts, refine: as for `matching.fit`.
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
        found = all_fits(flux, ivar, averages, released, prior, floor, shifts, refine, mine)
        return found["class_evidence"], found["likelihood_score"]

    return tuple(map(np.concatenate, zip(*ordered_map(match, read(), threads), strict=True)))


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
