"""From a spectrum on the common grid to the vector that the network sees."""

import numpy as np
from scipy.ndimage import gaussian_filter1d


def features(flux, ivar, smooth, scale, thin):
    """Smoothed, scaled and thinned spectra.

    flux, ivar: (n, p), ivar 0 where a pixel is not usable; smooth: Gaussian sigma [pixels], 0 = none; scale:
    "robust" (1-99 % quantiles to 0..1, clipped) or "minmax" (G19 Eq. 1); thin: every how many pixels.

    Returns (n, width(p, thin)) float32 in 0..1. Pixels without data are interpolated from their neighbours.
    """
    flux, weight = np.asarray(flux, "f4"), np.asarray(ivar, "f4")
    if smooth > 0:
        weight = relative(weight)
        flux, weight = smoothed(flux, weight, smooth)
    x = fill(flux, weight > 0)[:, ::thin]
    if scale == "robust":
        low, high = np.quantile(x, [0.01, 0.99], axis=1).astype("f4")
    else:
        low, high = x.min(1), x.max(1)
    width = np.maximum(high - low, np.finfo("f4").tiny)
    return np.clip((x - low[:, None]) / width[:, None], 0, 1).astype("f4")


def width(pixels, thin):
    """How many values `features` makes of a spectrum."""
    return -(-pixels // thin)


def relative(ivar):
    """Inverse variances in units of each row's median usable one, so that float32 does not under- or overflow."""
    typical = np.array([np.median(row[row > 0]) if (row > 0).any() else 1.0 for row in ivar], "f4")
    return ivar / typical[:, None]


def smoothed(flux, weight, sigma):
    """Weighted Gaussian mean over neighbouring pixels; weight 0 where nothing usable lies within about 4 sigma."""
    total = gaussian_filter1d(weight, sigma, axis=1, mode="constant", truncate=4.0)
    mean = gaussian_filter1d(flux * weight, sigma, axis=1, mode="constant", truncate=4.0)
    usable = total > 1e-6
    return np.divide(mean, total, out=np.zeros_like(mean), where=usable), np.where(usable, total, 0)


def fill(flux, good):
    """Linear interpolation over pixels that are not good; a row without good pixels becomes 0."""
    out = np.array(flux, dtype="f4")
    pixels = np.arange(flux.shape[1])
    for row in np.flatnonzero(~good.all(1)):
        known = good[row]
        out[row] = np.interp(pixels, pixels[known], flux[row, known]) if known.any() else 0
    return out
