"""Columns of Gaia, 2MASS and WISE tables: the names that archives give them, our units, and what values can be."""

import itertools
import re
import warnings
from dataclasses import dataclass

import numpy as np

from mstarhash.stars import source_ids

EXACT = "="  # before a name that is matched with its case: gmag is another survey's
VIZIER = {"plx", "jmag", "w1mag"}  # columns by which a table is known to have VizieR's names
# Pairs of positions, the archives' first; a pair is taken together or not at all
POSITIONS = ("ra dec", "ra decl", "RA_ICRS DE_ICRS", "RAdeg DEdeg", "RAJ2000 DEJ2000", "_RAJ2000 _DEJ2000")
OF_2000 = {"RAJ2000"}  # of Gaia tables: brought to 2000 by the archive
LEAST_ERROR = 0.001  # Gaia's are from 0.006 on [mas, mas/yr]: below, they are in another unit, arcsec perhaps


@dataclass(frozen=True)
class Wanted:
    """One of our columns: unit or "text", names looked for in this order and in any case, and limits in our unit that no
    value reaches; low and high themselves cannot be."""

    unit: str
    names: str
    low: float = -np.inf
    high: float = np.inf

    def spelt(self):
        """The names as they are written."""
        return [name.lstrip(EXACT) for name in self.names.split()]


def _mag(names):
    return Wanted("mag", names, -5, 40)


def _error(names, unit="mag"):
    return Wanted(unit, names, 0, 10) if unit == "mag" else Wanted(unit, names, LEAST_ERROR, 1000)


def _motion(names):
    return Wanted("mas/yr", names, -2e4, 2e4)


def _correlation(names):
    return Wanted("", names, -1.0001, 1.0001)


def _distance(names):
    return Wanted("pc", names, 0, 1e6)


RA = Wanted("deg", " ".join(ra for ra, _ in map(str.split, POSITIONS)), -180.001, 360.001)
DEC = Wanted("deg", " ".join(dec for _, dec in map(str.split, POSITIONS)), -90.0001, 90.0001)
GAIA = {
    "source_id": Wanted("text", " ".join(source_ids.FIRST)),  # and more that `source_ids` finds
    "ra": RA,
    "dec": DEC,
    "ref_epoch": Wanted("yr", "ref_epoch", 1990, 2050),  # found by `gaia_epoch`
    "parallax": Wanted("mas", "parallax Plx", -2000, 2000),
    "parallax_error": _error("parallax_error e_Plx plx_error", "mas"),
    "pmra": _motion("pmra pmRA pmra_cosdec"),
    "pmra_error": _error("pmra_error e_pmRA", "mas/yr"),
    "pmdec": _motion("pmdec pmDE"),
    "pmdec_error": _error("pmdec_error e_pmDE e_pmDEC", "mas/yr"),
    "g": _mag("phot_g_mean_mag =Gmag gaia_g_mean_mag"),
    "bp": _mag("phot_bp_mean_mag =BPmag bp_mag"),
    "rp": _mag("phot_rp_mean_mag =RPmag rp_mag"),
    "bp_rp": Wanted("mag", "bp_rp BP-RP", -10, 20),
    "a_g": Wanted("mag", "a_g_val ag_gspphot a_g =AG", -1, 40),
    "ruwe": Wanted("", "ruwe", 0, 1e4),
    "excess_noise": Wanted("mas", "astrometric_excess_noise =epsi", -1e-9, 1e4),
    "r_est": _distance("r_est r_med_geo rgeo r_med_photogeo rpgeo rest"),
    "r_lo": _distance("r_lo r_lo_geo =b_rgeo r_lo_photogeo =b_rpgeo =b_rest"),
    "r_hi": _distance("r_hi r_hi_geo =B_rgeo r_hi_photogeo =B_rpgeo =B_rest"),
    "plx_pmra": _correlation("parallax_pmra_corr PlxpmRAcor"),
    "plx_pmdec": _correlation("parallax_pmdec_corr PlxpmDEcor"),
    "pmra_pmdec": _correlation("pmra_pmdec_corr pmRApmDEcor"),
}
TWOMASS = {
    "designation": Wanted("text", "designation 2MASS _2MASS tmass_designation"),
    "ra": RA,
    "dec": DEC,
    "j": _mag("j_m =Jmag"),
    "j_err": _error("j_msigcom =e_Jmag j_cmsig"),
    "h": _mag("h_m =Hmag"),
    "h_err": _error("h_msigcom =e_Hmag h_cmsig"),
    "k": _mag("k_m =Kmag =Ksmag ks_m"),
    "k_err": _error("k_msigcom ks_msigcom =e_Kmag =e_Ksmag k_cmsig"),
    "qual": Wanted("text", "ph_qual Qflg qfl"),
    "date": Wanted("d", "jdate JD _JD MeasureJD", 2_450_000, 2_453_000),  # Julian
}
WISE = {
    "designation": Wanted("text", "designation AllWISE WISE WISEA"),
    "ra": RA,
    "dec": DEC,
    "w1": _mag("w1mpro W1mag"),
    "w1_err": _error("w1sigmpro e_W1mag"),
    "w2": _mag("w2mpro W2mag"),
    "w2_err": _error("w2sigmpro e_W2mag"),
    "qual": Wanted("text", "ph_qual qph"),
    "date": Wanted("d", "w1mjdmean", 55_000, 62_000),  # modified Julian
}
WORDS = {
    r"degrees?": "deg",
    r"milli-?arc-?sec(ond)?s?": "mas",
    r"micro-?arc-?sec(ond)?s?": "uas",
    r"years?": "yr",
    r" per ": "/",
}  # for units
# What writers of tables put for nothing: only nines. Real values hit these to a thousandth too rarely to matter.
NINES = np.array([float("9" * n + "." + "9" * m) for n in (3, 4, 5, 6) for m in (0, 1, 2, 3)])


