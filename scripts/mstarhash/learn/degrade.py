"""Copies of good spectra with the noise of the unclassified ones, as it really is."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from mstarhash.learn.averages import level
from mstarhash.search.matching import fitted, softened, window_of
from mstarhash.spectra.grid import shift_rows
from mstarhash.spectra.hdf5 import blocks

ORDER, PRIOR, FLOOR = 3, 1.0, 0.05  # of the response polynomial in the fits
MOST = 2.0  # of its coefficients, in units of the zeroth
ALIKE = 200  # spectra of like S/N of which the scatter of coefficients is taken
BAND = (6200, 7000)  # Angstrom; a copy has the S/N here of the spectrum whose noise it gets, whatever their colours


@dataclass
class Noise:
    """What is left of unclassified spectra after their best fits: noise, sky lines, cosmic rays, faulty responses; and
    what the fits took of it, smooth pedestals of left-over sky."""

    residual: np.ndarray  # (m, p) in units of the spectrum's level, 0 where not usable
    pedestal: np.ndarray  # (m, p) likewise
    ivar: np.ndarray  # (m, p) in these units

    def __len__(self):
        return len(self.residual)


def noise_of(flux, ivar, wave, models, order=ORDER):
    """Noise of spectra (n, p) by the best of models (t, p) times a polynomial, NaN where a model knows nothing."""
    models = models[np.isfinite(models).any(1)]
    models = window_of(models, np.ones_like(models), slice(0, len(wave)), 1, order)
    best, bends = np.zeros_like(flux), np.zeros((len(flux), order))
    for rows in blocks(len(flux)):
        best[rows], bends[rows] = fitted(flux[rows], softened(flux[rows], ivar[rows], FLOOR), models, PRIOR)
    bends = np.clip(bends, -MOST, MOST)
    powers = np.linspace(-1, 1, flux.shape[1]) ** np.arange(1, order + 1)[:, None]
    scale = level(flux, ivar, wave, BAND)[:, None]
    residual = np.where(ivar > 0, (flux - best * (1 + bends @ powers)) / scale, 0)
    bends *= share_of_pedestals(bends, scale[:, 0] * typical(ivar, wave))
    pedestal = best / scale * (bends @ powers)
    return Noise(residual.astype("f4"), pedestal.astype("f4"), (ivar * scale**2).astype("f4"))


def typical(ivar, wave):
    """(n,) root of the mean usable inverse variance in BAND."""
    inside = (wave >= BAND[0]) & (wave <= BAND[1])
    count = np.maximum((ivar[:, inside] > 0).sum(1), 1)
    return np.sqrt(ivar[:, inside].sum(1, dtype="f8") / count)


def share_of_pedestals(bends, snr):
    """(n, k) share 0 to 1 of each coefficient of a fit that is the spectrum's own smooth error, not its response.

    bends: (n, k); snr: (n,). Responses and what no model is like scatter alike at any S/N, a pedestal matters the less the
    brighter the star: variance a + b / snr^2, fitted to the half-widths (16-84 %) of spectra of like S/N. 0 where there are
    too few of them to tell.
    """
    out, snr = np.zeros_like(bends), np.maximum(snr, 1e-3)
    parts = np.array_split(np.argsort(snr, kind="stable"), max(1, len(snr) // ALIKE))
    if len(parts) < 3:
        return out
    x = np.array([np.mean(snr[part] ** -2.0) for part in parts])
    for k in range(bends.shape[1]):
        low, high = np.array([np.percentile(bends[part, k], (15.87, 84.13)) for part in parts]).T
        y = np.maximum((high - low) ** 2 / 4, 1e-9)
        (steady, falling), _ = nnls(np.stack([1 / y, x / y], axis=1), np.ones(len(y)))
        mine = falling * snr**-2.0
        out[:, k] = np.sqrt(mine / np.maximum(steady + mine, 1e-12))
    return out


def degraded(flux, ivar, noise, pick, wave, shifts, signs):
    """A copy of each spectrum with the relative noise of another added.

    flux, ivar: (n, p) spectra; noise: Noise; pick: (n,) rows of it; shifts: (n,) whole pixels by which each copy is
    moved (its velocity); signs: (n,) 1 or -1, by which the noise is multiplied.

    Returns flux, ivar (n, p) float32; pixels that either spectrum lacks have ivar 0; and the pedestal that comes on top
    (n, p), for itself: evidence of the averages, whose fits take it, is better learned without.
    """
    flux, ivar = shift_rows(flux, shifts), shift_rows(ivar, shifts)
    scale = level(flux, ivar, wave, BAND)[:, None]
    usable = (ivar > 0) & (noise.ivar[pick] > 0)
    out = flux + scale * signs[:, None].astype("f4") * noise.residual[pick]
    own = np.divide(1, ivar, out=np.zeros_like(flux), where=usable)
    variance = own + scale**2 * np.divide(1, noise.ivar[pick], out=np.zeros_like(flux), where=usable)
    return (
        np.where(usable, out, 0).astype("f4"),
        np.divide(1, variance, out=np.zeros_like(flux), where=usable & (variance > 0)).astype("f4"),
        np.where(usable, scale * signs[:, None].astype("f4") * noise.pedestal[pick], 0),
    )
