"""What is wrong with a spectrum or a mean spectrum, found automatically (FIELD 12.3; G19 did it by eye)."""

import numpy as np
from scipy.ndimage import median_filter

REASONS = ("gap", "unusable", "negative", "arm_step", "spike")
LINES = (5577.3, 5891.6, 5897.6, 6300.3, 6363.8, 6564.6, 4862.7)  # vacuum A: sky lines, and emission of M stars
GAP = 30  # pixels


def longest_run(flags):
    """(n,) length of the longest run of True in each row of (n, p)."""
    run, best = np.zeros(len(flags), int), np.zeros(len(flags), int)
    for column in flags.T:
        run = np.where(column, run + 1, 0)
        best = np.maximum(best, run)
    return best


def defects(wave, flux, ivar, snr, reference):
    """(n, 5) bool, a column for each of REASONS.

    wave: (p,) vacuum [Angstrom]; flux, ivar: (n, p), ivar 0 = unusable; snr: (n,) S/N in r; reference: (n, p)
    mean spectrum of the same kind (an arm step is measured in the ratio to it, since M stars have an edge of
    their own near 5850 A); NaN where unknown.
    """
    good = ivar > 0
    scale = np.array([np.median(np.abs(f[g])) if g.any() else 1.0 for f, g in zip(flux, good, strict=True)])
    flat = np.zeros(flux.shape, bool)
    flat[:, 1:] = np.abs(np.diff(flux, axis=1)) <= 1e-6 * scale[:, None]
    gap = longest_run(~good | flat) >= GAP
    band = (wave >= 6000) & (wave <= 8500)
    unusable = (~good[:, band]).mean(1) > 0.05
    red = (wave >= 6500) & (wave <= 8500)
    negative = ((flux[:, red] <= 0) & good[:, red]).mean(1) > 0.2
    return np.c_[
        gap,
        unusable,
        negative & (np.nan_to_num(snr) > 3),
        arm_step(wave, flux, ivar, reference),
        spikes(wave, flux, ivar),
    ]


def arm_step(wave, flux, ivar, reference):
    """(n,) bool: the ratio to the reference jumps at 5800 A by over 25 % of its level and 5 sigma."""
    window = (wave > 5500) & (wave < 6100) & ~((wave > 5880) & (wave < 5912))
    x = (wave[window] - 5800) / 300
    design = np.c_[np.ones_like(x), x, x > 0]
    found = np.zeros(len(flux), bool)
    for row in range(len(flux)):
        model = reference[row, window]
        weight = np.where(np.isfinite(model) & (model > 0), ivar[row, window], 0)
        model = np.where(weight > 0, model, 1)
        if (weight > 0).sum() < 50:
            continue
        a = design * model[:, None]
        normal = (a * weight[:, None]).T @ a
        if np.linalg.cond(normal) > 1e12:
            continue
        covariance = np.linalg.inv(normal)
        fit = covariance @ (a * weight[:, None]).T @ flux[row, window]
        residual = flux[row, window] - a @ fit
        inflate = max(1.0, (weight * residual**2).sum() / max(1, (weight > 0).sum() - 3))
        found[row] = abs(fit[2]) > 0.25 * abs(fit[0] + fit[2] / 2) and fit[2] ** 2 > 25 * inflate * covariance[2, 2]
    return found


def spikes(wave, flux, ivar):
    """(n,) bool: more than five single pixels over 10 sigma (and 30 %) off their neighbours, away from lines."""
    near = np.zeros(len(wave), bool)
    for line in LINES:
        near |= np.abs(wave - line) < 10
    smooth = median_filter(flux, size=(1, 9), mode="nearest")
    off = (np.abs(flux - smooth) * np.sqrt(ivar) > 10) & (np.abs(flux - smooth) > 0.3 * np.abs(smooth))
    return (off & ~near & (wave < 6850)).sum(1) > 5
