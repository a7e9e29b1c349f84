"""Magnetic activity: share of active dwarfs by subtype and by S/N, with Wilson intervals."""

import numpy as np

from mstarhash.plots_mock import read_field
from mstarhash.plots_ranking import rows_of
from mstarhash.plots_style import BLUE, GREY, ORANGE, RED, Numbers, no_data

RULES = (("g19", "EW above the limit (Guo et al. 2019)", RED, "o", -0.12), ("west", "West et al. 2011", BLUE, "s", 0.0))
BINS = ("<5", "5-10", "10-30", ">30")


def draw(plt, args):
    """Figure and its numbers, from fractions.csv of activity."""
    numbers = Numbers()
    rows = [row for row in rows_of(args.fractions) if row["sample"] == "all"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), width_ratios=[1.6, 1], sharey=True)
    by_type = [row for row in rows if row["snr"] == "all" and row["subtype"] != "all"]
    by_snr = [row for row in rows if row["subtype"] == "all" and row["snr"] != "all"]
    panel(left, "by subtype", [f"M{k}" for k in range(10)], "subtype", by_type, numbers)
    panel(right, "all subtypes, by S/N at H$\\alpha$", BINS, "snr", by_snr, numbers)
    if any(int(row["total"]) for row in by_type):
        for (quantity, _, author), (x, y) in read_field(args.field).items():
            if quantity == "active":
                left.plot(x, y, color=GREY, lw=1.5, ls="--", zorder=1, label=f"{author.split(',')[0]}, all heights")
                numbers.add("by subtype", author, x, y)
        left.set_ylabel("share of dwarfs that are active")
        left.legend(loc="upper left", bbox_to_anchor=(0.01, 0.92))
    figure.tight_layout(w_pad=1.5)
    return figure, numbers.rows


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