def possible(values, wanted, factor):
    """(n,) float64 in our unit, NaN where it cannot be.

    values: (n,) float64 in the table's unit; wanted: the `Wanted` column; factor: our unit in the table's.
    """
    out = values * factor
    with np.errstate(invalid="ignore"):
        good = (out > wanted.low) & (out < wanted.high)
    if wanted.unit not in ("deg", "yr", "d"):
        place = np.clip(np.searchsorted(NINES, np.abs(values) - 1e-3), 0, len(NINES) - 1)
        good &= ~(np.abs(np.abs(values) - NINES[place]) < 1e-3)
    return np.where(good, out, np.nan)


def unit_factor(given, wanted):
    """What turns a table's unit into ours; 1 where it names none, and for epochs, dates and magnitudes.

    Raises ValueError, which says what to do, where it is no such unit or none that is known.
    """
    from astropy import units

    if wanted in ("", "yr", "d") or not given:
        return 1.0
    have = _unit(given)
    if wanted == "mag":  # in whatever words, but no flux
        if have is not None and have.is_equivalent("Jy"):
            raise ValueError(f"is in {given}; convert it to mag")
        return 1.0
    if have is None:
        raise ValueError(f"has the unit '{given}', which is not known; give it in {wanted} and name that or no unit")
    if have == units.dimensionless_unscaled:
        return 1.0
    try:
        return float(have.to(units.Unit(wanted)))
    except units.UnitConversionError:
        raise ValueError(f"is in {given}; convert it to {wanted}") from None


def _unit(given):
    """The unit of a text, None where it is none that is known."""
    from astropy import units

    plain = re.sub(r"^[\w ]+\[(.*)\]$", r"\1", given).lower().strip(". ")  # Angle[deg]
    for pattern, word in WORDS.items():
        plain = re.sub(pattern, word, plain)
    for text, form in itertools.product((given, plain), (None, "cds", "vounit", "fits")):
        try:
            with warnings.catch_warnings(action="ignore"):  # of units that are old
                return units.Unit(text, format=form)
        except (ValueError, TypeError):
            continue
    return None


def no_numbers(values, unit):
    """Why a column of texts, (n,) masked array of U, gives no numbers, and what to do."""
    texts = [(row, text) for row, text in enumerate(values.tolist(), 1) if text is not None]
    row, text = next(((row, text) for row, text in texts if not _is_number(text)), texts[0])
    if re.fullmatch(r"[-+]?\d+,\d+", text):
        what = "a decimal comma; write numbers with points"
    elif re.fullmatch(r"[-+]?\d+[: hd]\s*\d+[: m].*", text):
        what = "sexagesimal; write it in degrees"
    else:
        what = "no number; leave out rows of units, write nothing where there is no value"
    return f"holds '{text}' (row {row}), {what}{f' [{unit}]' if unit else ''}"


def _is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False
