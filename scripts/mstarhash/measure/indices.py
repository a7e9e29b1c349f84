"""Molecular indices: ratios of mean fluxes in windows, with fractional pixels, masks and errors (FIELD 2)."""

from dataclasses import dataclass

import numpy as np

from mstarhash.spectra.airvac import LIGHT, air_to_vacuum

LARGEST_Z = 0.0035  # |z| above this (1,050 km/s) is no velocity of a star of the Galaxy
MIN_COVER = 0.6  # share of a window's width that must be good pixels

# name: numerator windows, denominator windows (air, Angstrom); several windows: plain average of their means
INDICES = {
    "tio1": ([(6718, 6723)], [(6703, 6708)]),
    "tio2": ([(7058, 7061)], [(7043, 7046)]),
    "tio3": ([(7092, 7097)], [(7079, 7084)]),
    "tio4": ([(7130, 7135)], [(7115, 7120)]),
    "tio5": ([(7126, 7135)], [(7042, 7046)]),
    "cah1": ([(6380, 6390)], [(6345, 6355), (6410, 6420)]),
    "cah2": ([(6814, 6846)], [(7042, 7046)]),
    "cah3": ([(6960, 6990)], [(7042, 7046)]),
    "caoh": ([(6230, 6240)], [(6345, 6354)]),
}
SODIUM = {  # config key `na`
    "hawley": ([(8140, 8165)], [(8173, 8210)]),  # Hawley 2002: grows with type
    "covey": ([(8177, 8201)], [(8151, 8175)]),  # Covey 2007: falls with type
}
MG2 = ([(5154.125, 5196.625)], [(4895.125, 4957.625), (5301.125, 5366.125)])  # Lick windows; in magnitudes
NAMES = (*INDICES, "na")


def definitions(na="hawley"):
    """The ten catalogue indices: INDICES and the chosen sodium index."""
    return {**INDICES, "na": SODIUM[na]}


@dataclass
class Spectra:
    """A block of spectra, each on its own logarithmic grid.

    flux, variance: (n, p) float64, 0 where not good; good: (n, p) bool; coeff0, coeff1: (n,) log10 of the first
    pixel's vacuum wavelength [Angstrom] and step; velocity: (n,) km/s by which the rest frame recedes.
    """

    flux: np.ndarray
    variance: np.ndarray
    good: np.ndarray
    coeff0: np.ndarray
    coeff1: np.ndarray
    velocity: np.ndarray

    @classmethod
    def of(cls, flux, ivar, mask, coeff0, coeff1, velocity=0.0):
        """From a file's arrays; good = finite flux, positive finite ivar, mask 0."""
        good = np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0) & (mask == 0)
        value = np.where(good, flux, 0).astype("f8")
        variance = np.divide(1.0, ivar, out=np.zeros(value.shape), where=good)
        n = len(value)
        spread = [np.broadcast_to(np.asarray(x, dtype=float), n).copy() for x in (coeff0, coeff1, velocity)]
        return cls(value, variance, good, *spread)

    def moved(self, velocity):
        """The same spectra seen in the rest frame of (n,) velocities [km/s]."""
        return Spectra(self.flux, self.variance, self.good, self.coeff0, self.coeff1, np.asarray(velocity, dtype=float))


def pixels(spectra, low, high):
    """The pixels under a window low-high [vacuum Angstrom, rest frame].

    Returns index (n, k) (clipped to the array), overlap (n, k) of each with the window [Angstrom, observed; 0
    where not good], centre (n, k) [Angstrom, rest frame] and width (n,) of the window [Angstrom, observed].
    """
    p = spectra.flux.shape[1]
    doppler = 1 + spectra.velocity / LIGHT
    low, high = low * doppler, high * doppler
    place = [(np.log10(x) - spectra.coeff0) / spectra.coeff1 + 0.5 for x in (low, high)]
    first = np.floor(place[0]).astype(int)
    count = int((np.floor(place[1]).astype(int) - first).max(initial=0)) + 1
    index = first[:, None] + np.arange(count)
    edge = np.concatenate([index, index[:, -1:] + 1], 1) - 0.5
    edge = 10 ** (spectra.coeff0[:, None] + spectra.coeff1[:, None] * edge)
    overlap = np.minimum(edge[:, 1:], high[:, None]) - np.maximum(edge[:, :-1], low[:, None])
    inside = (index >= 0) & (index < p)
    index = np.clip(index, 0, p - 1)
    usable = inside & np.take_along_axis(spectra.good, index, 1)
    centre = np.sqrt(edge[:, 1:] * edge[:, :-1]) / doppler[:, None]
    return index, np.where(usable, np.maximum(overlap, 0), 0), centre, high - low


def window(spectra, low, high, min_cover=MIN_COVER):
    """Mean flux in a window [vacuum Angstrom, rest frame] and its variance, (n,) each; NaN where too little is good."""
    index, overlap, _, width = pixels(spectra, low, high)
    cover = overlap.sum(1)
    enough = cover >= min_cover * width
    scale = np.where(enough, cover, np.nan)
    mean = (overlap * np.take_along_axis(spectra.flux, index, 1)).sum(1) / scale
    variance = (overlap**2 * np.take_along_axis(spectra.variance, index, 1)).sum(1) / scale**2
    return mean, variance


def average(spectra, windows):
    """Plain average of the means of several air windows, and its variance."""
    parts = [window(spectra, *air_to_vacuum(pair)) for pair in windows]
    return sum(mean for mean, _ in parts) / len(parts), sum(var for _, var in parts) / len(parts) ** 2


def baseline(definition):
    """Distance from the denominator's to the numerator's windows [Angstrom, air]."""
    top, bottom = (np.mean(part) for part in definition)
    return top - bottom


def ratio(spectra, definition, slope=0.0):
    """Value and 1-sigma error (n,) of one index; NaN where a window lacks pixels or its denominator is not positive.

    slope: error of the flux calibration, relative change over 100 Angstrom, which the error holds beside the noise.
    """
    (top, top_var), (bottom, bottom_var) = (average(spectra, part) for part in definition)
    bottom = np.where(bottom > 0, bottom, np.nan)
    value = top / bottom
    tilt = value * slope * baseline(definition) / 100
    return value, np.hypot(np.sqrt(top_var + value**2 * bottom_var) / bottom, tilt)


def measure(spectra, definitions, slope=0.0):
    """{name: (value, error)} of several indices."""
    return {name: ratio(spectra, definition, slope) for name, definition in definitions.items()}


def zeta_windows(spectra):
    """Means and variances of the windows that make zeta: numerators of TiO5, CaH2, CaH3, their common denominator."""
    windows = [INDICES[name][0] for name in ("tio5", "cah2", "cah3")] + [INDICES["tio5"][1]]
    return [average(spectra, part) for part in windows]
