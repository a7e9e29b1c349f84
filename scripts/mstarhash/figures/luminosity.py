"""Giants and dwarfs: early types in two planes of indices and all M stars in two of photometry (as G19 Figs. 15, 16).

In Fig. 15 the classes are those of Gaia alone, so that the planes are judged by something else than themselves; in
Fig. 16 those of the two photometric boundaries, judged in the colour-magnitude diagram.
"""

import numpy as np

from mstarhash.common.intervals import wilson
from mstarhash.common.texttables import rows_of
from mstarhash.figures.style import BLACK, BLUE, DWARF, GIANT, GREY, LIGHT, RED, Numbers, no_data
from mstarhash.stars import separators
from mstarhash.stars.logistic import Boundary
from mstarhash.stars.measured import read_aligned, read_measured

MOST = 20_000  # points of a class in a panel; of more every k-th is drawn
FEW = 1500  # points of a panel below which they are drawn larger
EARLY = 2.5  # subtypes up to M2 are early
MATCHED = ("bp_rp", "parallax", "parallax_error", "j", "h", "k", "w1", "w2", "tmass_qual", "wise_qual", "g", "pmra",
           "pmdec")  # fmt: skip
VOICES = ("giant_gaia", "m_g", "p_giant_phot", "p_giant_zhong_phot")
GOOD_PARALLAX = 5.0  # parallax over its error of the stars in the colour-magnitude diagram
NAMES = {"caoh": "CaOH", "cah1": "CaH1", "tio5": "TiO5", "cah23": "CaH2 + CaH3", "j_k": "J - K [mag]", "h": "H [mag]",
         "w1_w2": "W1 - W2 [mag]", "bp_rp": "BP - RP [mag]", "m_g": "$M_G$ [mag]"}  # fmt: skip
UNTOLD = {"color": GREY, "marker": "s"}
NO_GAIA = "no parallax good enough: input.gaia"


def read(args):
    """Columns (n,) of the measured stars: axes of the planes, M_G, classes; NaN where a table is missing."""
    table = read_measured(args.measure, ["caoh", "cah1", "cah2", "cah3", "tio5", "snr_r", "subtype"])
    nothing, text = np.full(len(table["file"]), np.nan), np.full(len(table["file"]), "", "U1")
    none = {key: text if key.endswith("qual") else nothing for key in MATCHED}
    matched = read_aligned(args.crossmatch, table, MATCHED) if args.crossmatch else none
    stars = separators.features(table | matched) | {key: table[key] for key in ("snr_r", "subtype")}
    stars |= read_aligned(args.luminosity, table, VOICES) if args.luminosity else dict.fromkeys(VOICES, nothing)
    with np.errstate(invalid="ignore", divide="ignore"):
        good = matched["parallax"] / matched["parallax_error"] >= GOOD_PARALLAX
    return stars | {"m_g": np.where(good, stars["m_g"], np.nan)}


def draw_early(plt, args):
    """Early types with a class by Gaia: colour-magnitude diagram, CaOH-CaH1, TiO5-CaH2+CaH3 (Fig. 15)."""
    numbers = Numbers()
    stars, boundaries = read(args), rows_of(args.boundaries)
    kept = (stars["subtype"] < EARLY) & (stars["snr_r"] > args.min_snr)
    stars = {key: values[kept] for key, values in stars.items()}
    giant = stars["giant_gaia"]
    figure, axes = plt.subplots(1, 3, figsize=(13, 5))
    drawn = scatter(axes[0], "bp_rp", "m_g", stars, giant, numbers, "hrd")
    if not drawn:
        no_data(axes[0], NO_GAIA)
    else:
        axes[0].invert_yaxis()
        axes[0].set_title(f"{drawn:,} with parallax over its error\nof at least {GOOD_PARALLAX:g}")
    for panel, plane in zip(axes[1:], ("caoh_cah1", "tio5_cah23"), strict=True):
        drawn = scatter(panel, *separators.PLANES[plane], stars, giant, numbers, plane)
        if not drawn:
            no_data(panel, f"no early type with S/N r > {args.min_snr:g}\nand a class by Gaia (input.gaia)")
            continue
        text = f"{drawn:,} with a class by Gaia"
        curve = boundary(panel, plane, boundaries, numbers)
        text += "" if curve else "; no boundary learned"
        missed = rate(boundaries, plane, "completeness")
        panel.set_title(f"{text}\n{missed}" if missed else text)
    counts = [int((giant == kind).sum()) for kind in (0, 1)]
    legend(plt, figure, [(DWARF, f"{counts[0]:,} dwarfs by Gaia"), (GIANT, f"{counts[1]:,} giants by Gaia")],
           f"K and M to M2, S/N r > {args.min_snr:g}")  # fmt: skip
    return figure, numbers.rows


