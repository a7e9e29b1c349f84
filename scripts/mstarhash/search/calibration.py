"""From a score to P(target): the scores of the unclassified spectra as a mixture of those of labelled ones.

What labelled spectra score as if they had been left out (copies of the wanted class, copies of others) is what the two
parts of the unclassified should score, but for differences that nobody knows beforehand: other stars, other faults.
So both parts may be shifted and stretched; how far, and the share of the wanted class, is told by the upper tail of the
unclassified scores, cut where both parts are seen, with Gaussian priors on shifts and stretches and a uniform one on
the share. Often several mixtures fit alike: P, and the share with its error, are means over all of them, each by its
posterior weight (adaptive importance sampling with tempered weights, Koblents & Miguez 2015, on Sobol points: nothing is
random), and over TAILS of several lengths. P is made never to fall with the score.
"""

import csv
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import bisect
from scipy.special import expit, log_expit, logit, ndtri

TAILS = 0.08, 0.13, 0.23  # shares of the others, the best ones, that are fitted with all of the wanted
USUAL = 0.02  # share of the wanted class: the first tails are cut by it, and so many labels of others may be wrong
FULL = 0.85  # share of the wanted in the longest tail above which tails are cut anew, by the share found: they show no others
CUTS = 5  # times at most that they are cut
STEP = 0.1  # of the score [log odds]
WIDTH = 0.5  # Gaussian sigma by which the distributions of labelled scores are smoothed [log odds]
SIGMA = np.array([2.0, 0.2, 1.0, 0.2])  # of the priors: shift, log stretch of both parts
SURE = 0.8  # P from which a spectrum is surely of the class, for the shares of the subtypes
PSEUDO = 20.0  # stars of the labelled shares of the subtypes that are added to those counted
MIXING = 200  # steps in which the shares of the subtypes are found
BEST = 0.5, 0.25, 0.1  # shares of the wanted that tell how many others have a wrong label, whichever tells most
DOUBT = 0.1  # error of the logit of the share from what is no shift and no stretch, as surveys with truth tell
LEAST = 50  # spectra of each part, and in the tail, below which nothing is fitted
SMALLEST = 1e-7  # density below which a distribution does not fall
TOO_MANY = 100  # power by which more wanted ones than the tail has are less likely
START, SPREAD = logit(USUAL), 1.5  # logit of the share of the wanted class, and its sigma, where the sampling starts
POINTS = 1024  # sets of shifts, stretches and share in each round of the sampling
ROUNDS = 20  # at most
EFFECTIVE = POINTS / 16  # number of points of equal weight that is worth as much; below it the weights are tempered
WIDER = 1.3  # factor of the next round's spread


@dataclass
class Calibration:
    """P at increasing scores; below the first one it falls as the odds of the score."""

    scores: np.ndarray
    p: np.ndarray
    low: float  # P just below the first score
    prior: float  # share of the wanted class among the unclassified
    prior_error: float  # its error; NaN where the prior was given or nothing could be fitted
    weights: np.ndarray | None = None  # (m,) of the labelled spectra of the class, see `subtype_weights`

    def __call__(self, scores):
        """(n,) P of scores (n,)."""
        below = self.low * np.exp(np.minimum(scores - self.scores[0], 0))
        return np.where(scores < self.scores[0], below, np.interp(scores, self.scores, self.p))

    def at(self, scores, share):
        """(n,) P of scores (n,) where `share` of all spectra are wanted, instead of the prior."""
        return expit(logit(self(scores)) - logit(self.prior) + logit(share))

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
        """(k, n) densities at scores (n,) of the sample moved by `shift` (k,) and stretched by exp(`stretch`) (k,) about the cut."""
        scale = np.exp(stretch)[:, None]
        place = self.cut + (scores - self.cut - shift[:, None]) / scale
        return np.exp(np.interp(place, self.grid, self.log)) / scale


