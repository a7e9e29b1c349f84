"""From a row of the mock sample to its file: true spectrum, observation, header."""

import numpy as np

from mstarhash.mock import faults, fits, models
from mstarhash.mock.tables import designation
from mstarhash.spectra.airvac import LIGHT
from mstarhash.spectra.templates import GRID

BANDS = {"U": (3700, 4000), "G": (4000, 5500), "R": (5600, 7000), "I": (6900, 8200), "Z": (8200, 9000)}
BANDS_RMS = (0.02, 0.015, 0.01, 0.02)  # star-to-star scatter of CaH1, CaH2, CaH3, CaOH of dwarfs
HALPHA = ((6557.61, 6571.61), (6500.0, 6550.0), (6575.0, 6625.0))  # vacuum, FIELD 6


def true_spectrum(library, row, rng, seed=0):
    """Flux on GRID at rest, or as seen for galaxies and quasars, before reddening; redshift of those (else NaN).

    seed: of the survey, for what is the same at each visit of a star.
    """
    kind, place = row["kind"], row["place"]
    if kind == "dwarf":
        scatter = rng.normal(0, BANDS_RMS)
        if row.get("same", -1) >= 0:  # a star that is visited twice looks the same
            scatter = np.random.default_rng([seed, row["same"]]).normal(0, BANDS_RMS)
        flux = library.scattered(library.dwarf(place, row["m"], row["share"]), scatter)
        return models.active(flux, row["ew_extra"]) if row["active"] else flux, np.nan
    if kind == "giant":
        return library.scattered(np.exp(library.giant.at(place)), rng.normal(0, [0.015, 0.02, 0.015, 0.02])), np.nan
    if kind in ("star", "reddened", "step"):
        return library.star(place, row["feh"], row["luminosity"]), np.nan
    if kind == "carbon":
        return models.carbon(library.star(-4, -0.5, "giant"), rng.uniform(0.6, 1.5)), np.nan
    if kind == "wd":
        return library.white[rng.integers(len(library.white))], np.nan
    if kind == "galaxy":
        old, young = library.star(rng.uniform(-6, -2), rng.uniform(-1, 0.4), "giant"), library.star(-22.0, 0.0, "dwarf")
        z = rng.uniform(0.02, 0.35)
        emission = rng.lognormal(1.5, 1.2) if rng.random() < 0.6 else 0.0
        return models.galaxy(old, young, rng.uniform(0, 0.5), emission, z), z
    if kind == "quasar":
        z = rng.uniform(0.2, 3.5)
        return models.quasar(rng.uniform(-2.2, -0.8), z, rng.uniform(0.3, 1.3)), z
    return np.zeros_like(GRID), np.nan  # an empty fibre


def halpha_width(flux):
    """EW of H-alpha [Angstrom], positive in emission, of a noise-free spectrum on GRID."""
    line, *sides = (slice(*np.searchsorted(GRID, part)) for part in HALPHA)
    level = np.mean([flux[part].mean() for part in sides])
    return np.trapezoid(flux[line] / level - 1, GRID[line])


def make_file(library, row, keys, rng):
    """(name, bytes, facts) of one spectrum; facts are what truth.csv tells beyond the sample."""
    flux, z = true_spectrum(library, row, rng, keys.seed)
    ewha = halpha_width(flux) if row["is_m"] else np.nan
    if np.isnan(z):
        z = row["rv"] / LIGHT
        seen = GRID * (1 + z)
    else:
        seen = GRID
    if row["ebv"] > 0 and row["kind"] != "sky":
        flux = flux * models.extinction(row["ebv"])
    seen = seen * (1 + rng.spawn(1)[0].normal(0, keys.wave_rms) / LIGHT)
    step = rng.choice([-1, 1]) * rng.uniform(0.4, 1.2) if row["kind"] == "step" else None
    pixels = np.interp(faults.WAVE, seen, flux)
    spectrum = faults.observe(pixels, row["snr"], rng, keys, step)
    scale = 10 ** (0.4 * (17 - row["mag_r"])) * 100 / max(faults.median(spectrum["model"][2000:2600]), 1e-9)
    if row["kind"] == "sky":
        scale = rng.lognormal(1, 0.5)
    spectrum["flux"], spectrum["ivar"] = spectrum["flux"] * scale, spectrum["ivar"] / scale**2 * keys.ivar_factor
    found = np.nan if row["role"] == "unknown" else z + rng.normal(0, (4 + 40 / row["snr"]) / LIGHT)
    if row["is_m"] and rng.random() < 0.02:
        found = np.nan  # released without a velocity
    table = rng.random() < keys.table_fraction
    squeezed = rng.random() < keys.gzip_fraction
    name = f"spec-{row['lmjd']}-{row['planid']}_sp{row['spid']:02d}-{row['fiberid']:03d}.fits"
    cards = _cards(row, name, spectrum, found, table, rng)
    rows = {
        "FLUX": spectrum["flux"],
        "IVAR": spectrum["ivar"],
        "WAVELENGTH": faults.WAVE,
        "ANDMASK": spectrum["andmask"],
        "ORMASK": spectrum["ormask"],
    }
    if table:
        continuum = np.interp(np.arange(faults.PIXELS), np.arange(0, 3909, 150), _running(spectrum["flux"]))
        norm = np.divide(spectrum["flux"], continuum, out=np.zeros(faults.PIXELS), where=continuum > 0)
        data = fits.table_file(rows | {"NORMALIZATION": norm}, cards)
    else:
        data = fits.image_file(list(rows.values()), cards)
    if squeezed:
        name, data = name + ".gz", fits.squeezed(data)
    return name, data, {"ewha": ewha, "z": z if row["kind"] != "sky" else np.nan, "form": "table" if table else "image"}


