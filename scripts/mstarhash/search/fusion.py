"""One score from several pieces of evidence."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from mstarhash.search.calibration import calibrate

SHARE = 0.05  # of the wanted class in a survey, for which a fit is best: what tells at the top of the list counts
ENOUGH = 1000  # presumed negatives that need no help of known ones
SCORES = ("class", "template", "likelihood")
LOW = 0.5  # of the spread of the wanted class, below even odds: what lies lower counts a tenth
DARK = 0.1  # error of an S/N r near 0: of its median, and of left-over sky


def evidence(table):
    """(n, k) the SCORES of a dict of (n,) columns; a dark spectrum (see `darkness`) has lower ones."""
    dark = darkness(table["snr_r"])
    return np.stack([table[f"{name}_score"] - dark for name in SCORES], axis=1).astype("f8")


def darkness(snr):
    """(n,) what a negative S/N r takes from log odds, NaN: nothing. snr: (n,).

    No star is darker than the sky, but features and fits know only the shape of a spectrum, and left-over sky has that of
    an M star now and then. So the log likelihood of a flux that is nowhere below zero: (snr / DARK)^2 / 2.
    """
    return (np.minimum(np.nan_to_num(np.asarray(snr, "f8")), 0) / DARK) ** 2 / 2


def drawn_in(values, scale):
    """Values (n, k) in units of `scale` (k,), below -LOW a tenth as steep.

    Most spectra are far from the class, some by much more than others, and that must not tell the weight of evidence where
    the two sides meet.
    """
    x = values / scale
    return np.maximum(x, x / 10 - 0.9 * LOW)


def fit_fusion(values, wanted, presumed, rounds=4):
    """Logistic regression on the evidence, see `drawn_in`; a dict of arrays: scale, coefficients, intercept.

    values: (n, k); wanted: (n,) bool; presumed: (n,) bool, unclassified spectra taken for negatives. No coefficient
    is negative: more evidence never lowers a score. It is fitted as for a survey with SHARE wanted ones, then moved: score
    0 is even odds where there are as many of both.
    Presumed negatives are the survey as it is, and outweigh the known ones, which count as a few only until there are
    ENOUGH of the presumed; each presumed one counts by its own chance to be a negative, found in `rounds` steps, the first
    of which goes by the known ones alone: many of the survey may be wanted.
    """
    known = ~wanted & ~presumed
    weights = np.where(presumed & known.any(), 0.0, 1.0)
    weights[known] = max(ENOUGH - presumed.sum(), 0.05 * ENOUGH) / max(known.sum(), 1)
    scale = np.maximum(values[wanted].std(0), 1e-12)
    x = np.c_[drawn_in(values, scale), np.ones(len(values))]
    solution = np.r_[np.ones(values.shape[1]), 0.0]
    for step in range(rounds if presumed.any() else 1):
        if step:
            scores = x @ solution
            chance = calibrate(scores[presumed], scores[wanted], scores[known])
            weights[presumed] = 1 - chance(scores[presumed])
        solution = _logistic(x, wanted, weights, solution)
    return {"scale": scale, "coefficients": solution[:-1], "intercept": solution[-1:]}


def _logistic(x, wanted, weights, start, ridge=1e-3):
    """Coefficients (k + 1,), the last one the intercept, of logistic regression with SHARE wanted ones, the intercept
    moved to even shares; the others not below 0."""
    side = np.where(wanted, 1.0, -1.0)
    weights = np.where(wanted, SHARE * weights / weights[wanted].sum(), (1 - SHARE) * weights / weights[~wanted].sum())
    start = start + np.r_[np.zeros(len(start) - 1), logit(SHARE)]

    def loss(c):
        margin = side * (x @ c)
        slope = -side * weights * expit(-margin)
        return weights @ np.logaddexp(0, -margin) + ridge * (c[:-1] ** 2).sum() / 2, x.T @ slope + ridge * np.r_[
            c[:-1], 0
        ]

    bounds = [(0, None)] * (len(start) - 1) + [(None, None)]
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500}).x
    found[-1] -= logit(SHARE)
    return found


def fused(values, fusion):
    """(n,) log odds at even prior."""
    return drawn_in(values, fusion["scale"]) @ fusion["coefficients"] + fusion["intercept"][0]
