"""Copies of good spectra with the noise of the unclassified ones."""

import numpy as np

from mstarhash.averages import level
from mstarhash.grid import shift_rows


def degraded(flux, ivar, noise_flux, noise_ivar, wave, shifts, rng):
    """A copy of each spectrum with the relative noise of another added.

    flux, ivar: (n, p) spectra; noise_flux, noise_ivar: (n, p) the unclassified spectra whose noise is taken,
    in units of their own level; shifts: (n,) whole pixels by which each copy is moved (its velocity).

    Returns flux, ivar (n, p) float32; pixels that either spectrum lacks have ivar 0.
    """
    flux, ivar = shift_rows(flux, shifts), shift_rows(ivar, shifts)
    ratio = (level(flux, ivar, wave) / level(noise_flux, noise_ivar, wave))[:, None]
    usable = (ivar > 0) & (noise_ivar > 0)
    extra = np.divide(ratio, np.sqrt(noise_ivar), out=np.zeros_like(flux), where=usable)
    own = np.divide(1, ivar, out=np.zeros_like(flux), where=usable)
    out = flux + extra * rng.standard_normal(flux.shape, dtype="f4")
    variance = own + extra**2
    return (
        np.where(usable, out, 0).astype("f4"),
        np.divide(1, variance, out=np.zeros_like(flux), where=usable & (variance > 0)).astype("f4"),
    )
