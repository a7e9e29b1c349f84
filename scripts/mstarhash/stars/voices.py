"""What Gaia, photometry and spectra say of a star's luminosity class, and the consensus (FIELD 5)."""

import numpy as np

from mstarhash.stars import gaia_class, separators, star_flags


def by_gaia(matched, max_ruwe, max_excess_noise, giant_m_g, dwarf_m_g, min_plx_snr, limit_sigma):
    """Columns of the astrometric voice, its class (1, 0, NaN), and its flags.

    matched: columns of the step `crossmatch`; max_ruwe, max_excess_noise: beyond which astrometry is poor; the others as
    for `gaia_class.by_gaia`.
    """
    poor = np.where(
        np.isfinite(matched["ruwe"]),
        matched["ruwe"] > max_ruwe,
        np.isfinite(matched["excess_noise"]) & (matched["excess_noise"] > max_excess_noise),
    )
    poor |= gaia_class.impossible(matched["parallax_used"], matched["parallax_error"])
    known = np.isfinite(matched["a_g"])
    m_g, label, chance = gaia_class.by_gaia(
        *(matched[key] for key in ("g", "parallax_used", "parallax_error")),
        np.where(known, matched["a_g"], 0.0),
        ~poor,
        giant_m_g,
        dwarf_m_g,
        min_plx_snr,
        limit_sigma,
    )
    columns = {"m_g": m_g, "giant_gaia": label, "p_giant_gaia": chance}
    return columns, label, {"extinction_unknown": np.isfinite(chance) & ~known, "astrometry_poor": poor}


def decide(table, chances, label, flags):
    """Probabilities of both planes, those of Zhong 2015, the consensus and the flags."""
    nothing = np.full(len(label), np.nan), np.zeros(len(label), bool)
    learned = separators.SPECTRA in chances
    if learned:
        spectra, beyond = chances[separators.SPECTRA]
        sure = np.isfinite(spectra)
    else:
        spectra = separators.provisional(*(table[key] for key in ("caoh", "cah1", "caoh_err", "cah1_err")))
        beyond, sure = nothing[1], table["caoh"] <= separators.CAOH_SURE
    photometry, outside = chances.get(separators.PHOTOMETRY, nothing)
    giant, conflict = separators.consensus(label, photometry, spectra, sure)
    by_spectra = np.isnan(label) & np.isnan(photometry) & np.isfinite(giant)
    return {
        "p_giant_phot": photometry,
        "p_giant_spec": spectra,
        "p_giant_zhong_spec": chances.get("tio5_cah23", nothing)[0],
        "p_giant_zhong_phot": chances.get("w12_jk", nothing)[0],
        "giant": giant,
        "flags": star_flags.combine(
            giant_conflict=conflict,
            giant_provisional=by_spectra & (not learned),
            giant_undecided=np.isnan(giant),
            giant_extrapolated=np.where(by_spectra, beyond, np.isnan(label) & outside),
            **flags,
        ),
    }
