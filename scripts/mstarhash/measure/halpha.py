"""H-alpha equivalent width, positive for emission (FIELD 6)."""

import numpy as np

from mstarhash.measure.indices import pixels, window

LINE = (6557.61, 6571.61)  # vacuum Angstrom
CONTINUUM = ((6500.0, 6550.0), (6575.0, 6625.0))
MIN_LINE = 0.8  # share of the line window that must be good: a line cut in two has no width


def equivalent_width(spectra):
    """EW [Angstrom], its 1-sigma error and the median S/N of a continuum pixel, (n,) each; NaN where not measurable.

    EW = W (L / C - 1) with L the mean flux of the line window of width W, pixels counted by their fractions, and
    C the average of the two continuum means. The errors of L and C are independent: sigma^2 = W^2 / C^2
    (sigma_L^2 + (L / C)^2 sigma_C^2).
    """
    line, line_var = window(spectra, *LINE, MIN_LINE)
    (left, left_var), (right, right_var) = (window(spectra, *pair) for pair in CONTINUUM)
    level, level_var = (left + right) / 2, (left_var + right_var) / 4
    level = np.where(level > 0, level, np.nan)
    width = LINE[1] - LINE[0]
    value = width * (line / level - 1)
    error = width / level * np.sqrt(line_var + (line / level) ** 2 * level_var)
    snr = np.where(np.isfinite(level), continuum_snr(spectra), np.nan)
    return value, error, snr


def continuum_snr(spectra):
    """(n,) median of flux / sigma over the pixels at least half in the continuum windows; NaN if there are none."""
    parts = [_within(spectra, *pair) for pair in CONTINUUM]
    flux, variance, used = (np.concatenate([part[k] for part in parts], 1) for k in (0, 1, 3))
    values = np.divide(flux, np.sqrt(variance), out=np.full(flux.shape, np.nan), where=used & (variance > 0))
    out = np.full(len(values), np.nan)
    some = np.isfinite(values).any(1)
    out[some] = np.nanmedian(values[some], axis=1)
    return out


def peak_snr(spectra):
    """(n,) highest pixel of the line above the continuum, over the scatter of the continuum pixels; NaN as the EW.

    The continuum is as for the EW, its scatter that about a straight line through both windows: it holds what noise
    the flux really has, and the star's own lines.
    """
    flux, _, _, used = _within(spectra, *LINE)
    top = np.max(np.where(used, flux, -np.inf), axis=1, initial=-np.inf)
    levels = [window(spectra, *pair)[0] for pair in CONTINUUM]
    cover = window(spectra, *LINE, MIN_LINE)[0]
    parts = [_within(spectra, *pair) for pair in CONTINUUM]
    flux, wave, used = (np.concatenate([part[k] for part in parts], 1) for k in (0, 2, 3))
    weight = used.astype(float)
    count = weight.sum(1)
    enough = count >= 10
    share = weight / np.where(enough, count, 1)[:, None]
    x = wave - (share * wave).sum(1)[:, None]
    y = flux - (share * flux).sum(1)[:, None]
    slope = (share * x * y).sum(1) / np.where(enough, (share * x**2).sum(1), 1)
    square = (weight * (y - slope[:, None] * x) ** 2).sum(1) / np.where(enough, count - 2, 1)
    usable = enough & (square > 0) & np.isfinite(cover) & np.isfinite(levels[0] + levels[1])
    height = np.where(usable, top, 0) - (levels[0] + levels[1]) / 2
    return np.where(usable, height / np.sqrt(np.where(usable, square, 1)), np.nan)


def _within(spectra, low, high):
    """Flux, variance, wavelength [Angstrom, rest] (n, k) about a window, and which pixels lie in it by half or more."""
    index, overlap, wave, _ = pixels(spectra, low, high)
    flux, variance = (np.take_along_axis(x, index, 1) for x in (spectra.flux, spectra.variance))
    return flux, variance, wave, overlap > 0.5 * overlap.max(1, keepdims=True, initial=0)
