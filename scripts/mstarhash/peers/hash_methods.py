"""Other ways to make binary codes (FIELD 11).

x: (n, d) features; codes: (n, bits) bool. Everything that is learned comes from the spectra given to `fit`, their
mean too. Codes are compared by Hamming distance.
"""

import numpy as np

from mstarhash.peers.scores import principal
from mstarhash.search import pil
from mstarhash.spectra.hdf5 import blocks


class Hash:
    """A way to make codes: `fit(x)`, which returns itself, then `encode(x)`."""

    below = None  # what `train_below` gave for the same spectra, settings and seed, where somebody has it already

    def train_below(self, x):
        """The layers below the code, which are the same for codes of all lengths; None: there are none."""

    def fit_encode(self, x):
        """The codes (n, bits) of the spectra that it is fitted to."""
        return self.fit(x).encode(x)


class RandomHyperplanes(Hash):
    """Locality-sensitive hashing of Charikar (2002): on which side of random planes through the mean a spectrum lies.

    Two spectra at an angle a, seen from the mean, share a bit with probability 1 - a / pi.
    """

    def __init__(self, bits, seed):
        self.bits, self.seed = bits, seed

    def fit(self, x):
        self.mean = x.mean(0, dtype="f8").astype("f4")
        self.planes = np.random.default_rng(self.seed).standard_normal((x.shape[1], self.bits), dtype="f4")
        return self

    def encode(self, x):
        return (x - self.mean) @ self.planes > 0


class SpectralHashing(Hash):
    """Weiss et al. (2008): signs of the smoothest eigenfunctions of a uniform box along the principal components."""

    def __init__(self, bits, seed=0):
        self.bits = bits

    def fit(self, x):
        self.mean, self.axes, _ = principal(x, self.bits)
        y = (x - self.mean) @ self.axes
        self.low = y.min(0).astype("f8")
        width = np.maximum(y.max(0) - self.low, 1e-9)
        modes = np.ceil((self.bits + 1) * width / width.max()).astype(int)
        axis = np.repeat(np.arange(len(width)), modes)
        order = np.concatenate([np.arange(1, many + 1) for many in modes])
        omega = order * np.pi / width[axis]
        best = np.argsort(omega, kind="stable")[: self.bits]
        self.axis, self.omega = axis[best], omega[best]
        return self

    def values(self, x):
        """(n, bits) values of the eigenfunctions, which their sign makes a bit."""
        y = (x - self.mean) @ self.axes - self.low
        return np.sin(np.pi / 2 + self.omega * y[:, self.axis])

    def encode(self, x):
        return np.concatenate([self.values(x[rows]) > 0 for rows in blocks(len(x))])


class IterativeQuantization(Hash):
    """ITQ of Gong & Lazebnik (2011): principal components turned so that they lie nearest to the corners of a cube."""

    def __init__(self, bits, seed, steps=50):
        self.bits, self.seed, self.steps = bits, seed, steps

    def fit(self, x):
        self.mean, self.axes, _ = principal(x, self.bits)
        v = (x - self.mean) @ self.axes
        rng = np.random.default_rng(self.seed)
        turn = np.linalg.qr(rng.standard_normal((v.shape[1], v.shape[1])))[0]
        self.losses = []
        for _ in range(self.steps):
            turned = v @ turn.astype("f4")
            corner = np.where(turned > 0, np.float32(1), np.float32(-1))
            self.losses.append(float(np.linalg.norm(corner - turned)))
            p, _, qt = np.linalg.svd((corner.T @ v).astype("f8"))  # corner' v = p s q'
            turn = (p @ qt).T
        self.turn = turn
        return self

    def encode(self, x):
        """(n, min(bits, d)) bits: there are no more components than features."""
        return (x - self.mean) @ (self.axes @ self.turn.astype("f4")) > 0


class SphericalHashing(Hash):
    """Heo et al. (2012): which of `bits` balls a spectrum lies in, each with half of the spectra, pairs with a quarter."""

    def __init__(self, bits, seed, steps=100, subset=4000):
        self.bits, self.seed, self.steps, self.subset = bits, seed, steps, subset

    def fit(self, x):
        rng = np.random.default_rng(self.seed)
        part = x if len(x) <= self.subset else x[np.sort(rng.choice(len(x), self.subset, replace=False))]
        quarter = len(part) / 4
        self.pivots = np.array([part[rng.choice(len(part), 5)].mean(0) for _ in range(self.bits)], "f4")
        pairs = ~np.eye(self.bits, dtype=bool)
        origin = part.mean(0)  # near it float32 keeps its digits
        part, self.pivots = part - origin, self.pivots - origin
        squares = (part**2).sum(1)
        basis = np.linalg.qr(self.pivots.T)[0]  # forces are differences of pivots, so none leaves the span of the first
        part, self.pivots = part @ basis, self.pivots @ basis
        half = (len(part) - 1) // 2  # a ball that ends here holds what one to the median holds
        for _ in range(self.steps):
            distance = np.ascontiguousarray(distances(part, self.pivots, squares).T)
            inside = (distance <= np.partition(distance, half, axis=1)[:, half, None]).astype("f4")
            excess = (inside @ inside.T - quarter) / quarter
            if np.abs(excess[pairs]).mean() <= 0.1 and excess[pairs].std() <= 0.15:
                break
            force = np.where(pairs, excess, 0).astype("f4") / 2 / self.bits
            self.pivots += force.sum(1)[:, None] * self.pivots - force @ self.pivots
        self.pivots = self.pivots @ basis.T + origin
        self.radii = np.median(np.concatenate([self.squares(x[rows]) for rows in blocks(len(x))]), axis=0)
        return self

    def squares(self, x):
        """(n, bits) squared distances from the centres of the balls."""
        centre = self.pivots.mean(0)
        x = x - centre
        return distances(x, self.pivots - centre, (x**2).sum(1))

    def encode(self, x):
        return np.concatenate([self.squares(x[rows]) <= self.radii for rows in blocks(len(x))])


def distances(x, pivots, squares):
    """(n, m) squared distances of points (n, d) from pivots (m, d); squares: (n,) those of the points from 0."""
    return squares[:, None] - x @ (2 * pivots.T) + (pivots**2).sum(1)


class PaperCodes(Hash):
    """ML-PIL of G19: a chain of random PIL autoencoders, each feature cut at its median."""

    def __init__(self, bits, seed, layers=(1024, 512), threads=1):
        self.bits, self.layers = bits, list(layers)
        self.options = {"encoder": "random", "strength": 1e-2, "seed": seed, "threads": threads}

    def train_below(self, x):
        return pil.lower_layers(x, self.layers, **self.options)

    def fit(self, x):
        self.fit_encode(x)
        return self

    def fit_encode(self, x):
        """As that of any; training gives these codes by the way."""
        self.network, values = pil.train_reconstruct(x, self.layers, self.bits, **self.options, below=self.below)
        return values > self.network.thresholds

    def encode(self, x):
        return np.concatenate([self.network.values(x[rows]) > self.network.thresholds for rows in blocks(len(x))])
