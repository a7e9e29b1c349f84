"""Measured M stars by subtype against published values: is the mock survey like the sky, dwarfs and giants apart?"""

import csv
from pathlib import Path

import numpy as np

from mstarhash.common.texttables import rows_of
from mstarhash.figures.style import BLACK, BLUE, GREY, ORANGE, RED, SKY, Numbers, no_data
from mstarhash.spectra.targets import split_subclass
from mstarhash.stars.measured import read_aligned, read_measured
from mstarhash.stars.photometry import BANDS, magnitude

INDICES = ("tio5", "cah1", "cah2", "cah3", "caoh", "ewha")
PHOTOMETRY = ("bp_rp", "j", "h", "k")
PANELS = (  # quantity, name, limits of the axis (outer 1 % of the stars may lie outside)
    ("tio5", "TiO5", (0.1, 1.15)),
    ("cah23", "CaH2 + CaH3", (0.7, 2.15)),
    ("caoh", "CaOH", (0.15, 1.15)),
    ("cah1", "CaH1", (0.6, 1.2)),
    ("ewha", r"EW H$\alpha$ [$\mathrm{\AA}$, emission +]", (-3, 14)),
    ("r_i", "r - i", (0.0, 3.2)),
    ("j_k", "J - K", (0.5, 1.5)),
    ("bp_rp", "BP - RP", (1.2, 5.4)),
)
MOST = 10_000  # stars drawn as points in a panel, about; of more every k-th is drawn
LEAST = 5  # stars of a bin that get a median


def draw(plt, args):
    """Figure and its numbers, from measure, crossmatch, truth and the published values."""
    numbers = Numbers()
    mine = stars(args.measure, args.crossmatch, args.truth, args.min_snr)
    real = None
    if args.real:
        paths = sorted(map(str, Path(args.real).glob("measure/*.released.h5")))
        real = stars(paths, "", "", args.min_snr) if paths else None
    published = read_field(args.field)
    figure, axes = plt.subplots(2, 4, figsize=(13, 6.4))
    for panel, (key, name, limits) in zip(axes.ravel(), PANELS, strict=True):
        one_panel(panel, key, name, limits, mine, real, published, numbers)
    handles = legend_lines(plt, args, real)
    figure.legend(handles=handles, loc="upper center", ncols=4, bbox_to_anchor=(0.5, 1.0))
    for panel in axes[1]:
        panel.set_xlabel(("true" if args.truth else "measured") + " subtype")
    figure.tight_layout(rect=(0, 0, 1, 0.915), w_pad=1.2)
    return figure, numbers.rows


def stars(paths, crossmatch, truth, min_snr):
    """Released stars above an S/N as a dict of arrays: subtype (true where there is truth), giant, and quantities."""
    names = ["source", "subtype", "subtype_zero", "subclass_pipeline", "snr_r", "magtype", *INDICES, *BANDS]
    table = read_measured(paths, names)
    out = {key: table[key] for key in ("tio5", "caoh", "cah1", "ewha")}
    out["cah23"] = table["cah2"] + table["cah3"]
    bands = {band: magnitude(table, band) for band in "ri"}
    out["r_i"] = bands["r"] - bands["i"]
    out["subtype"] = table["subtype"] - table["subtype_zero"]  # the scale of the published sequences
    out["giant"] = np.array([split_subclass(text)[0] == "g" for text in table["subclass_pipeline"]], bool)
    nothing = np.full(len(table["file"]), np.nan)
    found = read_aligned(crossmatch, table, PHOTOMETRY) if crossmatch else dict.fromkeys(PHOTOMETRY, nothing)
    out |= {"bp_rp": found["bp_rp"], "j_k": found["j"] - found["k"]}
    if truth:
        known = {row["file"]: row for row in rows_of(truth)}
        rows = [known.get(file, {"subtype": "", "luminosity": ""}) for file in table["file"]]
        out["subtype"] = np.array([float(row["subtype"] or "nan") for row in rows])
        out["giant"] = np.array([row["luminosity"] == "giant" for row in rows], bool)
    good = (table["source"] == "released") & (table["snr_r"] > min_snr) & np.isfinite(out["subtype"])
    return {key: values[good] for key, values in out.items()}


