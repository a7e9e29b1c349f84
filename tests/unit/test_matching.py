import numpy as np
import pytest
from mstarhash.search.matching import LOW, binned, class_evidence, fit, gains, misfit, prepare, softened
from scipy.special import logsumexp

P = 300
KEYS = {"blue_min": 0, "wave_min": 0, "wave_max": P, "bins": 2, "order": 3}


@pytest.fixture
def averages():
    rng = np.random.default_rng(0)
    flux = 1 + 0.5 * np.cumsum(rng.standard_normal((6, P)), axis=1) / np.sqrt(P)
    sides, groups = [True] * 3 + [False] * 3, ["M0", "M0", "M2", "K5", "K5", "G0"]
    return prepare(flux, np.ones_like(flux), sides, [0, 1, 2, 3, 3, 4], groups, np.arange(P), KEYS)


def test_gain_without_prior_equals_least_squares(averages):
    rng = np.random.default_rng(1)
    flux = (2 + rng.standard_normal((5, P))).astype("f4")
    ivar = rng.uniform(0.5, 2, (5, P)).astype("f4")
    ivar[:, 40:60] = 0
    found = gains(flux, ivar, averages.red, 1e6)
    f, w = binned(flux, ivar, 2)
    u = np.linspace(-1, 1, P // 2)
    for row in range(5):
        for column in range(6):
            design = averages.red.flux[column][:, None] * u[:, None] ** np.arange(4) * np.sqrt(w[row])[:, None]
            y = f[row] * np.sqrt(w[row])
            model = design @ np.linalg.lstsq(design, y, rcond=None)[0]
            assert found[row, column] == pytest.approx((y**2).sum() - ((y - model) ** 2).sum(), rel=1e-3)


def test_the_right_average_wins_through_a_response_and_a_velocity(averages):
    rng = np.random.default_rng(2)
    x = np.linspace(-1, 1, P)
    truth = np.repeat(averages.red.flux[[1, 4]], 2, axis=1) * (1 + 0.2 * x - 0.1 * x**2)
    flux = np.roll(truth, 1, axis=1).astype("f4") + 0.02 * rng.standard_normal((2, P)).astype("f4")
    found = fit(flux, np.full(flux.shape, 2500.0, "f4"), averages, 1.0, 0.01, range(-2, 3), 3)
    assert found["best_wanted"][0] == 1 and found["best_other"][1] == 4
    assert found["gain_wanted"][0] > found["gain_other"][0] and found["gain_wanted"][1] < found["gain_other"][1]


def test_no_flux_gains_nothing(averages):
    found = gains(np.zeros((1, P), "f4"), np.ones((1, P), "f4"), averages.red, 1.0)
    assert np.allclose(found, 0)
    found = gains(np.ones((1, P), "f4"), np.zeros((1, P), "f4"), averages.red, 1.0)
    assert np.isfinite(found).all() and np.allclose(found, 0)


def test_class_evidence_by_hand(averages):
    gain, reduced = np.array([[40.0, 30.0, 10.0, 20.0, 0.0, 5.0, 1.0]]), np.array([2.0])
    found = class_evidence(gain, reduced, np.array([100]), averages.group)[0]
    assert averages.groups == ["G0", "K5", "M0", "M2", "featureless"]
    logs = [
        logsumexp(np.array(gains) / 16) - np.log(len(gains))
        for gains in ([5.0], [20.0, 0.0], [40.0, 30.0], [10.0], [1.0])
    ]
    assert found[:5] == pytest.approx(logs - logsumexp(logs), rel=1e-5)
    assert found[5:10] == pytest.approx(-np.sqrt((40 - np.array([5, 20, 40, 10, 1])) / 4), rel=1e-5)
    assert found[10:] == pytest.approx([np.log(2), np.log(1.4), np.log(101)], rel=1e-5)
    poor = class_evidence(gain * 1e6, np.array([0.5]), np.array([100]), averages.group)[0]
    assert poor.min() == -LOW and np.isfinite(poor).all()


def test_averages_of_the_own_unit_are_left_out(averages):
    flux = np.repeat(averages.red.flux[[3, 3, 4]], 2, axis=1).astype("f4")
    found = fit(flux, np.full(flux.shape, 2500.0, "f4"), averages, 1.0, 0.01, [0], 3, np.array([-1, 3, 3]))
    assert found["best_other"][0] == 3 and found["best_other"][1] not in (3, 4) and found["best_other"][2] not in (3, 4)
    assert fit(flux[:0], flux[:0], averages, 1.0, 0.01, [0], 3)["class_evidence"].shape == (0, 13)


def test_each_arm_is_fitted_for_itself_then_both_together(averages):
    both = np.repeat(averages.red.flux[:6], 2, axis=1)
    about = averages.wanted[:6], averages.unit[:6], np.array(averages.groups)[averages.group[:6]], np.arange(P)
    two, red, blue = (
        prepare(both, np.ones_like(both), *about, KEYS | keys)
        for keys in ({"wave_min": 100}, {"blue_min": 100, "wave_min": 100}, {"wave_max": 99, "bins": 4})
    )
    assert red.blue is None and np.array_equal(two.blue.flux, blue.red.flux)
    rng = np.random.default_rng(4)
    flux = (both[[1, 4]] + 0.3 * rng.standard_normal((2, P))).astype("f4")
    ivar = np.full(flux.shape, 11.0, "f4")
    found, *alone = (fit(flux, ivar, part, 1.0, 0.01, [0], 3) for part in (two, red, blue))
    evidence = found.pop("class_evidence")
    assert all(np.array_equal(found[key], alone[0][key]) for key in found)
    assert np.array_equal(evidence[:, :26], np.concatenate([part["class_evidence"] for part in alone], axis=1))
    scaled = 0
    for arm in (two.red, two.blue):
        seen = flux[:, arm.inside], softened(flux[:, arm.inside], ivar[:, arm.inside], 0.01)
        gain = gains(*seen, arm, 1.0)
        scaled = scaled + gain / np.maximum(misfit(gain, *seen, arm.bins)[0], 1)[:, None] ** 2
    together = class_evidence(scaled, np.ones(2), np.full(2, 100 + 25), averages.group)
    assert evidence[:, 26:] == pytest.approx(together, rel=1e-6)
