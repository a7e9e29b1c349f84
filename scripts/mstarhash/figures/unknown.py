"""The unclassified spectra: their S/N, and their colours with those of the best candidates (as G19 Fig. 2)."""

import csv
from array import array

import numpy as np

from mstarhash.figures.style import BLACK, BLUE, LIGHT, RED, Numbers, no_data
from mstarhash.spectra.hdf5 import open_h5, read_columns
from mstarhash.spectra.targets import is_unknown
from mstarhash.stars.photometry import BANDS, magnitude

EDGES = np.geomspace(0.1, 200, 67)  # S/N
COLOURS = {"g_r": np.arange(-1.0, 3.501, 0.1), "r_i": np.arange(-1.0, 3.501, 0.1)}  # mag
LIKELY = 0.5  # P(M) of the candidates that are shown apart


def draw(plt, args):
    """Figure and its numbers, from candidates.csv and the magnitudes of ingest's files."""
    numbers = Numbers()
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(6.4, 9.2), height_ratios=[1, 1.35])
    snr, likely = ranked(args.candidates)
    noise(top, snr, np.array([value for value in likely.values()]), numbers)
    colours(figure, bottom, *colours_of(args.ingested, likely), numbers)
    figure.tight_layout(h_pad=2)
    return figure, numbers.rows


def ranked(path):
    """S/N of all searched spectra (n,), and {file: S/N} of those with P(M) of at least LIKELY."""
    snr, likely = array("f"), {}
    with open(path, newline="") as source:
        for row in csv.DictReader(source):
            snr.append(float(row["snr_r"] or "nan"))
            if float(row["p_m"]) >= LIKELY:
                likely[row["file"]] = snr[-1]
    return np.array(snr, "f4"), likely


def colours_of(paths, likely):
    """Counts of unclassified spectra in cells of g - r, r - i; their number; colours (k, 2) of the likely ones."""
    counts, total, points = np.zeros([len(edges) - 1 for edges in COLOURS.values()], int), 0, []
    for path in paths:
        with open_h5(path) as source:
            table = read_columns(source, ["file", "class", "magtype", *BANDS])
        unknown = is_unknown(table["class"])
        table = {key: values[unknown] for key, values in table.items()}
        g, r, i = (magnitude(table, band) for band in "gri")
        known = np.isfinite(g - r) & np.isfinite(r - i)
        counts += np.histogram2d((g - r)[known], (r - i)[known], bins=list(COLOURS.values()))[0].astype(int)
        total += int(known.sum())
        mine = known & np.array([file in likely for file in table["file"]], bool)
        points.append(np.c_[(g - r)[mine], (r - i)[mine]])
    return counts, total, np.concatenate(points) if points else np.zeros((0, 2))


def noise(axes, snr, likely, numbers):
    """How many spectra have which S/N."""
    known = snr[np.isfinite(snr)]
    if not len(known):
        no_data(axes, "no unclassified spectrum")
        return
    shown = [(snr, "all unclassified", LIGHT, "stepfilled", BLACK)]
    shown += [(likely, f"candidates with P(M) of at least {LIKELY:g}", RED, "step", RED)]
    for values, label, colour, kind, edge in shown:
        values = values[np.isfinite(values)]
        if len(values):
            count, _ = np.histogram(np.clip(values, EDGES[0], EDGES[-1]), EDGES)
            axes.stairs(count, EDGES, fill=kind == "stepfilled", color=colour, lw=0)
            axes.stairs(count, EDGES, color=edge, lw=1.4, ls="-" if edge == BLACK else "--")
            name = f"{label}: {len(values):,}, median {np.median(values):.2g}"
            axes.plot([], [], color=edge, lw=1.4, ls="-" if edge == BLACK else "--", label=name)
            numbers.add("S/N", label, np.sqrt(EDGES[1:] * EDGES[:-1]), count)
    axes.set(xscale="log", yscale="log", xlim=(EDGES[0], EDGES[-1]), ylim=(0.7, None))
    axes.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    axes.set(xlabel="S/N a pixel, 6200-7000 $\\mathrm{\\AA}$", ylabel="spectra a bin of 0.05 dex")
    axes.set_title(f"{100 * np.mean(known < 5):.0f} % of {len(known):,} unclassified spectra have S/N < 5")
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 1.0), fontsize=7.5)
    axes.set_ylim(0.7, 12 * axes.get_ylim()[1])
    below = int((known < EDGES[1]).sum())
    if below:
        axes.text(EDGES[1] * 1.05, 1.3 * max(below, 1), f"{below:,} below {EDGES[1]:.2g}, or negative", fontsize=7.5)


def around(edges, filled):
    """Limits of an axis: the cells that hold anything, and three more on both sides."""
    where = np.flatnonzero(filled)
    return edges[max(where[0] - 3, 0)], edges[min(where[-1] + 4, len(edges) - 1)]


def colours(figure, axes, counts, total, points, numbers):
    """Density of the unclassified spectra in g - r against r - i, the likely M stars as points."""
    if not total:
        no_data(axes, "no g, r, i magnitudes in the headers")
        return
    from matplotlib.colors import LogNorm

    x, y = COLOURS.values()
    image = axes.pcolormesh(
        x, y, np.where(counts, counts, np.nan).T, cmap="Greys", norm=LogNorm(0.5, max(2, counts.max()))
    )
    figure.colorbar(image, ax=axes, pad=0.02).set_label("unclassified spectra a cell", fontsize=8)
    axes.plot(*points.T, "o", color=BLUE, mec="white", mew=0.4, ms=4, label=f"P(M) of at least {LIKELY:g}")
    inside = np.argwhere(counts)
    centre = [0.5 * (edges[1:] + edges[:-1]) for edges in (x, y)]
    numbers.add("cells of g - r, r - i, count in `low`", "all unclassified", centre[0][inside[:, 0]],
                centre[1][inside[:, 1]], counts[tuple(inside.T)])  # fmt: skip
    numbers.add("colours g - r, r - i", "candidates", *points.T)
    axes.set(xlim=around(x, counts.any(1)), ylim=around(y, counts.any(0)), xlabel="g - r [mag]", ylabel="r - i [mag]")
    axes.set_title(f"colours known of {total:,} unclassified spectra, {len(points):,} of them candidates")
    if len(points):
        axes.legend(loc="upper left")
