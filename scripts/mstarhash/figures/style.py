"""How the figures look: colours that colour-blind readers tell apart, markers that work in grey, plain axes."""

import csv

from mstarhash.common.texttables import number
from mstarhash.common.wording import is_m, worded

# Okabe & Ito (2008)
BLACK, GREY, LIGHT = "#000000", "#777777", "#c4c4c4"
ORANGE, SKY, GREEN, BLUE, RED, PURPLE = "#e69f00", "#56b4e9", "#009e73", "#0072b2", "#d55e00", "#cc79a7"
DWARF = {"color": BLUE, "marker": "o"}
GIANT = {"color": RED, "marker": "^"}

SETTINGS = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.edgecolor": "#444444",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "figure.facecolor": "white",
    "agg.path.chunksize": 20000,
}


def start():
    """pyplot without a display, in the style of the project."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcdefaults()
    plt.rcParams.update(SETTINGS)
    return plt


def speak_of(figure, target):
    """Words of a figure for the class searched."""
    if not is_m(target):
        for text in figure.findobj(lambda part: hasattr(part, "set_text") and hasattr(part, "get_text")):
            text.set_text(worded(text.get_text(), target))


def save(figure, name, dpi):
    """PNG into the file `name`; the same figure gives the same bytes."""
    import matplotlib.pyplot as plt

    with open(name, "wb") as out:
        figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    plt.close(figure)


def write_numbers(name, rows):
    """CSV of the rows of `Numbers`, the first of which is the header; floats with six digits, NaN empty."""
    with open(name, "w", newline="", encoding="utf-8") as out:
        csv.writer(out, lineterminator="\n").writerows([number(value) for value in row] for row in rows)


def no_data(axes, why="no data"):
    """Say in an empty panel that there is nothing to show."""
    axes.text(0.5, 0.5, why, transform=axes.transAxes, ha="center", va="center", color=GREY, fontsize=10)
    axes.set_xticks([])
    axes.set_yticks([])


class Numbers:
    """The numbers behind a figure: rows (panel, series, x, y, low, high)."""

    def __init__(self):
        self.rows = [("panel", "series", "x", "y", "low", "high")]

    def add(self, panel, series, x, y, low=None, high=None):
        """Points of one series; x may hold texts."""
        nothing = [float("nan")] * len(x)
        low, high = (nothing if part is None else part for part in (low, high))
        self.rows += [(panel, series, *point) for point in zip(x, y, low, high, strict=True)]
