"""Evidence of the labelled spectra as if each, with its copies, had not been used."""

import h5py
import numpy as np

from mstarhash.codes import signs
from mstarhash.fusion import evidence
from mstarhash.matching import fit, prepare
from mstarhash.parallel import ordered_map
from mstarhash.retrieval import mean_nearest
from mstarhash.spectra import blocks

FEW = 4  # members of a cluster below which one of them makes much of its average


def held_out_evidence(args, labelled, averages, wanted):
    """Evidence (m, 4) and the rows it belongs to: copies of positives and known others, unclassified as they are.

    Copies stand for the class as it looks among the unclassified spectra (without copies: the originals). A row's
    family does not count among its neighbours, and the average of its own small cluster is not used.
    """
    copied = np.any(labelled["kind"] == "copy")
    known = ["copy"] if copied else ["drawn", "template", "known"]
    rows = np.flatnonzero(np.isin(labelled["kind"], [*known, "inspected", "presumed"]))
    codes = signs(labelled["codes"], args.bits)
    yes, no = np.flatnonzero(wanted), np.flatnonzero(~wanted)
    near = {}
    for side, members in ((True, yes), (False, no)):
        family = labelled["family"][members]
        first = np.searchsorted(family, labelled["family"][rows], "left")
        last = np.searchsorted(family, labelled["family"][rows], "right")

        def part(where, members=members, first=first, last=last):
            def same(inner):
                lo, hi = first[where][inner], last[where][inner]
                return np.repeat(np.arange(len(lo)), hi - lo), np.concatenate(
                    [np.arange(a, b) for a, b in zip(lo, hi, strict=True)] or [[]]
                ).astype(int)

            return mean_nearest(codes[rows[where]], codes[members], args.neighbours, same)

        near[side] = np.concatenate(list(ordered_map(part, blocks(len(rows)), args.threads)))
    keys = ("flux", "ivar", "wanted", "cluster", "wave", "limits", "bins", "order")
    prepared = prepare(*(averages[key] for key in keys))
    own = own_average(labelled, averages, wanted)[rows]
    count = int(wanted.sum())
    with h5py.File(args.positives) as positives, h5py.File(args.negatives) as negatives:

        def read():
            for where in blocks(len(rows)):
                part = rows[where]
                data = []
                for key in ("flux", "ivar"):
                    a, b = part[part < count], part[part >= count] - count
                    data.append(np.concatenate([_take(positives[key], a), _take(negatives[key], b)]))
                yield where, data

        def match(item):
            where, (flux, ivar) = item
            shifts = range(-args.max_shift, args.max_shift + 1)
            return fit(flux, ivar, prepared, args.prior, args.floor, shifts, args.refine, own[where])["difference"]

        difference = np.concatenate(list(ordered_map(match, read(), args.threads)))
    scores = [labelled[key][rows] for key in ("class_score", "linear_score")]
    return evidence(near[False], near[True], *scores, difference), rows


def _take(dataset, rows):
    """Increasing rows of a dataset, read as one stretch."""
    if not len(rows):
        return np.empty((0, dataset.shape[1]), dataset.dtype)
    return dataset[rows[0] : rows[-1] + 1][rows - rows[0]]


def own_average(labelled, averages, wanted):
    """(n,) index of the average of each row's own cluster where that has under FEW members, else -1.

    In an average of more a spectrum counts little beside the noise of its copies, and to leave the average out would
    make the evidence poorer than that of the unclassified, to which all averages are open.
    """
    out = np.full(len(wanted), -1)
    for side in (True, False):
        columns = np.flatnonzero((averages["wanted"] == side) & (averages["members"] < FEW))
        index = dict(zip(averages["cluster"][columns].tolist(), columns.tolist(), strict=True))
        mine = np.flatnonzero(wanted == side)
        out[mine] = [index.get(int(k), -1) for k in labelled["cluster"][mine]]
    return out
