"""Copies of good spectra with the noise of the unclassified ones, as it really is."""

from dataclasses import dataclass

import numpy as np

from mstarhash.learn.averages import level
from mstarhash.search.matching import fitted, prepare, softened
from mstarhash.spectra.grid import shift_rows
from mstarhash.spectra.hdf5 import blocks

ORDER, PRIOR, FLOOR = 3, 1.0, 0.05  # of the response polynomial in the fits
BAND = (6200, 7000)  # Angstrom; a copy has the S/N here of the spectrum whose noise it gets, whatever their colours


@dataclass
class Noise:
    """What is left of unclassified spectra after their best fits: noise, sky lines, cosmic rays, faulty responses."""

    residual: np.ndarray  # (m, p) in units of the spectrum's level, 0 where not usable
    ivar: np.ndarray  # (m, p) in these units

    def __len__(self):
        return len(self.residual)


def noise_of(flux, ivar, wave, models, order=ORDER):
    """Noise of spectra (n, p) by the best of models (t, p) times a polynomial, NaN where a model knows nothing."""
    known = np.isfinite(models).any(1)
    models, count = models[known], known.sum()
    keys = {"wave_min": wave[0], "wave_max": wave[-1], "bins": 1, "order": order}
    nothing = np.zeros(count, bool), np.arange(count), np.full(count, "")
    averages = prepare(models, np.ones_like(models), *nothing, wave, keys)
    residual = np.zeros_like(flux)
    for rows in blocks(len(flux)):
        residual[rows] = flux[rows] - fitted(flux[rows], softened(flux[rows], ivar[rows], FLOOR), averages, PRIOR)
    scale = level(flux, ivar, wave, BAND)[:, None]
    return Noise(np.where(ivar > 0, residual / scale, 0).astype("f4"), (ivar * scale**2).astype("f4"))


def degraded(flux, ivar, noise, pick, wave, shifts, signs):
    """A copy of each spectrum with the relative noise of another added.

    flux, ivar: (n, p) spectra; noise: Noise; pick: (n,) rows of it; shifts: (n,) whole pixels by which each copy is
    moved (its velocity); signs: (n,) 1 or -1, by which the noise is multiplied.

    Returns flux, ivar (n, p) float32; pixels that either spectrum lacks have ivar 0.
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
    )
