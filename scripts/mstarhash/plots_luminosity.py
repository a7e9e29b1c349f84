"""Giants and dwarfs: the planes in which they part, with the learned boundaries, and the colour-magnitude diagram."""

import numpy as np

from mstarhash.measured import read_aligned, read_measured
from mstarhash.plots_ranking import rows_of
from mstarhash.plots_style import BLACK, DWARF, GIANT, GREY, Numbers, no_data

MOST = 20_000  # points of a class in a panel; of more every k-th is drawn
PLANES = (  # name in boundaries.csv, axes, whether the spectra must be good, axis turned over
    ("caoh_cah1", ("caoh", "CaOH"), ("cah1", "CaH1"), True, False),
    ("tio5_cah23", ("tio5", "TiO5"), ("cah23", "CaH2 + CaH3"), True, False),
    ("jk_h", ("j_k", "J - K [mag]"), ("h", "H [mag]"), False, True),
)
FEW = 1500  # points of a panel below which they are drawn larger
GOOD_PARALLAX = 5.0  # parallax over its error of the stars in the colour-magnitude diagram


def draw(plt, args):
    """Figure and its numbers, from measure, crossmatch and luminosity."""
    numbers = Numbers()
    figure, axes = plt.subplots(2, 2, figsize=(10, 8.4))
    stars = read(args)
    boundaries = rows_of(args.boundaries)
    for panel, (plane, *rest) in zip(axes.ravel(), PLANES, strict=False):
        one_plane(panel, plane, *rest, stars, boundaries, args.min_snr, numbers)
    hrd(axes[1, 1], stars, numbers)
    giant, dwarf = (int((stars["giant"] == kind).sum()) for kind in (1, 0))
    handles = [
        plt.Line2D([], [], ls="none", ms=5, **style, label=f"{count:,} {word}")
        for style, count, word in ((DWARF, dwarf, "dwarfs"), (GIANT, giant, "giants"))
    ]
    handles.append(plt.Line2D([], [], color=BLACK, lw=1.4, label="learned boundary"))
    figure.legend(handles=handles, loc="upper center", ncols=3, bbox_to_anchor=(0.5, 1.0))
    figure.tight_layout(rect=(0, 0, 1, 0.965), w_pad=2, h_pad=2)
    return figure, numbers.rows


def read(args):
    """Columns (n,) of the measured stars, and `giant` (1, 0, NaN)."""
    table = read_measured(args.measure, ["caoh", "cah1", "cah2", "cah3", "tio5", "snr_r"])
    table["cah23"] = table["cah2"] + table["cah3"]
    nothing = np.full(len(table["file"]), np.nan)
    names = ("j", "h", "k", "bp_rp", "parallax", "parallax_error")
    table |= read_aligned(args.crossmatch, table, names) if args.crossmatch else dict.fromkeys(names, nothing)
    table |= (
        read_aligned(args.luminosity, table, ["giant", "m_g"])
        if args.luminosity
        else {"giant": nothing, "m_g": nothing}
    )
    table["j_k"] = table["j"] - table["k"]
    return table


def scatter(axes, x, y, giant, names, panel, numbers):
    """Dwarfs below, giants above; True where there was anything."""
    shown = np.isfinite(x) & np.isfinite(y)
    for kind, style, word, size in (
        (0, DWARF, "dwarfs", 2.0),
        (1, GIANT, "giants", 2.8),
        (None, None, "undecided", 1.6),
    ):
        rows = np.flatnonzero(shown & (giant == kind if kind is not None else np.isnan(giant)))
        rows = rows[:: max(1, -(-len(rows) // MOST))]
        look = style or {"color": GREY, "marker": "s"}
        axes.plot(
            x[rows],
            y[rows],
            ls="none",
            ms=size * (1 if shown.sum() > FEW else 1.8),
            mew=0,
            alpha=0.6,
            rasterized=True,
            **look,
        )
        numbers.add(panel, word, x[rows], y[rows])
    axes.set(xlabel=names[0], ylabel=names[1])
    if not shown.any():
        return False
    for values, limits in ((x, axes.set_xlim), (y, axes.set_ylim)):
        low, high = np.quantile(values[shown], [0.003, 0.997])
        limits(low - 0.1 * (high - low) - 1e-3, high + 0.1 * (high - low) + 1e-3)
    return True


def one_plane(axes, plane, first, second, spectral, turned, stars, boundaries, min_snr, numbers):
    """A plane with the boundary at even odds, where one was learned."""
    good = stars["snr_r"] > min_snr if spectral else np.ones(len(stars["giant"]), bool)
    x, y = (np.where(good, stars[key], np.nan) for key, _ in (first, second))
    if not scatter(axes, x, y, stars["giant"], (first[1], second[1]), plane, numbers):
        no_data(
            axes, f"no measured star with S/N r > {min_snr:g}" if spectral else "no 2MASS photometry: input.twomass"
        )
        return
    if turned:
        axes.invert_yaxis()
    curve = [
        (float(row["x"]), float(row["y"] or "nan"))
        for row in boundaries
        if (row["plane"], row["record"]) == (plane, "curve")
    ]
    text = f"S/N r > {min_snr:g}" if spectral else "all with photometry"
    if np.isfinite([value for _, value in curve]).any():
        axes.plot(*zip(*curve, strict=True), color=BLACK, lw=1.4, zorder=5)
        numbers.add(plane, "boundary", *zip(*curve, strict=True))
    else:
        text += "; no boundary learned"
    axes.set_title(text)


def hrd(axes, stars, numbers):
    """Absolute magnitude against colour, for good parallaxes."""
    with np.errstate(invalid="ignore", divide="ignore"):
        good = stars["parallax"] / stars["parallax_error"] >= GOOD_PARALLAX
    x, y = (np.where(good, stars[key], np.nan) for key in ("bp_rp", "m_g"))
    if not scatter(axes, x, y, stars["giant"], ("BP - RP [mag]", r"$M_G$ [mag]"), "hrd", numbers):
        no_data(axes, "no parallax: input.gaia")
        return
    axes.set_title(f"parallax known to 1/{GOOD_PARALLAX:g}")
    axes.invert_yaxis()
