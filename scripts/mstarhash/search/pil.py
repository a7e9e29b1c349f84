"""Multi-layer pseudo-inverse learning (G19 3.1; FIELD 10): networks solved in closed form.

A network is a chain of random sigmoid layers H = g(X W + b). With `reconstruct` each layer is a PIL autoencoder
and the last layer's outputs are the code values (G19). With `classes` a ridge solve maps the last hidden layer
to class targets; its outputs are whitened within classes (linear discriminant) and turned at random into code
values. A code bit is value > median of the training set.

All sums over rows are float64 over blocks of fixed size, so that results do not depend on threads.
"""

import copy
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from mstarhash.common.parallel import ordered_map
from mstarhash.spectra.hdf5 import BLOCK, blocks

PARTS = 5  # networks into which the hidden units are shared out, to see what hangs on the draw of random units


@dataclass
class Network:
    """Weights of the hidden layers and, for class targets, what follows them."""

    mean: np.ndarray  # (d,) subtracted from the input
    layers: list = field(default_factory=list)  # of (W (in, out), b (out,)) float32
    offset: float = 0.0  # subtracted from every hidden output
    beta: np.ndarray | None = None  # (hidden, groups)
    centre: np.ndarray | None = None  # (groups,)
    turn: np.ndarray | None = None  # (groups, bits)
    thresholds: np.ndarray | None = None  # (bits,)
    parts: np.ndarray | None = None  # (hidden, groups) as beta, of PARTS networks that share out the hidden units

    def hidden(self, x):
        """(n, last hidden) float32 of inputs (n, d); rows are padded to a full block, so bits do not depend on n."""
        n = len(x)
        a = np.zeros((BLOCK, x.shape[1]), "f4") if n < BLOCK else np.empty(x.shape, "f4")
        a[:n] = x - self.mean
        for w, b in self.layers:
            a = sigmoid(a @ w + b)
        return a[:n] - np.float32(self.offset) if self.offset else a[:n]

    def outputs(self, x):
        """(n, groups) class outputs; only with class targets."""
        return self.hidden(x).astype("f8") @ self.beta

    def values(self, x):
        """(n, bits) float64 that the thresholds cut."""
        return self.turned(self.outputs(x)) if self.beta is not None else self.hidden(x).astype("f8")

    def part_outputs(self, hidden):
        """(n, PARTS, groups) class outputs of each part, from hidden outputs (n, hidden)."""
        return np.stack([hidden[:, part] @ self.parts[part] for part in shared_out(len(self.parts))], axis=1)

    def turned(self, outputs):
        """Code values of class outputs."""
        return (outputs - self.centre) @ self.turn


def shared_out(units):
    """Slices of the hidden units, PARTS of them."""
    edges = np.linspace(0, units, PARTS + 1).astype(int)
    return [slice(a, b) for a, b in zip(edges[:-1], edges[1:], strict=True)]


