"""What LAMOST does to a spectrum: noise that follows wavelength, response errors, arm join, sky, cosmic rays, gaps.

Wavelengths are vacuum [Angstrom]; arrays are (p,) on the survey's own pixels.
"""

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter1d

PIXELS = 3909
COEFF0, COEFF1 = 3.5682, 1e-4
WAVE = 10 ** (COEFF0 + COEFF1 * np.arange(PIXELS))
JOIN = 5900.0

# sky lines: wavelength, strength; the strongest OH lines of the night sky and the atomic ones
SKY = np.array(
    [
        (5578.9, 12), (5891.6, 2), (5897.6, 1.2), (6302.0, 8), (6365.5, 3), (6499, 0.6), (6534, 0.6), (6555, 0.5),
        (6864, 0.8), (6925, 0.8), (6950, 0.7), (7243, 0.8), (7278.3, 1.6), (7318.3, 1.2), (7342.9, 1.6), (7371.3, 1),
        (7403, 0.6), (7526, 0.7), (7573.7, 0.7), (7714, 0.9), (7718.8, 1.2), (7752.8, 2.4), (7796.2, 2.6), (7810, 1),
        (7823.6, 2.4), (7843.4, 1.2), (7855.5, 1), (7915.9, 2.4), (7966.8, 2.6), (7995.5, 2.4), (8016, 1), (8028, 1.8),
        (8064, 1), (8107, 0.8), (8290.8, 1.6), (8300, 1.4), (8313, 1), (8346.9, 2.8), (8355, 1.2), (8384.7, 2.2),
        (8401.5, 3.2), (8417.6, 1.6), (8432.5, 2.6), (8454.6, 2), (8467.7, 2.2), (8495.7, 1.6), (8507.2, 1.6),
        (8541, 1), (8552, 0.8), (8651, 0.8), (8762.6, 1.6), (8770.3, 1.8), (8780.8, 2), (8793.6, 1.8), (8812.8, 1.4),
        (8829.5, 2.6), (8838.4, 1.8), (8852, 1), (8870, 2.4), (8888.3, 2.8), (8905.5, 2.2), (8922, 2.6), (8945.8, 2.2),
        (8960.5, 2.4), (8991, 2.2), (9004, 1.6), (9040, 1.2), (9051, 1.2),
    ]
)  # fmt: skip


def profile(centre, sigma=2.0):
    """Gaussian of height 1 at a wavelength."""
    return np.exp(-0.5 * ((WAVE - centre) / sigma) ** 2)


LINES = np.array([s * profile(w) for w, s in SKY])
FOREST = LINES.sum(0)
A_BAND = np.where((WAVE > 7592) & (WAVE < 7700), np.clip((7700 - WAVE) / 95, 0, 1) ** 0.7, 0.0)
B_BAND = np.where((WAVE > 6868) & (WAVE < 6945), np.clip((6945 - WAVE) / 70, 0, 1) ** 0.8, 0.0)
WATER = 0.35 * np.exp(-0.5 * ((WAVE - 7250) / 40) ** 2) + 0.25 * np.exp(-0.5 * ((WAVE - 8180) / 50) ** 2)
RESIDUAL = LINES / np.sqrt(1 + LINES)  # where the sky is bright its noise is too
WIGGLE = np.gradient(FOREST / np.sqrt(1 + FOREST))
TELLURIC = {"A": gaussian_filter1d(A_BAND, 2.5), "B": gaussian_filter1d(B_BAND, 2.5), "water": WATER}
BLUE = 1 / (1 + np.exp((WAVE - JOIN) / 40))  # weight of the blue arm
BAND = slice(*np.searchsorted(WAVE, (6200, 7000)))
# noise of the sky in each arm: read by eye off faint LAMOST spectra, as smooth functions
_x = WAVE / 1000
IN_BLUE = 1.9 * (
    1 + np.exp((4.1 - _x) / 0.19) + 0.9 * np.clip((4.9 - _x) / 0.6, 0, 4) + 0.7 * np.exp(-(5.95 - _x) / 0.07)
)
IN_RED = 0.72 + 0.28 * np.exp(-(_x - 6.6) / 0.42) + 0.05 * np.exp((_x - 8.4) / 0.22)
ABSORBED = 1 + 1.7 * TELLURIC["A"] + 0.25 * TELLURIC["B"] + 0.6 * WATER


def dark_sigma(blue):
    """Noise of a sky without lines in units of flux, 1 near 6600 A; blue: that of the blue arm relative to the usual."""
    return ABSORBED / np.sqrt((BLUE / (blue * IN_BLUE)) ** 2 + ((1 - BLUE) / IN_RED) ** 2 + 1e-12)


def median(values):
    """Median of a short array of numbers; numpy's own takes five times as long to make sure of what it has."""
    half = len(values) // 2
    part = np.partition(values, (half - 1, half) if half else half)
    return part[half] if len(values) % 2 else (part[half - 1] + part[half]) / 2


def smooth_curve(rng, rms, scale):
    """A random smooth curve of mean 0 and rms `rms`, correlated over `scale` [Angstrom]."""
    shapes = bumps(scale)
    curve = shapes @ rng.normal(size=shapes.shape[1])
    return rms * (curve - curve[350:-60].mean())


