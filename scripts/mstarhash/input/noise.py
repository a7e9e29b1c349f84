"""Inverse variances checked against the scatter of the flux itself."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mstarhash.spectra.scaling import relative, smoothed

SCALE = 4.0  # pixels over which the mean is taken that residuals are counted from
LARGEST = 30.0  # sigma; a residual above counts as this one


def trusted(flux, ivar, window):
    """(n, p) ivar, lowered where the residuals of the flux are larger than it tells: sky lines, cosmic rays, bad ivar.

    flux, ivar: (n, p); window: Gaussian sigma over which squared residuals are averaged [pixels], 0 = ivar as it is.
    Residuals are from a weighted Gaussian mean over SCALE pixels, corrected for each pixel's part in its own mean.
    """
    if window == 0:
        return ivar
    good = ivar > 0
    mean, _ = smoothed(flux, relative(ivar), SCALE)
    kernel = gaussian_filter1d((np.arange(101) == 50).astype("f8"), SCALE)
    left = 1 - 2 * kernel.max() + (kernel**2).sum()
    square = np.where(good, np.minimum((flux - mean) ** 2 * ivar / np.float32(left), np.float32(LARGEST**2)), 0)
    share = gaussian_filter1d(good.astype("f4"), window, axis=1, mode="constant")
    excess = gaussian_filter1d(square, window, axis=1, mode="constant") / np.maximum(share, 1e-6)
    return (ivar / np.maximum(excess, 1)).astype("f4")
