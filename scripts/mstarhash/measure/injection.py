"""Measured values against true ones: templates with the noise, pixels and gaps of real spectra, and repeat visits."""

import numpy as np

from mstarhash.measure import halpha, indices, zeta
from mstarhash.measure.standards import pixel_means
from mstarhash.spectra.airvac import air_to_vacuum

ERRORS = {name: f"{name}_err" for name in (*indices.NAMES, "ewha", "rv")}
ERRORS |= dict(zeta.COLUMNS.values())
SPEED = 60.0  # km/s: scatter of the velocities that are injected
SPAN = 1.5  # factor in S/N within which a spectrum gives its noise, where there are enough of them
ENOUGH = 20
BAND = (6200.0, 7000.0)  # vacuum Angstrom: where the S/N is told
MIDDLE = 7000.0


def donors(snr, wanted):
    """Rows of spectra of about the S/N `wanted`; those nearest where there are few."""
    apart = np.abs(np.log(np.where(snr > 0, snr, np.nan) / wanted))
    near = np.flatnonzero(apart < np.log(SPAN))
    known = np.flatnonzero(np.isfinite(apart))
    return near if len(near) >= ENOUGH else known[np.argsort(apart[known], kind="stable")[:ENOUGH]]


def injected(wave, flux, donor, wanted, keys, rng):
    """One observation of a star at rest with spectrum (wave, flux), on the pixels of a donor.

    donor: dict of ivar, mask (p,), coeff0, coeff1; wanted: median S/N a pixel in BAND. The noise is normal, of the
    size that `keys` tells of (noise_scale, slope_error, water_error; rv_floor of the wavelength scale).
    Returns the spectrum, the same without any error (both in the donor's unit; NaN outside the template) and the
    velocity [km/s]; None where the donor has no good pixel in BAND.
    """
    speed = rng.normal(0, SPEED)
    grid = donor["coeff0"] + donor["coeff1"] * np.arange(len(donor["ivar"]))
    pixel = 10**grid
    true = pixel_means(wave * (1 + speed / indices.LIGHT), flux, grid)
    good = (donor["mask"] == 0) & (donor["ivar"] > 0) & np.isfinite(true)
    band = good & (pixel > BAND[0]) & (pixel < BAND[1])
    if not band.any():
        return None
    sigma = np.divide(1, np.sqrt(donor["ivar"]), out=np.zeros(len(pixel)), where=good)
    level = wanted / np.median(true[band] / sigma[band])
    scale = 1 + (speed + rng.normal(0, keys.rv_floor)) / indices.LIGHT
    seen = np.nan_to_num(pixel_means(wave * scale, flux, grid)) * level
    seen = seen * np.exp(rng.normal(0, keys.slope_error) * (pixel - MIDDLE) / 100)
    (_, end), (start, _) = sorted(pair for part in indices.SODIUM[keys.na] for pair in part)
    between = air_to_vacuum((end + start) / 2) * (1 + speed / indices.LIGHT)
    seen = seen * np.where(pixel < between, 1 + rng.normal(0, keys.water_error), 1)
    return seen + rng.normal(0, 1, len(pixel)) * sigma * keys.noise_scale, true * level, speed


def truths(flux, coeff0, coeff1, speed, na):
    """{name: (n,)} of noise-free spectra (n, p) of known velocities (n,) [km/s]."""
    spectra = indices.Spectra.of(flux, np.ones(flux.shape), np.zeros(flux.shape, int), coeff0, coeff1, speed)
    out = {name: value for name, (value, _) in indices.measure(spectra, indices.definitions(na)).items()}
    out["ewha"], out["rv"] = halpha.equivalent_width(spectra)[0], speed
    for calibration, (name, _) in zeta.COLUMNS.items():
        out[name] = zeta.zeta(out["tio5"], out["cah2"], out["cah3"], calibration)
    return out


def zeta_useful(name, x, x_err):
    """(n,) bool: 1 - T(x) above 3 sigma, by x = CaH2 + CaH3 and its error."""
    calibration = next(key for key, (column, _) in zeta.COLUMNS.items() if column == name)
    expected, tangent = zeta.solar(x, calibration)
    return (1 - expected > 3 * np.abs(tangent) * x_err) & (x < zeta.BLIND)


def pairs(group, usable):
    """Rows (k, 2) of two visits of one object: the first two usable rows, the next two ..., in the order of the rows."""
    rows = np.flatnonzero(usable)
    rows = rows[np.argsort(group[rows], kind="stable")]
    _, start, place = np.unique(group[rows], return_index=True, return_inverse=True)
    rank = np.arange(len(rows)) - start[place]
    first = np.flatnonzero((rank % 2 == 0)[:-1] & (place[1:] == place[:-1])) if len(rows) > 1 else np.zeros(0, int)
    return np.stack([rows[first], rows[first + 1]], axis=1)


def summary(difference, error):
    """n, median pull, half-width of its 16-84 %, their errors, scatter of the differences, median error.

    NaN without values; half-widths need three.
    """
    good = np.isfinite(difference) & np.isfinite(error) & (error > 0)
    n = int(good.sum())
    if n < 3:
        return {"n": n} | dict.fromkeys(
            ("median", "median_err", "half_width", "half_width_err", "scatter", "error"), np.nan
        )
    pull = difference[good] / error[good]
    low, middle, high = np.percentile(pull, [15.87, 50, 84.13])
    half = (high - low) / 2
    ends = np.percentile(difference[good], [15.87, 84.13])
    return {
        "n": n,
        "median": middle,
        "median_err": 1.2533 * half / np.sqrt(n),
        "half_width": half,
        "half_width_err": 0.964 * half / np.sqrt(n),  # of the quantiles of a normal distribution
        "scatter": (ends[1] - ends[0]) / 2,
        "error": np.median(error[good]),
    }
