"""Radial velocity by weighted cross-correlation with templates on the logarithmic grid (FIELD 7)."""

from dataclasses import dataclass

import numpy as np
from scipy.fft import next_fast_len, rfft

from mstarhash.spectra.airvac import LIGHT

STEP = 1e-4  # dex a pixel: 69.03 km/s
LOW, HIGH = 3.5800, 3.9640  # log10 of the ends of the working grid [vacuum Angstrom]
SMOOTH = 151  # pixels of the running mean that is taken for the continuum
CORE = (6557.0, 6573.0)  # H-alpha, left out of the templates: its emission is no sign of velocity or type
FINE = 8  # lags a pixel about the peak
SIDE = 60  # lags about the peak over which the antisymmetric part is measured


def grid():
    """log10 of the pixel centres of the working grid."""
    return np.arange(round(LOW / STEP), round(HIGH / STEP) + 1) * STEP


def align(flux, variance, good, coeff0, coeff1, log_centres):
    """Pixels of files laid on the working grid, and the part of a pixel by which they are off.

    A file whose step is STEP keeps its own pixels: its phase (in pixels, at most 0.5) is added to the shift found
    later. Others are interpolated linearly.

    Returns flux, ivar (n, q), 0 where not good, and phase (n,).
    """
    n, p = flux.shape
    q = len(log_centres)
    start = coeff0 / STEP
    first = np.rint(start).astype(int)
    phase = start - first
    source = np.rint(log_centres[0] / STEP).astype(int) - first[:, None] + np.arange(q)
    inside = (source >= 0) & (source < p)
    source = np.clip(source, 0, p - 1)
    usable = inside & np.take_along_axis(good, source, 1)
    value = np.where(usable, np.take_along_axis(flux, source, 1), 0)
    weight = np.divide(1, np.take_along_axis(variance, source, 1), out=np.zeros((n, q)), where=usable)
    for row in np.flatnonzero(np.abs(coeff1 / STEP - 1) * p > 0.05):
        place = (log_centres - coeff0[row]) / coeff1[row]
        near = np.clip(np.floor(place).astype(int), 0, p - 2)
        part = place - near
        whole = (place >= 0) & (place <= p - 1) & good[row, near] & good[row, near + 1]
        value[row] = np.where(whole, flux[row, near] * (1 - part) + flux[row, near + 1] * part, 0)
        weight[row] = np.where(
            whole, 1 / np.where(whole, np.maximum(variance[row, near], variance[row, near + 1]), 1), 0
        )
        phase[row] = 0
    return value, weight, phase


def running_mean(flux, weight, width=SMOOTH):
    """Weighted running mean of (n, q) over `width` pixels, twice; NaN where all weights are 0."""
    for _ in range(2):
        total = _boxcar(weight, width)
        flux = np.divide(_boxcar(flux * weight, width), total, out=np.full(flux.shape, np.nan), where=total > 0)
        weight = np.where(np.isfinite(flux), 1.0, 0.0)
        flux = np.where(np.isfinite(flux), flux, 0)
    return np.where(weight > 0, flux, np.nan)


def _boxcar(values, width):
    half = width // 2
    sums = np.cumsum(np.pad(values, ((0, 0), (half + 1, half))), axis=1)
    return sums[:, width:] - sums[:, :-width]


def flatten(flux, ivar, used, mismatch):
    """Spectra divided by their running mean, less 1, with weights.

    flux, ivar: (n, q); used: (q,) or (n, q) bool. mismatch: relative error that is added to the noise, for what
    templates do not show. Pixels off by more than 4 sigma + 1 have no weight (cosmic rays, sky residuals).
    """
    known = ivar > 0
    level = running_mean(flux, known.astype(float))
    level = np.where(np.isfinite(level) & (level > 0), level, np.nan)
    value = np.divide(flux, level) - 1
    variance = np.divide(1, ivar * level**2, out=np.full(flux.shape, np.inf), where=known & np.isfinite(level))
    fine = known & used & np.isfinite(value) & np.isfinite(variance)
    fine &= np.abs(np.where(fine, value, 0)) < 1 + 4 * np.sqrt(np.where(fine, variance, 1))
    weight = np.divide(1, variance + mismatch**2, out=np.zeros(flux.shape), where=fine)
    return np.where(fine, value, 0), weight


def prepare(flux, log_centres):
    """One template flattened: (q,), 0 where unknown and in the core of H-alpha."""
    known = np.isfinite(flux) & (flux > 0)
    value, weight = flatten(np.where(known, flux, 0)[None], known[None].astype(float), known[None], 0.0)
    wave = 10**log_centres
    return np.where((weight[0] > 0) & ~((wave > CORE[0]) & (wave < CORE[1])), value[0], 0)


