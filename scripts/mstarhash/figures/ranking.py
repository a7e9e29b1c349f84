"""How well the ranking does: recall against the share that is inspected, and whether P(M) means what it says."""

from mstarhash.common.texttables import rows_of
from mstarhash.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, RED, Numbers, no_data

METHODS = (  # name in evaluate's tables, label, colour, line, width
    ("default", "this ranking", RED, "-", 2.2),
    ("retrieval alone", "retrieval alone (median rank share)", BLUE, "--", 1.5),
    ("PCA + logistic regression", "PCA + logistic regression", GREEN, "-.", 1.5),
    ("votes of these codes", "votes of these codes", ORANGE, (0, (4, 1, 1, 1, 1, 1)), 1.3),
    ("G19 votes", "votes as in Guo et al. 2019", BLACK, ":", 1.6),
)
HELD_BACK = METHODS[:1]


def draw(plt, args):
    """Figure and its numbers, from curves.csv, ranking.csv and reliability.csv of evaluate."""
    numbers = Numbers()
    curves, ranking = rows_of(args.curves), rows_of(args.ranking)
    known = {row["sample"] for row in curves}
    sample = "unclassified" if "unclassified" in known else "held back"
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 4.9), width_ratios=[1.3, 1])
    recall(left, curves, ranking, sample, numbers)
    reliability(right, rows_of(args.reliability), numbers)
    lines, labels = left.get_legend_handles_labels()
    if lines:
        figure.legend(lines, labels, loc="lower center", ncols=2, handlelength=3.2, columnspacing=4)
    figure.tight_layout(rect=(0, 0.15 if lines else 0, 1, 1), w_pad=2.5)
    return figure, numbers.rows


def recall(axes, curves, ranking, sample, numbers):
    """Recall of each method against the share of the list that a person looks at."""
    axes.set_title({"unclassified": "unclassified spectra"}.get(sample, "labelled spectra, degraded and held back"))
    precision = {row["method"]: float(row["ap"]) for row in ranking if row["sample"] == sample}
    drawn = False
    for method, label, colour, line, width in METHODS if sample == "unclassified" else HELD_BACK:
        points = [row for row in curves if row["sample"] == sample and row["method"] == method]
        if not points:
            continue
        x, y = ([float(row[key]) for row in points] for key in ("share", "recall"))
        text = f"{label}  (AP {precision[method]:.2f})" if method in precision else label
        axes.plot(x, y, color=colour, ls=line, lw=width, label=text, zorder=5 if method == "default" else 3)
        numbers.add("recall", method, x, y)
        drawn = True
    if not drawn:
        no_data(axes, "no truth and no held-back spectra:\nnothing to evaluate on")
        return
    axes.set_ylim(0, 1.02)
    axes.axvline(0.05, color=GREY, lw=0.6, ls=(0, (1, 2)))
    axes.text(0.047, 0.25, "5 %", color=GREY, fontsize=8, ha="right")
    axes.text(0.62, 0.47, "chance", color=GREY, fontsize=8, ha="center")
    low = 0.0
    if sample == "unclassified":  # few are wanted: the top of the list matters
        low = max(min(float(row["share"]) for row in curves if row["sample"] == sample), 1e-4)
        axes.set_xscale("log")
    axes.set_xlim(low, 1)
    chance = [low ** (1 - k / 500) if low else k / 500 for k in range(501)]
    axes.plot(chance, chance, color=GREY, lw=0.8)
    ticks = [t for t in (1e-4, 1e-3, 1e-2, 1e-1, 1) if t >= low] if low else [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, [f"{100 * t:g} %" for t in ticks])
    axes.set_xlabel("share of the list inspected, best first")
    axes.set_ylabel("share of the M stars found")


def reliability(axes, rows, numbers):
    """Fraction that is true against mean P(M), in bins of equal count."""
    axes.set_title("calibration of P(M)")
    bins = [row for row in rows if row["bin"].isdigit()]
    axes.plot([0, 1], [0, 1], color=GREY, lw=0.8)
    if not bins:
        axes.lines[-1].remove()
        no_data(axes, "no truth of the unclassified spectra")
        return
    against_truth(axes, bins, numbers, "P(M)", fmt="o", color=RED, ms=5, lw=1, capsize=2, zorder=4)
    skill = [float(row["mean_p"]) for row in rows if row["bin"] == "brier skill"]
    text = f"{len(bins)} bins of about {round(sum(float(row['n']) for row in bins) / len(bins))} spectra"
    if skill:
        text += f"\nBrier skill {skill[0]:.2f}"
    axes.text(0.97, 0.04, text, transform=axes.transAxes, ha="right", va="bottom", fontsize=8)


def against_truth(axes, bins, numbers, series, **style):
    """Points of one series: fraction against mean P(M) of bins (rows with mean_p, fraction, sigma), errors cut at 0 and 1."""
    x, y, sigma = ([float(row[key]) for row in bins] for key in ("mean_p", "fraction", "sigma"))
    low, high = ([min(max(a + sign * s, 0), 1) for a, s in zip(y, sigma, strict=True)] for sign in (-1, 1))
    bars = [[a - b for a, b in zip(y, low, strict=True)], [b - a for a, b in zip(y, high, strict=True)]]
    axes.errorbar(x, y, bars, clip_on=False, **style)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="mean P(M) of a bin", ylabel="fraction that are M stars")
    axes.set_aspect("equal", adjustable="box")
    numbers.add("reliability", series, x, y, low, high)