def sigmoid(x):
    """Logistic function, in place."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    x += 1
    np.reciprocal(x, out=x)
    return x


def family_blocks(families):
    """Lists of whole families, about BLOCK rows together; a family is an array of rows. families: (n,) numbers."""
    order = np.argsort(families, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(families[order])) + 1)
    out, size = [[]], 0
    for rows in parts:
        if size and size + len(rows) > BLOCK:
            out.append([])
            size = 0
        out[-1].append(rows)
        size += len(rows)
    return out


def all_hidden(network, x, threads):
    """(n, last hidden) float32 of the training rows."""
    return np.concatenate(list(ordered_map(lambda rows: network.hidden(x[rows]), blocks(len(x)), threads)))


def gram(h, target, threads):
    """H'H (L, L) and H'T (L, m), float64, of hidden outputs (n, L) float32 and a target (n, m)."""

    def part(rows):
        return h[rows].T @ h[rows], h[rows].T.astype("f8") @ target[rows]

    total, right = np.zeros((h.shape[1], h.shape[1])), 0.0
    for a, b in ordered_map(part, blocks(len(h)), threads):
        total += a  # in place: a sum of two would be a new array of 72 MB a block
        right = right + b
    return total, right


def ridge(normal, strength):
    """Cholesky factor (lower) of the normal matrix plus `strength` times its mean diagonal."""
    damped = normal.copy()
    damped[np.diag_indices(len(damped))] += strength * np.trace(normal) / len(normal)
    return cho_factor(damped, lower=True)


def random_layer(rng, size_in, size_out, sample):
    """Gaussian weights scaled to unit variance of X W on `sample` (n, d); biases N(0, 0.5)."""
    w = rng.standard_normal((size_in, size_out), dtype="f4")
    spread = float((sample @ w[:, : min(200, size_out)]).std()) or 1.0
    return w / np.float32(spread), (0.5 * rng.standard_normal(size_out)).astype("f4")


def orthonormal_layer(rng, size_in, size_out):
    """Orthonormal columns (rows where size_out > size_in), bias of unit norm (FIELD 10 A)."""
    tall = rng.standard_normal((max(size_in, size_out), min(size_in, size_out)))
    q = np.linalg.qr(tall)[0]
    b = rng.standard_normal(size_out)
    return (q if size_in >= size_out else q.T).astype("f4"), (b / np.linalg.norm(b)).astype("f4")


def train_reconstruct(x, layers, bits, encoder, strength, seed, threads, below=None):
    """ML-PIL of PIL autoencoders (G19 Figs. 4, 5). encoder: "random" (FIELD 10 A) or "tied" (B).

    x: (n, d) features in 0..1; layers: sizes of the hidden layers before the code; the last one has `bits` units; below:
    what `lower_layers` gives for the same of these, where codes of several lengths stand on the same layers.

    Returns the network and the values (n, bits) of the training rows.
    """
    lower, hidden, rng = below or lower_layers(x, layers, encoder, strength, seed, threads)
    layer, hidden = autoencoder(hidden, bits, encoder, strength, copy.deepcopy(rng), threads)
    network = Network(lower.mean, [*lower.layers, layer])
    values = hidden.astype("f8")
    network.thresholds = np.median(values, axis=0)
    return network, values


def lower_layers(x, layers, encoder, strength, seed, threads):
    """The network of `train_reconstruct` without the code, its outputs (n, last hidden), the generator as it is then."""
    network, hidden, rng = Network(np.zeros(x.shape[1], "f4")), x, np.random.default_rng(seed)
    for size in layers:
        layer, hidden = autoencoder(hidden, size, encoder, strength, rng, threads)
        network.layers.append(layer)
    return network, hidden, rng


def autoencoder(x, size, encoder, strength, rng, threads):
    """Encoder (W, b) of one PIL autoencoder of x (n, d), and its outputs (n, size)."""

    def outputs(w, b):
        return all_hidden(Network(np.zeros(x.shape[1], "f4"), [(w, b)]), x, threads)

    w, b = orthonormal_layer(rng, x.shape[1], size)
    if encoder == "tied":
        normal, right = gram(outputs(w, b), x, threads)
        w, b = cho_solve(ridge(normal, strength), right).T.astype("f4"), np.zeros(size, "f4")
    return (w, b), outputs(w, b)


def train_classes(x, groups, families, layers, bits, strength, seed, threads):
    """A PIL classifier whose outputs become the code.

    x: (n, d); groups: (n,) texts; families: (n,) numbers, one for rows that are left out together.

    Returns the network, code values (n, bits), class outputs (n, groups) and those of the parts (n, PARTS, groups) of the
    training rows, all as if each family had been left out of the solve: with S = H_g A^-1 H_g' and residual e,
    T - (I - S)^-1 e (exact for the ridge solve; whitening and medians are not redone).
    """
    rng = np.random.default_rng(seed)
    mean = x.mean(0, dtype="f8").astype("f4")
    network = Network(mean, offset=0.5)
    probe = x[:: max(1, len(x) // BLOCK)][:BLOCK] - mean
    size = x.shape[1]
    for size_out in layers:
        network.layers.append(random_layer(rng, size, size_out, probe))
        probe, size = sigmoid(probe @ network.layers[-1][0] + network.layers[-1][1]) - np.float32(0.5), size_out
    names = sorted(set(groups))
    target = (np.asarray(groups)[:, None] == np.array(names)).astype("f8")
    hidden = all_hidden(network, x, threads)
    normal, right = gram(hidden, target, threads)
    factor = ridge(normal, strength)
    network.beta = cho_solve(factor, right)
    units = shared_out(len(normal))
    of_units = [ridge(normal[part, part], strength) for part in units]
    network.parts = np.concatenate([cho_solve(f, right[p]) for f, p in zip(of_units, units, strict=True)])
    triangle, *triangles = (lower.astype("f4") for lower, _ in (factor, *of_units))
    outputs, of_parts = np.empty_like(target), np.empty((len(x), PARTS, len(names)))

    def left_out(members):
        rows = np.concatenate(members)
        h = hidden[rows]
        told, exact = target[rows], h.astype("f8")
        outputs[rows] = without(members, triangle, h, told, exact @ network.beta)
        found = network.part_outputs(exact)
        for k, part in enumerate(units):
            of_parts[rows, k] = without(members, triangles[k], h[:, part], told, found[:, k])

    for _ in ordered_map(left_out, family_blocks(families), threads):
        pass
    network.centre = outputs.mean(0)
    within = np.zeros((len(names), len(names)))
    for k in range(len(names)):
        part = outputs[target[:, k] > 0]
        part = part - part.mean(0)
        within += part.T @ part
    within /= len(outputs)
    within[np.diag_indices(len(names))] += 1e-3 * np.trace(within) / len(names)
    whiten = np.linalg.inv(np.linalg.cholesky(within)).T
    network.turn = whiten @ rng.standard_normal((len(names), bits))
    values = network.turned(outputs)
    network.thresholds = np.median(values, axis=0)
    return network, values, outputs, of_parts


def without(members, factor, h, target, found):
    """Outputs of a ridge solve as if the rows of each family had been left out of it.

    members: families, the rows one after the other; factor: (hidden, hidden) lower triangle of the solve; h: (n, hidden);
    target, found: (n, ...). float32 does for factor and h, whose condition is the root of that of the solve: outputs are within
    5e-7 of those of float64 for ridges down to 1e-6.
    """
    half = solve_triangular(factor, h.T, lower=True, check_finite=False)
    if max(map(len, members)) == 1:  # presumed negatives, most of the rows
        share = np.einsum("ij,ij->j", half, half, dtype="f8")
        return target - (target - found) / (1 - share)[:, None]
    out, first = np.empty_like(target), 0
    for family in members:
        rows = slice(first, first + len(family))
        part = half[:, rows].astype("f8")
        rest = np.linalg.solve(np.eye(len(family)) - part.T @ part, target[rows] - found[rows])
        out[rows] = target[rows] - rest
        first += len(family)
    return out