def used_pixels(log_centres, low, high, bands):
    """(q,) bool: low-high [Angstrom] without `bands`, a flat list low, high, low, high ... (observed, vacuum)."""
    wave = 10**log_centres
    used = (wave >= low) & (wave <= high)
    for first, last in zip(bands[::2], bands[1::2], strict=True):
        used &= ~((wave >= first) & (wave <= last))
    return used


@dataclass
class Bank:
    """Templates laid out for all whole-pixel shifts at once.

    templates (k, q) of `prepare`; lags (m,) pixels; columns: used pixels of the grid (u,); shifted, squared:
    (u, k * m), each template (and its square) at each lag.
    """

    templates: np.ndarray
    lags: np.ndarray
    columns: np.ndarray
    shifted: np.ndarray
    squared: np.ndarray


def bank(templates, used, limit):
    """The Bank of (k, q) templates for the (q,) used pixels and |velocity| up to `limit` [km/s]."""
    most = int(np.ceil(limit / LIGHT / np.log(10) / STEP)) + 1
    lags = np.arange(-most, most + 1)
    columns = np.flatnonzero(used)
    place = columns[:, None] - lags
    inside = (place >= 0) & (place < templates.shape[1])
    place = np.clip(place, 0, templates.shape[1] - 1)
    shifted = np.concatenate([np.where(inside, one[place], 0) for one in templates], 1)
    return Bank(templates, lags, columns, shifted, shifted**2)


@dataclass
class Correlation:
    """What the cross-correlation of n spectra with k templates tells.

    velocity, error [km/s], r (Tonry & Davis), best (template number, -1: none), height (peak of the correlation,
    0..1), edge (bool), chi2 (reduced), gains (n, k): drop of chi2 by each template as deep as it is, at the shift of
    the best one; the depth of bands tells the type, where a free factor would hide it.
    """

    velocity: np.ndarray
    error: np.ndarray
    r: np.ndarray
    best: np.ndarray
    height: np.ndarray
    edge: np.ndarray
    chi2: np.ndarray
    gains: np.ndarray


def correlate(value, weight, phase, bank, candidates):
    """Fit each template, at each shift, times a free factor plus a constant: chi2(shift) = total - gain(shift).

    value, weight: (n, q) of `flatten`, weight 0 outside the bank's columns; phase: (n,) of `align`; candidates: (k,)
    bool, templates that may win. The correlation is the weighted Pearson coefficient; its square is gain / total.
    The peak is refined on FINE lags a pixel (exact interpolation in Fourier space) and by a parabola. The error is
    where chi2 has grown by its reduced value, at least 1.
    """
    n, k = len(value), len(bank.templates)
    total_weight = weight.sum(1)
    safe_weight = np.where(total_weight > 0, total_weight, 1)
    value = np.where(weight > 0, value - ((weight * value).sum(1) / safe_weight)[:, None], 0)
    product = weight * value
    total = (product * value).sum(1)
    used = (weight > 0).sum(1)
    usable = used >= 300
    some = weight[:, bank.columns]
    sums = product[:, bank.columns] @ bank.shifted, some @ bank.shifted, some @ bank.squared
    gain = _gain(*sums, safe_weight).reshape(n, k, len(bank.lags))
    best = np.where(candidates, gain.max(2), -np.inf).argmax(1)
    peak = gain[np.arange(n), best].argmax(1)
    top, mid, low = (np.take_along_axis(x.reshape(gain.shape), peak[:, None, None], 2)[..., 0] for x in sums)
    gains = 2 * top - low + mid**2 / safe_weight[:, None]
    shift, curvature, top, r = _refine_all(product, weight, best, bank, peak, safe_weight, total)
    fine = usable & (top > 0)
    height = np.sqrt(np.divide(top, total, out=np.zeros(n), where=total > 0))
    reduced = np.divide(total - top, used - 3, out=np.full(n, np.nan), where=usable)
    error = np.sqrt(2 * np.maximum(reduced, 1) / np.where(curvature > 0, curvature, np.nan))
    scale = np.log(10) * STEP * LIGHT
    velocity = LIGHT * (10 ** ((shift + phase) * STEP) - 1)
    keep = [np.where(fine, x, np.nan) for x in (velocity, error * scale, r, height, reduced)]
    edge = (peak == 0) | (peak == len(bank.lags) - 1)
    return Correlation(keep[0], keep[1], keep[2], np.where(fine, best, -1), keep[3], edge, keep[4], gains)


