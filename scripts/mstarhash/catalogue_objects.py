"""From rows of spectra to rows of objects: primary spectrum, combined values (FIELD 8, 9)."""

import numpy as np

from mstarhash import zeta
from mstarhash.kinematics import combined

WEIGHTED = ("ewha", "tio1", "tio2", "tio3", "tio4", "tio5", "cah1", "cah2", "cah3", "caoh", "na")
ZETA = {"zeta": "l13", "zeta_l07": "l07", "zeta_d12": "d12", "zeta_z19": "z19"}


def primary(group, snr, count):
    """(count,) row of the spectrum of best S/N of each object; NaN counts least, ties go to the first in order."""
    rank = np.lexsort((np.arange(len(group)), -np.where(np.isfinite(snr), snr, -np.inf), group))
    _, first = np.unique(group[rank], return_index=True)
    return rank[first[:count]]


def objects(spectra, motions, count):
    """Columns of the objects, (count,) each.

    spectra: the columns of all spectra; motions: the step kinematics' columns of the objects. Indices and H-alpha
    are inverse-variance means, zeta follows from those, velocity and motion are those of `motions`; all else is the
    primary spectrum's.
    """
    group = spectra["object"]
    best = primary(group, spectra["snr_r"], count)
    out = {key: values[best] for key, values in spectra.items()}
    for key in WEIGHTED:
        mean, error, chi2, number = combined(group, spectra[key], spectra[f"{key}_err"], count)
        out |= {key: mean, f"{key}_err": error}
        if key == "ewha":
            out |= {"ewha_chi2": chi2, "n_ew": number}
    out["ewha_min"], out["ewha_max"] = _extremes(group, spectra["ewha"], count)
    parts = [out[key] for key in ("tio5", "cah2", "cah3")]
    out |= {key: zeta.zeta(*parts, calibration) for key, calibration in ZETA.items()}
    out["zeta_err"] = zeta.error(*parts, *(out[f"{key}_err"] for key in ("tio5", "cah2", "cah3")))
    new = spectra["source"] == "new"
    out["n_new"] = np.bincount(group, new, count).astype(int)
    out["source"] = np.where(out["n_new"] == out["n_spectra"], "new", "released")
    return out | {key: values for key, values in motions.items() if key != "object"}


def _extremes(group, values, count):
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    good = np.isfinite(values)
    np.minimum.at(low, group[good], values[good])
    np.maximum.at(high, group[good], values[good])
    return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)