def read_field(path):
    """{(quantity, luminosity, source): (subtypes, values)} of the published values, with the sums that are drawn."""
    with open(path, newline="") as source:
        rows = list(csv.DictReader(line for line in source if not line.startswith("#")))
    values = {}
    for row in rows:
        key = row["quantity"], row["luminosity"], row["source"]
        values.setdefault(key, {})[float(row["subtype"])] = float(row["value"])
    for first, second, name in (("cah2", "cah3", "cah23"), ("j_h", "h_k", "j_k")):
        for quantity, luminosity, author in list(values):
            other = values.get((second, luminosity, author), {})
            if quantity == first and other:
                part = values[first, luminosity, author]
                values[name, luminosity, author] = {s: part[s] + other[s] for s in part if s in other}
    return {key: (np.array(sorted(part)), np.array([part[s] for s in sorted(part)])) for key, part in values.items()}


def medians(subtype, values):
    """Bins of one subtype that hold enough stars: centres, and 16, 50, 84 % quantiles."""
    good = np.isfinite(values)
    number = np.floor(subtype[good] + 0.5)
    rows = []
    for k in np.unique(number):
        part = values[good][number == k]
        if len(part) >= LEAST:
            rows.append((k, *np.quantile(part, [0.16, 0.5, 0.84])))
    return np.array(rows).reshape(-1, 4).T


def one_panel(axes, key, name, limits, mine, real, published, numbers):
    """A quantity against subtype."""
    axes.set_title(name)
    if not np.isfinite(mine[key]).any():
        no_data(axes, "no such measurement in this run")
        return
    axes.set(xlim=(-1.7, 9.4), ylim=limits)
    axes.set_xticks(range(-1, 10, 2), ["K7", "M1", "M3", "M5", "M7", "M9"])
    for giant, shade, dark, marker, word in ((False, SKY, BLUE, "o", "dwarfs"), (True, ORANGE, RED, "^", "giants")):
        rows = np.flatnonzero(mine["giant"] == giant)
        x, y = mine["subtype"][rows], mine[key][rows]
        few = slice(None, None, max(1, len(rows) // MOST))
        axes.plot(
            x[few], y[few], marker, color=shade, ms=2.6 if giant else 2, mew=0, alpha=0.55, rasterized=True, zorder=2
        )
        k, low, middle, high = medians(x, y)
        axes.errorbar(k, middle, [middle - low, high - middle], fmt=marker, color=dark, ms=5, lw=1.1, zorder=5)
        numbers.add(key, f"{word} of this run", k, middle, low, high)
    for (quantity, luminosity, author), (x, y) in published.items():
        if quantity == key:
            style = {"dwarf": ("-", BLACK), "giant": ("--", BLACK)}[luminosity]
            again = luminosity == "dwarf" and "Kesseli" in author
            axes.plot(x, y, ":" if again else style[0], color=GREY if again else style[1], lw=1.6, zorder=4)
            numbers.add(key, f"{luminosity}s: {author}", x, y)
    if real is not None:
        rows = np.flatnonzero(np.isfinite(real[key]) & np.isfinite(real["subtype"]))
        for giant, marker, word in ((False, "D", "dwarfs"), (True, "v", "giants")):
            part = rows[real["giant"][rows] == giant]
            x, y = real["subtype"][part], real[key][part]
            axes.plot(x, y, marker, mfc="none", mec=BLACK, mew=0.8, ms=4.2, zorder=6)
            numbers.add(key, f"real {word}", x, y)


def legend_lines(plt, args, real):
    """What the marks are."""
    run = "mock" if args.truth else "measured"
    point = {"ls": "none", "ms": 5}
    lines = [
        plt.Line2D(
            [], [], color=BLUE, marker="o", **point, label=f"{run} dwarfs, S/N r > {args.min_snr:g}: median, 16-84 %"
        ),
        plt.Line2D([], [], color=RED, marker="^", **point, label=f"{run} giants"),
        plt.Line2D([], [], color=BLACK, lw=1.6, label="published, dwarfs"),
        plt.Line2D([], [], color=BLACK, lw=1.6, ls="--", label="published, giants"),
        plt.Line2D([], [], color=GREY, lw=1.6, ls=":", label="Kesseli 2017 dwarfs (another typing)"),
    ]
    if real is not None:
        lines.append(
            plt.Line2D([], [], color=BLACK, mfc="none", marker="D", **point, label="real dwarfs (measured subtype)")
        )
        lines.append(plt.Line2D([], [], color=BLACK, mfc="none", marker="v", **point, label="real giants"))
    return lines
