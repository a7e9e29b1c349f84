"""Space motions from velocity, proper motion and distance, with covariances (FIELD 8; Johnson and Soderblom 1987)."""

import numpy as np

from mstarhash.stars.astrometry import GALACTIC, axes, galactic

AXES = ("u", "v", "w")
K = 4.740470463533348  # km/s for 1 mas/yr at 1 kpc (IAU astronomical unit, Julian year)


def to_galactic(ra, dec):
    """(n, 3, 3): from (radial, east, north) velocities at positions [deg] to U, V, W."""
    return GALACTIC @ np.stack(axes(ra, dec), axis=-1)


def space_motion(ra, dec, rv, distance, pmra, pmdec):
    """(n, 3) heliocentric U (to the Galactic centre), V, W [km/s]; distance [pc], pm [mas/yr], pmra with cos dec."""
    kpc = np.asarray(distance) / 1000
    local = np.stack([rv, K * kpc * pmra, K * kpc * pmdec], axis=-1)
    return np.einsum("nij,nj->ni", to_galactic(ra, dec), local)


def covariance(ra, dec, rv_err, distance, distance_err, pmra, pmra_err, pmdec, pmdec_err, correlations=None):
    """(n, 3, 3) first-order covariance of `space_motion` [km2/s2].

    correlations: (n,) each of distance-pmra, distance-pmdec, pmra-pmdec; None or NaN: none.
    """
    kpc, kpc_err = np.asarray(distance) / 1000, np.asarray(distance_err) / 1000
    zero = np.zeros(np.shape(kpc))
    by_distance, by_ra, by_dec = (  # of (radial, east, north) for one sigma of distance, pmra, pmdec
        np.stack(parts, axis=-1)
        for parts in (
            (zero, K * pmra * kpc_err, K * pmdec * kpc_err),
            (zero, K * kpc * pmra_err, zero),
            (zero, zero, K * kpc * pmdec_err),
        )
    )
    steps = np.stack([np.stack([rv_err, zero, zero], axis=-1), by_distance, by_ra, by_dec], axis=-1)  # (n, 3, 4)
    steps = to_galactic(ra, dec) @ steps
    between = np.tile(np.eye(4), (*np.shape(kpc), 1, 1))
    for (i, j), values in zip(((1, 2), (1, 3), (2, 3)), correlations or (), strict=False):
        between[..., i, j] = between[..., j, i] = np.nan_to_num(values)
    return steps @ between @ np.swapaxes(steps, -1, -2)


def height(distance, b, z_sun):
    """Height above the Galactic plane [pc] at latitude b [deg], the Sun being `z_sun` above it."""
    return distance * np.sin(np.radians(b)) + z_sun


def place(table, z_sun):
    """Galactic coordinates l, b [deg], height h_disc and its error [pc] of the rows of a table of columns."""
    longitude, latitude = galactic(*position(table))
    sine = np.abs(np.sin(np.radians(latitude)))
    return {
        "l": longitude,
        "b": latitude,
        "h_disc": height(table["distance"], latitude, z_sun),
        "h_disc_err": table["distance_err"] * sine,
    }


def motion(table, rv, rv_err, solar):
    """U, V, W, their errors, covariances and the values about the local standard of rest; null without an error.

    table: columns of the step `crossmatch`; rv, rv_err: (n,) [km/s]; solar: motion of the Sun, which is added [km/s].
    """
    where = position(table)
    moving = [table[key] for key in ("pmra", "pmra_error", "pmdec", "pmdec_error")]
    by_parallax = table["dist_src"] == "1/plx"  # a longer distance is a smaller parallax
    correlations = (*(np.where(by_parallax, -table[key], 0) for key in ("plx_pmra", "plx_pmdec")), table["pmra_pmdec"])
    uvw = space_motion(*where, rv, table["distance"], moving[0], moving[2])
    matrix = covariance(*where, rv_err, table["distance"], table["distance_err"], *moving, correlations)
    uvw[~np.isfinite(matrix).all(axis=(1, 2))] = np.nan
    columns = {key: uvw[:, k] for k, key in enumerate(AXES)}
    columns |= {f"{key}_err": np.sqrt(matrix[:, k, k]) for k, key in enumerate(AXES)}
    columns |= {f"{a}{b}_cov": matrix[:, AXES.index(a), AXES.index(b)] for a, b in ("uv", "uw", "vw")}
    return columns | {f"{key}_lsr": columns[key] + solar[k] for k, key in enumerate(AXES)}


def position(table):
    """Right ascension and declination [deg]: Gaia's where there are, else the spectrum's."""
    matched = np.isfinite(table["gaia_ra"])
    return [np.where(matched, table[f"gaia_{key}"], table[key]) for key in ("ra", "dec")]


def combined(group, values, errors, count):
    """Inverse-variance mean, its error, chi-square and number of the values of each of `count` groups.

    group: (n,) numbers; values, errors: (n,), NaN is left out. Means are NaN where nothing is left.
    """
    good = np.isfinite(values) & (errors > 0)
    weight = np.where(good, 1 / np.where(good, errors, 1) ** 2, 0.0)
    value = np.where(good, values, 0.0)
    total = np.bincount(group, weight, count)
    safe = np.where(total > 0, total, np.nan)
    mean = np.bincount(group, weight * value, count) / safe
    chi2 = np.bincount(group, weight * (value - np.nan_to_num(mean)[group]) ** 2, count)
    number = np.bincount(group, good, count).astype(int)
    return mean, 1 / np.sqrt(safe), np.where(number > 0, chi2, np.nan), number
