"""Logistic regression on principal components, and the score of each family as if it had been left out.

The last Newton step of the regression is a weighted ridge solve, for which leaving rows out is exact: with
A = sum v z z' + ridge, working responses t and S = sqrt(v) Z_g A^-1 Z_g' sqrt(v) of a family g, the residuals become
(I - S)^-1 e. Components and weights v are not redone.
"""

import numpy as np
from scipy.linalg import cholesky, eigh, solve_triangular

from mstarhash.spectra import blocks

STEPS = 8  # of Newton's method
RIDGE = 1e-4  # in units of the mean diagonal


def train_linear(x, wanted, families, components):
    """Weights (d,) and intercept of the log odds at even classes, and the left-out log odds (n,) of the rows.

    x: (n, d) features; wanted: (n,) bool; families: (n,) sorted numbers, one for a spectrum and its copies;
    components: how many, at most one for five families of the smaller class.
    """
    mean = x.mean(0, dtype="f8")
    scatter = sum((x[rows].T @ x[rows]).astype("f8") for rows in blocks(len(x))) / len(x) - np.outer(mean, mean)
    smaller = min(len(np.unique(families[side])) for side in (wanted, ~wanted))
    k = min(components, x.shape[1], len(x), max(10, smaller // 5))
    variances, axes = eigh(scatter, subset_by_index=(x.shape[1] - k, x.shape[1] - 1))
    axes = axes / np.sqrt(max(variances[-1], 1e-30))
    z = np.empty((len(x), k + 1))
    z[:, :k] = np.concatenate([x[rows] @ axes.astype("f4") for rows in blocks(len(x))]) - mean @ axes
    z[:, k] = 1
    share = np.where(wanted, 0.5 / max(wanted.sum(), 1), 0.5 / max((~wanted).sum(), 1)) * len(x)
    found = np.zeros(k + 1)
    for _ in range(STEPS):
        odds = np.clip(z @ found, -30, 30)
        p = 1 / (1 + np.exp(-odds))
        v = np.maximum(p * (1 - p), 1e-3) * share
        target = odds + share * (wanted - p) / v
        normal = z.T @ (z * v[:, None])
        normal[np.arange(k), np.arange(k)] += RIDGE * np.trace(normal[:k, :k]) / k
        found = np.linalg.solve(normal, z.T @ (v * target))
    half = solve_triangular(cholesky(normal, lower=True), z.T, lower=True) * np.sqrt(v)
    residual = np.sqrt(v) * (target - z @ found)
    starts = np.flatnonzero(np.r_[True, families[1:] != families[:-1]])
    for first, last in zip(starts, np.r_[starts[1:], len(x)], strict=True):
        part = half[:, first:last]
        residual[first:last] = np.linalg.solve(np.eye(last - first) - part.T @ part, residual[first:last])
    weights = axes @ found[:k]
    return weights, found[k] - mean @ weights, target - residual / np.sqrt(v)