def _running(flux, every=150):
    """Median flux around every 150th pixel, at the ends of what there is of its neighbours."""
    return np.array([faults.median(flux[max(0, k - every) : k + every]) for k in range(0, len(flux), every)])


def _cards(row, name, spectrum, z, table, rng):
    """Header cards in LAMOST's words."""
    card = fits.card
    snr = {}
    ratio = spectrum["flux"] * np.sqrt(spectrum["ivar"])
    missing = rng.random() < 0.002
    for band, (low, high) in BANDS.items():
        part = slice(*np.searchsorted(faults.WAVE, [low, high]))
        good = spectrum["ivar"][part] > 0
        snr[band] = (
            -9999.0 if missing or not good.any() else round(max(0.0, float(faults.median(ratio[part][good]))), 2)
        )
    night = f"{_date(row['lmjd'])}T{int(rng.integers(10, 22)):02d}:{int(rng.integers(60)):02d}:00"
    magnitudes = [row[f"mag_{m}"] for m in "ugrizjh"]
    cards = [
        card("COMMENT", None, "--------FILE INFORMATION"),
        card("FILENAME", name),
        card("OBSID", row["obsid"], "Unique number ID of this spectrum"),
        card("AUTHOR", "Mock survey", "No observation: made by a program"),
        card("DATA_V", "LAMOST DR9" if table else "LAMOST DR5", "Data release version whose layout this is"),
        *([] if table else [card("EXTEN0", "Flux, Inverse, Wavelength, Andmask, Ormask"), card("EXTNAME", "Flux")]),
        card("N_EXTEN", 2 if table else 1, "The extension number"),
        card("ORIGIN", "mock"),
        card("TELESCOP", "LAMOST"),
        card("COMMENT", None, "--------OBSERVATION PARAMETERS"),
        card("DATE-OBS", night, "The observation median UTC"),
        card("LMJD", row["lmjd"], "Local Modified Julian Day"),
        card("MJD", row["lmjd"] - 1, "Modified Julian Day"),
        card("PLANID", row["planid"], "Plan ID in use"),
        card("RA", row["ra"], "[deg] Right ascension of object"),
        card("DEC", row["dec"], "[deg] Declination of object"),
        card("DESIG", f"LAMOST J{designation([row['ra']], [row['dec']])[0]}", "Designation of LAMOST target"),
        card("SPID", row["spid"], "Spectrograph ID"),
        card("FIBERID", row["fiberid"], "Fiber ID of Object"),
        card("OBJTYPE", "Star", "Object type from input catalog"),
        card("TSOURCE", "mock"),
        card("FIBERTYP", "Obj", "Fiber type of object"),
        card("MAGTYPE", "ugrizjh", "Magnitude type of object"),
        *(card(f"MAG{k}", round(float(m), 2), f"[mag] Mag{k} of object") for k, m in enumerate(magnitudes, 1)),
        card("RADECSYS", "FK5"),
        card("EQUINOX", 2000.0),
        card("NEXP", 3, "Number of valid exposures"),
        card("EXPTIME", 5400.0, "[s] Minimum of exposure time for all cameras"),
        card("COMMENT", None, "--------DATA REDUCTION PARAMETERS"),
        card("HELIO", True, "Heliocentric correction"),
        card("HELIO_RV", round(float(rng.uniform(-29, 29)), 5), "[km/s] Heliocentric correction"),
        card("VACUUM", True, "Wavelengths are in vacuum"),
        card("COEFF0", faults.COEFF0, "Central wavelength (log10) of first pixel"),
        card("COEFF1", faults.COEFF1, "Log10 dispersion per pixel"),
        card("CRVAL1", faults.COEFF0, "Central wavelength (log10) of first pixel"),
        card("CD1_1", faults.COEFF1, "Log10 dispersion per pixel"),
        card("CRPIX1", 1, "Starting pixel (1-indexed)"),
        card("DC-FLAG", 1, "Log-linear flag"),
        card("COMMENT", None, "--------SPECTRA ANALYSIS RESULTS"),
        card("VERSPIPE", "v2.9.8" if table else "v2.9.7", "Version of Pipeline"),
        card("CLASS", str(row["class"]), "Class of object"),
        card("SUBCLASS", str(row["subclass"]), "Subclass of object"),
        card("Z", -9999.0 if np.isnan(z) else round(z, 8), "Redshift of object"),
        card("Z_ERR", -9999.0 if np.isnan(z) else round((4 + 40 / row["snr"]) / LIGHT, 8), "Redshift error of object"),
        *(card(f"SNR{band}", value, f"SNR of {band.lower()} filter") for band, value in snr.items()),
    ]
    return cards


def _date(mjd):
    """ISO date of a Modified Julian Day."""
    return str(np.datetime64("1858-11-17") + np.timedelta64(int(mjd), "D"))
