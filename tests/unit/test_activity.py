"""Activity rules, H-alpha luminosity, and the share of active stars without the noise of the width."""

import numpy as np
import pytest
from mstarhash.stars import activity_rules
from mstarhash.stars.deconvolution import MANY, Deconvolution


def test_rules():
    nan = np.nan
    ew = np.array([1.01, 1.0, 0.9, 5.0, 5.0, nan, 5.0, 2.0])
    error = np.array([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, nan, 0.9])
    snr = np.array([9, 9, 9, 3.0, 9, 9, 9, 9])
    giant = np.array([0, nan, 0, 0, 1, 0, 0, 0])
    usable = activity_rules.told(ew, error, snr, giant, 3.0)
    assert list(usable) == [True, True, True, False, False, False, False, True]
    assert activity_rules.guo(ew, usable, 1.0) == pytest.approx([1, 0, 0, nan, nan, nan, nan, 1], nan_ok=True)
    peak = np.array([9, 3.1, 2.9, 9, 9, 9, 9, 9.0])
    found = activity_rules.west(ew, error, peak, usable, 0.75, 3.0)
    assert found == pytest.approx([1, 1, 0, nan, nan, nan, nan, 0], nan_ok=True)
    peak[0] = nan
    assert np.isnan(activity_rules.west(ew, error, peak, usable, 0.75, 3.0)[0])


def test_luminosity_is_douglas_2014():
    ratio, error = activity_rules.luminosity(
        np.array([1.0, 2.0, 2.0, 1.0, 1.0]), np.full(5, 0.5), np.array([0, 4, 4.5, -1, 9.6])
    )
    assert ratio[:3] == pytest.approx([6.6453e-5, 7.1852e-5, 6.0694e-5])
    assert error[0] == pytest.approx(np.hypot(6.6453e-5 * 0.5, 0.62e-5)) and np.isnan(ratio[3:]).all()


def sample(n, seed, error):
    """Measured widths: a fifth active at 4 A, the rest at -0.4 A."""
    rng = np.random.default_rng(seed)
    active = np.arange(n) < n / 5
    error = np.full(n, error) * rng.uniform(0.7, 1.3, n)
    return np.where(active, 4.0, -0.4) + rng.normal(0, 0.3, n) + error * rng.normal(size=n), error


@pytest.mark.parametrize("error", [0.05, 0.7, 1.5])
def test_the_noise_is_taken_out(error):
    value, sigma = sample(1500, 3, error)
    found = Deconvolution(value, sigma, 1.0)
    assert found.share() == pytest.approx(0.2, abs=0.02)
    if error == 1.5:
        assert (value > 1).mean() > 0.29  # raw: one inactive star in six counts
    assert 0.005 < found.error(50, np.random.default_rng(1)) < 0.04


def test_many_stars_are_counted_in_cells():
    value, sigma = sample(10 * MANY, 4, 1.0)
    found = Deconvolution(value, sigma, 1.0)
    assert len(found.counts) < MANY and found.counts.sum() == 10 * MANY
    assert found.share() == pytest.approx(0.2, abs=0.01)
    assert found.error(50, np.random.default_rng(1)) == pytest.approx(np.sqrt(0.16 / 10 / MANY), rel=1)


def test_few_stars():
    assert Deconvolution(np.array([-0.5]), np.array([0.1]), 1.0).share() == pytest.approx(0, abs=1e-6)
    assert Deconvolution(np.array([3.0]), np.array([0.1]), 1.0).share() == pytest.approx(1, abs=1e-6)
    assert Deconvolution(np.full(5, 3.0), np.full(5, 0.1), 1.0).error(10, np.random.default_rng(1)) < 1e-6
