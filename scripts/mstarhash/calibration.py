"""From a score to P(target): the scores of the unclassified spectra as a mixture of those of labelled ones.

What labelled spectra score as if they had been left out (copies of the wanted class, copies of others) is what the two
parts of the unclassified should score, but for differences that nobody knows beforehand: other stars, other faults.
So both parts may be shifted and stretched a little; how far, and the share of the wanted class, is fitted to the upper
TAIL of the unclassified scores by maximum likelihood, with Gaussian priors on shifts and stretches. P follows from the
fitted mixture, made never to fall with the score.
"""

import csv
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import minimize
from scipy.special import expit, logit

TAIL = 0.15  # share of the unclassified, the best ones, that are fitted
STEP = 0.1  # of the score [log odds]
WIDTH = 0.3  # Gaussian sigma by which the distributions of labelled scores are smoothed [log odds]
SIGMA = np.array([1.0, 0.2, 0.5, 0.1])  # of the priors: shift, log stretch of both parts
LEAST = 50  # spectra of each part, and in the tail, below which nothing is fitted
STARTS = (0.005, 0.02, 0.06)  # shares from which the fit starts; the best one is kept
SMALLEST = 1e-7  # density below which a distribution does not fall
TIGHT = {"maxiter": 4000, "xatol": 1e-3, "fatol": 1e-3}  # of the minimiser
STEPS = np.array([0.2, 0.2, 0.05, 0.2, 0.05])  # over which the curvature is measured: more than the grid's roughness


