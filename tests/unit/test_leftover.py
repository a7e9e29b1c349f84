"""Left-over sky: its covariance against dense matrices, found again in mock spectra, and what fits make of it."""

import numpy as np
import pytest
from mstarhash.search import leftover, likelihood
from mstarhash.search.likelihood import TILT
from mstarhash.search.matching import gains, misfit
from sklearn.metrics import roc_auc_score

P = 240
U = np.linspace(-1, 1, P)
BANDS = 1 - 0.4 * (np.sin(9 * U) > 0.6)  # a star with bands, one without
MODES = np.stack([np.sin(2 * U), np.sin(5 * U), np.exp(-((U / 0.05) ** 2))])


def survey(rng, count, strength=4.0):
    """Flux and inverse variance (count, P) of faint stars, half of them with bands, with left-over sky; which have bands."""
    banded = np.arange(count) % 2 == 0
    ivar = np.exp(rng.normal(0, 0.3, (count, 1))) * rng.uniform(0.5, 1.5, P)
    error = rng.standard_normal((count, P)) + strength * rng.standard_normal((count, 3)) @ unit(MODES)
    flux = 0.7 * np.where(banded[:, None], BANDS, 1) + error / np.sqrt(ivar)
    return flux.astype("f4"), ivar.astype("f4"), banded


def unit(modes):
    return np.linalg.qr(modes.T)[0].T


def released():
    flux = np.stack([BANDS, np.ones(P), 1 + 0.2 * U])
    keys = {"blue_min": 0, "wave_min": 80, "wave_max": P, "bins": 1, "order": 3}
    told = [True, False, False], [0, 1, 2], ["M0", "K5", "G0"]
    return likelihood.prepare(flux, np.ones_like(flux), *told, np.arange(P), keys)


def test_the_inverse_is_that_of_the_covariance():
    rng = np.random.default_rng(1)
    modes, variance = unit(MODES).T, np.array([40.0, 5.0, 0.5])
    found = leftover.Leftover(modes, variance)
    y = rng.standard_normal((4, P))
    dense = np.linalg.inv(np.eye(P) + modes @ np.diag(variance) @ modes.T)
    assert found.weighed(y) == pytest.approx(y @ dense, rel=1e-5, abs=1e-6)
    assert np.array_equal(leftover.none(P).weighed(y), y)


def test_modes_are_found_in_faint_spectra_and_none_in_noise():
    rng = np.random.default_rng(2)
    flux, ivar, _ = survey(rng, 3000)
    found = leftover.estimate(flux, ivar, np.stack([BANDS, np.ones(P)]).astype("f4"))
    assert found.variance[:3] == pytest.approx([16] * 3, rel=0.25) and (found.variance[3:] < 1).all()
    inside = unit(MODES) @ found.modes[:, :3]  # the same three dimensions
    assert np.linalg.svd(inside)[1] == pytest.approx([1, 1, 1], abs=0.05)
    again = leftover.estimate(flux, ivar, np.stack([BANDS, np.ones(P)]).astype("f4"))
    assert np.array_equal(again.modes, found.modes)
    quiet = leftover.estimate(*survey(rng, 1500, strength=0)[:2], np.stack([BANDS, np.ones(P)]).astype("f4"))
    assert len(quiet.variance) == 0
    few = leftover.estimate(flux[:15], ivar[:15], np.ones((1, P), "f4"))
    assert few.modes.shape == (P, 0)


def test_gain_is_that_of_generalised_least_squares():
    rng = np.random.default_rng(3)
    flux, ivar, _ = survey(rng, 4)
    ivar[:, 30:40] = 0
    window = released().window
    small, w = flux[:, ::4], ivar[:, ::4]
    window.bins = 1
    sky = leftover.Leftover(np.linalg.qr(MODES[:, ::4].T)[0].astype("f4"), np.array([30.0, 8.0, 2.0]))
    found = gains(small, w, window, 1e6, sky)
    inverse = np.linalg.inv(np.eye(P // 4) + sky.modes @ np.diag(sky.variance) @ sky.modes.T)
    for row in range(4):
        y = small[row] * np.sqrt(w[row])
        for column, template in enumerate(window.flux):
            bends = template[:, None] * np.linspace(-1, 1, P // 4)[:, None] ** np.arange(TILT + 1)
            design = bends * np.sqrt(w[row])[:, None]
            best = np.linalg.solve(design.T @ inverse @ design, design.T @ inverse @ y)
            expected = best @ design.T @ inverse @ y if best[0] > 0 else 0
            assert found[row, column] == pytest.approx(expected, rel=1e-3, abs=1e-2)
    reduced, count = misfit(found, small, w, 1, sky)
    y = small * np.sqrt(w)
    assert reduced * count == pytest.approx(((y @ inverse) * y).sum(1) - found.max(1), rel=1e-4)


def test_a_fit_that_knows_left_over_sky_tells_bands_from_it():
    rng = np.random.default_rng(4)
    flux, ivar, banded = survey(rng, 2400)
    known = released()
    sky = likelihood.sky_of(known, flux[:2000], ivar[:2000], 0.02)
    assert len(sky.variance) >= 3
    apart = []
    for part in (known.sky, sky):
        known.sky = part
        score = likelihood.fit(flux[2000:], ivar[2000:], known, 0.02)["likelihood_score"]
        apart.append(roc_auc_score(banded[2000:], score))
    assert apart[1] > apart[0] + 0.04 and apart[1] > 0.9
