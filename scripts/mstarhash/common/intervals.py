"""Binomial fractions with Wilson intervals."""

import numpy as np
from scipy.special import ndtri


def wilson(count, total, confidence):
    """Fraction and the ends of its Wilson interval; NaN where `total` is 0. Arrays or numbers."""
    count, total = np.asarray(count, float), np.asarray(total, float)
    z = ndtri(0.5 + confidence / 2)
    safe = np.where(total > 0, total, np.nan)
    share = count / safe
    centre = (share + z**2 / (2 * safe)) / (1 + z**2 / safe)
    half = z / (1 + z**2 / safe) * np.sqrt(share * (1 - share) / safe + z**2 / (4 * safe**2))
    low, high = np.where(share == 0, share, centre - half), np.where(share == 1, share, centre + half)
    return share, low[()], high[()]  # numbers of numbers
