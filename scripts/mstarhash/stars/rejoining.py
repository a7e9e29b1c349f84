"""Spectra of one Gaia source are of one object: groups that a star's motion between their positions has set apart."""

import numpy as np

from mstarhash.stars.astrometry import moved, separation
from mstarhash.stars.crossmatching import pairs

FAST = 1.0  # length of a path above which it is searched more widely [arcsec]


def rejoin(objects, until, motion, start, radius):
    """(m,) number of the object that each object belongs to: itself, or the one whose source has passed by.

    An object without a source joins the one to whose source's path, from `start` to the time `until` of its own
    spectra, it is nearest, if that is within `radius` [arcsec]: some headers hold a position of an input catalogue,
    others one of the time of the observation.

    objects: (m, 3) positions in the headers; until: (m,) [yr], NaN: start; motion: dict of (m,) ra, dec [deg], pmra,
    pmdec [mas/yr], epoch [yr] of the objects' sources, NaN where an object has none.
    """
    count = len(objects)
    root, best = np.arange(count), np.full(count, np.inf)
    lone = np.flatnonzero(np.isnan(motion["ra"]) & np.isfinite(objects).all(axis=1))
    known = np.flatnonzero(np.isfinite(motion["ra"]))
    if not len(lone) or not len(known):
        return root
    until = np.where(np.isfinite(until), until, start)
    low, high = min(start, until[lone].min()), max(start, until[lone].max())
    speed = np.hypot(*(np.nan_to_num(motion[key][known]) for key in ("pmra", "pmdec"))) / 1000  # arcsec/yr
    half = speed * (high - low) / 2
    for mine in (half <= FAST, half > FAST):
        if not mine.any():
            continue
        middle = _at(motion, known[mine], (low + high) / 2)
        one, two, _ = pairs(objects[lone], middle, radius + half[mine].max() * 1.001)
        one, two = lone[one], known[mine][two]
        apart = _to_path(objects[one], _at(motion, two, start), _at(motion, two, until[one]))
        for k in np.flatnonzero(apart <= radius):
            if apart[k] < best[one[k]]:
                root[one[k]], best[one[k]] = two[k], apart[k]
    return root


def renumbered(root, number):
    """(numbers of spectra, numbers of the kept objects): objects are counted anew in the order of the rows.

    root: (m,) of `rejoin`; number: (n,) object of each spectrum. Kept objects are given by their old numbers.
    """
    old = root[number]
    _, first, inverse = np.unique(old, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse].astype(np.int64), old[np.sort(first)]


def latest(number, years, count):
    """(count,) latest of the (n,) times of the spectra of each object; NaN where none is known."""
    out = np.full(count, -np.inf)
    good = np.isfinite(years)
    np.maximum.at(out, number[good], years[good])
    return np.where(np.isfinite(out), out, np.nan)


def _at(motion, chosen, epoch):
    ra, dec, pmra, pmdec, start = (motion[key][chosen] for key in ("ra", "dec", "pmra", "pmdec", "epoch"))
    return moved(ra, dec, pmra, pmdec, epoch - start)


def _to_path(place, first, last):
    """(k,) distance [arcsec] of (k, 3) places to the arcs from `first` to `last`, which are short."""
    step = last - first
    square = np.maximum((step**2).sum(axis=1), 1e-30)
    share = np.clip(((place - first) * step).sum(axis=1) / square, 0, 1)
    return separation(place, first + share[:, None] * step)
