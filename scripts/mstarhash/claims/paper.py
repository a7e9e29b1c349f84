"""What follows from the paper's own tables by calculation: {name: (value, error)} for the ledger of claims.

`paper_table1.csv` and `paper_table2.csv` of config/ hold the printed numbers; an error that does not apply is NaN.
"""

import csv
import math

import numpy as np
from scipy.linalg import cho_solve

from mstarhash.common.snr_bins import TABLE1
from mstarhash.measure import zeta
from mstarhash.search import pil
from mstarhash.spectra.scaling import features
from mstarhash.stars import gaia_class, separators
from mstarhash.stars.astrometry import galactic, separation, unit_vectors
from mstarhash.stars.kinematics import height, space_motion

SOLAR = ((10.00, 0.36), (5.25, 0.62), (7.17, 0.38))  # U, V, W and errors [km/s], Dehnen & Binney 1998
ROUNDING = 0.005  # of the printed indices and of zeta
Z_SUN = 15.0  # pc


def exact(value):
    """A quantity without an error."""
    return float(value), math.nan


def read_table(path):
    """{column: array} of a table of numbers with comments; text columns as they are, empty is NaN."""
    with open(path, newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(line for line in source if not line.startswith("#")))
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        try:
            columns[name] = np.array([float(value or "nan") for value in values])
        except ValueError:
            columns[name] = np.array(values)
    return columns


def of_table1(path):
    """Sums of the positive sample."""
    table = read_table(path)
    counts = np.stack([table[key] for key in TABLE1], axis=1)
    total = counts.sum()
    return {
        "table1_total": exact(total),
        "table1_giants": exact(counts[table["luminosity"] == "g"].sum()),
        "table1_dwarfs": exact(counts[table["luminosity"] == "d"].sum()),
        "table1_classes": exact(sum(counts[table["luminosity"] == letter].sum() for letter in "gd")),
        "table1_kinds": exact((counts.sum(1) > 0).sum()),
        "table1_noisy_share": exact(100 * counts[:, 0].sum() / total),
    }


def of_table2(path):
    """The five printed rows against what their own numbers give."""
    t = read_table(path)
    both = np.isfinite(t["u"])
    uvw = space_motion(*(t[key] for key in ("ra", "dec", "rv", "distance", "pmra", "pmdec")))
    longitude, latitude = galactic(t["ra"], t["dec"])
    moved = galactic(t["pmra"] % 360, t["pmdec"])
    known = np.isfinite(t["l"]) & both
    away = apart(t["l"], t["b"], longitude, latitude)
    low, high = zeta_box(t)
    expected = zeta.error(*(t[key] for key in ("tio5", "cah2", "cah3", "tio5_err", "cah2_err", "cah3_err")))
    relative = t["parallax_error"] / t["parallax"]
    sure = t["caoh"] <= separators.CAOH_SURE
    above = sure & (t["cah1"] > separators.provisional_curve(np.clip(t["caoh"], *separators.CAOH_RANGE)))
    found = height(t["distance"], latitude, Z_SUN)
    return {
        "table2_rows": exact(len(t["row"])),
        "table2_place": exact(np.nanmin(away)),
        "table2_place_largest": exact(np.nanmax(away)),
        "table2_place_of_motions": exact(apart(t["l"], t["b"], *moved)[known].max()),
        "table2_u_sign": exact((t["u"] / uvw[:, 0])[both].mean()),
        "table2_motion": exact(np.abs(np.c_[np.abs(t["u"]), t["v"], t["w"]] - np.c_[np.abs(uvw[:, 0]), uvw[:, 1:]])[both].max()),
        "table2_solar_v": exact((t["v"] - uvw[:, 1])[both].mean()),
        "table2_solar_w": exact((t["w"] - uvw[:, 2])[both].mean()),
        "table2_height": exact(np.abs(t["h_disc"] - found)[both].max()),
        "table2_height_least": exact(np.abs(t["h_disc"] - found)[both].min()),
        "table2_copied_errors": exact((t["caoh_err"] == t["cah3_err"]).sum()),
        "table2_zeta_rows": exact(((t["zeta"] >= low) & (t["zeta"] <= high)).sum()),
        "table2_zeta_error": exact(np.abs(expected / t["zeta_err"] - 1).max()),
        "table2_distance": exact(np.nanmax(np.abs(t["distance"] * t["parallax"] / 1000 - 1))),
        "table2_poor_distances": exact((np.isfinite(t["distance"]) & (relative >= 0.2)).sum()),
        "table2_leaked": exact((np.isfinite(t["distance"]) & ~np.isfinite(t["parallax"])).sum()),
        "table2_giants_by_index": exact((above & (t["giant"] == 0)).sum()),
    }  # fmt: skip


def apart(l1, b1, l2, b2):
    """Degrees between points of a sphere."""
    return separation(unit_vectors(l1, b1), unit_vectors(l2, b2)) / 3600


def zeta_box(t):
    """Smallest and largest zeta that the rounded indices allow, rounded themselves."""
    steps = np.array([-ROUNDING, 0, ROUNDING])
    corners = [
        zeta.zeta(t["tio5"] + a, t["cah2"] + b, t["cah3"] + c) for a in steps for b in steps for c in steps
    ]  # fmt: skip
    return np.min(corners, axis=0) - ROUNDING, np.max(corners, axis=0) + ROUNDING


def of_the_text():
    """Formulae and counts of the text itself."""
    draws, samples = 10_000, 21_737
    spectrum = np.array([[3.0, -1.0, 7.0, 2.0, 5.0]], "f4")
    scaled = features(spectrum, np.ones_like(spectrum), 0, "minmax", 1)[0]
    rng = np.random.default_rng(1)
    hidden, target = rng.standard_normal((40, 12)), rng.standard_normal((40, 3))
    ours = cho_solve(pil.ridge(hidden.T @ hidden, 1e-12), hidden.T @ target)
    m_g = [float(gaia_class.absolute_magnitude(15.0, np.array(2.0), a_g)) for a_g in (0.0, 1.0)]
    return {
        "drawn_percent": exact(100 * (1 - (1 - 1 / samples) ** draws)),
        "scaled_range": exact(float(scaled.max() - scaled.min())),
        "scaled_error": exact(np.abs(scaled - (spectrum[0] + 1) / 8).max()),
        "pseudo_inverse": exact(np.abs(ours - np.linalg.pinv(hidden) @ target).max()),
        "extinction_sign": exact(m_g[1] - m_g[0]),
        "solar_sigma": exact(
            max(abs(value - printed) / sigma for (value, sigma), printed in zip(SOLAR, (10, 5, 7), strict=True))
        ),
    }
