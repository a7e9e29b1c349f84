"""Magnetic activity of dwarfs (as G19 Fig. 17): H-alpha by subtype, active share by subtype and by S/N."""

import numpy as np

from mstarhash.common.snr_bins import SNR_BINS
from mstarhash.common.texttables import rows_of
from mstarhash.figures.mock import medians, read_field
from mstarhash.figures.style import BLACK, BLUE, GREY, ORANGE, RED, SKY, Numbers, no_data
from mstarhash.stars.measured import read_aligned, read_measured

RULES = (("g19", "EW above the limit (Guo et al. 2019)", RED, "o", -0.12), ("west", "West et al. 2011", BLUE, "s", 0.0))
MOST = 20_000  # stars of a class drawn as points; of more every k-th is drawn
FEW = 1000  # stars below which they are drawn larger


def draw(plt, args):
    """Figure and its numbers, from measure's widths, luminosity and fractions.csv of activity."""
    numbers = Numbers()
    rows = [row for row in rows_of(args.fractions) if row["sample"] == "all"]
    figure = plt.figure(figsize=(10, 7.6))
    parts = figure.add_gridspec(2, 2, width_ratios=[1.6, 1])
    widths = figure.add_subplot(parts[0, 0])
    left = figure.add_subplot(parts[1, 0])
    right = figure.add_subplot(parts[1, 1], sharey=left)
    by_type = [row for row in rows if row["snr"] == "all" and row["subtype"] != "all"]
    by_snr = [row for row in rows if row["subtype"] == "all" and row["snr"] != "all"]
    equivalent_widths(widths, args, numbers)
    panel(left, "active dwarfs by subtype", [f"M{k}" for k in range(10)], "subtype", by_type, numbers)
    panel(right, "all subtypes, by S/N at H$\\alpha$", list(SNR_BINS), "snr", by_snr, numbers)
    if any(int(row["total"]) for row in by_type):
        for (quantity, _, author), (x, y) in read_field(args.field).items():
            if quantity == "active":
                left.plot(x, y, color=GREY, lw=1.5, ls="--", zorder=1, label=f"{author.split(',')[0]}, all heights")
                numbers.add("by subtype", author, x, y)
        left.set_ylabel("share of dwarfs that are active")
        handles, labels = left.get_legend_handles_labels()
        more, words = widths.get_legend_handles_labels()
        corner = figure.add_subplot(parts[0, 1])
        corner.axis("off")
        corner.legend(more + handles, words + labels, loc="center left", labelspacing=0.9)
    figure.tight_layout(w_pad=1.5, h_pad=2)
    return figure, numbers.rows


def equivalent_widths(axes, args, numbers):
    """H-alpha equivalent widths of the dwarfs whose activity is told, by subtype: stars, medians, 16-84 %."""
    table = read_measured(args.measure, ["subtype", "ewha"])
    active = (
        read_aligned(args.activity, table, ["active"])["active"]
        if args.activity
        else np.full(len(table["file"]), np.nan)
    )
    told = np.isfinite(active) & np.isfinite(table["subtype"]) & (table["subtype"] > -0.5)
    subtype, width = table["subtype"][told], table["ewha"][told]
    if not len(width):
        no_data(axes, "no star whose activity can be told")
        return
    low, high = np.quantile(width, [0.003, 0.997])
    for kind, colour, marker, word in ((0, SKY, "o", "inactive"), (1, ORANGE, "^", "active")):
        mine = np.flatnonzero(active[told] == kind)
        few = mine[:: max(1, -(-len(mine) // MOST))]
        axes.plot(
            subtype[few],
            width[few],
            marker,
            color=colour,
            ms=2.4 if len(width) > FEW else 4,
            mew=0,
            alpha=0.6,
            rasterized=True,
        )
        numbers.add("EW", word, subtype[few], width[few])
        axes.plot([], [], marker, color=colour, ms=5, label=f"EW, {word} by the first rule: {len(mine):,}")
    k, least, middle, most = medians(subtype, width)
    axes.errorbar(k, middle, [middle - least, most - middle], fmt="s", color=BLACK, ms=4.5, lw=1.2, capsize=2,
                  label="EW, all: median, 16-84 % of the stars", zorder=5)  # fmt: skip
    numbers.add("EW", "all told", [f"M{int(one)}" for one in k], middle, least, most)
    outside = int(((width < low - 1) | (width > high + 1)).sum())
    axes.set(xlim=(-0.6, 9.6), ylim=(low - 1, high + 1))
    axes.set_xticks(range(10), [f"M{k}" for k in range(10)])
    axes.set_ylabel("EW of H$\\alpha$ [$\\mathrm{\\AA}$, emission positive]")
    axes.set_title(
        f"{len(width):,} spectra of dwarfs with S/N at H$\\alpha$ above the limit; {outside} outside the frame"
    )


def panel(axes, title, names, key, rows, numbers):
    """Shares over the categories `names`, for each rule and for the first one corrected for noise."""
    axes.set_title(title)
    known = {(row["rule"], row[key]): row for row in rows if int(row["total"])}
    if not known:
        no_data(axes, "no star whose activity can be told")
        return
    axes.set_ylim(0, 1.09)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.set_xticks(range(len(names)), names)
    axes.set_xlabel({"subtype": "subtype", "snr": "S/N a pixel of the continuum"}[key])
    for rule, label, colour, marker, shift in RULES:
        found = [(k, known[rule, name]) for k, name in enumerate(names) if (rule, name) in known]
        x = np.array([k for k, _ in found])
        share, low, high = (np.array([float(row[c]) for _, row in found]) for c in ("fraction", "low", "high"))
        bars = np.maximum([share - low, high - share], 0)
        axes.errorbar(x + shift, share, bars, fmt=marker, color=colour, ms=5, lw=1.2, capsize=2, label=label)
        numbers.add(title, rule, [names[k] for k in x], share, low, high)
        numbers.add(title, f"{rule}, n", [names[k] for k in x], [int(row["total"]) for _, row in found])
    found = [
        (k, known["g19", name])
        for k, name in enumerate(names)
        if ("g19", name) in known and known["g19", name]["corrected"]
    ]
    if found:
        x, share, error = (
            np.array(part)
            for part in zip(
                *((k, float(r["corrected"]), float(r["corrected_err"] or 0)) for k, r in found), strict=True
            )
        )
        axes.errorbar(
            x + 0.12,
            share,
            error,
            fmt="D",
            mfc="white",
            color=ORANGE,
            ms=4.5,
            lw=1.2,
            capsize=2,
            label="first rule, freed of noise",
        )
        numbers.add(title, "corrected", [names[k] for k in x], share, share - error, share + error)
    for k, name in enumerate(names):
        if ("g19", name) in known:
            axes.text(k, 1.03, f"{int(known['g19', name]['total']):,}", ha="center", fontsize=7.5, color="#555555")
    axes.text(-0.02, 1.03 / 1.09, "n", transform=axes.transAxes, ha="right", fontsize=7.5, color="#555555")
