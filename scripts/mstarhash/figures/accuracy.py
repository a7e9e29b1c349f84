"""Accuracy against recall of single queries: the four code lengths of G19 Fig. 8, and other codes beside them."""

from mstarhash.common.texttables import rows_of
from mstarhash.figures.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, Numbers, no_data

LENGTHS = {"32": (SKY, ":"), "64": (ORANGE, "-."), "128": (BLUE, "--"), "256": (BLACK, "-")}
METHODS = {
    "this search": (RED, "-", 2.2),
    "ML-PIL, class targets": (RED, "--", 1.3),
    "Semantic Hashing": (PURPLE, (0, (5, 1, 1, 1)), 1.3),
    "LSH": (GREEN, "--", 1.3),
    "ITQ": (BLUE, "-.", 1.3),
    "ML-PIL of G19": (BLACK, "-", 1.5),
    "Spectral Hashing": (ORANGE, ":", 1.6),
    "Spherical Hashing": (SKY, (0, (1, 1)), 1.8),
}
PRIORS = {"as labelled": "labelled spectra as they are", "0.02": "database with 2 % M stars"}


def draw(plt, curves, areas, split="family"):
    """Figure and its numbers, from accuracy_recall.csv and accuracy_area.csv; splits that part no `split`."""
    numbers = Numbers()
    rows = [row for row in rows_of(curves) if row["split"] == split]
    area = {
        tuple(row[key] for key in ("method", "preprocessing", "bits", "prior", "by")): float(row["area"])
        for row in rows_of(areas)
        if row["split"] == split
    }
    figure, panels = plt.subplots(2, 3, figsize=(11.5, 8.4), sharex=True, sharey="row")
    for line, (prior, title) in zip(panels, PRIORS.items(), strict=True):
        mine = [row for row in rows if row["prior"] == prior]
        lengths(line[0], [row for row in mine if row["by"] == "rank"], prior, area, numbers)
        line[0].set_title(f"ML-PIL as published, by rank  (area)\n{title}")
        for panel, by, text in ((line[1], "rank", "rank"), (line[2], "radius", "Hamming radius")):
            methods(panel, [row for row in mine if row["by"] == by], prior, by, area, numbers)
            panel.set_title(f"256 bits, by {text}  (area)\n{title}")
        line[0].set_ylabel("accuracy  TP / (TP + FP)")
    for panel in panels[1]:
        panel.set_xlabel("recall  TP / (TP + FN)")
    for panel in panels[:, 0]:
        panel.set(xlim=(0, 1), ylim=(0, 1.8), yticks=[0, 0.2, 0.4, 0.6, 0.8, 1.0])  # legends stand above the curves
    figure.tight_layout(w_pad=1.5, h_pad=1.5)
    return figure, numbers.rows


def one(panel, rows, prior, by, key, style, label, area, numbers):
    """A curve with its band; nothing where it is not in the table."""
    method, preprocessing, bits = key
    points = [row for row in rows if (row["method"], row["preprocessing"], row["bits"]) == key]
    if points:
        x, y, low, high = ([float(row[name]) for row in points] for name in ("recall", "accuracy", "low", "high"))
        panel.fill_between(x, low, high, color=style["color"], alpha=0.2, lw=0, zorder=2)
        panel.plot(x, y, label=f"{label}  ({area[(*key, prior, by)]:.2f})", zorder=3, **style)
        numbers.add(f"{prior}, by {by}", f"{method}, {preprocessing}, {bits} bits", x, y, low, high)
    return bool(points)


def lengths(panel, rows, prior, area, numbers):
    """The four code lengths of ML-PIL with published preprocessing."""
    drawn = [
        one(panel, rows, prior, "rank", ("ML-PIL of G19", "published", bits), {"color": colour, "ls": dash, "lw": 1.5},
            f"{bits} bits", area, numbers)
        for bits, (colour, dash) in LENGTHS.items()
    ]  # fmt: skip
    finish(panel, any(drawn))


def methods(panel, rows, prior, by, area, numbers):
    """Every code of 256 bits on the features of this search, and ML-PIL as published."""
    drawn = [
        one(
            panel,
            rows,
            prior,
            by,
            (name, "search", "256"),
            {"color": colour, "ls": dash, "lw": width},
            name,
            area,
            numbers,
        )
        for name, (colour, dash, width) in METHODS.items()
    ]
    drawn.append(
        one(panel, rows, prior, by, ("ML-PIL of G19", "published", "256"), {"color": GREY, "ls": (0, (6, 2)), "lw": 1.3},
            "ML-PIL, min-max", area, numbers)
    )  # fmt: skip
    finish(panel, any(drawn))


def finish(panel, drawn):
    """Legend, with the areas under the curves in brackets."""
    if not drawn:
        no_data(panel, "not evaluated")
        return
    panel.legend(loc="upper right", fontsize=7.5, handlelength=3, labelspacing=0.25)
