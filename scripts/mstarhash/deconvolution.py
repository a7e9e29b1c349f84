"""The share of true values above a limit, when each value was measured with its own normal error."""

import numpy as np

STEP = 0.5  # of the grid of true values, in units of the median error
LARGEST = 100  # steps over the range of the values, at most
ITERATIONS = 200
TOLERANCE = 1e-5


class Deconvolution:
    """The most likely distribution of true values on a grid (Laird 1978), by expectation and maximisation."""

    def __init__(self, value, error, limit):
        """value, error: (n,), n > 0; limit: halfway between two values of the grid."""
        self.limit, self.grid = limit, _grid(value, error, limit)
        apart = (value[:, None] - self.grid) / error[:, None]
        self.chance = np.exp(-0.5 * (apart**2 - (apart**2).min(axis=1, keepdims=True)))
        self.weight = np.full(len(self.grid), 1 / len(self.grid))
        self.weight = self.solve(np.ones(len(value)))

    def solve(self, counts):
        """(k,) weights of the grid when each value is taken `counts` times; begins at the solution for all once."""
        weight, share = self.weight, counts / counts.sum()
        for _ in range(ITERATIONS):
            new = weight * (self.chance.T @ (share / np.maximum(self.chance @ weight, 1e-300)))
            change, weight = np.abs(new - weight).max(), new
            if change < TOLERANCE:
                break
        return weight

    def share(self, counts=None):
        """Share of true values above the limit."""
        weight = self.weight if counts is None else self.solve(counts)
        return float(weight[self.grid > self.limit].sum() / weight.sum())


def _grid(value, error, limit):
    """True values tried: even steps with `limit` halfway between two, over the range of the values."""
    step = max(STEP * float(np.median(error)), float(np.ptp(value)) / LARGEST, 1e-3)
    first, last = np.floor((value.min() - limit) / step), np.ceil((value.max() - limit) / step)
    return limit + (np.arange(min(first, -1), max(last, 1)) + 0.5) * step
