"""Mean velocities and velocity dispersions of stars that have errors (FIELD 8)."""

import numpy as np

ITERATIONS = 2000
TOLERANCE = 1e-4  # km/s: smallest change of a mean or a dispersion that goes on


def inverse(matrices):
    """Inverses of symmetric 3 x 3 matrices (..., 3, 3), in closed form."""
    a, b, c, d, e, f = (matrices[..., i, j] for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    aa, bb, cc = d * f - e * e, c * e - b * f, b * e - c * d
    dd, ee, ff = a * f - c * c, b * c - a * e, a * d - b * b
    out = np.stack([aa, bb, cc, bb, dd, ee, cc, ee, ff], axis=-1) / (a * aa + b * bb + c * cc)[..., None]
    return out.reshape(matrices.shape)


def most_likely(velocity, covariance, counts=None, start=None):
    """Mean (3,) and covariance (3, 3) of the most likely normal distribution of the true velocities, by EM.

    velocity (n, 3), covariance (n, 3, 3) of each star's errors; counts (n,): times a star is taken;
    start: a first (mean, covariance).
    """
    counts = np.ones(len(velocity)) if counts is None else counts
    mean, spread = most_likely_each(velocity, covariance, counts[None], start)
    return mean[0], spread[0]


def most_likely_each(velocity, covariance, counts, start=None):
    """The same for each of d samples with counts (d, n), from one start: means (d, 3), covariances (d, 3, 3)."""
    share = counts / counts.sum(axis=1, keepdims=True)
    if start is None:
        mean = share @ velocity
        spread = _scatter(share, velocity - mean[:, None])
    else:
        mean, spread = (np.repeat(np.asarray(part)[None], len(share), axis=0) for part in start)
    spread = spread + 1e-6 * np.eye(3)
    left = np.arange(len(share))  # samples that still change
    for _ in range(ITERATIONS):
        old, wide, part = mean[left], spread[left], share[left]
        gain = wide[:, None] @ inverse(wide[:, None] + covariance)  # (d, n, 3, 3)
        shift = (gain @ (velocity - old[:, None])[..., None])[..., 0]
        mean[left] = old + (part[:, None] @ shift)[:, 0]
        known = (part[:, None] @ gain.reshape(*part.shape, 9)).reshape(-1, 3, 3)  # mean gain
        new = _scatter(part, shift + (old - mean[left])[:, None]) + wide - known @ wide
        spread[left] = (new + new.swapaxes(1, 2)) / 2
        change = np.abs(mean[left] - old).max(axis=1)
        change = np.maximum(change, np.abs(_deviations(spread[left]) - _deviations(wide)).max(axis=1))
        left = left[change >= TOLERANCE]
        if not len(left):
            break
    return mean, spread


def _scatter(share, apart):
    """(d, 3, 3) sums of share (d, n) times products of the components of apart (d, n, 3)."""
    return (share[..., None] * apart).swapaxes(1, 2) @ apart


def _deviations(matrices):
    return np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))


def clipped(values, sigma=3.0):
    """Mean, sample standard deviation, its error s / sqrt(2 (n - 1)) and n, after clipping until nothing leaves."""
    values = values[np.isfinite(values)]
    while len(values) > 2:
        mean, spread = values.mean(), values.std(ddof=1)
        kept = values[np.abs(values - mean) <= sigma * spread]
        if len(kept) == len(values):
            return mean, spread, spread / np.sqrt(2 * (len(values) - 1)), len(values)
        values = kept
    return np.nan, np.nan, np.nan, len(values)
