"""Confusion matrices of the subtype: by indices and by template against the published label and, where known, the truth."""

import numpy as np

from mstarhash.common.intervals import wilson
from mstarhash.figures.style import Numbers, no_data
from mstarhash.mock.truth import read_truth
from mstarhash.spectra.targets import split_subclass
from mstarhash.stars.measured import read_measured

CONFIDENCE = 0.6827
TYPES = np.arange(-2, 10)
NAMES = ["K5", "K7", *(f"M{k}" for k in range(10))]
OURS = {"subtype": "by indices", "subtype_template": "by template"}
COLUMNS = (("published label", 10, np.inf), ("published label", 3, 10), ("truth", 3, 10))  # compared with, S/N r


def draw(plt, args):
    """Figure and its numbers: a row for each way to type, a column for what it is compared with in a range of S/N."""
    numbers, stars = Numbers(), read(args)
    columns = [column for column in COLUMNS if column[0] in stars]
    figure, axes = plt.subplots(2, len(columns), figsize=(3.7 * len(columns) + 0.4, 7.6), squeeze=False)
    for line, (key, word) in zip(axes, OURS.items(), strict=True):
        for panel, (against, low, high) in zip(line, columns, strict=True):
            mine = (stars["snr_r"] >= low) & (stars["snr_r"] < high)
            snr = f"S/N > {low}" if high == np.inf else f"S/N {low}-{high}"
            matrix(panel, stars[against][mine], stars[key][mine], f"{word}, {snr}", against, numbers)
        line[0].set_ylabel(f"subtype {word}")
    figure.tight_layout()
    return figure, numbers.rows


def read(args):
    """Columns (n,) of the measured stars: S/N, whole subtypes by both ways, by the label and, if known, in truth."""
    table = read_measured(args.measure, ["snr_r", "subclass_pipeline", *OURS])
    stars = {"snr_r": table["snr_r"]} | {key: np.floor(table[key] + 0.5) for key in OURS}
    labels = [split_subclass(text) for text in table["subclass_pipeline"]]
    late = [number if letter == "M" else np.nan for _, letter, number in labels]
    stars["published label"] = np.floor(np.array(late, float) + 0.5)
    truth = read_truth(args.truth, args.target)
    if truth:
        known = [float(truth[file]["subtype"] or "nan") if file in truth else np.nan for file in table["file"]]
        stars["truth"] = np.floor(np.array(known) + 0.5)
    return stars


def matrix(axes, theirs, ours, title, against, numbers):
    """Shares of each of their subtypes that have each of ours; the number of stars is written in the cells."""
    known = (theirs >= TYPES[0]) & (theirs <= TYPES[-1])
    told = known & np.isfinite(ours)
    if not told.any():
        no_data(axes, "no star with both subtypes")
        return
    x, y = theirs[told].astype(int), np.clip(ours[told], TYPES[0], TYPES[-1]).astype(int)
    counts = np.zeros((len(TYPES), len(TYPES)), int)
    np.add.at(counts, (y - TYPES[0], x - TYPES[0]), 1)
    share = counts / np.maximum(counts.sum(0), 1)
    axes.imshow(share, origin="lower", cmap="Greys", vmin=0, vmax=1, aspect="equal")
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if share[row, column] > 0.5 else "black"
        axes.text(column, row, counts[row, column], color=colour, ha="center", va="center", fontsize=6)
        numbers.add(f"{title}, {against}", NAMES[column], [NAMES[row]], [counts[row, column]])
    axes.plot([-0.5, len(TYPES) - 0.5], [-0.5, len(TYPES) - 0.5], color="black", lw=0.5)
    axes.set_xticks(range(len(TYPES)), NAMES, rotation=90)
    axes.set_yticks(range(len(TYPES)), NAMES)
    axes.set_xlabel(against)
    near = (np.abs(x - ours[told]) <= 1).sum()
    value, low, high = (100 * part for part in wilson(near, told.sum(), CONFIDENCE))
    untold = (known & ~np.isfinite(ours)).sum()
    axes.set_title(
        f"{title}, within one: {near:,} of {told.sum():,}\n{value:.1f} % ({low:.1f}-{high:.1f}); {untold:,} without subtype",
        fontsize=8,
    )
    numbers.add(f"{title}, {against}", "within one", ["all"], [value], [low], [high])
