"""Each hash method against the equation that defines it."""

import numpy as np
import pytest
from mstarhash.peers import hash_methods as methods
from mstarhash.peers.semantic import SemanticHashing, train_rbm


@pytest.fixture(scope="module")
def x():
    rng = np.random.default_rng(0)
    parts = rng.standard_normal((2500, 6)) @ rng.standard_normal((6, 24)) * 0.15 + 0.5
    return np.clip(parts + 0.03 * rng.standard_normal((2500, 24)), 0, 1).astype("f4")


@pytest.mark.parametrize("count", [2500, 15])
def test_principal_components_are_those_of_the_singular_values(x, count):
    x = x[:count]  # more, and fewer spectra than features
    mean, axes, variances = methods.principal(x, 5)
    _, s, vt = np.linalg.svd(x.astype("f8") - x.mean(0, dtype="f8"), full_matrices=False)
    assert np.allclose(variances, s[:5] ** 2 / len(x), rtol=1e-3)
    assert np.allclose(np.abs(np.diag(vt[:5] @ axes)), 1, atol=1e-4) and np.allclose(mean, x.mean(0), atol=1e-6)


@pytest.mark.parametrize("angle", [15, 60, 120])
def test_hyperplanes_share_a_bit_with_probability_one_less_angle_over_pi(x, angle):
    hash = methods.RandomHyperplanes(20_000, 1).fit(x)
    turn = np.radians(angle)
    pair = np.zeros((2, 24))
    pair[:, 3], pair[:, 8] = np.cos([0, turn]), np.sin([0, turn])
    a, b = hash.encode((pair * [[2.0], [0.7]] + hash.mean).astype("f4"))
    assert (a == b).mean() == pytest.approx(1 - turn / np.pi, abs=0.015)


def test_spectral_hashing_takes_the_lowest_frequencies_of_the_box():
    rng = np.random.default_rng(1)
    box = (rng.random((4000, 2)) * [3.0, 1.0] - [1.5, 0.5]).astype("f4")  # three times as long as wide
    hash = methods.SpectralHashing(6).fit(box)
    # two axes, more bits than axes: frequencies pi/3, 2 pi/3, pi (the third of the long side, the first of the short)
    assert hash.axes.shape == (2, 2)
    assert np.allclose(np.sort(hash.omega)[:4], np.pi * np.array([1 / 3, 2 / 3, 1, 1]), rtol=0.02)
    along = (box - hash.mean) @ hash.axes
    wide, at = np.ptp(along, axis=0), (along - along.min(0))
    for k, (axis, omega) in enumerate(zip(hash.axis, hash.omega, strict=True)):
        mode = round(omega * wide[axis] / np.pi)
        expected = np.cos(mode * np.pi * at[:, axis] / wide[axis])  # eigenfunctions of a box with reflecting ends
        assert np.allclose(hash.values(box)[:, k], expected, atol=2e-3)
        clear = np.abs(expected) > 0.01
        assert (hash.encode(box)[clear, k] == (expected > 0)[clear]).all()


def test_itq_turns_and_its_loss_never_rises(x):
    hash = methods.IterativeQuantization(8, 1).fit(x)
    assert np.allclose(hash.turn @ hash.turn.T, np.eye(8), atol=1e-6)
    assert (np.diff(hash.losses) <= 1e-4 * hash.losses[0]).all() and hash.losses[-1] < 0.999 * hash.losses[0]
    v = (x - hash.mean) @ hash.axes @ hash.turn
    corner = np.where(hash.encode(x), 1, -1)
    assert np.linalg.norm(corner - v) == pytest.approx(hash.losses[-1], rel=1e-3)
    assert methods.IterativeQuantization(64, 1).fit(x).encode(x).shape == (2500, 24)
    # corners of a cube seen askew: the turn finds the cube's own axes
    rng = np.random.default_rng(2)
    cube = rng.choice([-1.0, 1.0], (3000, 3)) + 0.05 * rng.standard_normal((3000, 3))
    askew = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    found = methods.IterativeQuantization(3, 3).fit((cube @ askew).astype("f4"))
    assert np.allclose(np.sort(np.abs(askew @ found.axes @ found.turn), axis=1), [[0, 0, 1]] * 3, atol=0.05)


