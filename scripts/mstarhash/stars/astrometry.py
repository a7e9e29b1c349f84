"""Positions on the sky: unit vectors, separations, proper motion, Galactic coordinates."""

import numpy as np

MAS = np.pi / 180 / 3.6e6  # a milliarcsecond [rad]
ARCSEC = 1000 * MAS
# Rows towards l = 0, l = 90 deg, b = 90 deg in equatorial axes (ICRS; Hipparcos catalogue, vol. 1, 1.5.3)
GALACTIC = np.array(
    [
        [-0.0548755604, -0.8734370902, -0.4838350155],
        [0.4941094279, -0.4448296300, 0.7469822445],
        [-0.8676661490, -0.1980763734, 0.4559837762],
    ]
)


def unit_vectors(ra, dec):
    """(n, 3) of positions [deg]."""
    ra, dec = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    return np.stack([np.cos(ra) * np.cos(dec), np.sin(ra) * np.cos(dec), np.sin(dec)], axis=-1)


def axes(ra, dec):
    """(n, 3) each: unit vectors towards the position, towards east and towards north there."""
    ra, dec = np.radians(np.asarray(ra, float)), np.radians(np.asarray(dec, float))
    zero = np.zeros(np.broadcast(ra, dec).shape)
    east = np.stack([-np.sin(ra) + zero, np.cos(ra) + zero, zero], axis=-1)
    north = np.stack([-np.cos(ra) * np.sin(dec), -np.sin(ra) * np.sin(dec), np.cos(dec) + zero], axis=-1)
    return np.stack([np.cos(ra) * np.cos(dec), np.sin(ra) * np.cos(dec), np.sin(dec) + zero], axis=-1), east, north


def moved(ra, dec, pmra, pmdec, years):
    """(n, 3) unit vectors after `years` of uniform straight motion, without the radial part.

    ra, dec [deg]; pmra (with cos dec), pmdec [mas/yr], NaN counts as none.
    """
    place, east, north = axes(ra, dec)
    pmra, pmdec = (np.where(np.isfinite(pm), pm, 0.0) * years * MAS for pm in (pmra, pmdec))
    place = place + pmra[..., None] * east + pmdec[..., None] * north
    return place / np.linalg.norm(place, axis=-1, keepdims=True)


def positions(vectors):
    """ra [0, 360), dec [deg] of (n, 3) vectors of any length."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    ra = np.degrees(np.arctan2(y, x)) % 360
    return np.where(ra == 360, 0.0, ra), np.degrees(np.arctan2(z, np.hypot(x, y)))


def separation(one, two):
    """Angle between unit vectors [arcsec], exact for small angles."""
    return 2 * np.arcsin(np.minimum(np.linalg.norm(one - two, axis=-1) / 2, 1)) / ARCSEC


def chord(arcsec):
    """Length of the chord under an angle."""
    return 2 * np.sin(arcsec * ARCSEC / 2)


def galactic(ra, dec):
    """l in [0, 360), b [deg] of ICRS positions [deg]."""
    return positions(unit_vectors(ra, dec) @ GALACTIC.T)
