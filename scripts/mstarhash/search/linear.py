"""Logistic regression on a few columns, with the score of every family of rows as if it had been left out.

The last Newton step of the regression is a weighted ridge solve, for which leaving rows out is exact: with
A = sum v z z' + ridge, working responses t and S = sqrt(v) Z_g A^-1 Z_g' sqrt(v) of a family g, the residuals become
(I - S)^-1 e. Weights v are not redone.
"""

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from mstarhash.search.pil import family_blocks

STEPS = 8  # of Newton's method
RIDGE = 1e-2  # in units of the mean diagonal


def train_columns(columns, wanted, families, rows):
    """Weights (f,) and intercept of the log odds at even classes, and log odds (n,), those of `rows` left out.

    columns: (n, f) class outputs, or the evidence of averages; each is scaled to unit scatter. wanted: (n,) bool; families:
    (n,) numbers, one for rows that are left out together; rows: those trained on.
    """
    mean, scatter = columns[rows].mean(0, dtype="f8"), np.maximum(columns[rows].std(0, dtype="f8"), 1e-6)
    found, left_out = logistic((columns[rows] - mean) / scatter, wanted[rows], families[rows], RIDGE)
    weights = found[:-1] / scatter
    intercept = found[-1] - mean @ weights
    odds = columns @ weights + intercept
    odds[rows] = left_out
    return weights, intercept, odds


def logistic(z, wanted, families, ridge):
    """Coefficients (k + 1,), the last one the intercept, of balanced logistic regression on z (n, k); left-out log odds."""
    k = z.shape[1]
    z = np.c_[z.astype("f8"), np.ones(len(z))]
    share = np.where(wanted, 0.5 / max(wanted.sum(), 1), 0.5 / max((~wanted).sum(), 1)) * len(z)
    found = np.zeros(k + 1)
    for _ in range(STEPS):
        odds = np.clip(z @ found, -30, 30)
        p = 1 / (1 + np.exp(-odds))
        v = np.maximum(p * (1 - p), 1e-3) * share
        target = odds + share * (wanted - p) / v
        normal = z.T @ (z * v[:, None])
        normal[np.arange(k), np.arange(k)] += ridge * np.trace(normal[:k, :k]) / k
        found = np.linalg.solve(normal, z.T @ (v * target))
    half = solve_triangular(cholesky(normal, lower=True), z.T, lower=True) * np.sqrt(v)
    residual = np.sqrt(v) * (target - z @ found)
    for family in (rows for members in family_blocks(families) for rows in members):
        part = half[:, family]
        residual[family] = np.linalg.solve(np.eye(len(family)) - part.T @ part, residual[family])
    return found, target - residual / np.sqrt(v)
