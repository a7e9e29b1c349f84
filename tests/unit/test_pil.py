import numpy as np
import pytest
from mstarhash.search import pil
from scipy.linalg import cho_solve


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    families = np.sort(rng.integers(0, 400, 1500))
    x = rng.random((1500, 30)).astype("f4")
    groups = np.array(["a", "b", "c"])[(x[:, 0] + x[:, 1] > 1).astype(int) + (x[:, 2] > 0.7)]
    return x, groups, families


def test_ridge_solve_is_the_pseudo_inverse_in_the_limit():
    rng = np.random.default_rng(1)
    h, t = rng.standard_normal((200, 20)), rng.standard_normal((200, 4))
    beta = cho_solve(pil.ridge(h.T @ h, 1e-14), h.T @ t)
    assert np.allclose(beta, np.linalg.lstsq(h, t, rcond=None)[0], atol=1e-9)
    assert np.allclose(beta, np.linalg.pinv(h) @ t, atol=1e-9)


def test_rows_alone_are_left_out_as_families_of_one():
    rng = np.random.default_rng(2)
    h, target = rng.standard_normal((9, 5)), rng.standard_normal((9, 3))
    factor = pil.ridge(h.T @ h, 1e-2)
    found = h @ cho_solve(factor, h.T @ target)
    alone = pil.without([[k] for k in range(7)], factor[0], h[:7], target[:7], found[:7])
    assert alone == pytest.approx(pil.without([*([k] for k in range(7)), [7, 8]], factor[0], h, target, found)[:7])


def test_left_out_outputs_equal_training_without_the_family(data):
    x, groups, families = data
    network, _, outputs, _ = pil.train_classes(x, groups, families, [60], 16, 1e-2, 5, 1)
    names = sorted(set(groups))
    h = network.hidden(x).astype("f8")
    target = (groups[:, None] == np.array(names)).astype(float)
    strength = 1e-2 * np.trace(h.T @ h) / 60
    for family in families[[0, 700, 1499]]:
        keep = families != family
        beta = np.linalg.solve(h[keep].T @ h[keep] + strength * np.eye(60), h[keep].T @ target[keep])
        assert np.allclose(h[~keep] @ beta, outputs[~keep], atol=1e-4)


def test_bits_are_balanced_and_threads_do_not_matter(data):
    x, groups, families = data
    for target in ("classes", "reconstruct"):
        made = []
        for threads in (1, 2):
            if target == "classes":
                network, values, *_ = pil.train_classes(x, groups, families, [50], 32, 1e-2, 3, threads)
            else:
                network, values = pil.train_reconstruct(x, [40, 20], 32, "random", 1e-2, 3, threads)
            made.append(values)
            share = (values > network.thresholds).mean(0)
            assert np.abs(share - 0.5).max() <= 1 / len(x)
        assert np.array_equal(*made)


def test_random_encoder_ignores_row_order_and_tied_one_reconstructs(data):
    x = data[0]
    network, values = pil.train_reconstruct(x, [25], 16, "random", 1e-3, 3, 1)
    order = np.random.default_rng(0).permutation(len(x))
    again = pil.train_reconstruct(x[order], [25], 16, "random", 1e-3, 3, 1)[1]
    assert np.allclose(again, values[order], atol=1e-5)
    w = network.layers[0][0]
    assert np.allclose(w.T @ w, np.eye(25), atol=1e-5)
    tied = pil.train_reconstruct(x, [], 30, "tied", 1e-3, 3, 1)[0]
    h = (
        pil.Network(np.zeros(30, "f4"), [pil.orthonormal_layer(np.random.default_rng(3), 30, 30)])
        .hidden(x)
        .astype("f8")
    )
    damped = h.T @ h + 1e-3 * np.trace(h.T @ h) / 30 * np.eye(30)
    assert np.allclose(tied.layers[0][0], np.linalg.solve(damped, h.T @ x).T, atol=1e-3)


def test_a_row_codes_the_same_alone_and_in_company(data):
    x, groups, families = data
    network = pil.train_classes(x, groups, families, [50], 32, 1e-2, 3, 1)[0]
    assert np.allclose(network.values(x[:1]), network.values(x[:1024])[:1], atol=1e-4)


def test_parts_are_networks_of_their_own_units(data):
    x, groups, families = data
    network, _, outputs, scores = pil.train_classes(x, groups, families, [60], 16, 1e-2, 5, 1)
    target = (groups[:, None] == np.unique(groups)).astype(float)
    h = network.hidden(x).astype("f8")[:, 12:24]  # the second of five
    keep = families != families[700]
    strength = 1e-2 * np.trace(h.T @ h) / 12
    whole, left = (
        np.linalg.solve(h[rows].T @ h[rows] + strength * np.eye(12), h[rows].T @ target[rows])
        for rows in (keep | True, keep)
    )
    assert np.allclose(network.parts[12:24], whole, atol=1e-5)
    assert np.allclose(scores[~keep, 1], h[~keep] @ left, atol=1e-4)
    assert np.allclose(network.part_outputs(network.hidden(x))[:, 1], h @ whole, atol=1e-4)


def test_families_need_not_be_side_by_side(data):
    x, groups, families = data
    order = np.random.default_rng(3).permutation(len(x))
    one = pil.train_classes(x, groups, families, [60], 16, 1e-2, 5, 1)[2]
    blocks = pil.family_blocks(families[order])
    assert sorted(np.concatenate([rows for part in blocks for rows in part])) == list(range(len(x)))
    assert all(len(set(families[order][rows])) == 1 for part in blocks for rows in part)
    large = np.r_[np.zeros(1400, int), families[1400:]]  # larger than a block
    assert np.isfinite(pil.train_classes(x, groups, large, [60], 16, 1e-2, 5, 1)[2]).all() and len(one) == len(x)
