"""How large the union of all lists is, and how complete, against the share of the sample that each list holds."""

from mstarhash.common.texttables import rows_of
from mstarhash.figures.style import BLACK, GREEN, GREY, ORANGE, RED, Numbers, no_data

KINDS = (  # codes and queries in union.csv, label, colour, line, width
    (("Guo et al. (2019)", "all"), "codes as in Guo et al. (2019), all queries", BLACK, ":", 1.8),
    (("network", "all"), "the network's own bits, all queries", GREEN, "-.", 1.5),
    (("levels", "all"), "this search, all queries", ORANGE, "--", 1.5),
    (("levels", "confident"), "this search, queries surely of the class", RED, "-", 2.4),
)
PAPER, OURS = KINDS[0][0], KINDS[-1][0]
MARKS = (
    ("prior", "M stars in the sample", 0.33),
    ("narrow", "taken", 0.33),
    ("paper", "Guo et al.", 0.05),
)  # and height
WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
TICKS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def draw(plt, args):
    """Figure and its numbers, from union.csv of evaluate."""
    numbers, rows = Numbers(), rows_of(args.union)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.9))
    left.set_title("share of all spectra in the union: less is better")
    right.set_title("share of the M stars in the union: more is better")
    if not rows:
        for axes in (left, right):
            no_data(axes, "not evaluated")
        figure.tight_layout()
        return figure, numbers.rows
    for kind, label, colour, line, width in KINDS:
        of_kind = [row for row in rows if (row["codes"], row["queries"]) == kind]
        if not of_kind:
            continue
        for axes, key in ((left, "size"), (right, "completeness")):
            x, y = ([float(row[column] or "nan") for row in of_kind] for column in ("share", key))
            axes.plot(x, y, color=colour, ls=line, lw=width, label=label, zorder=5 if kind == OURS else 3)
            low, high = ([float(row[end] or "nan") for row in of_kind] for end in ("low", "high"))
            if axes is right and kind == OURS:
                axes.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
            numbers.add(key, ", ".join(kind), x, y, *((low, high) if axes is right else ()))
    for axes, key in ((left, "size"), (right, "completeness")):
        marks(axes, rows, key)
        axes.set_xscale("log")
        axes.set_xlim(TICKS[0], TICKS[-1])
        axes.set_xticks(TICKS, [f"{100 * tick:g} %" for tick in TICKS])
        axes.minorticks_off()
        axes.set_ylim(0, 1.02)
        axes.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1], [f"{tick} %" for tick in range(0, 101, 20)])
        axes.set_xlabel("share of the sample in each query's list")
    if rows[0]["told_by"] == "copies":
        right.set_title("share of degraded, known M stars in the union: more is better")
    lines, labels = left.get_legend_handles_labels()
    figure.legend(lines, labels, loc="lower center", ncols=2, handlelength=3.2, columnspacing=4)
    figure.tight_layout(rect=(0, 0.11, 1, 1), w_pad=2.5)
    return figure, numbers.rows


def marks(axes, rows, key):
    """Upright lines at the shares of note, and in words what the union of our search and that of the paper hold there."""
    at = {(row["codes"], row["queries"], row["mark"]): row for row in rows if row["mark"]}
    for mark, label, height in MARKS:
        share = float(at[*OURS, mark]["share"])
        axes.axvline(share, color=GREY, lw=0.7, ls=(0, (1, 2)), zorder=1)
        style = {"color": GREY, "fontsize": 8, "rotation": 90, "ha": "center", "bbox": WHITE, "zorder": 2}
        axes.text(share, height, f"{label}: {100 * share:.2g} %", **style)
    for kind, colour, mark, place in ((OURS, RED, "narrow", (8, -14)), (PAPER, BLACK, "paper", (6, -14))):
        if (*kind, mark) in at:
            row = at[*kind, mark]
            x, y = float(row["share"]), float(row[key] or "nan")
            axes.plot(x, y, "o", color=colour, ms=6, zorder=6, clip_on=False)
            axes.annotate(f"{100 * y:.3g} %", (x, y), place, textcoords="offset points", color=colour, weight="bold")
