"""Semantic Hashing (Salakhutdinov & Hinton 2009): a stack of restricted Boltzmann machines, unrolled and fine-tuned."""

import copy

import numpy as np

from mstarhash.peers.hash_methods import Hash
from mstarhash.search import pil
from mstarhash.spectra.hdf5 import blocks

BATCH = 128


class SemanticHashing(Hash):
    """Codes of the narrow middle of a deep autoencoder; each of its units cut at its median over the training set.

    Each layer is trained as an RBM by one step of contrastive divergence; the stack and its mirror image are then one
    network, trained by back-propagation (Adam) to reproduce the input, with Gaussian noise on the input of the code
    units, which drives them to 0 and 1. x: (n, d) within 0..1, taken as probabilities.
    """

    def __init__(self, bits, seed, layers=(256, 128), rbm_epochs=5, epochs=25, noise=1.0):
        self.bits, self.seed, self.layers = bits, seed, layers
        self.rbm_epochs, self.epochs, self.noise = rbm_epochs, epochs, noise

    def train_below(self, x):
        """Machines: weights down, up, outputs, generator."""
        rng, down, up, seen = np.random.default_rng(self.seed), [], [], x
        for size in self.layers:
            seen = self.stacked(seen, size, rng, down, up)
        return down, up, seen, rng

    def stacked(self, seen, size, rng, down, up):
        """One more machine, trained on `seen` (n, d) and put into the lists of weights; its outputs (n, size)."""
        w, visible, hidden = train_rbm(seen, size, self.rbm_epochs, rng)
        down.append([w, hidden])
        up.insert(0, [w.T.copy(), visible])
        return np.concatenate([sigmoid(seen[rows] @ w + hidden) for rows in blocks(len(seen))])

    def fit(self, x):
        down, up, seen, rng = copy.deepcopy(self.below or self.train_below(x))  # back-propagation changes them in place
        self.stacked(seen, self.bits, rng, down, up)
        self.weights, self.depth = down + up, len(down)
        adam = Adam(self.weights)
        for epoch in range(self.epochs):
            rate = 1e-3 if epoch < self.epochs / 2 else 3e-4
            for rows in batches(len(x), rng):
                noise = self.noise * rng.standard_normal((len(rows), self.bits), dtype="f4")
                adam.step(self.gradient(x[rows], noise), rate)
        self.thresholds = np.median(self.code(x), axis=0)
        return self

    def forward(self, x, noise=0.0):
        """Outputs of all layers, the input first; `noise` is added before the code units' function."""
        out = [x]
        for number, (w, b) in enumerate(self.weights, 1):
            out.append(sigmoid(out[-1] @ w + b + (noise if number == self.depth else 0)))
        return out

    def gradient(self, x, noise=0.0):
        """Gradient of the mean cross-entropy of a batch with respect to each weight and bias."""
        out = self.forward(x, noise)
        delta = (out[-1] - x) / np.float32(len(x))
        parts = []
        for number in range(len(self.weights) - 1, -1, -1):
            below = out[number]
            parts.insert(0, [below.T @ delta, delta.sum(0)])
            if number:
                delta = (delta @ self.weights[number][0].T) * below * (1 - below)
        return parts

    def code(self, x):
        """(n, bits) outputs of the code units, before they saturate."""
        parts = []
        for rows in blocks(len(x)):
            out = x[rows]
            for w, b in self.weights[: self.depth - 1]:
                out = sigmoid(out @ w + b)
            w, b = self.weights[self.depth - 1]
            parts.append(out @ w + b)
        return np.concatenate(parts)

    def encode(self, x):
        return self.code(x) > self.thresholds


def sigmoid(x):
    """Logistic function, in place; beyond 30 it is 0 or 1 in float32."""
    return pil.sigmoid(np.clip(x, -30, 30, out=x))


def batches(count, rng):
    """Row numbers in random order, BATCH at a time."""
    order = rng.permutation(count)
    return [order[first : first + BATCH] for first in range(0, count, BATCH)]


def train_rbm(x, size, epochs, rng, rate=0.05, momentum=0.9):
    """Weights (d, size), visible (d,) and hidden biases (size,) of an RBM; CD-1 (Hinton 2002)."""
    mean = np.clip(x.mean(0, dtype="f8"), 1e-3, 1 - 1e-3)
    w = (rng.standard_normal((x.shape[1], size)) / np.sqrt(x.shape[1])).astype("f4")
    visible, hidden = np.log(mean / (1 - mean)).astype("f4"), (-(mean @ w)).astype("f4")
    speed = [np.zeros_like(part) for part in (w, visible, hidden)]
    for _ in range(epochs):
        for rows in batches(len(x), rng):
            v = x[rows]
            up = sigmoid(v @ w + hidden)
            state = (rng.random(up.shape, dtype="f4") < up).astype("f4")
            again = sigmoid(state @ w.T + visible)
            up_again = sigmoid(again @ w + hidden)
            n = np.float32(len(rows))
            slopes = (v.T @ up - again.T @ up_again) / n, (v - again).mean(0), (up - up_again).mean(0)
            for part, fast, slope in zip((w, visible, hidden), speed, slopes, strict=True):
                fast *= np.float32(momentum)
                fast += np.float32(rate * (1 - momentum)) * slope
                part += fast
    return w, visible, hidden


class Adam:
    """Kingma & Ba (2015), on nested lists of arrays that are changed in place."""

    def __init__(self, weights):
        self.weights = [part for layer in weights for part in layer]
        self.mean = [np.zeros_like(part) for part in self.weights]
        self.square = [np.zeros_like(part) for part in self.weights]
        self.count = 0

    def step(self, slopes, rate):
        self.count += 1
        size = np.float32(rate * np.sqrt(1 - 0.999**self.count) / (1 - 0.9**self.count))
        slopes = [part for layer in slopes for part in layer]
        for part, mean, square, slope in zip(self.weights, self.mean, self.square, slopes, strict=True):
            mean += np.float32(0.1) * (slope - mean)
            square += np.float32(0.001) * (slope * slope - square)
            part -= size * mean / (np.sqrt(square) + np.float32(1e-8))
