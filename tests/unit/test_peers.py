"""Scores of other methods against their equations, and the harness that runs them all alike."""

from importlib.util import find_spec

import numpy as np
import pytest
from mstarhash.common.errors import InputError
from mstarhash.peers import cnn, hash_quality, runs, tables, tuning
from mstarhash.peers import scores as peer_scores
from mstarhash.peers.hash_methods import RandomHyperplanes
from mstarhash.peers.task import Task
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression


@pytest.fixture(scope="module")
def sets():
    rng = np.random.default_rng(0)
    wanted = rng.random(900) < 0.4
    x = rng.standard_normal((900, 20)).astype("f4") * np.linspace(3, 1, 20, dtype="f4")
    x[wanted, 2] += 2.0
    return x, wanted


def test_pil_classifier_is_the_balanced_least_squares_solution(sets):
    x, wanted = sets
    model = peer_scores.PilClassifier(1, layers=(30, 12), ridge=1e-14).fit(x, wanted)
    weight = np.sqrt(np.where(wanted, 1 / wanted.sum(), 1 / (~wanted).sum()))
    h = model.hidden(x)
    beta = np.linalg.pinv(h * weight[:, None]) @ (np.where(wanted, 1, -1) * weight)
    assert np.allclose(model.score(x), h @ beta, atol=1e-5)
    assert h.shape == (900, 13) and (h[:, :12] > -0.5).all() and (h[:, :12] < 0.5).all()


def test_template_matching_finds_the_least_chi_square_over_amplitudes():
    rng = np.random.default_rng(1)
    templates, wanted = rng.random((5, 40)), np.array([1, 0, 1, 0, 0], bool)
    flux, ivar = rng.random((3, 40)), rng.random((3, 40)) * (rng.random((3, 40)) > 0.2)
    model = peer_scores.TemplateMatching().fit(templates, wanted)
    amplitudes = np.linspace(0, 3, 3001)[:, None]
    expected = [
        [(ivar[i] * (flux[i] - amplitudes * one) ** 2).sum(1).min() for one in templates] for i in range(3)
    ]  # by brute force
    assert np.allclose(model.chi2(flux, ivar), expected, atol=1e-5)
    expected = np.array(expected)
    assert np.allclose(model.score(flux, ivar), expected[:, [1, 3, 4]].min(1) - expected[:, [0, 2]].min(1), atol=1e-5)
    assert model.score(templates)[wanted].min() > 0 > model.score(templates)[~wanted].max()


def test_classifiers_on_components_are_those_of_scikit_learn(sets):
    x, wanted = sets
    pca = PCA(8, svd_solver="full").fit(x.astype("f8"))
    z = pca.transform(x) * 10 / pca.explained_variance_[0] ** 0.5
    oracle = LogisticRegression(max_iter=2000, class_weight="balanced").fit(z, wanted).decision_function(z)
    ours = peer_scores.PcaLogistic(1, components=8).fit(x, wanted).score(x)
    assert np.corrcoef(ours, oracle)[0, 1] > 0.9999 and np.allclose(ours, oracle, atol=0.02)
    scores = peer_scores.PcaBoosting(1, components=8, trees=40).fit(x, wanted).score(x)
    assert np.mean((scores > 0) == wanted) > 0.95


def test_neighbours_by_direct_counting_and_none_is_its_own():
    rng = np.random.default_rng(2)
    labelled, wanted = rng.random((60, 32)) < 0.5, np.arange(60) < 25
    own = np.array([-1, 40, 59, 3])
    codes = np.where(own[:, None] >= 0, labelled[own], rng.random((4, 32)) < 0.5)
    found = tuning.neighbour_score(codes, labelled, (~wanted, wanted), own, 4)
    for k in range(4):
        distance = (codes[k] != labelled).sum(1).astype(float)
        distance[own[k] if own[k] >= 0 else []] = np.inf
        near = [np.sort(distance[side])[:4].mean() for side in (~wanted, wanted)]
        assert found[k] == pytest.approx(near[0] - near[1])


def test_mean_of_nearest_leaves_out_what_does_not_count():
    rng = np.random.default_rng(2)
    codes = tuning.pack(rng.random((30, 64)) > 0.5)
    plain = tuning.mean_nearest(codes, codes, 3)
    without = tuning.mean_nearest(
        codes, codes, 3, lambda rows: (np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop))
    )
    distance = tuning.hamming(codes, codes)
    assert np.allclose(plain, np.sort(distance, 1)[:, :3].mean(1))
    assert np.allclose(without, np.sort(distance, 1)[:, 1:4].mean(1))


