"""Giant or dwarf by the absolute magnitude M_G from Gaia's parallax (FIELD 5.3, item 1)."""

import numpy as np
from scipy.special import ndtr

from mstarhash.stars.star_flags import BELIEVED


def absolute_magnitude(g, parallax, a_g):
    """M_G = G + 5 + 5 log10(parallax / 1000) - A_G [mag]; NaN where the parallax [mas] is not positive."""
    positive = np.where(parallax > 0, parallax, np.nan)
    return g + 5 + 5 * np.log10(positive / 1000) - a_g


def parallax_at(m_g, g, a_g):
    """The parallax [mas] at which a star of magnitude G would have the absolute magnitude `m_g`."""
    return 1000 * 10 ** (0.2 * (m_g - g - 5 + a_g))


def impossible(parallax, error):
    """(n,) bool: so far below zero that it is the parallax of nothing."""
    return parallax < -BELIEVED * np.where(error > 0, error, np.nan)


def by_gaia(g, parallax, error, a_g, usable, giant_m_g, dwarf_m_g, min_snr, limit_sigma):
    """M_G where the parallax is good, the class it tells, and the probability of a giant; (n,) each, NaN unknown.

    The class is 1 for M_G < giant_m_g, 0 for M_G > dwarf_m_g, where parallax / error >= min_snr; where it is less,
    the class that is left when the parallax is varied by `limit_sigma` errors (None: no class then). The
    probability is that of a parallax below the one of the middle magnitude, for a normal error and no prior.
    usable: (n,) whether the astrometry can be trusted.
    """
    usable = usable & np.isfinite(g) & np.isfinite(parallax) & (error > 0)
    g, parallax, error, a_g = (np.where(usable, values, np.nan) for values in (g, parallax, error, a_g))
    good = usable & (parallax >= min_snr * np.where(usable, error, 0))
    magnitude = np.where(good, absolute_magnitude(g, np.where(good, parallax, np.nan), a_g), np.nan)
    giant, dwarf = magnitude < giant_m_g, magnitude > dwarf_m_g
    if limit_sigma is not None:
        giant |= ~good & (parallax + limit_sigma * error < parallax_at(giant_m_g, g, a_g))
        dwarf |= ~good & (parallax - limit_sigma * error > parallax_at(dwarf_m_g, g, a_g))
    label = np.where(giant, 1.0, np.where(dwarf, 0.0, np.nan))
    chance = ndtr((parallax_at((giant_m_g + dwarf_m_g) / 2, g, a_g) - parallax) / error)
    return magnitude, label, chance
