"""Magnetic activity from the H-alpha equivalent width, and its luminosity (FIELD 6)."""

import numpy as np

# L_Halpha / L_bol of 1 Angstrom and its scatter, 1e-5, M0 ... M9 (Douglas 2014, Table 8)
CHI = np.array([6.6453, 6.0334, 5.2658, 4.4872, 3.5926, 2.4768, 1.7363, 1.2057, 0.6122, 0.3522]) * 1e-5
CHI_SCATTER = np.array([0.62, 0.53, 0.60, 0.50, 0.53, 0.49, 0.35, 0.33, 0.21, 0.14]) * 1e-5
EARLIEST, LATEST = -0.5, 9.5  # subtypes for which chi is given


def told(ew, error, snr, giant, min_snr):
    """(n,) bool: rows whose activity is told: a width with an error, continuum S/N above the limit, no giant."""
    return np.isfinite(ew) & np.isfinite(error) & (snr > min_snr) & (giant != 1)


def guo(ew, usable, min_ew):
    """1 active, 0 inactive, NaN not told (Guo 2019): EW above `min_ew` [Angstrom]."""
    return np.where(usable, (ew > min_ew).astype(float), np.nan)


def west(ew, error, peak, usable, min_ew, min_peak):
    """The same by EW above `min_ew` and three sigma, with a peak above `min_peak` times the noise (West 2011).

    peak: (n,) height of the line over the noise of the continuum (halpha.peak_snr); NaN: not told.
    """
    active = (ew > min_ew) & (ew > 3 * error) & (peak > min_peak)
    return np.where(usable & np.isfinite(peak), active.astype(float), np.nan)


def luminosity(ew, error, subtype):
    """L_Halpha / L_bol and its error with the scatter of chi; NaN outside M0-M9."""
    inside = (subtype >= EARLIEST) & (subtype < LATEST)
    chi, scatter = (np.where(inside, np.interp(subtype, np.arange(10), table), np.nan) for table in (CHI, CHI_SCATTER))
    return chi * ew, np.hypot(chi * error, scatter * ew)
