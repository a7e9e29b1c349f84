"""Distances from parallaxes, where a parallax is good enough, else from a Bayesian estimate (FIELD 9)."""

import numpy as np

SOURCES = ("1/plx", "BJ", "none")


def distances(parallax, parallax_error, estimate, low, high, limit):
    """Distance [pc], its error [pc] and where it is from, (n,) each.

    parallax, parallax_error [mas]; estimate, low, high: Bailer-Jones distance and its 16 and 84 % quantiles [pc];
    limit: relative error from which 1/parallax is not used. NaN = missing.
    """
    good = np.isfinite(parallax_error) & (parallax_error > 0) & (parallax > 0)
    good &= parallax_error < limit * np.where(good, parallax, 0)
    bayes = ~good & (estimate > 0)
    safe = np.where(good, parallax, 1.0)
    distance = np.where(good, 1000 / safe, np.where(bayes, estimate, np.nan))
    spread = (high - low) / 2
    error = np.where(good, 1000 / safe**2 * parallax_error, np.where(bayes & (spread > 0), spread, np.nan))
    return distance, error, np.where(good, SOURCES[0], np.where(bayes, SOURCES[1], SOURCES[2]))
