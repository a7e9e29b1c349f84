"""From given wavelengths to a logarithmic grid."""

import numpy as np

STEP = 1e-4  # dex: LAMOST's pixel


def fit_log_linear(wave):
    """(coeff0, coeff1, worst): the log10 grid closest to wavelengths (n,), and the largest distance [pixels].

    Both coefficients are set to the survey's own (step 1e-4, first pixel a multiple of it) where that moves no
    pixel by more than 0.005: wavelengths kept as float32 do not tell them better, and a star in image and
    in table form must come out the same.
    """
    log, pixel = np.log10(wave), np.arange(len(wave), dtype="f8")
    centre = pixel - pixel.mean()
    coeff1 = float((centre * log).sum() / (centre**2).sum())
    if abs(coeff1 - STEP) * len(wave) < 0.005 * STEP:
        coeff1 = STEP
    coeff0 = float(np.mean(log - coeff1 * pixel))
    nearest = round(coeff0 / STEP)
    if coeff1 == STEP and abs(coeff0 / STEP - nearest) < 0.005:
        coeff0 = round(nearest * STEP, 4)
    worst = float(np.abs((log - coeff0) / coeff1 - pixel).max())
    return coeff0, coeff1, worst


def to_log_grid(wave, flux, ivar, andmask):
    """Rebin a spectrum of rising wavelengths (n,) [A] to steps of 1e-4 dex, with flux conserved.

    A new pixel is the mean of the usable old ones, weighted with their overlap; its variance follows from
    theirs; it has ivar 0 where usable ones cover less than half of it, and andmask 1 where that is what
    spoiled them. Returns flux, ivar, andmask (m,) float32, coeff0, coeff1.
    """
    middle = (wave[1:] + wave[:-1]) / 2
    old = np.concatenate([[2 * wave[0] - middle[0]], middle, [2 * wave[-1] - middle[-1]]])
    first, last = np.ceil(np.log10(wave[0]) / STEP - 1e-6), np.floor(np.log10(wave[-1]) / STEP + 1e-6)
    centres = np.arange(first, last + 1)
    new = 10 ** (np.append(centres - 0.5, last + 0.5) * STEP)
    good = np.isfinite(flux) & np.isfinite(ivar) & (ivar > 0) & (andmask == 0)

    cuts = np.union1d(old, new)
    cuts = cuts[(cuts >= new[0]) & (cuts <= new[-1])]
    centre, width = (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts)
    i, j = np.searchsorted(new, centre) - 1, np.searchsorted(old, centre) - 1
    inside = (j >= 0) & (j < len(wave))
    i, j, width = i[inside], j[inside], width[inside]
    count = len(centres)

    def total(weights):
        return np.bincount(i, weights, count)

    share = width * good[j]
    cover = total(share)
    enough = cover >= 0.5 * np.diff(new)
    value = total(share * np.where(good, flux, 0.0)[j])
    variance = total(share**2 / np.where(good, ivar, 1.0)[j])
    spoiled = total(width * (andmask[j] != 0)) > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        flux = np.where(enough, value / cover, np.nan)
        ivar = np.where(enough & (variance > 0), cover**2 / variance, 0)
    return flux.astype("f4"), ivar.astype("f4"), (~enough & spoiled).astype("f4"), float(first * STEP), STEP