def test_presumed_negatives_that_look_wanted_are_no_negative_neighbours():
    """Codes of two kinds; of 30 presumed negatives three have those of the wanted."""
    rng = np.random.default_rng(5)
    wanted, presumed = np.arange(90) < 30, np.arange(90) >= 60
    like = wanted | (np.arange(90) >= 87)
    labelled = np.where(like[:, None], True, False) ^ (rng.random((90, 64)) < 0.1)
    nothing = np.full(90, -1)
    sides = wanted & True, presumed
    found = tuning.hash_score(labelled, labelled, *sides, 3, nothing, 3)
    without = tuning.neighbour_score(labelled, labelled, (~like, wanted), nothing, 3)
    assert (found == without).all()
    assert (tuning.hash_score(labelled, labelled, *sides, 0, nothing, 3)[like] < found[like]).any()


def task(x, wanted, unknown, own=None):
    kind = np.where(wanted, "copy", "presumed")
    kind[~wanted & (np.arange(len(x)) % 2 == 0)] = "copy"
    own = np.full(len(unknown), -1) if own is None else own
    family = np.arange(len(x)) // 2
    return Task(kind, wanted, family, kind, np.arange(len(unknown)).astype(str), own, 1, [], 64, 2, 0.02)


def test_held_back_families_are_whole_and_judged_by_what_looks_unclassified(sets):
    x, wanted = sets
    one = task(x, wanted, x[:5])
    one.kind[(one.kind == "copy") & (np.arange(900) % 3 == 0)] = "known"
    held, judged = one.validation()
    for part in (wanted, ~wanted & ~one.presumed, one.presumed):
        assert len(set(one.family[held & part])) == round(len(set(one.family[part])) / 5) > 20
        assert not set(one.family[held & part]) & set(one.family[~held & part])
    assert set(one.kind[judged]) == {"copy", "presumed"} and (judged <= held).all()


def test_presumed_negatives_that_a_method_puts_first_are_not_judged(sets):
    x, wanted = sets
    one = task(x, wanted, x[:5])
    hidden = one.presumed & (np.arange(900) % 7 == 0)
    x = x + 6 * (wanted | hidden)[:, None] * np.eye(20, dtype="f4")[2]
    one.suspects = 0
    (_, plain), one.suspects = tuning.tuned(one, x, peer_scores.PcaLogistic, [{}], None), hidden.sum()
    assert tuning.tuned(one, x, peer_scores.PcaLogistic, [{}], None)[1] > plain + 0.1


def test_without_anything_to_judge_by_the_first_settings_serve(sets):
    x, wanted = sets
    one = task(x, wanted & False, x[:5])
    assert tuning.tuned(one, x, peer_scores.PcaLogistic, [{"c": 1.0}], None)[0] == {"c": 1.0}


class Memory:
    """Scores by what it was trained on: 0 for a spectrum that it saw, else 1."""

    def __init__(self, seed, gain=1):
        self.gain = gain

    def fit(self, x, wanted):
        self.seen = {row.tobytes() for row in x}
        return self

    def score(self, x):
        return np.array([row.tobytes() not in self.seen for row in x], float)


def test_presumed_negatives_are_scored_by_models_that_did_not_see_them(sets):
    x, wanted = sets
    presumed = np.flatnonzero(task(x, wanted, x[:1]).kind == "presumed")
    unknown = np.concatenate([x[presumed], x[presumed[:3]] + 1])
    own = np.r_[presumed, -1, -1, -1]
    run = runs.score_run(task(x, wanted, unknown, own), x, unknown, "memory", "search", Memory, {}, np.nan)
    assert (run.scores == 1).all()


def test_settings_are_chosen_by_held_back_families(sets):
    x, wanted = sets
    grid = [{"components": 1}, {"components": 8}]
    chosen, ap = tuning.tuned(task(x, wanted, x[:5]), x, peer_scores.PcaLogistic, grid, None)
    assert chosen == {"components": 8} and 0.05 < ap <= 1
    chosen, _ = tuning.tuned(task(x, wanted, x[:5]), x, RandomHyperplanes, [{"bits": 1}, {"bits": 128}], 5)
    assert chosen == {"bits": 128}


