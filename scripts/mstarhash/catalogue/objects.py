"""From rows of spectra to rows of objects: primary spectrum, combined values (FIELD 8, 9)."""

import numpy as np

from mstarhash.catalogue.notes import mask
from mstarhash.measure import indices, measure_flags, zeta
from mstarhash.stars.kinematics import combined
from mstarhash.stars.measured import n_new, primaries, source_of

PARTS = ("tio5", "cah2", "cah3")
DERIVED = ("n_new", "ewha_min", "ewha_max")  # columns that no step before makes


def objects(spectra, motions, activity):
    """Columns of the objects, (count,) each.

    spectra: the columns of all spectra; motions, activity: those steps' columns of the objects, velocity and motion,
    H-alpha and what it tells. Indices are inverse-variance means, in which spectra of one exposure count once; zeta
    follows from those; all else is the primary spectrum's, but for the flags on the velocity where there is one.
    """
    group, count = spectra["object"], len(motions["object"])
    best = primaries(spectra)
    out = {key: values[best] for key, values in spectra.items()}
    once = spectra["duplicate_of"] == ""
    for key in indices.NAMES:
        values = np.where(once, spectra[key], np.nan)
        out[key], out[f"{key}_err"], _, _ = combined(group, values, spectra[f"{key}_err"], count)
    out["ewha_min"], out["ewha_max"] = _extremes(group, np.where(once, spectra["ewha"], np.nan), count)
    out |= _zeta({key: spectra[key][best] for key in (*PARTS, *(f"{key}_err" for key in PARTS))}, out)
    out["n_new"] = n_new(spectra, count)
    out["source"] = source_of(out["n_new"], out["n_spectra"])
    on_velocity = mask([*measure_flags.RV_UNRELIABLE, "rv_unused"])
    out["flags"] = np.where(motions["n_rv"] > 0, out["flags"] & ~np.uint32(on_velocity), out["flags"])
    others = (motions, activity)
    return out | {key: values for columns in others for key, values in columns.items() if key != "object"}


def _zeta(alone, out):
    """zeta of the mean indices and its errors. Those that count the common denominator once are in the same ratio to the
    plain ones as in the primary spectrum, whose indices are `alone` and whose errors of zeta are in `out`."""
    mean, one = ([columns[key] for key in (*PARTS, *(f"{key}_err" for key in PARTS))] for columns in (out, alone))
    found = {}
    for calibration, (key, name) in zeta.COLUMNS.items():
        found[key] = zeta.zeta(*mean[:3], calibration)
        error, plain = zeta.error(*mean, calibration), zeta.error(*one, calibration)
        found[name] = out[name] * error / plain
        if key == "zeta":
            found["zeta_err"] = error
    return found


def _extremes(group, values, count):
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    good = np.isfinite(values)
    np.minimum.at(low, group[good], values[good])
    np.maximum.at(high, group[good], values[good])
    return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)
