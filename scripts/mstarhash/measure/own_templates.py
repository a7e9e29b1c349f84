"""Velocity templates made of the sample's own averages, brought to zero velocity by the library's templates."""

import numpy as np

from mstarhash.measure import velocity
from mstarhash.spectra.hdf5 import open_h5

FULL = 900.0  # greatest weight of a spectrum in its average, S/N 30 a pixel (mstarhash.averages)
BLOCK = 256  # averages looked at together
ROUNDS = 2  # the second takes out what velocity the joined averages were left with


def read_averages(path):
    """wave (p,) and flux, ivar (k, p) of the averages of real M spectra in averages.h5 or model.h5.

    Where few were released templates stand among them: those have no members and are left out.
    """
    with open_h5(path) as source:
        part = source.get("averages", source)
        kept = part["members"][:] > 0
        if "wanted" in part:
            kept &= part["wanted"][:].astype(bool)
        return source["wave"][:], part["flux"][:][kept].astype("f8"), part["ivar"][:][kept].astype("f8")


def own_templates(wave, flux, ivar, bank, wins, log_centres, used, least):
    """Join averages that are most like the same template of the bank, each at rest as that bank tells.

    wave (p,) [vacuum Angstrom], evenly spaced in its logarithm; flux, ivar (k, p), weights as made by
    mstarhash.averages; bank: velocity.Bank of templates at rest, wins (t,) bool: those that tell velocities;
    log_centres (q,), used (q,) bool: the working grid and what is correlated; least: spectra of S/N 30 that a
    template must be worth at its median pixel.

    Returns the flattened templates (m, q) and the numbers (m,) of the bank's templates that they are like. Where
    the correlation is blind (`used`) and at H-alpha they are that template itself.
    """
    if len(flux) == 0:
        return np.zeros((0, len(log_centres))), np.zeros(0, int)
    value, weight, shift, like = (
        np.concatenate(part)
        for part in zip(
            *(
                _flattened(wave, flux[k : k + BLOCK], ivar[k : k + BLOCK], bank, wins, log_centres, used)
                for k in range(0, len(flux), BLOCK)
            ),
            strict=True,
        )
    )
    kinds, label = np.unique(like, return_inverse=True)
    for _ in range(ROUNDS):
        mean, worth = _joined(value, weight, shift, label, len(kinds))
        seen = np.where(worth > 0, 1e4, 0) * used
        left = velocity.correlate(np.where(used, mean, 0), seen, np.zeros(len(kinds)), bank, wins)
        shift = shift + np.nan_to_num(_pixels(left.velocity))[label]
    mean, worth = _joined(value, weight, shift, label, len(kinds))
    wave = 10**log_centres
    lines = used & ~((wave > velocity.CORE[0]) & (wave < velocity.CORE[1]))
    enough = np.median(worth[:, used], axis=1) >= least * FULL
    return np.where(lines & (worth > 0), mean, bank.templates[kinds])[enough], kinds[enough]


def _flattened(wave, flux, ivar, bank, wins, log_centres, used):
    """Averages divided by their continuum (n, q), weights, pixels by which they are shifted, most alike template."""
    good = np.isfinite(flux) & (ivar > 0)
    first, last = np.log10(wave[[0, -1]])
    step = np.full(len(flux), (last - first) / (len(wave) - 1))
    variance = np.divide(1, ivar, out=np.zeros(flux.shape), where=good)
    value, weight, phase = velocity.align(
        np.where(good, flux, 0), variance, good, np.full(len(flux), first), step, log_centres
    )
    flat, part = velocity.flatten(value, weight, used, 0.01)
    found = velocity.correlate(flat, part, phase, bank, wins)
    value, weight = velocity.flatten(value, weight, np.ones(len(log_centres), bool), 0.0)
    return value, weight, np.nan_to_num(_pixels(found.velocity)) - phase, found.gains.argmax(1)


def _pixels(speed):
    return np.log10(1 + speed / velocity.LIGHT) / velocity.STEP


def _joined(value, weight, shift, label, count):
    """Weighted means (count, q) of spectra moved back by `shift` pixels, and their weights."""
    top, total = np.zeros((2, count, value.shape[1]))
    place = np.arange(value.shape[1])
    for row, one, by, k in zip(value, weight, shift, label, strict=True):
        moved = np.interp(place + by, place, one)
        top[k] += moved * np.interp(place + by, place, row)
        total[k] += moved
    return np.divide(top, total, out=np.zeros(top.shape), where=total > 0), total