def test_properties_of_ideal_and_of_worthless_codes():
    rng = np.random.default_rng(3)
    codes = rng.random((20_000, 12)) < 0.5
    assert hash_quality.balance(codes)["dead"] == 0 and hash_quality.balance(codes)["largest_imbalance"] < 0.02
    assert hash_quality.independence(codes)["independent_bits"] == pytest.approx(12, abs=0.1)
    same = np.repeat(codes[:, :1], 12, axis=1)
    assert hash_quality.independence(same)["independent_bits"] == pytest.approx(1, abs=1e-3)
    assert hash_quality.independence(same)["correlation"] == pytest.approx(1, abs=1e-3)
    dead = codes.copy()
    dead[:, :3] = True
    assert hash_quality.balance(dead)["dead"] == 0.25
    assert [row[1] for row in hash_quality.bit_rows(dead)] == [1] * 3 + [0] * 9
    # codes that are spectra: thermometers of one number
    value = rng.random(20_000)
    x, wanted, family = value[:, None].astype("f4"), value > 0.8, np.arange(20_000) // 2
    good = hash_quality.similarity(value[:, None] > np.arange(64) / 64, x, wanted, family, rng)
    none = hash_quality.similarity(codes, x, wanted, family, rng)
    assert good["rank_correlation"] > 0.99 and abs(none["rank_correlation"]) < 0.03
    assert good["closer"] > 0.9 and none["closer"] == pytest.approx(0.5, abs=0.01)
    assert none["distance_of_copies"] == pytest.approx(0.5, abs=0.01)


def test_the_network_that_needs_jax_says_so_or_learns(sets):
    if not all(find_spec(name) for name in ("jax", "optax")):
        with pytest.raises(InputError, match="pip install -r requirements/cnn.in"):
            cnn.Cnn(1).fit(*sets)
        return
    x, wanted = np.repeat(sets[0], 16, axis=1), sets[1]
    x[wanted, 100:140] -= 3.0  # a band
    model = cnn.Cnn(1, epochs=30).fit(x, wanted)
    assert model.losses[-1] < 0.7 * model.losses[0] and np.mean((model.score(x) > 0) == wanted) > 0.9


def test_bins_are_those_of_the_class_searched():
    """Of K stars the K subtypes; of white dwarfs, which have none, S/N and luminosity alone."""
    kinds = [("dM3", "dwarf"), ("K5", "dwarf"), ("K5", "giant"), ("WD", "wd"), ("A0", "dwarf")]
    truth = [{"subclass": subclass, "luminosity": luminosity} for subclass, luminosity in kinds]
    found = {}
    for letter in ("K", "W"):
        wanted = np.array([subclass.startswith(letter) for subclass, _ in kinds])
        parts = tables.parts_of(truth, wanted, np.full(5, 2.0))
        found[letter] = {(by, name): (int(others.sum()), int(true.sum())) for by, name, others, true in parts}
    assert {key: value for key, value in found["K"].items() if key[0] != "snr"} == {
        ("subtype", "K5"): (3, 2), ("luminosity", "dwarf"): (3, 1), ("luminosity", "giant"): (3, 1)
    }  # fmt: skip
    assert found["K"]["snr", "1.5-2.2"] == (3, 2)
    assert [key for key in found["W"] if key[0] != "snr"] == [("luminosity", "wd")]


def test_the_network_is_three_convolutions_means_and_a_linear_layer():
    jax = pytest.importorskip("jax", reason="the 1-D CNN is an optional extra: no jax here")
    rng = np.random.default_rng(6)
    weights, x = cnn.start(rng, 3), rng.standard_normal((2, 203)).astype("f4")
    out = x[..., None].astype("f8")
    for (kernel, bias), (size, stride) in zip(weights[:-1], cnn.LAYERS, strict=True):
        padded = np.pad(out, ((0, 0), (size // 2, size // 2), (0, 0)))
        places = range(0, padded.shape[1] - size + 1, stride)
        out = np.stack([np.einsum("nwi,wio->no", padded[:, k : k + size], kernel) for k in places], axis=1)
        out = np.maximum(out + bias, 0)
    parts = np.arange(cnn.STRETCHES + 1) * out.shape[1] // cnn.STRETCHES
    means = [out[:, a : max(b, a + 1)].mean(1) for a, b in zip(parts[:-1], parts[1:], strict=True)]
    expected = np.concatenate(means, axis=1) @ weights[-1][0] + weights[-1][1]
    assert np.asarray(cnn.network(jax, weights, x)) == pytest.approx(expected[:, 0], rel=1e-4, abs=1e-5)
