"""What sky subtraction leaves in spectra: errors that hang together along the wavelengths, told by a few modes.

In units of its errors a faint spectrum is a star, noise of unit variance, and left-over sky: smooth pedestals, sky lines that
are wrong together, a hump where the arms meet. So its covariance is 1 + V diag(variance) V', with V a few orthonormal modes
that a survey's spectra share. A fit that weighs by the inverse of it takes nothing for a star that left-over sky can make.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from mstarhash.common.parallel import ordered_map
from mstarhash.spectra.hdf5 import blocks

FAINT = (0.3, 4.0)  # S/N r of the spectra that tell it: in brighter ones, what no template is like would count
SAMPLE = 4000  # of them at most
MOST = 12  # modes
ENOUGH = 20  # spectra for each
ROUNDS = 4
GROSS = 4.0  # times the usual misfit, beyond which a spectrum is not used
SAFE = 1.5  # times the variance of the strongest mode of noise alone, above which a mode is one
COSMIC = 12.0  # errors, beyond which a value is cut


@dataclass
class Leftover:
    """modes (p, k) float32, orthonormal, on the bins of a window; variance (k,) of each, in units of that of the noise."""

    modes: np.ndarray
    variance: np.ndarray

    @property
    def share(self):
        """(k,) of each mode that the inverse covariance takes away."""
        return (self.variance / (1 + self.variance)).astype("f4")

    def weighed(self, y):
        """Data y (n, p), in units of their errors, times the inverse of their covariance (Woodbury)."""
        return y - ((y @ self.modes) * self.share) @ self.modes.T


def none(p):
    """No modes on p bins."""
    return Leftover(np.zeros((p, 0), "f4"), np.zeros(0))


def estimate(flux, ivar, templates, threads=1):
    """Leftover of faint spectra, flux and ivar (n, p) in bins, each of which is one of `templates` (t, p) at some level.

    In turns the templates are fitted with what is known, and the modes taken from what the fits leave (with the error of
    their levels, so that what a fit swallows is counted). Modes not much stronger than those of noise alone (Marchenko &
    Pastur 1967) are left out.
    """
    n, p = flux.shape
    found, most = none(p), min(MOST, n // ENOUGH)
    for _ in range(ROUNDS if most else 0):
        scatter, count = np.zeros((p, p)), 0
        told = partial(_scatter, flux, ivar, templates, found)
        for part, kept in ordered_map(told, blocks(n), threads):
            scatter, count = scatter + part, count + kept
        values, modes = np.linalg.eigh(scatter / count)
        noise = max(values[:-most].mean(), 1e-30)
        variance = values[: -most - 1 : -1] / noise - 1
        sure = variance > SAFE * (2 * np.sqrt(p / count) + p / count)
        found = Leftover(modes[:, : -most - 1 : -1][:, sure].astype("f4"), variance[sure])
    return found


def _scatter(flux, ivar, templates, known, rows):
    """Sum of the squares (p, p) of what the best templates leave of some spectra, and of how many."""
    root = np.sqrt(ivar[rows])
    error, doubt = _left(flux[rows] * root, root, templates, known)
    size = (error**2).mean(1)
    kept = size <= GROSS * np.median(size)
    error, doubt = np.clip(error[kept], -COSMIC, COSMIC), doubt[kept]
    return (error.T @ error).astype("f8") + doubt.T @ doubt, kept.sum()


def _left(y, root, templates, known):
    """What the best template leaves of data y (n, p) at its best level, and the error of that level times the template."""
    right = (root * known.weighed(y)) @ templates.T
    square = root**2 @ (templates**2).T
    for mode, share in zip(known.modes.T, known.share, strict=True):
        square -= share * ((root * mode) @ templates.T) ** 2
    square = np.maximum(square, 1e-30)
    rows, best = np.arange(len(y)), (np.maximum(right, 0) ** 2 / square).argmax(1)
    star, square = root * templates[best], square[rows, best, None]
    return y - right[rows, best, None] / square * star, star / np.sqrt(square)
