"""The planes in which giants and dwarfs are told apart, and the rules that need no training (FIELD 5)."""

import numpy as np
from numpy.polynomial.polynomial import polyder, polyval
from scipy.special import ndtr

# name: (x, y), the first two are ours, the others stand beside them
PLANES = {
    "caoh_cah1": ("caoh", "cah1"),
    "jk_h": ("j_k", "h"),
    "tio5_cah23": ("tio5", "cah23"),  # Zhong 2015, spectra
    "w12_jk": ("w1_w2", "j_k"),  # Zhong 2015, photometry
    "hk_jh": ("h_k", "j_h"),
    "bprp_hg": ("bp_rp", "h_g"),  # reduced proper motion
    "gr_mg2": ("g_r", "mg2"),  # Covey 2008
}
SPECTRA, PHOTOMETRY = "caoh_cah1", "jk_h"
CAH1_DWARF = (0.9126, -0.6256, 0.8726, -0.1347)  # CaH1 of dwarfs, polynomial in CaOH, 0.27-0.93 (FIELD 5.2)
CAOH_RANGE = (0.27, 0.95)  # beyond the upper end the provisional rule tells nothing
CAOH_SURE = 0.80  # above it dwarfs and giants overlap
ABOVE = 0.10  # of CaH1 above the dwarfs' locus: giants from here on, provisionally
SCATTER = 0.02  # of the dwarfs about their locus
GOOD = tuple("ABC")  # photometric quality


def features(columns):
    """{name: (n,)} of the planes' axes, NaN where missing; photometry of quality A, B, C only.

    Those of Mg2 against g - r only where `columns` has `mg2`.
    """
    bands = {}
    for prefix, names in (("tmass_", "jhk"), ("wise_", ("w1", "w2"))):
        quality = columns[f"{prefix}qual"]
        for place, name in enumerate(names):
            letter = np.array([text[place : place + 1] for text in quality], dtype="U1")
            good = np.isin(letter, GOOD) | (quality == "")  # a table without the column is taken as it is
            bands[name] = np.where(good, columns[name], np.nan)
    return {
        "caoh": columns["caoh"],
        "cah1": columns["cah1"],
        "tio5": columns["tio5"],
        "cah23": columns["cah2"] + columns["cah3"],
        "h": bands["h"],
        "j_k": bands["j"] - bands["k"],
        "j_h": bands["j"] - bands["h"],
        "h_k": bands["h"] - bands["k"],
        "w1_w2": bands["w1"] - bands["w2"],
        "bp_rp": columns["bp_rp"],
        "h_g": reduced_motion(columns["g"], columns["pmra"], columns["pmdec"]),
    } | ({"mg2": columns["mg2"], "g_r": header_colour(columns)} if "mg2" in columns else {})


def header_colour(columns, blue="g", red="r"):
    """(n,) colour from the header's MAG1-MAG7, whose bands are the letters of MAGTYPE; NaN where one is not there."""
    kinds = np.char.lower(np.asarray(columns["magtype"], "U"))
    values = np.stack([np.asarray(columns[f"mag{k}"], float) for k in range(1, 8)], axis=1)
    found = []
    for band in (blue, red):
        place = np.char.find(kinds, band)
        inside = (place >= 0) & (place < 7)
        one = np.take_along_axis(values, np.where(inside, place, 0)[:, None], 1)[:, 0]
        found.append(np.where(inside, one, np.nan))
    return found[0] - found[1]


def reduced_motion(g, pmra, pmdec):
    """H_G = G + 5 log10(mu) + 5, with mu in arcsec/yr from motions in mas/yr; NaN without motion."""
    speed = np.hypot(pmra, pmdec) / 1000
    return g + 5 + 5 * np.log10(np.where(speed > 0, speed, np.nan))


def provisional_curve(caoh):
    """CaH1 of the provisional rule at CaOH."""
    return polyval(np.asarray(caoh), CAH1_DWARF) + ABOVE


def provisional(caoh, cah1, caoh_err, cah1_err):
    """(n,) probability that CaH1 lies 0.10 above the dwarfs' locus, for normal errors; NaN for CaOH >= 0.95."""
    inside = np.clip(caoh, *CAOH_RANGE)
    above = cah1 - provisional_curve(inside)
    sigma = np.sqrt(cah1_err**2 + (polyval(inside, polyder(CAH1_DWARF)) * caoh_err) ** 2 + SCATTER**2)
    return np.where(caoh < CAOH_RANGE[1], ndtr(above / sigma), np.nan)


def consensus(by_gaia, p_photometry, p_spectra, spectra_sure):
    """giant (n,) 1, 0 or NaN, and whether two voices differ.

    The class by Gaia where there is one; else the photometric probability's side of 0.5; else the spectroscopic
    one's, where `spectra_sure`.
    """
    photometry, spectra = _side(p_photometry), np.where(spectra_sure, _side(p_spectra), np.nan)
    giant = np.where(np.isfinite(by_gaia), by_gaia, np.where(np.isfinite(photometry), photometry, spectra))
    voices = np.stack([by_gaia, photometry, spectra], axis=1)
    return giant, (voices == 0).any(axis=1) & (voices == 1).any(axis=1)


def _side(chance):
    return np.where(np.isfinite(chance), (chance > 0.5).astype(float), np.nan)


def learnable(values, label):
    """(n,) rows with both features and a label."""
    return np.isfinite(values).all(axis=1) & np.isfinite(label)