@cache
def bumps(scale):
    """(p, k) Gaussians of sigma `scale` / 2.5 at every `scale` / 2, so scaled that random weights give an rms of 1."""
    shapes = np.exp(-0.5 * ((WAVE[:, None] - np.arange(3000, 10000, scale / 2)) / (scale / 2.5)) ** 2)
    return shapes / np.sqrt((shapes**2).sum(1, keepdims=True))


def response(rng, rms, join_rms, join_large):
    """Multiplicative error of the flux calibration, with the step where the arms meet; (curve, step)."""
    curve = np.exp(smooth_curve(rng, rms * rng.lognormal(-0.1, 0.4), 900))
    step = rng.normal(0, join_rms)
    if rng.random() < join_large:
        step = rng.choice([-1, 1]) * rng.uniform(0.3, 0.6)
    sharp = 1 / (1 + np.exp((WAVE - rng.uniform(5750, 5930)) / 6))
    return curve * (1 + step * (sharp - 0.5)), step


def observe(flux, snr, rng, keys, step=None):
    """One observed spectrum: dict of flux, ivar, andmask, ormask (float32) and the noise-free `model`.

    flux: (p,) true flux; snr: median of flux over sigma in 6200-7000 A that is wanted; keys: the section's keys;
    step: arm step that is forced (fakes). A flux of zeros is an empty fibre; then snr sets the sky residual alone.
    """
    level = median(flux[BAND])
    empty = level <= 0
    curve, drawn = response(rng, keys.response_rms, keys.join_rms, keys.join_large)
    if step is not None:
        curve = curve * (1 + (step - drawn) * (BLUE - 0.5))
    for name, share in (("A", 0.7), ("B", 0.25), ("water", 0.4)):
        left = rng.normal(0.01, 0.04)  # what the correction leaves
        curve = curve * np.clip(1 - share * left * TELLURIC[name], 0.05, None)
    model = flux * curve
    if rng.random() < keys.wrong_continuum:
        model = model * np.exp(smooth_curve(rng, 0.5, 1500))
    level = 1.0 if empty else median(model[BAND])
    dark, lines = dark_sigma(rng.lognormal(0, 0.4)), rng.lognormal(0, 0.3)
    sky = dark * np.sqrt(1 + lines * 1.5 * FOREST)
    # photons of the star against those of the dark sky, r: S/N = k r / sqrt(1 + r), r = 1 at S/N 25
    star = np.clip(model / level, 0, None) * (snr**2 + snr * np.hypot(snr, 100 / np.sqrt(2))) / 2500
    sigma = np.sqrt(sky**2 + star * dark**2)
    unit = 1 / snr if empty else median(np.maximum(model[BAND], 1e-6) / sigma[BAND]) / snr
    sigma, sky = unit * sigma, unit * sky
    true = sigma * keys.noise_excess * rng.lognormal(0, 0.08)
    observed = model + rng.normal(size=PIXELS) * true
    observed += sky * sky_residual(rng, keys.sky_residual, empty)
    ivar = 1 / sigma**2
    andmask, ormask = np.zeros((2, PIXELS), "f4")
    observed, ivar = spoil(observed, ivar, andmask, ormask, sigma, rng, keys)
    return {"flux": observed, "ivar": ivar, "andmask": andmask, "ormask": ormask, "model": model}


def sky_residual(rng, amplitude, empty):
    """Left-over sky in units of its noise: lines with a common sign of error, and a smooth pedestal."""
    common = rng.normal(0, 0.5 * amplitude)
    lines = (common + rng.normal(0, 0.5 * amplitude, len(SKY))) @ RESIDUAL
    shifted = WIGGLE * rng.normal(0, 1.5 * amplitude)  # wavelength error: a wiggle
    pedestal = smooth_curve(rng, 0.35 * amplitude, 1500) + rng.normal(0, 0.2 * amplitude)
    at, width = rng.uniform(5600, 5850), rng.uniform(60, 130)
    edge = np.exp(-0.5 * ((WAVE - at) / width) ** 2) * rng.normal(0, 1.2 * amplitude)  # arms' ends: a hump or a dip
    return lines + shifted + edge + pedestal * (2 if empty else 1)


def spoil(flux, ivar, andmask, ormask, sigma, rng, keys):
    """Cosmic rays, gaps of zero flux, masked pixels, the zeros beyond 9000 A; masks are changed in place."""
    for _ in range(rng.poisson(keys.cosmic_rays)):
        at, height = rng.integers(50, PIXELS - 50), rng.lognormal(2.7, 0.8)
        width = rng.integers(1, 4)
        flux[at : at + width] += height * sigma[at : at + width] * rng.uniform(0.3, 1, width)
        if rng.random() < 0.5:
            ormask[at : at + width] = 2
    if rng.random() < keys.zero_blocks:
        for _ in range(rng.integers(1, 3)):
            first, length = rng.integers(0, PIXELS - 100), int(rng.lognormal(4.2, 0.9))
            part = slice(first, min(first + min(length, 700), PIXELS))
            flux[part], ivar[part], andmask[part], ormask[part] = 0, 0, 32, 32
    if rng.random() < keys.masked:
        for _ in range(rng.integers(1, 4)):
            first, length = rng.integers(0, PIXELS - 50), rng.integers(3, 40)
            andmask[first : first + length] = 8
            ormask[first : first + length] = 8
    ormask[FOREST > 1.2] = np.maximum(ormask[FOREST > 1.2], 8)
    if rng.random() < keys.zero_tail:
        flux[9000 + rng.uniform(0, 60) < WAVE] = 0
    return flux, ivar