def _refine_all(product, weight, best, bank, peak, safe_weight, total):
    """Shift [pixels], curvature, gain and r (n,) with each spectrum's best template about its whole-pixel peak."""
    length = next_fast_len(product.shape[1] + 2 * (bank.lags[-1] + SIDE), real=True)
    out = np.zeros((4, len(product)))
    for k in np.unique(best):
        rows = np.flatnonzero(best == k)
        one, two = (np.conj(rfft(t, length)) for t in (bank.templates[k], bank.templates[k] ** 2))
        with_y, alone = rfft(product[rows], length), rfft(weight[rows], length)
        products = with_y * one, alone * one, alone * two
        out[:3, rows] = _refine(products, bank.lags[peak[rows]], safe_weight[rows], length)
        out[3, rows] = _tonry_davis(products, out[0, rows], safe_weight[rows], total[rows], length)
    return out


def _gain(top, mid, low, weight):
    """Drop of chi2 by the best positive factor: top = S(wyt), mid = S(wt), low = S(wt^2), weight = S(w)."""
    spread = low - mid**2 / weight[:, None]
    good = (top > 0) & (spread > 1e-9 * low)
    return np.divide(top**2, spread, out=np.zeros(top.shape), where=good)


def _at(products, lags, length):
    """The three correlations at any lags: products (n, m) in Fourier space, lags (n, j) pixels; (n, j) each."""
    wave = 2j * np.pi * np.arange(length // 2 + 1) / length
    twice = np.full(length // 2 + 1, 2.0)
    twice[0] = 1
    if length % 2 == 0:
        twice[-1] = 1
    middle = lags[:, :1]
    turn = np.exp(wave * middle) * twice / length
    steps = np.exp(np.outer(wave, lags[0] - lags[0, 0]))
    return [((x * turn) @ steps).real for x in products]


def _refine(products, peak, weight, length):
    """Shift [pixels] of the largest gain near a whole lag, its second derivative (negative sign dropped), its value."""
    offsets = np.arange(-FINE, FINE + 1) / FINE
    lags = peak[:, None] + offsets
    gain = _gain(*_at(products, lags, length), weight)
    middle = np.clip(gain.argmax(1), 2, len(offsets) - 3)
    near = np.take_along_axis(gain, middle[:, None] + np.arange(-2, 3), 1)
    x = np.arange(-2, 3) / FINE
    fit = np.linalg.pinv(np.vander(x, 3)) @ near.T
    bend = np.where(fit[0] < 0, fit[0], -np.inf)
    move = np.clip(-fit[1] / (2 * bend), x[0], x[-1])
    return peak + offsets[middle] + move, np.where(np.isfinite(bend), -2 * bend, 0), fit[2] - fit[1] ** 2 / (4 * bend)


def _tonry_davis(products, shift, weight, total, length):
    """r = height / (sqrt(2) rms of the antisymmetric part of the correlation about its peak)."""
    lags = shift[:, None] + np.arange(-SIDE, SIDE + 1)
    top, mid, low = _at(products, lags, length)
    spread = (low - mid**2 / weight[:, None]) * total[:, None]
    value = np.divide(top, np.sqrt(np.abs(spread)), out=np.zeros(top.shape), where=spread > 0)
    odd = (value - value[:, ::-1])[:, SIDE + 1 :]
    sigma = np.sqrt((odd**2).mean(1))
    return np.divide(value[:, SIDE], np.sqrt(2) * sigma, out=np.zeros(len(shift)), where=sigma > 0)


def best_subtype(gains, subtypes):
    """Subtype of the template sequence and its error (n,), by a parabola through the largest gain over whole subtypes.

    NaN if no template fits better than a constant; error NaN at the ends of the sequence. gains: (n, k); subtypes:
    (k,), NaN for templates that are not of the sequence. Of several templates of one type the best one counts.
    """
    known = np.unique(subtypes[np.isfinite(subtypes)])
    if len(known) == 0 or len(gains) == 0:
        return np.full((2, len(gains)), np.nan)
    run = np.stack([gains[:, subtypes == one].max(1) for one in known], 1)
    top = run.argmax(1)
    out, error = np.where(run.max(1) > 0, known[top], np.nan), np.full(len(gains), np.nan)
    for row in np.flatnonzero((top > 0) & (top < len(known) - 1) & np.isfinite(out)):
        near = slice(top[row] - 1, top[row] + 2)
        a, b, _ = np.polyfit(known[near] - known[top[row]], run[row, near], 2)
        if a < 0:
            out[row] -= b / (2 * a)
            error[row] = 1 / np.sqrt(-a)
    return out, error
