"""The TiO/CaH metallicity parameter zeta in four calibrations, with two errors (FIELD 3)."""

import numpy as np

from mstarhash.measure.indices import INDICES, baseline

# [TiO5] of a solar-metallicity dwarf as a polynomial in x = CaH2 + CaH3, from x^0 upwards
CALIBRATIONS = {
    "l07": (-0.050, -0.118, 0.670, -0.164),  # Lepine 2007
    "l13": (0.622, -1.906, 2.211, -0.588),  # Lepine 2013: what G19's table holds
    "d12": (-0.047, -0.127, 0.694, -0.183, -0.005),  # Dhital 2012
    "z19": (-0.2849, 0.312, 0.3863, -0.1069),  # Zhang S. 2019
}
COLUMNS = {  # calibration: columns of the value and of the error that counts the common denominator once
    "l13": ("zeta", "zeta_err_cov"),
    "l07": ("zeta_l07", "zeta_l07_err"),
    "d12": ("zeta_d12", "zeta_d12_err"),
    "z19": ("zeta_z19", "zeta_z19_err"),
}
BLIND = 1.85  # CaH2 + CaH3 above which zeta says nothing of metallicity (FIELD 3.2)


def solar(x, calibration):
    """T(x) and its derivative."""
    line = np.polynomial.Polynomial(CALIBRATIONS[calibration])
    return line(x), line.deriv()(x)


def zeta(tio5, cah2, cah3, calibration="l13"):
    """(1 - TiO5) / (1 - T(CaH2 + CaH3)); NaN where the denominator is 0."""
    expected, _ = solar(np.asarray(cah2) + np.asarray(cah3), calibration)
    below = 1 - expected
    return (1 - np.asarray(tio5)) / np.where(below == 0, np.nan, below)


def error(tio5, cah2, cah3, tio5_err, cah2_err, cah3_err, calibration="l13"):
    """First-order error with the three indices taken as independent, as G19 did (FIELD 3.2)."""
    expected, slope = solar(np.asarray(cah2) + np.asarray(cah3), calibration)
    below = np.where(expected == 1, np.nan, 1 - expected)
    pull = (1 - np.asarray(tio5)) * slope / below**2
    return np.sqrt((tio5_err / below) ** 2 + pull**2 * (np.asarray(cah2_err) ** 2 + np.asarray(cah3_err) ** 2))


def error_covariant(windows, calibration="l13", slope=0.0):
    """First-order error from the four independent windows, so that the common denominator counts once.

    windows: (mean, variance) of the numerators of TiO5, CaH2, CaH3 and of the denominator 7042-7046, as made by
    indices.zeta_windows; slope: as in indices.ratio, one for the three indices.
    """
    (n5, v5), (n2, v2), (n3, v3), (d, vd) = windows
    d = np.where(d > 0, d, np.nan)
    x = (n2 + n3) / d
    expected, tangent = solar(x, calibration)
    below = np.where(expected == 1, np.nan, 1 - expected)
    pull = (1 - n5 / d) * tangent / below**2
    by_denominator = n5 / d / below - pull * x
    tilt = slope * (pull * _tilted(n2, n3) - _APART["tio5"] * n5 / below)
    return np.sqrt(v5 / below**2 + pull**2 * (v2 + v3) + by_denominator**2 * vd + tilt**2) / d


def solar_error(windows, calibration="l13", slope=0.0):
    """First-order error of T(x), likewise: zeta tells nothing where 1 - T(x) is not well above it."""
    _, (n2, v2), (n3, v3), (d, vd) = windows
    d = np.where(d > 0, d, np.nan)
    x = (n2 + n3) / d
    return np.abs(solar(x, calibration)[1]) * np.sqrt(v2 + v3 + x**2 * vd + (slope * _tilted(n2, n3)) ** 2) / d


_APART = {name: baseline(INDICES[name]) / 100 for name in ("tio5", "cah2", "cah3")}


def _tilted(n2, n3):
    return _APART["cah2"] * n2 + _APART["cah3"] * n3