def test_balls_hold_half_and_pairs_of_them_a_quarter(x):
    hash = methods.SphericalHashing(16, 1, steps=200).fit(x)
    codes = hash.encode(x)
    assert np.abs(codes.mean(0) - 0.5).max() <= 1 / len(x)
    both = codes.T.astype(float) @ codes / len(x)
    pairs = both[~np.eye(16, dtype=bool)]
    assert np.abs(pairs - 0.25).mean() <= 0.1 * 0.25 and (pairs / 0.25).std() <= 0.15
    direct = np.linalg.norm(x[:, None] - hash.pivots, axis=2) ** 2
    assert np.allclose(hash.squares(x), direct, atol=1e-3)


def test_paper_codes_are_balanced_and_those_of_the_network(x):
    hash = methods.PaperCodes(32, 1, layers=(40, 20)).fit(x)
    codes = hash.encode(x)
    assert np.abs(codes.mean(0) - 0.5).max() <= 1 / len(x) and (hash.fit_encode(x) == codes).mean() > 0.999
    h = x.astype("f8")
    for w, b in hash.network.layers:  # H = g(X W + b)
        h = 1 / (1 + np.exp(-(h @ w + b)))
    assert ((h > np.median(h, axis=0)) == codes).mean() > 0.999


def cross_entropy(hash, x):
    """Mean cross-entropy of spectra and their reconstructions without noise."""
    p = np.clip(hash.forward(x)[-1], 1e-6, 1 - 1e-6)
    return float(-(x * np.log(p) + (1 - x) * np.log1p(-p)).sum(dtype="f8") / len(x))


def test_semantic_hashing_learns_to_reconstruct_by_the_right_gradient(x):
    w, visible, hidden = train_rbm(x, 12, 40, np.random.default_rng(1))
    up = 1 / (1 + np.exp(-(x @ w + hidden)))
    again = 1 / (1 + np.exp(-(up @ w.T + visible)))
    assert ((again - x) ** 2).mean() < 0.6 * x.var(0).mean()  # one RBM alone tells more than the mean spectrum
    steps = []

    class Watched(SemanticHashing):
        def gradient(self, few, noise):
            steps.append(cross_entropy(self, x))
            return super().gradient(few, noise)

    hash = Watched(8, 1, layers=(16,), epochs=20).fit(x)
    losses = [*steps[:: len(steps) // 20], cross_entropy(hash, x)]  # before each epoch and after the last
    assert len(losses) == 21 and losses[-1] < losses[0] and losses[-1] == min(losses)
    assert np.abs(hash.encode(x).mean(0) - 0.5).max() <= 1 / len(x)
    for layer in hash.weights:
        layer[:] = [part.astype("f8") for part in layer]
    few = x[:20].astype("f8")
    loss, slopes = cross_entropy(hash, few), hash.gradient(few, 0.0)
    for number in range(len(hash.weights)):
        for part in (0, 1):
            place = (1, 2)[: hash.weights[number][part].ndim]
            hash.weights[number][part][place] += 1e-5
            change = (cross_entropy(hash, few) - loss) / 1e-5
            hash.weights[number][part][place] -= 1e-5
            assert change == pytest.approx(float(slopes[number][part][place]), rel=0.02, abs=1e-4)


def test_a_step_of_contrastive_divergence_is_that_of_hinton(x):
    """CD-1: data statistics less those of the mean-field reconstruction from sampled hidden units."""
    few, rate = x[:60].astype("f8"), 0.05
    found = train_rbm(x[:60], 5, 1, np.random.default_rng(3), rate=rate, momentum=0.0)
    rng = np.random.default_rng(3)
    mean = few.mean(0)
    w = rng.standard_normal((24, 5)) / np.sqrt(24)
    visible, hidden = np.log(mean / (1 - mean)), -mean @ w
    v = few[rng.permutation(60)]
    up = 1 / (1 + np.exp(-(v @ w + hidden)))
    state = rng.random(up.shape, dtype="f4") < up
    again = 1 / (1 + np.exp(-(state @ w.T + visible)))
    up_again = 1 / (1 + np.exp(-(again @ w + hidden)))
    w = w + rate * (v.T @ up - again.T @ up_again) / 60
    visible, hidden = visible + rate * (v - again).mean(0), hidden + rate * (up - up_again).mean(0)
    for ours, expected in zip(found, (w, visible, hidden), strict=True):
        assert ours == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("method", [methods.PaperCodes, SemanticHashing])
def test_codes_of_all_lengths_share_what_is_below_them(x, method):
    below = method(8, 1, layers=(16,)).train_below(x)
    for bits in (8, 12, 8):  # the first use has changed nothing
        hash, alone = (method(bits, 1, layers=(16,)) for _ in range(2))
        hash.below = below
        shared, alone = hash.fit(x).encode(x), alone.fit(x).encode(x)
        assert shared.shape == (len(x), bits) and (shared == alone).all()
