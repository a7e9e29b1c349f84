"""One score from several pieces of evidence, and the probability P(M) that belongs to it."""

import numpy as np
from sklearn.linear_model import LogisticRegression

NAMES = ("hash", "class", "difference", "root_difference", "relative_difference")


def evidence(near_negative, near_positive, class_score, gain_wanted, gain_other):
    """(n, 5) columns NAMES from mean distances to negatives and positives, class score, chi-square gains."""
    difference = gain_wanted - gain_other
    return np.c_[
        near_negative - near_positive,
        class_score,
        np.clip(difference, -400, 400),
        np.sign(difference) * np.sqrt(np.abs(difference)),
        difference / np.sqrt(np.abs(gain_wanted) + 1),
    ].astype("f8")


def normal_scores(values, knots):
    """Values (n, k) to normal scores by the quantiles of the training evidence; knots: (k, q) increasing.

    Beyond the last knots the scale goes on with the slope of the outermost ones.
    """
    from scipy.special import ndtri

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


def fit_fusion(values, wanted, weights, seed):
    """Logistic regression on normal scores of the evidence; a dict of arrays: knots, coefficients, intercept.

    wanted: (n,) bool; weights: (n,). The two classes get equal total weight, so that score 0 is even odds.
    """
    knots = quantile_knots(values)
    weights = np.where(wanted, weights / weights[wanted].sum(), weights / weights[~wanted].sum())
    weights *= len(values) / 2
    model = LogisticRegression(C=1.0, max_iter=1000, random_state=seed)
    model.fit(normal_scores(values, knots), wanted, sample_weight=weights)
    return {"knots": knots, "coefficients": model.coef_[0], "intercept": model.intercept_}


def fused(values, fusion):
    """(n,) log odds at even prior."""
    return normal_scores(values, fusion["knots"]) @ fusion["coefficients"] + fusion["intercept"][0]


def prior_of(scores, start=0.02, steps=200):
    """Share of the wanted class among spectra with log odds `scores` at even prior (EM of Saerens 2002)."""
    ratio = np.exp(np.clip(scores, -50, 50))
    share = start
    for _ in range(steps):
        p = share * ratio / (share * ratio + 1 - share)
        share = float(np.clip(p.mean(), 1e-6, 1 - 1e-6))
    return share


def probability(scores, share):
    """(n,) P(M) at the prior `share`."""
    return 1 / (1 + (1 - share) / share * np.exp(-np.clip(scores, -50, 50)))
