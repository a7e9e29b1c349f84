"""The share of true values above a limit, when each value was measured with its own normal error."""

import numpy as np

STEP = 0.5  # of the grid of true values, in units of the median error
LARGEST = 100  # steps over the range of the values, at most
MANY = 2_000  # values above which those alike are taken together
ALIKE = 0.2  # width of the cells then: of the value in its error, of the error in its logarithm
ITERATIONS, DRAWN = 300, 40  # of the solution, of those of the bootstrap, which begin at it
TOLERANCE = 1e-5


class Deconvolution:
    """The most likely distribution of true values on a grid (Laird 1978), by expectation and maximisation."""

    def __init__(self, value, error, limit):
        """value, error: (n,), n > 0; limit: halfway between two values of the grid."""
        self.limit, self.grid = limit, _grid(value, error, limit)
        value, error, self.counts = _cells(value, error)
        apart = (value[:, None] - self.grid) / error[:, None]
        self.chance = np.exp(-0.5 * (apart**2 - (apart**2).min(axis=1, keepdims=True)))
        start = np.full((len(self.grid), 1), 1 / len(self.grid))
        self.weight = self._solve(start, self.counts[:, None] / self.counts.sum(), ITERATIONS)

    def _solve(self, weight, share, iterations):
        """(k, d) weights of the grid for (n, d) shares of the values."""
        for _ in range(iterations):
            new = weight * (self.chance.T @ (share / np.maximum(self.chance @ weight, 1e-300)))
            change, weight = np.abs(new - weight).max(), new
            if change < TOLERANCE:
                break
        return weight / weight.sum(axis=0)

    def share(self):
        """Share of true values above the limit."""
        return float(self.weight[self.grid > self.limit].sum())

    def error(self, draws, rng):
        """Standard deviation of the share over bootstrap samples of the values."""
        total = self.counts.sum()
        counts = rng.multinomial(int(total), self.counts / total, size=draws).T
        weight = self._solve(np.repeat(self.weight, draws, axis=1), counts / total, DRAWN)
        return float(np.std(weight[self.grid > self.limit].sum(axis=0), ddof=1))


def _cells(value, error):
    """Values, errors and how many of each; where there are many, the means of those alike."""
    if len(value) <= MANY:
        return value, error, np.ones(len(value))
    place = np.floor(np.log(error) / ALIKE)
    cell = np.floor(value / (ALIKE * np.exp(ALIKE * place))) + 1j * place
    _, inverse, counts = np.unique(cell, return_inverse=True, return_counts=True)
    return np.bincount(inverse, value) / counts, np.bincount(inverse, error) / counts, counts.astype(float)


def _grid(value, error, limit):
    """True values tried: even steps with `limit` halfway between two, over the range of the values."""
    step = max(STEP * float(np.median(error)), float(np.ptp(value)) / LARGEST, 1e-3)
    first, last = np.floor((value.min() - limit) / step), np.ceil((value.max() - limit) / step)
    return limit + (np.arange(min(first, -1), max(last, 1)) + 0.5) * step