def subtype_weights(fitted, labelled_fitted, group):
    """(m,) weights of labelled spectra of the class, with which their subtypes are as frequent as among the unclassified.

    What a pipeline gave up on is not distributed as what it released. Spectra that are surely of the class tell how: those that
    each kind of average fits best are counted, labelled ones tell of which subtypes these are and how many are missed, and
    the subtypes' shares follow (expectation maximisation, Poisson counts; PSEUDO stars distributed as the labelled ones).

    fitted: (k,) kind of the average that fits best, of the unclassified spectra that are surely of the class;
    labelled_fitted: (m,) the same of the labelled ones, "" where they would not be sure; group: (m,) what they are.
    """
    names, place = np.unique(group, return_inverse=True)
    members = np.bincount(place)
    share = members / len(group)
    kinds = np.unique(np.concatenate([fitted, labelled_fitted[labelled_fitted != ""]]))
    if not len(kinds):
        return np.ones(len(group))
    seen = np.array([np.bincount(place[labelled_fitted == kind], minlength=len(names)) for kind in kinds]) / members
    counts = np.array([(fitted == kind).sum() for kind in kinds], float)
    sure = seen.sum(0)  # (groups,) share of each that is surely of the class
    stars = counts.sum() / max(share @ sure, 1e-9) * share
    for _ in range(MIXING):
        expected = seen * stars
        of_group = (counts[:, None] * expected / np.maximum(expected.sum(1, keepdims=True), 1e-12)).sum(0)
        stars = (of_group + PSEUDO * share * sure) / np.maximum(sure * (1 + PSEUDO / max(stars.sum(), 1)), 1e-9)
    return np.where(sure > 0, stars / stars.sum() / share, 1.0)[place]


def distributions(wanted, others, weights=None):
    """(grid, log density) of both samples of scores; weights: (m,) of the wanted.

    Others that score like the BEST of the wanted are taken for wanted ones with a wrong label: their share of the curve of
    the wanted is taken from that of the others.
    """
    everything = np.concatenate([wanted, others])
    grid = np.arange(everything.min() - 8, everything.max() + 8, STEP)
    edges = np.append(grid, grid[-1] + STEP) - STEP / 2
    weights = np.ones(len(wanted)) if weights is None else weights
    counts = (
        np.histogram(wanted, edges, weights=weights)[0] / weights.sum(),
        np.histogram(others, edges)[0] / len(others),
    )
    one, two = (gaussian_filter1d(part, WIDTH / STEP) / STEP for part in counts)
    wrong = min(max((others > np.quantile(wanted, 1 - best)).mean() / best for best in BEST), 0.5)
    two = np.maximum(two - wrong * one, 0) / (1 - wrong)
    two += (one - two) / (len(others) + 2)  # rule of succession: no sample shows that none scores so
    return (grid, np.log(one + SMALLEST)), (grid, np.log(two + SMALLEST))


def calibrate_mixed(scores, fitted, wanted, others, wanted_fitted, wanted_group, prior=None):
    """`calibrate` with the labelled spectra of the class weighted by `subtype_weights`.

    fitted (n,), wanted_fitted (m,): kind of the average of the class that fits best, texts; wanted_group (m,): subtypes.
    """
    found = calibrate(scores, wanted, others, prior)
    for _ in range(2):  # who is sure depends on the weights
        sure, known = found(scores) >= SURE, found(wanted) >= SURE
        weights = subtype_weights(fitted[sure], np.where(known, wanted_fitted, ""), wanted_group)
        found = calibrate(scores, wanted, others, prior, weights)
    return replace(found, weights=weights)


def calibrate(scores, wanted, others, prior=None, weights=None):
    """A Calibration for `scores` (n,) of unclassified spectra by those of labelled ones, each judged as if left out.

    wanted (m,), others (k,): their scores, log odds. prior: share of the wanted class, None: told by the scores too.
    weights: (m,) of the wanted, None: all alike.
    """
    if min(len(scores), len(wanted), len(others)) < LEAST:
        return by_odds(scores, prior)
    curves = distributions(wanted, others, weights)
    share = USUAL if prior is None else prior
    for _ in range(CUTS):
        cuts = np.quantile(scores, (1 - share) * (1 - np.array(TAILS)))
        cuts = [cut for cut in cuts if (scores > cut).sum() >= LEAST]
        if not cuts:
            return by_odds(scores, prior)
        fits = [fitted(scores, cut, curves, prior) for cut in cuts]
        found = together(fits)
        if prior is not None or fits[-1](scores[scores > cuts[-1]]).mean() < FULL:
            break
        share = found.prior
    return found


def together(fits):
    """The mean of Calibrations, with their scatter and DOUBT in the error of the prior."""
    grid = np.arange(min(fit.scores[0] for fit in fits), max(fit.scores[-1] for fit in fits), STEP)
    p, low = (np.mean([fit(at) for fit in fits], axis=0) for at in (grid, grid[0] - 1e-9))
    priors = np.array([fit.prior for fit in fits])
    prior = float(priors.mean())
    error = np.mean([fit.prior_error**2 for fit in fits]) + priors.var() + (DOUBT * prior * (1 - prior)) ** 2
    return Calibration(grid, p, float(low), prior, float(np.sqrt(error)))


