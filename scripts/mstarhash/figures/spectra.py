"""Spectra in figures: smoothing for the eye, a mean spectrum fitted to an observed one, marks of bands and lines."""

import numpy as np

from mstarhash.figures.style import BLACK, GREY, LIGHT
from mstarhash.search.matching import softened
from mstarhash.spectra.scaling import relative, smoothed

LOW, HIGH = 4600.0, 9000.0  # shown [vacuum Angstrom]
BANDS = (  # molecule, from, to [vacuum Angstrom]; band heads of TiO and CaH that type M stars
    ("TiO", 4954, 5200), ("TiO", 5448, 5640), ("TiO", 5847, 6058), ("TiO", 6158, 6345), ("CaH", 6347, 6400),
    ("TiO", 6651, 6750), ("CaH", 6750, 7050), ("TiO", 7053, 7270), ("TiO", 7666, 7861), ("TiO", 8432, 8568),
)  # fmt: skip
LINES = ((r"H$\alpha$", 6564.6), ("Na", 8191.0))
TELLURIC = ((6867, 6944), (7594, 7664))
BAND_COLOURS = {"TiO": "#f3e2c1", "CaH": "#cfe3f2"}


def for_the_eye(flux, ivar, sigma):
    """(n, p) weighted Gaussian means over neighbouring pixels; NaN where nothing is known."""
    mean, weight = smoothed(np.nan_to_num(flux).astype("f4"), relative(np.asarray(ivar, "f4")), sigma)
    return np.where(weight > 0, mean, np.nan)


def fitting_of(model):
    """order, prior, floor, max_shift of the fits of an open model.h5, as `fitted` wants them."""
    return {key: model["averages"].attrs[key] for key in ("order", "prior", "floor", "max_shift")}


def fitted(flux, ivar, mean, order, prior, floor, max_shift):
    """(p,) a mean spectrum times the response polynomial that fits best, at the best velocity of whole pixels.

    flux, ivar, mean: (p,) on one grid; order, prior, floor, max_shift: as in `matching.fit`.
    """
    known = np.isfinite(mean)
    pixels = np.arange(len(mean))
    mean = np.interp(pixels, pixels[known], mean[known]) if known.any() else np.zeros(len(mean))
    weight = softened(flux[None], ivar[None], floor)[0].astype("f8")
    flux = np.where(weight > 0, flux, 0).astype("f8")
    powers = np.linspace(-1, 1, len(mean)) ** np.arange(order + 1)[:, None]
    best, found = np.inf, np.full(len(mean), np.nan)
    for shift in range(-max_shift, max_shift + 1):
        terms = np.roll(mean, shift) * powers
        normal, right = (terms * weight) @ terms.T, (terms * weight) @ flux
        level = right[0] / max(normal[0, 0], 1e-30)
        normal[range(1, order + 1), range(1, order + 1)] += 1 / max((prior * level) ** 2, 1e-30)
        fit = np.linalg.lstsq(normal, right, rcond=None)[0] @ terms
        chi2 = (weight * (flux - fit) ** 2).sum()
        if chi2 < best:
            best, found = chi2, fit
    return found


def level_of(wave, curve):
    """Median of a smoothed spectrum in 6500-8500 A, by which it is divided; 1 where that is not above 0."""
    part = curve[(wave > 6500) & (wave < 8500) & np.isfinite(curve)]
    level = np.median(part) if len(part) else np.nan
    return level if level > 0 else 1.0


def mark_bands(axes, names=False):
    """Molecular bands as shades, lines and telluric bands as ticks; with `names` their names above the panel."""
    for name, first, last in BANDS:
        axes.axvspan(first, last, color=BAND_COLOURS[name], lw=0, zorder=0)
        if names and last - first > 90:
            _name(axes, name, (first + last) / 2)
    for name, where in LINES:
        axes.axvline(where, color=GREY, lw=0.7, ls=(0, (2, 2)), zorder=1)
        if names:
            _name(axes, name, where)
    for first, last in TELLURIC:
        axes.plot([first, last], [0.015, 0.015], transform=axes.get_xaxis_transform(), color=GREY, lw=2.5, zorder=1)


def _name(axes, text, where):
    place = {
        "xy": (where, 1.0),
        "xycoords": axes.get_xaxis_transform(),
        "xytext": (0, 3),
        "textcoords": "offset points",
    }
    axes.annotate(text, **place, ha="center", fontsize=7.5, color="#444444", annotation_clip=False)


def draw_spectrum(axes, wave, flux, curve, extra=(), room=0.22):
    """Thin grey as observed, black smoothed, further (curve, style) on top; limits follow the smoothed one.

    room: share of the panel kept free above the spectrum for its label.
    """
    shown = (wave >= LOW) & (wave <= HIGH)
    axes.plot(wave[shown], flux[shown], color=LIGHT, lw=0.35, zorder=2, rasterized=True)
    axes.plot(wave[shown], curve[shown], color=BLACK, lw=0.9, zorder=3)
    for other, style in extra:
        axes.plot(wave[shown], other[shown], **({"zorder": 4, "lw": 1.3} | style))
    known = curve[shown & np.isfinite(curve) & (wave > 5000) & (wave < 8950)]
    low, high = np.quantile(known, [0.005, 0.995]) if len(known) else (0.0, 1.0)
    low, high = min(0.0, low), max(high, low + 1e-6)
    axes.set_ylim(low - 0.04 * (high - low), high + (room + 0.08) * (high - low))
    axes.set_xlim(LOW, HIGH)
