import numpy as np
import pytest
from mstarhash.matching import binned, fit, gains, prepare

P = 300


@pytest.fixture
def averages():
    rng = np.random.default_rng(0)
    flux = 1 + 0.5 * np.cumsum(rng.standard_normal((6, P)), axis=1) / np.sqrt(P)
    return prepare(flux, np.ones_like(flux), [True] * 3 + [False] * 3, np.arange(6), np.arange(P), (0, P), 2, 3)


def test_gain_without_prior_equals_least_squares(averages):
    rng = np.random.default_rng(1)
    flux = (2 + rng.standard_normal((5, P))).astype("f4")
    ivar = rng.uniform(0.5, 2, (5, P)).astype("f4")
    ivar[:, 40:60] = 0
    found, _ = gains(flux, ivar, averages, 1e6)
    f, w = binned(flux, ivar, 2)
    u = np.linspace(-1, 1, P // 2)
    for row in range(5):
        for column in range(6):
            design = averages.flux[column][:, None] * u[:, None] ** np.arange(4) * np.sqrt(w[row])[:, None]
            y = f[row] * np.sqrt(w[row])
            model = design @ np.linalg.lstsq(design, y, rcond=None)[0]
            assert found[row, column] == pytest.approx((y**2).sum() - ((y - model) ** 2).sum(), rel=1e-3)


def test_the_right_average_wins_through_a_response_and_a_velocity(averages):
    rng = np.random.default_rng(2)
    x = np.linspace(-1, 1, P)
    truth = np.repeat(averages.flux[[1, 4]], 2, axis=1) * (1 + 0.2 * x - 0.1 * x**2)
    flux = np.roll(truth, 1, axis=1).astype("f4") + 0.02 * rng.standard_normal((2, P)).astype("f4")
    found = fit(flux, np.full(flux.shape, 2500.0, "f4"), averages, 1.0, 0.01, range(-2, 3), 3)
    assert found["best_wanted"][0] == 1 and found["best_other"][1] == 4
    assert found["gain_wanted"][0] > found["gain_other"][0] and found["gain_wanted"][1] < found["gain_other"][1]


def test_no_flux_gains_nothing(averages):
    found, _ = gains(np.zeros((1, P), "f4"), np.ones((1, P), "f4"), averages, 1.0)
    assert np.allclose(found, 0)
    found, _ = gains(np.ones((1, P), "f4"), np.zeros((1, P), "f4"), averages, 1.0)
    assert np.isfinite(found).all() and np.allclose(found, 0)