def fitted(scores, cut, curves, prior):
    """A Calibration by those of `scores` (n,) above `cut`; curves: see `distributions`."""
    tail = scores[scores > cut]
    parts = [Part(*curve, cut) for curve in curves]
    grid = np.arange(cut, tail.max() + 8, STEP)
    counts = np.bincount(np.rint((tail - cut) / STEP).astype(int), minlength=len(grid))
    width = np.where(np.arange(len(grid)) == 0, STEP / 2, STEP)

    def mixture(q):
        """Densities (k, n) of both parts on the grid, times their shares of the tail; (k,) the mass above the cut of the
        wanted ones' density, and their share of the tail, which may come out above 1."""
        one, two = (part.density(*q[:, at].T, grid) for part, at in zip(parts, ([1, 2], [3, 4]), strict=True))
        above, rest = (np.maximum(density @ width, SMALLEST)[:, None] for density in (one, two))
        share = expit(q[:, :1]) * len(scores) * above / len(tail)
        most = np.clip(share, 1e-6, 1 - 1e-6)
        return most * one / above, (1 - most) * two / rest, above[:, 0], share[:, 0]

    given = [] if prior is None else [logit(prior)]

    def whole(free):
        """All five parameters (k, 5): the given one, if any, and the free ones."""
        return np.c_[np.tile(given, (len(free), 1)), free]

    def log_posterior(free):
        q = whole(free)
        one, two, _, share = mixture(q)
        fit = np.log(one + two + 1e-12) @ counts - ((q[:, 1:] / SIGMA) ** 2).sum(1) / 2
        if given:
            return fit
        uniform = log_expit(q[:, 0]) + log_expit(-q[:, 0])  # in the share, of which q is the logit
        return fit + uniform - TOO_MANY * np.log(np.maximum(share, 1))

    start = np.r_[START, np.zeros(4)], np.r_[SPREAD, SIGMA]
    free, weight = sampled(log_posterior, *(values[len(given) :] for values in start))
    q = whole(free)
    one, two, above, _ = mixture(q)
    p = np.maximum.accumulate(weight @ (one / (one + two)))
    share = expit(q[:, 0])
    mean = float(weight @ share)
    below = scores[scores <= cut]
    left = weight @ (share * np.maximum(1 - above, 0)) * len(scores)  # of the wanted ones
    low = min(p[0], left / max(np.exp(below - cut).sum(), 1e-9))
    error = float(np.sqrt(weight @ (share - mean) ** 2)) if prior is None else np.nan
    return Calibration(grid, p, float(low), mean, error)


def sampled(log_posterior, mean, spread):
    """Points (k, n) and weights (k,), of sum 1, of a density known but for a factor, whose logarithm is `log_posterior`.

    mean, spread (n,): of the Gaussian from which the first points are; each round's weighted points tell the next one,
    until weights need no tempering, or ROUNDS are over.
    """
    from scipy.stats import qmc  # takes half a second, for which steps that only read a score need not wait

    z = ndtri(qmc.Sobol(len(mean), scramble=False).random(POINTS) + 0.5 / POINTS)
    covariance = np.diag(spread**2)
    for _ in range(ROUNDS):
        q = mean + z @ np.linalg.cholesky(covariance).T
        log_weight = log_posterior(q) + (z**2).sum(1) / 2
        weight, tempered = weights_of(log_weight - log_weight.max())
        if not tempered:
            break
        mean = weight @ q
        covariance = WIDER**2 * (weight * (q - mean).T) @ (q - mean) + 1e-8 * np.eye(len(mean))
    return q, weight


def weights_of(log_weight):
    """Weights of sum 1, and whether they had to be tempered: raised to a power below 1, so that EFFECTIVE points count."""

    def weights(power):
        weight = np.exp(power * log_weight)
        return weight / weight.sum()

    def spare(power):
        return 1 / (weights(power) ** 2).sum() - EFFECTIVE

    if spare(1.0) >= 0:
        return weights(1.0), False
    return weights(bisect(spare, 0.0, 1.0, xtol=1e-9)), True


def by_odds(scores, prior):
    """A Calibration that takes the scores for log odds at even prior; the prior by EM where it is None."""
    share = prior_of(scores) if prior is None else prior
    grid = np.arange(-20, 20, STEP)
    p = expit(grid + logit(share))
    return Calibration(grid, p, float(p[0]), share, np.nan)


def prior_of(scores, start=USUAL, steps=200):
    """Share of the wanted class among spectra with log odds `scores` at even prior (EM of Saerens 2002)."""
    ratio = np.exp(np.clip(scores, -50, 50))
    share = start
    for _ in range(steps if len(scores) else 0):
        p = share * ratio / (share * ratio + 1 - share)
        share = float(np.clip(p.mean(), 1e-6, 1 - 1e-6))
    return share