def draw_all(plt, args):
    """All M stars: H against J - K, J - K against W1 - W2, and what either calls giants in the diagram (Fig. 16)."""
    numbers = Numbers()
    stars, boundaries = read(args), rows_of(args.boundaries)
    figure, axes = plt.subplots(1, 3, figsize=(13, 5))
    classes = {}
    for panel, plane, key, turned in zip(
        axes, ("jk_h", "w12_jk"), ("p_giant_phot", "p_giant_zhong_phot"), (True, False), strict=False
    ):
        chance = stars[key]
        classes[plane] = np.where(np.isfinite(chance), (chance > 0.5).astype(float), np.nan)
        drawn = scatter(panel, *separators.PLANES[plane], stars, classes[plane], numbers, plane, untold=True)
        if not drawn:
            no_data(panel, "no such photometry: input.twomass" + (", input.wise" if plane == "w12_jk" else ""))
            continue
        if turned:
            panel.invert_yaxis()
        text = f"{drawn:,} with photometry, {int((classes[plane] == 1).sum()):,} giants by this plane"
        text += "" if boundary(panel, plane, boundaries, numbers) else "\nno boundary learned: too few that Gaia tells"
        wrong = rate(boundaries, plane, "contamination")
        panel.set_title(f"{text}\n{wrong}" if wrong else text)
    diagram(axes[2], stars, classes, numbers)
    legend(
        plt, figure, [(DWARF, "dwarfs by the plane"), (GIANT, "giants by the plane")], "all M stars, new and released"
    )
    return figure, numbers.rows


