"""What the codes call similar: the nearest of a late-type star (G19 Fig. 9), and ranks far down of an early one (Fig. 10)."""

from functools import partial
from pathlib import PurePath

import numpy as np

from mstarhash.figures.candidates import places_of, read_truth
from mstarhash.figures.query import stack
from mstarhash.figures.style import Numbers, no_data
from mstarhash.search.codes import hamming
from mstarhash.search.model import LABELLED
from mstarhash.spectra.hdf5 import open_h5, read_columns
from mstarhash.spectra.sample import Sample
from mstarhash.spectra.targets import split_subclass

NEAREST = tuple(range(1, 11))
FAR = (1, 10, 100, 1000, 10_000, 100_000)


def star(labelled, subtype):
    """Row of the query: of the drawn dwarfs nearest to `subtype` the one with the best S/N; None without dwarfs."""
    rows = np.flatnonzero(labelled["kind"] == "drawn")
    parts = [split_subclass(text) for text in labelled["subclass"][rows]]
    away = np.array([np.inf if part[0] == "g" else abs(part[2] - subtype) for part in parts])
    away = np.nan_to_num(away, nan=np.inf)
    if not np.isfinite(away).any():
        return None
    snr = np.nan_to_num(labelled["snr_r"][rows], nan=0.0)
    mine = np.flatnonzero(away == away.min())
    return int(rows[mine[np.argmax(snr[mine])]])


def ranked(code, codes):
    """Rows of codes (n, k) from near to far, ties in their order, and their distances."""
    distance = hamming(code[None], codes)[0]
    order = np.argsort(distance, kind="stable")
    return order, distance[order]


def draw(plt, args, subtype, ranks):
    """Figure and its numbers: the query on top, below it the unclassified spectra at `ranks` of its list."""
    numbers = Numbers()
    with open_h5(args.model) as source:
        labelled = read_columns(source["labelled"], LABELLED)
        row = star(labelled, subtype)
        code = None if row is None else source["labelled/codes"][row]
    with Sample(args.codes) as sample:
        columns = sample.columns(["file", "snr_r"])
        codes = sample.rows("codes", np.arange(len(sample)))
    figure, axes = plt.subplots(figsize=(8.6, 9.2 if len(ranks) > 8 else 6.6))
    if row is None or not len(codes):
        no_data(axes, "no query or nothing to search")
        return figure, numbers.rows
    order, distance = ranked(code, codes)
    last = set() if len(ranks) > 8 else {len(order)}
    ranks = sorted({rank for rank in ranks if rank <= len(order)} | last)
    found = order[np.array(ranks) - 1]
    truth = read_truth(args.truth)
    query = str(labelled["file"][row])
    with Sample(args.spectra) as sample:
        wave, place = sample.fixed("wave"), places_of(sample, [query, *columns["file"][found]])
        pixels = {file: [sample.rows(key, [at])[0] for key in ("flux", "ivar")] for file, at in place.items()}
    lines = []
    for rank, at in zip(ranks, found, strict=True):
        file = str(columns["file"][at])
        kind = truth.get(file)
        text = f"@{rank:,}   distance {distance[rank - 1]}   S/N {columns['snr_r'][at]:.1f}"
        wanted = None if kind is None else split_subclass(kind)[1] == split_subclass(labelled["subclass"][row])[1]
        lines.append((text + (f"   truth: {kind}" if kind else ""), wanted, pixels[file]))
        numbers.add("distance", f"{PurePath(file).name} {kind or ''}".strip(), [rank], [int(distance[rank - 1])])
    title = f"query: {labelled['subclass'][row]}   S/N {labelled['snr_r'][row]:.0f}"
    stack(axes, wave, pixels.get(query), title, lines)
    for text, _, own in [(title, "query", pixels.get(query)), *lines]:  # a model from elsewhere has other queries
        if own is not None:
            known = own[1] > 0
            numbers.add("flux", text.split("  ")[0], wave[known], own[0][known])
    meaning = "     orange: of the query's class, blue: of another" if truth else ""
    axes.set_xlabel(rf"vacuum wavelength [$\mathrm{{\AA}}$]{meaning}")
    figure.tight_layout()
    return figure, numbers.rows


draw_late = partial(draw, subtype=6, ranks=NEAREST)
draw_early = partial(draw, subtype=1, ranks=FAR)
