"""Class-balanced logistic regression in two features, of degree 1 or 2, with coefficients in raw units (FIELD 5.3)."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

POWERS = {1: ((0, 0), (1, 0), (0, 1)), 2: ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))}


def terms(features, degree):
    """(n, k) of 1, x, y (, x^2, x y, y^2)."""
    x, y = features.T
    return np.stack([x**a * y**b for a, b in POWERS[degree]], axis=1)


@dataclass
class Boundary:
    """logit p = coefficients . (1, x, y, ...), raw units; beyond `low`-`high` of each feature its end counts."""

    degree: int
    coefficients: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def logit(self, features):
        """(n,) for (n, 2); NaN where a feature is missing."""
        return terms(np.clip(features, self.low, self.high), self.degree) @ self.coefficients

    def outside(self, features):
        """(n,) bool: a feature beyond those of the training set."""
        return ((features < self.low) | (features > self.high)).any(axis=1)

    def curve(self, x):
        """(m, 2) points x, y at which p = 0.5 within the training set's range: none, one or two for each x."""
        out = []
        for value in x:
            parts = np.zeros(3)
            for (a, b), c in zip(POWERS[self.degree], self.coefficients, strict=True):
                parts[b] += c * value**a
            roots = np.roots(parts[::-1])
            roots = roots[np.abs(roots.imag) < 1e-9].real
            out += [(value, y) for y in np.sort(roots) if self.low[1] <= y <= self.high[1]]
        return np.array(out).reshape(-1, 2)


def fit(features, label, degree, ridge):
    """The Boundary of (n, 2) features with labels 0 and 1; minimises

    sum_i w_i log(1 + exp(-s_i z_i)) + ridge / 2 sum of squared coefficients, the constant excepted,
    with w = n / (2 n_class) and the features standardised, by Newton's method.
    """
    label = np.asarray(label, bool)
    centre, scale = features.mean(0), features.std(0)
    scale = np.where(scale > 0, scale, 1.0)
    design = terms((features - centre) / scale, degree)
    weight = len(label) / 2 / np.where(label, label.sum(), (~label).sum())
    penalty = ridge * (np.arange(design.shape[1]) > 0)
    beta = np.zeros(design.shape[1])

    def loss(beta):
        z = design @ beta
        return weight @ np.logaddexp(0, np.where(label, -z, z)) + penalty @ beta**2 / 2

    for _ in range(100):
        p = expit(design @ beta)
        slope = design.T @ (weight * (p - label)) + penalty * beta
        bend = (design * (weight * p * (1 - p))[:, None]).T @ design + np.diag(penalty)
        step, here = np.linalg.solve(bend + 1e-12 * np.eye(len(beta)), slope), loss(beta)
        while loss(beta - step) > here + 1e-12 * abs(here) and np.abs(step).max() > 1e-12:
            step = step / 2
        beta = beta - step
        if np.abs(step).max() < 1e-10:
            break
    return Boundary(degree, _raw(beta, centre, scale, degree), features.min(0), features.max(0))


def _raw(beta, centre, scale, degree):
    """Coefficients of the raw features from those of the standardised ones."""
    (mx, my), (sx, sy) = centre, scale
    x, y = (np.array([-mx / sx, 1 / sx]), np.array([-my / sy, 1 / sy]))
    total = np.zeros((degree + 1, degree + 1))
    for (a, b), c in zip(POWERS[degree], beta, strict=True):
        px, py = (np.polynomial.polynomial.polypow(p, k) for p, k in ((x, a), (y, b)))
        total[: a + 1, : b + 1] += c * np.outer(px, py)
    return np.array([total[a, b] for a, b in POWERS[degree]])


def folds(label, group, count):
    """(n,) part of each row: rows of a group are together, classes spread evenly. In the order of the groups."""
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    kind = np.asarray(label)[first]
    part = np.zeros(len(first), int)
    for value in np.unique(kind):
        mine = np.flatnonzero(kind == value)
        part[mine] = np.arange(len(mine)) % count
    return part[inverse]


def cross_validated(features, label, part, degree, ridge):
    """(n,) logit of each row by the Boundary of the other parts."""
    out = np.full(len(label), np.nan)
    for k in np.unique(part):
        out[part == k] = fit(features[part != k], label[part != k], degree, ridge).logit(features[part == k])
    return out


def discriminated(features, label, part):
    """(n,) Fisher's linear discriminant of each row by the other parts, both classes alike; above 0: class 1."""
    label, out = np.asarray(label, bool), np.full(len(label), np.nan)
    for k in np.unique(part):
        x, y = features[part != k], label[part != k]
        one, two = x[y], x[~y]
        spread = (np.cov(one.T) + np.cov(two.T)) / 2 + 1e-12 * np.eye(2)
        weight = np.linalg.solve(spread, one.mean(0) - two.mean(0))
        out[part == k] = (features[part == k] - (one.mean(0) + two.mean(0)) / 2) @ weight
    return out


def balanced_accuracy(label, said):
    """Mean of the shares of both classes that are told rightly."""
    label, said = np.asarray(label, bool), np.asarray(said, bool)
    return (said[label].mean() + (~said[~label]).mean()) / 2
