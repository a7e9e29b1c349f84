"""Evidence of the labelled spectra as if each, with all that is left out with it, had not been used."""

import numpy as np

from mstarhash.common.parallel import ordered_map
from mstarhash.search.leftover import FAINT, SAMPLE
from mstarhash.search.likelihood import all_fits
from mstarhash.spectra.hdf5 import blocks, open_h5


def faint_unclassified(kind, snr):
    """Rows of faint unclassified spectra, which tell of left-over sky. kind, snr: (n,)."""
    return np.flatnonzero((kind == "presumed") & (snr > FAINT[0]) & (snr < FAINT[1]))[:SAMPLE]


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
    """Of all labelled spectra, each without what is of its own unit: class evidence (n, f), likelihood score (n,), and the
    average of the wanted class that fits best (n,).

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
        return found["class_evidence"], found["likelihood_score"], found["best_wanted"]

    return tuple(map(np.concatenate, zip(*ordered_map(match, read(), threads), strict=True)))
