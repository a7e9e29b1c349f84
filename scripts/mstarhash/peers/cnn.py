"""A small one-dimensional convolutional network, an optional extra: needs jax and optax (requirements/cnn.in)."""

import importlib
import time

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.spectra.hdf5 import blocks

LAYERS = ((15, 4), (9, 2), (5, 2))  # width and stride of the convolutions [pixels]; channels double
STRETCHES = 16  # of the spectrum, over which the last one is averaged
DROPOUT = 0.2
BATCH = 128


def backend():
    """The modules jax and optax. Raises InputError where they are not installed."""
    try:
        return importlib.import_module("jax"), importlib.import_module("optax")
    except ImportError:
        raise InputError("evaluate.cnn is true but jax is not installed: pip install -r requirements/cnn.in") from None


class Cnn:
    """Three strided convolutions, means over stretches of the spectrum and a linear layer, trained with Adam on balanced cross-entropy."""

    clock = staticmethod(time.perf_counter)  # jax works in threads of its own

    def __init__(self, seed, epochs=8, width=8, rate=2e-3):
        self.seed, self.epochs, self.width, self.rate = seed, epochs, width, rate

    def fit(self, x, wanted):
        jax, optax = backend()
        self.mean = x.mean(0, dtype="f8").astype("f4")
        self.scale = np.float32(1 / max(float((x - self.mean).std()), 1e-6))
        balance = float((~wanted).sum() / max(wanted.sum(), 1))
        adam = optax.adam(self.rate)

        def loss(weights, key, x, truth):
            margin = np.float32(2) * truth - 1
            cross_entropy = jax.nn.softplus(-margin * network(jax, weights, x, key))
            return (jax.numpy.where(truth, balance, 1.0) * cross_entropy).mean()

        @jax.jit
        def step(weights, state, key, x, truth):
            value, slope = jax.value_and_grad(loss)(weights, key, x, truth)
            change, state = adam.update(slope, state)
            return optax.apply_updates(weights, change), state, value

        key, rng = jax.random.key(self.seed), np.random.default_rng(self.seed)
        weights = start(rng, self.width)
        state = adam.init(weights)
        size = min(BATCH, len(x))
        self.losses = []
        for _ in range(self.epochs):
            order, values = rng.permutation(len(x)), []
            for at in range(0, len(x) - size + 1, size):
                rows = order[at : at + size]
                key, own = jax.random.split(key)
                weights, state, value = step(weights, state, own, self._scaled(x[rows]), wanted[rows])
                values.append(value)
            self.losses.append(float(np.mean(values)))
        self.weights = weights
        return self

    def _scaled(self, x):
        return (x - self.mean) * self.scale

    def score(self, x):
        jax, _ = backend()
        run = jax.jit(lambda x: network(jax, self.weights, x))
        return np.concatenate([np.asarray(run(self._scaled(x[rows])), "f8") for rows in blocks(len(x))])


def start(rng, width):
    """Weights and biases of all layers, uniform within one over the root of the number of inputs."""
    shapes, channels = [], 1
    for size, _ in LAYERS:
        shapes.append((size, channels, width))
        channels, width = width, 2 * width
    shapes.append((STRETCHES * channels, 1))
    bounds = [np.prod(shape[:-1]) ** -0.5 for shape in shapes]
    return [
        tuple(rng.uniform(-bound, bound, part).astype("f4") for part in (shape, shape[-1:]))
        for shape, bound in zip(shapes, bounds, strict=True)
    ]


def network(jax, weights, x, key=None):
    """(n,) logits of spectra x (n, p); with a key some of the means are left out, as in training."""
    x = x[..., None]
    for (kernel, bias), (size, stride) in zip(weights[:-1], LAYERS, strict=True):
        form = ("NWC", "WIO", "NWC")
        x = jax.lax.conv_general_dilated(x, kernel, (stride,), [(size // 2,) * 2], dimension_numbers=form)
        x = jax.nn.relu(x + bias)
    edges = np.arange(STRETCHES + 1) * x.shape[1] // STRETCHES
    means = [x[:, first : max(last, first + 1)].mean(1) for first, last in zip(edges[:-1], edges[1:], strict=True)]
    x = jax.numpy.concatenate(means, axis=1)
    if key is not None:
        x = jax.numpy.where(jax.random.bernoulli(key, 1 - DROPOUT, x.shape), x / (1 - DROPOUT), 0)
    kernel, bias = weights[-1]
    return (x @ kernel + bias)[:, 0]
