"""Mean velocities and velocity dispersions of stars that have errors (FIELD 8)."""

import numpy as np

ITERATIONS = 2000
TOLERANCE = 1e-4  # km/s: smallest change of a mean or a dispersion that goes on


def inverse(matrices):
    """Inverses of symmetric 3 x 3 matrices (n, 3, 3), in closed form."""
    a, b, c, d, e, f = (matrices[:, i, j] for i, j in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    aa, bb, cc = d * f - e * e, c * e - b * f, b * e - c * d
    dd, ee, ff = a * f - c * c, b * c - a * e, a * d - b * b
    out = np.stack([aa, bb, cc, bb, dd, ee, cc, ee, ff], axis=-1).reshape(-1, 3, 3)
    return out / (a * aa + b * bb + c * cc)[:, None, None]


def most_likely(velocity, covariance, counts=None, start=None):
    """Mean (3,) and covariance (3, 3) of the most likely normal distribution of the true velocities, by EM.

    velocity (n, 3), covariance (n, 3, 3) of each star's errors; counts (n,): times a star is taken (bootstrap);
    start: a first (mean, covariance).
    """
    counts = np.ones(len(velocity)) if counts is None else counts
    share = counts / counts.sum()
    if start is None:
        mean = share @ velocity
        apart = velocity - mean
        spread = np.einsum("n,ni,nj->ij", share, apart, apart)
    else:
        mean, spread = start
    spread = spread + 1e-6 * np.eye(3)
    for _ in range(ITERATIONS):
        gain = spread @ inverse(spread + covariance)  # (n, 3, 3)
        shift = np.einsum("nij,nj->ni", gain, velocity - mean)
        left = spread - gain @ spread
        new_mean = mean + share @ shift
        apart = mean + shift - new_mean
        new = np.einsum("n,ni,nj->ij", share, apart, apart) + np.einsum("n,nij->ij", share, left)
        new = (new + new.T) / 2
        change = max(np.abs(new_mean - mean).max(), np.abs(np.sqrt(np.diag(new)) - np.sqrt(np.diag(spread))).max())
        mean, spread = new_mean, new
        if change < TOLERANCE:
            break
    return mean, spread


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