@dataclass
class Calibration:
    """P at increasing scores; below the first one it falls as the odds of the score."""

    scores: np.ndarray
    p: np.ndarray
    low: float  # P just below the first score
    prior: float  # share of the wanted class among the unclassified
    prior_error: float  # its error; NaN where the prior was given or nothing could be fitted

    def __call__(self, scores):
        """(n,) P of scores (n,)."""
        below = self.low * np.exp(np.minimum(scores - self.scores[0], 0))
        return np.where(scores < self.scores[0], below, np.interp(scores, self.scores, self.p))

    def write(self, path):
        """As a CSV of log odds and P; the first row is P just below the second one's log odds."""
        with open(path, "w", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(["log_odds", "p_m"])
            rows = zip(self.scores[[0, *range(len(self.scores))]], [self.low, *self.p], strict=True)
            writer.writerows([f"{score:.7g}", f"{p:.9g}"] for score, p in rows)

    @classmethod
    def read(cls, path):
        """From a CSV of `write`; the prior is not known."""
        scores, p = np.loadtxt(path, delimiter=",", skiprows=1).T
        return cls(scores[1:], p[1:], float(p[0]), np.nan, np.nan)


@dataclass
class Part:
    """The distribution of the scores of one class of labelled spectra, and the score about which it stretches."""

    grid: np.ndarray
    log: np.ndarray  # of the density
    cut: float

    def density(self, shift, stretch, scores):
        """(n,) density at scores (n,) of the sample moved by `shift` and stretched by exp(`stretch`) about the cut."""
        scale = np.exp(stretch)
        place = self.cut + (scores - self.cut - shift) / scale
        return np.exp(np.interp(place, self.grid, self.log)) / scale


def distributions(wanted, others):
    """(grid, log density) of both samples of scores.

    Others that score like half of the wanted are taken for wanted ones with a wrong label: their share of the curve of
    the wanted is taken from that of the others.
    """
    everything = np.concatenate([wanted, others])
    grid = np.arange(everything.min() - 8, everything.max() + 8, STEP)
    edges = np.append(grid, grid[-1] + STEP) - STEP / 2
    one, two = (
        gaussian_filter1d(np.histogram(part, edges)[0].astype("f8"), WIDTH / STEP) / len(part) / STEP
        for part in (wanted, others)
    )
    wrong = min(2 * (others > np.median(wanted)).mean(), 0.5)
    two = np.maximum(two - wrong * one, 0) / (1 - wrong)
    return (grid, np.log(one + SMALLEST)), (grid, np.log(two + SMALLEST))


def calibrate(scores, wanted, others, prior=None):
    """A Calibration for `scores` (n,) of unclassified spectra by those of labelled ones, each judged as if left out.

    wanted (m,), others (k,): their scores, log odds. prior: share of the wanted class, None: fitted too.
    """
    cut = np.quantile(scores, 1 - TAIL) if len(scores) else 0.0
    tail = scores[scores > cut]
    if min(len(tail), len(wanted), len(others)) < LEAST:
        return by_odds(scores, prior)
    parts = [Part(*curve, cut) for curve in distributions(wanted, others)]
    grid = np.arange(cut, tail.max() + 8, STEP)

    def mixture(q, at):
        """Densities of both parts at `at` within the tail, times their shares of it; and the share of the wanted in it."""
        moved = [(part, *pair) for part, pair in zip(parts, (q[1:3], q[3:]), strict=True)]
        one, two = (part.density(*pair, at) for part, *pair in moved)
        above, rest = (max(part.density(*pair, grid).sum() * STEP, SMALLEST) for part, *pair in moved)
        share = np.clip(expit(q[0]) * len(scores) * above / len(tail), 1e-6, 1 - 1e-6)
        return share * one / above, (1 - share) * two / rest, above

    def loss(q):
        one, two, _ = mixture(q, tail)
        return -np.log(one + two + 1e-12).sum() + ((q[1:] / SIGMA) ** 2).sum() / 2

    def fitted(start):
        if prior is None:
            return minimize(loss, np.r_[start, np.zeros(4)], method="Nelder-Mead", options=TIGHT)
        found = minimize(lambda q: loss(np.r_[start, q]), np.zeros(4), method="Nelder-Mead", options=TIGHT)
        found.x = np.r_[start, found.x]
        return found

    starts = STARTS if prior is None else (prior,)
    q = min((fitted(logit(start)) for start in starts), key=lambda found: found.fun).x
    one, two, above = mixture(q, grid)
    p = np.maximum.accumulate(one / (one + two))
    share = float(expit(q[0]))
    below = scores[scores <= cut]
    left = share * len(scores) * max(1 - above, 0)  # of the wanted ones
    low = min(p[0], left / max(np.exp(below - cut).sum(), 1e-9))
    error = error_of(loss, q) * share * (1 - share) if prior is None else np.nan
    return Calibration(grid, p, float(low), share, error)


def error_of(loss, q):
    """Error of q[0] by the curvature of a negative log likelihood at its minimum, the others free."""
    n = len(q)
    unit = np.diag(STEPS)
    curve = np.empty((n, n))
    for i in range(n):
        for j in range(i + 1):
            corners = (loss(q + a * unit[i] + b * unit[j]) * a * b for a in (-1, 1) for b in (-1, 1))
            curve[i, j] = curve[j, i] = sum(corners) / (4 * STEPS[i] * STEPS[j])
    values, axes = np.linalg.eigh(curve)
    return float(np.sqrt((axes[0] ** 2 / np.maximum(values, 1)).sum()))


def by_odds(scores, prior):
    """A Calibration that takes the scores for log odds at even prior; the prior by EM where it is None."""
    share = prior_of(scores) if prior is None else prior
    grid = np.arange(-20, 20, STEP)
    p = expit(grid + logit(share))
    return Calibration(grid, p, float(p[0]), share, np.nan)


def prior_of(scores, start=0.02, steps=200):
    """Share of the wanted class among spectra with log odds `scores` at even prior (EM of Saerens 2002)."""
    ratio = np.exp(np.clip(scores, -50, 50))
    share = start
    for _ in range(steps if len(scores) else 0):
        p = share * ratio / (share * ratio + 1 - share)
        share = float(np.clip(p.mean(), 1e-6, 1 - 1e-6))
    return share
