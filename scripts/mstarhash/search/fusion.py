"""One score from several pieces of evidence."""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit, ndtri

from mstarhash.search.calibration import calibrate

SHARE = 0.05  # of the wanted class in a survey, for which a fit is best: what tells at the top of the list counts
ENOUGH = 1000  # presumed negatives that need no help of known ones
SCORES = ("class", "linear", "template")  # that bits of the code tell together
NAMES = ("hash", *SCORES)
DARK = 0.1  # error of an S/N r near 0: of its median, and of left-over sky


def evidence(table):
    """(n, k) columns NAMES of a dict of (n,) columns; without the distances to the nearest of each side, SCORES alone.

    A dark spectrum (see `darkness`) has lower SCORES, so that its code says so too.
    """
    dark = darkness(table["snr_r"])
    columns = [table[key] - dark for key in ("class_score", "linear_score", "template_score")]
    near = [table["near_negative"] - table["near_positive"]] if "near_negative" in table else []
    return np.stack([*near, *columns], axis=1).astype("f8")


def darkness(snr):
    """(n,) what a negative S/N r takes from log odds, NaN: nothing. snr: (n,).

    No star is darker than the sky, but features and fits know only the shape of a spectrum, and left-over sky has that of
    an M star now and then. So the log likelihood of a flux that is nowhere below zero: (snr / DARK)^2 / 2.
    """
    return (np.minimum(np.nan_to_num(np.asarray(snr, "f8")), 0) / DARK) ** 2 / 2


def normal_scores(values, knots):
    """Values (n, k) to normal scores by the quantiles of the training evidence; knots: (k, q) increasing.

    Beyond the last knots the scale goes on with the slope of the outermost ones.
    """
    q = knots.shape[1]
    grid = ndtri((np.arange(q) + 0.5) / q)
    out = np.empty(values.shape)
    for column, (x, k) in enumerate(zip(values.T, knots, strict=True)):
        y = np.interp(x, k, grid)
        low, high = k[0], k[-1]
        spread = max(k[-1] - k[0], 1e-12) / (grid[-1] - grid[0])
        y = np.where(x < low, grid[0] + (x - low) / spread, y)
        out[:, column] = np.where(x > high, grid[-1] + (x - high) / spread, y)
    return np.clip(out, -8, 8)


def quantile_knots(values, count=201):
    """(k, count) strictly increasing quantiles of each column."""
    knots = np.quantile(values, (np.arange(count) + 0.5) / count, axis=0).T
    return knots + np.arange(count) * 1e-12 * np.maximum(np.ptp(knots, axis=1, keepdims=True), 1e-12)


def fit_fusion(values, wanted, presumed, rounds=4):
    """Logistic regression on normal scores of the evidence; a dict of arrays: knots, coefficients, intercept.

    values: (n, k); wanted: (n,) bool; presumed: (n,) bool, unclassified spectra taken for negatives. No coefficient
    is negative: more evidence never lowers a score. It is fitted as for a survey with SHARE wanted ones, then moved: score
    0 is even odds where there are as many of both.
    Presumed negatives are the survey as it is, and outweigh the known ones, which count as a few only until there are
    ENOUGH of the presumed; each presumed one counts by its own chance to be a negative, found in `rounds` steps.
    """
    known = ~wanted & ~presumed
    weights = np.ones(len(values))
    weights[known] = max(ENOUGH - presumed.sum(), 0.05 * ENOUGH) / max(known.sum(), 1)
    knots = quantile_knots(values)
    x = np.c_[normal_scores(values, knots), np.ones(len(values))]
    solution = np.r_[np.ones(values.shape[1]), 0.0]
    for _ in range(rounds if presumed.any() else 1):
        solution = _logistic(x, wanted, weights, solution)
        if presumed.any():
            scores = x @ solution
            chance = calibrate(scores[presumed], scores[wanted], scores[known])
            weights[presumed] = 1 - chance(scores[presumed])
    return {"knots": knots, "coefficients": solution[:-1], "intercept": solution[-1:]}


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
    return normal_scores(values, fusion["knots"]) @ fusion["coefficients"] + fusion["intercept"][0]
