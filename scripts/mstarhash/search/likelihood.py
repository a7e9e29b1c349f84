"""Likelihood score: released spectra themselves against an unclassified one, with what left-over sky can make of them.

An average is the middle of its cluster, and a cluster of faint members has a noisy one. So here up to MOST released spectra and
templates of each side are each fitted, times a straight line, in all wavelengths at once, which knows the colour. The fit weighs
by the covariance of noise and left-over sky (leftover.py), so that a pedestal is not taken for a band. The score is the log
ratio of the mean evidence of both sides (`matching.log_ratio`), at most CERTAIN either way: a spectrum like none of them,
or a wrong label among them, can make any difference, and a regression on it would learn of these alone.
"""

from dataclasses import dataclass

import numpy as np

from mstarhash.search import leftover, matching
from mstarhash.search.matching import Window

MOST = 500  # spectra of each side
COARSER = 4  # times the bins of the red arm
TILT = 1  # order of the polynomial, whose bends left-over sky has too
TILT_PRIOR = 0.2  # of its coefficients
CERTAIN = 8.0  # log odds


@dataclass
class Released:
    """Spectra of known class on the bins of one window, the last one featureless."""

    wanted: np.ndarray  # (t,) bool
    unit: np.ndarray  # (t,) number of what is left out together, as of the averages; -1: nothing
    group: np.ndarray  # (t,) number of its group
    groups: list  # their names
    window: Window
    sky: leftover.Leftover


def chosen(known, wanted, group, snr, most=MOST):
    """Rows of the spectra to be fitted: of each side at most `most`, as even over its groups as there are, best S/N first.

    known: (n,) bool, spectra of known class as they are, no copies; wanted: (n,) bool; group: (n,) texts; snr: (n,) S/N r,
    NaN: a template.
    """
    snr = np.nan_to_num(snr, nan=np.inf)
    place = np.zeros(len(snr), int)
    for name in np.unique(group):
        mine = np.flatnonzero(known & (group == name))
        place[mine[np.argsort(-snr[mine], kind="stable")]] = np.arange(len(mine))
    sides = [np.flatnonzero(known & side) for side in (wanted, ~wanted)]
    return np.sort(np.concatenate([rows[np.argsort(place[rows], kind="stable")[:most]] for rows in sides]))


def prepare(flux, ivar, wanted, unit, group, wave, keys):
    """Released, without left-over sky, of spectra (t, P) on the grid `wave` (P,); other arguments as of `matching.prepare`."""
    inside, bins = whole(wave, keys)
    return assembled(matching.binned_spectra(flux, ivar, inside, bins), wanted, unit, group, wave, keys)


def assembled(small, wanted, unit, group, wave, keys, sky=None):
    """Released of spectra in bins (t + 1, p), the last one featureless; wanted, unit, group: of the first t."""
    sky = leftover.none(small.shape[1]) if sky is None else sky
    return Released(*matching.told_of(wanted, unit, group), Window.of(small, *whole(wave, keys), TILT), sky)


def whole(wave, keys):
    """Pixels of both arms on the grid `wave`, and how many are a bin."""
    first, _, last = matching.arms(wave, keys)
    return slice(first, last), COARSER * keys["bins"]


def sky_of(released, flux, ivar, floor, threads=1):
    """Leftover of faint spectra (n, P) in the window; floor: see `matching.softened`."""
    window = released.window
    return leftover.estimate(
        *matching.binned(*matching.within(window, flux, ivar, floor), window.bins), window.flux, threads
    )


def fit(flux, ivar, released, floor, left_out=None):
    """likelihood_score (n,) and class_evidence (n, f) of spectra (n, P) on the grid; arguments as of `matching.fit`."""
    window, sky = released.window, released.sky
    seen = matching.within(window, flux, ivar, floor)
    gain = matching.gains(*seen, window, TILT_PRIOR, sky)
    matching.leave_out(gain, left_out, released.unit)
    reduced, count = matching.misfit(gain, *seen, window.bins, sky)
    score = np.clip(matching.log_ratio(gain, reduced, released.wanted), -CERTAIN, CERTAIN)
    return {
        "likelihood_score": score,
        "class_evidence": matching.class_evidence(gain, reduced, count, released.group),
    }


def all_fits(flux, ivar, averages, released, prior, floor, shifts, refine, left_out=None):
    """What `matching.fit` of the averages and `fit` of the released spectra find, class_evidence of both side by side."""
    found = matching.fit(flux, ivar, averages, prior, floor, shifts, refine, left_out)
    more = fit(flux, ivar, released, floor, left_out)
    both = np.concatenate([part["class_evidence"] for part in (found, more)], axis=1)
    return found | more | {"class_evidence": both}
