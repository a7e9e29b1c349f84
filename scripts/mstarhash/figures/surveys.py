"""The search on many surveys: how well it ranks on each, how far that falls on worse ones, whether P(M) can be believed."""

from mstarhash.common.texttables import rows_of
from mstarhash.figures import ranking
from mstarhash.figures.style import BLACK, GREY, LIGHT, ORANGE, RED, Numbers, no_data
from mstarhash.quality.reliability import FAR, beyond

METHODS = {name: (label, colour) for name, label, colour, *_ in ranking.METHODS[:3]}  # of pooled.csv
METHODS["PCA + logistic regression, no copies"] = "the same, no copies", ORANGE
SURVEYS = {"plain": ("mock survey", "o", RED), "aside": ("survey of real spectra", "s", BLACK)}
CHANGED = ("default", "retrieval alone")
ALLOWED = -0.03  # change of AP on worse surveys that the search is built for


def draw(plt, pooled, aside, robustness, reliability):
    """Figure and its numbers, from the tables of `robustness` (paths)."""
    numbers = Numbers()
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12.4, 4.3), width_ratios=[1.15, 1, 1])
    ranked(left, {"plain": rows_of(pooled), "aside": rows_of(aside)}, numbers)
    changes(middle, rows_of(robustness), numbers)
    believed(right, rows_of(reliability), numbers)
    figure.tight_layout(w_pad=2)
    return figure, numbers.rows


def ranked(axes, tables, numbers):
    """Average precision of each method: a point a survey, a line at the mean of each kind of them."""
    axes.set_title("average precision, survey by survey")
    names = list(METHODS)[::-1]
    for kind, rows in tables.items():
        label, marker, _ = SURVEYS[kind]
        shift = 0.13 if kind == "plain" else -0.13
        for y, method in enumerate(names):
            found = [row for row in rows if row["method"] == method]
            each = [(row["seed"], float(row["ap"])) for row in found if row["seed"] != "all"]
            if not each:
                continue
            colour = METHODS[method][1]
            seeds, x = zip(*each, strict=True)
            fill = {"color": colour, "mfc": "none" if kind == "plain" else colour}
            text = f"{label} ({len(x)})" if y == len(names) - 1 else None
            axes.plot(x, [y + shift] * len(x), marker, ms=5, lw=0, mew=1, alpha=0.8, label=text, **fill)
            mean = float(next(row["ap"] for row in found if row["seed"] == "all"))
            axes.plot([mean, mean], [y + shift - 0.11, y + shift + 0.11], color=BLACK, lw=1.6, zorder=4)
            axes.annotate(
                f"{mean:.3f}", (max(x), y + shift), (7, 0), textcoords="offset points", va="center", fontsize=7.5
            )
            numbers.add("ap", f"{method}, {kind}", seeds, x)
    if not axes.lines:
        no_data(axes)
        return
    axes.set_yticks(range(len(names)), [METHODS[name][0] for name in names])
    axes.set(ylim=(-0.5, len(names) - 0.3), xlabel="average precision (black: mean)")
    axes.set_xlim(right=1.06)
    axes.legend(loc="upper left")


def changes(axes, rows, numbers):
    """Change of the average precision on each kind of worse survey, with the interval that holds it in 95 of 100."""
    axes.set_title("on worse surveys")
    rows = [row for row in rows if row["seed"] == "all" and row["change"]]
    names = list(dict.fromkeys(row["row"] for row in rows))[::-1]
    if not names:
        no_data(axes)
        return
    for shift, method in zip((0.13, -0.13), CHANGED, strict=True):
        mine = {row["row"]: row for row in rows if row["method"] == method}
        x, low, high = ([float(mine[name][key]) for name in names] for key in ("change", "change_low", "change_high"))
        y = [k + shift for k in range(len(names))]
        label, colour = METHODS[method]
        axes.hlines(y, low, high, color=colour, lw=1.2)
        axes.plot(x, y, "o" if method == "default" else "^", color=colour, ms=5, label=label)
        numbers.add("change", method, names, x, low, high)
    axes.axvline(0, color=GREY, lw=0.8)
    axes.axvline(ALLOWED, color=GREY, lw=0.8, ls=(0, (3, 2)))
    axes.set_yticks(range(len(names)), [name.replace("_", " ").replace("snr", "S/N") for name in names])
    axes.set(xlabel="change of the average precision", ylim=(-0.5, len(names) - 0.5))
    axes.legend(loc="upper left")


def believed(axes, rows, numbers):
    """Fraction that is true against mean P(M), the bins of all surveys."""
    axes.set_title("P(M) against the truth")
    if not rows:
        no_data(axes)
        return
    axes.plot([0, 1], [0, 1], color=LIGHT, lw=1)
    for kind, (label, marker, colour) in SURVEYS.items():
        mine = [row for row in rows if row["survey"] == kind]
        if not mine:
            continue
        style = {"color": colour, "mfc": "white" if kind == "plain" else colour, "fmt": marker}
        ranking.against_truth(axes, mine, numbers, kind, ms=4.5, lw=0.8, label=label, zorder=3, **style)
    text = f"{beyond(rows)} of {len(rows)} bins\nbeyond {FAR} sigma"
    axes.text(0.97, 0.04, text, transform=axes.transAxes, ha="right", fontsize=8)
    axes.legend(loc="upper left")
