"""H-alpha equivalent width, positive for emission (FIELD 6)."""

import numpy as np

from mstarhash.indices import pixels, window

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
    parts = []
    for pair in CONTINUUM:
        index, overlap, *_ = pixels(spectra, *pair)
        flux, variance = (np.take_along_axis(x, index, 1) for x in (spectra.flux, spectra.variance))
        used = overlap > 0.5 * overlap.max(1, keepdims=True, initial=0)
        parts.append(np.divide(flux, np.sqrt(variance), out=np.full(flux.shape, np.nan), where=used & (variance > 0)))
    values = np.concatenate(parts, 1)
    out = np.full(len(values), np.nan)
    some = np.isfinite(values).any(1)
    out[some] = np.nanmedian(values[some], axis=1)
    return out