def diagram(axes, stars, classes, numbers):
    """Colour-magnitude diagram of all, and what the two photometric planes call giants."""
    known = np.isfinite(stars["bp_rp"]) & np.isfinite(stars["m_g"])
    if not known.any():
        no_data(axes, NO_GAIA)
        return
    rows = np.flatnonzero(known)
    step = max(1, -(-len(rows) // MOST))
    x, y = stars["bp_rp"], stars["m_g"]
    axes.plot(
        x[rows[::step]],
        y[rows[::step]],
        ".",
        color=LIGHT,
        ms=3 if len(rows) > FEW else 6,
        mew=0,
        rasterized=True,
        label=f"all {len(rows):,}",
    )
    numbers.add("hrd", "all", x[rows[::step]], y[rows[::step]])
    limits(axes, x[rows], y[rows])
    for plane, marker, colour, size, word in (
        ("jk_h", "^", RED, 5, "H, J - K"),
        ("w12_jk", "s", BLUE, 7, "J - K, W1 - W2"),
    ):
        mine = np.flatnonzero(known & (classes[plane] == 1))
        dwarfs = int((stars["giant_gaia"][mine] == 0).sum())
        label = f"giants by {word}: {len(mine):,}\n({dwarfs:,} of them on the main sequence)"
        axes.plot(x[mine], y[mine], marker, mfc="none", mec=colour, mew=0.9, ms=size, ls="none", label=label)
        numbers.add("hrd", f"giants by {plane}", x[mine], y[mine])
    axes.invert_yaxis()
    axes.set(xlabel=NAMES["bp_rp"], ylabel=NAMES["m_g"])
    axes.set_title(f"parallax over its error of at least {GOOD_PARALLAX:g}")
    axes.legend(loc="lower left", fontsize=7)


def scatter(axes, first, second, stars, giant, numbers, panel, untold=False):
    """Stars without a class below (if `untold`), dwarfs, giants above; the number of those with both values."""
    x, y = stars[first], stars[second]
    shown = np.isfinite(x) & np.isfinite(y) & (np.isfinite(giant) | untold)
    kinds = ((None, UNTOLD, "not told", 2.0), (0, DWARF, "dwarfs", 2.0), (1, GIANT, "giants", 3.4))
    for kind, style, word, size in kinds:
        rows = np.flatnonzero(shown & (np.isnan(giant) if kind is None else giant == kind))
        if kind is None and not len(rows):
            continue
        rows = rows[:: max(1, -(-len(rows) // MOST))]
        size *= 1 if shown.sum() > FEW else 1.6
        axes.plot(x[rows], y[rows], ls="none", ms=size, mew=0, alpha=0.6, rasterized=True, **style)
        numbers.add(panel, word, x[rows], y[rows])
    axes.set(xlabel=NAMES[first], ylabel=NAMES[second])
    if shown.any():
        limits(axes, x[shown], y[shown])
    return int(shown.sum())


def limits(axes, x, y):
    """Axes over all but the outermost 0.6 % of the stars."""
    for values, place in ((x, axes.set_xlim), (y, axes.set_ylim)):
        low, high = np.quantile(values, [0.003, 0.997])
        place(low - 0.1 * (high - low) - 1e-3, high + 0.1 * (high - low) + 1e-3)


def boundary(axes, plane, boundaries, numbers):
    """The learned boundary at even odds within the axes and what it was learned from; whether there is one."""
    mine = [row for row in boundaries if row["plane"] == plane]
    coefficients = [float(row["value"]) for row in mine if row["record"] == "coefficient"]
    if not coefficients:
        return False
    ends = [[float(row[key]) for row in mine if row["record"] == "range"] for key in ("low", "high")]
    learned = Boundary(1 if len(coefficients) == 3 else 2, np.array(coefficients), *map(np.array, ends))
    low, high = (np.array(pair) for pair in zip(sorted(axes.get_xlim()), sorted(axes.get_ylim()), strict=True))
    low, high = np.maximum(low, learned.low), np.minimum(high, learned.high)
    x, y = (np.linspace(a, b, 400) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.meshgrid(x, y), axis=-1)
    odds = learned.logit(grid.reshape(-1, 2)).reshape(400, 400)
    drawn = axes.contour(x, y, odds, levels=[0], colors=BLACK, linewidths=1.4, zorder=5)
    for piece in drawn.allsegs[0]:
        numbers.add(plane, "boundary", *piece.T)
    return True


def rate(boundaries, plane, record):
    """A sentence on a plane: giants it finds of early types, or dwarfs among those it calls giants."""
    early = record == "completeness"
    bins = [f"M{k}" for k in range(int(EARLY + 0.5))] if early else ["all"]
    rows = [row for row in boundaries if (row["plane"], row["record"], row["snr"]) == (plane, record, "all")]
    rows = [row for row in rows if row["subtype"] in bins]
    count, total = (sum(int(row[key]) for row in rows) for key in ("count", "total"))
    if not total:
        return ""
    share, low, high = wilson(count, total, 0.6827)
    text = f"{100 * share:.1f} % ({100 * low:.1f}-{100 * high:.1f})"
    if early:
        return f"giants found, M0-M2, any S/N: {count:,} of {total:,}\n{text}"
    return f"dwarfs among its giants: {count:,} of {total:,}\n{text}"


def legend(plt, figure, entries, title):
    """Above all panels."""
    handles = [plt.Line2D([], [], ls="none", ms=5, **style, label=label) for style, label in entries]
    handles.append(plt.Line2D([], [], color=BLACK, lw=1.4, label="learned boundary"))
    handles.insert(0, plt.Line2D([], [], ls="none", label=title, color=GREY))
    figure.legend(handles=handles, loc="upper center", ncols=4, bbox_to_anchor=(0.5, 1.0))
    figure.tight_layout(rect=(0, 0, 1, 0.94), w_pad=2)
