"""Likelihood score: which released spectra are chosen, the ratio by hand, what is left out, and the same after a model file."""

import numpy as np
import pytest
from mstarhash.search import likelihood, matching
from mstarhash.search.leftover import Leftover
from mstarhash.search.likelihood import CERTAIN, all_fits, assembled, chosen, fit, prepare

P = 240
KEYS = {"blue_min": 0, "wave_min": 80, "wave_max": P, "bins": 2, "order": 3}
WANTED, UNIT, GROUP = [True, True, False, False], [0, 1, 2, 2], ["M0", "M2", "K5", "G0"]


@pytest.fixture
def spectra():
    rng = np.random.default_rng(0)
    return (1 + 0.5 * np.cumsum(rng.standard_normal((4, P)), axis=1) / np.sqrt(P)).astype("f4")


@pytest.fixture
def released(spectra):
    return prepare(spectra, np.ones_like(spectra), WANTED, UNIT, GROUP, np.arange(P), KEYS)


def test_the_best_of_each_group_are_chosen_in_turn_and_no_copies():
    wanted = np.array([True] * 7 + [False] * 3)
    group = np.array(["M0", "M0", "M0", "M0", "M4", "M4", "M8", "K5", "K5", "GALAXY"])
    snr = np.array([5, 9, 7, 50, 3, np.nan, 2, 8, 8, 1.0])
    known = np.arange(10) != 3
    assert chosen(known, wanted, group, snr, 4).tolist() == [1, 2, 5, 6, 7, 8, 9]  # each group once, then M0 again
    assert chosen(known, wanted, group, snr, 2).tolist() == [1, 5, 7, 9]
    assert chosen(known, wanted, group, snr).tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_the_score_is_the_log_ratio_of_mean_likelihoods_and_bounded(released, spectra):
    rng = np.random.default_rng(1)
    flux = (spectra[[0, 2, 1]] * 2 + 3 * rng.standard_normal((3, P))).astype("f4")
    ivar = np.full(flux.shape, 1 / 9, "f4")
    found = fit(flux, ivar, released, 0.0)["likelihood_score"]
    f, w = (part.astype("f8") for part in matching.binned(flux, ivar, 8))
    assert released.window.bins == 8
    for row in range(3):
        gain = []
        for template in released.window.flux.astype("f8"):
            design = np.stack([template, template * np.linspace(-1, 1, P // 8)], axis=1)
            normal, right = design.T @ (w[row, :, None] * design), design.T @ (w[row] * f[row])
            normal[1, 1] += 1 / (likelihood.TILT_PRIOR * right[0] / normal[0, 0]) ** 2
            gain.append(right @ np.linalg.solve(normal, right) if right[0] > 0 else 0)
        chi2 = max(1, ((w[row] * f[row] ** 2).sum() - max(gain)) / (P // 8))
        mean = [np.mean(np.exp(np.array(part) / 4 / chi2**2)) for part in (gain[:2], gain[2:])]
        assert found[row] == pytest.approx(np.clip(np.log(mean[0] / mean[1]), -CERTAIN, CERTAIN), rel=1e-3, abs=1e-3)
    bright = fit(spectra[[0, 2]], np.full((2, P), 1e6, "f4"), released, 0.01)["likelihood_score"]
    assert bright == pytest.approx([CERTAIN, -CERTAIN])
    dark = fit(np.zeros((1, P), "f4"), ivar[:1], released, 0.01)["likelihood_score"]
    assert dark == pytest.approx([0])


def test_nothing_of_the_own_unit_speaks(released, spectra):
    ivar = np.full((1, P), 100.0, "f4")
    alone = fit(spectra[[2]], ivar, released, 0.01, np.array([2]))["likelihood_score"]
    assert fit(spectra[[2]], ivar, released, 0.01, np.array([-1]))["likelihood_score"] < alone
    for other in (1.0, 3.0):  # whatever those of its unit are
        twisted = prepare(
            np.r_[spectra[:2], spectra[2:] ** other], np.ones_like(spectra), WANTED, UNIT, GROUP, np.arange(P), KEYS
        )
        assert fit(spectra[[2]], ivar, twisted, 0.01, np.array([2]))["likelihood_score"] == pytest.approx(
            alone, rel=1e-6
        )


def test_bins_of_a_model_file_give_the_same(released, spectra):
    sky = Leftover(
        np.linalg.qr(np.random.default_rng(2).standard_normal((P // 8, 2)))[0].astype("f4"), np.array([9.0, 2])
    )
    released.sky = sky
    again = assembled(released.window.flux, WANTED, UNIT, GROUP, np.arange(P), KEYS, sky)
    ivar = np.full(spectra.shape, 4.0, "f4")
    for one, other in zip(*(fit(spectra, ivar, part, 0.01).values() for part in (released, again)), strict=True):
        assert np.array_equal(one, other)


def test_evidence_of_averages_and_of_released_spectra_side_by_side(released, spectra):
    averages = matching.prepare(spectra, np.ones_like(spectra), WANTED, UNIT, GROUP, np.arange(P), KEYS)
    ivar = np.full(spectra.shape, 4.0, "f4")
    how = averages, 1.0, 0.01, [0], 2
    both = all_fits(spectra, ivar, averages, released, *how[1:])
    one, other = matching.fit(spectra, ivar, *how), fit(spectra, ivar, released, 0.01)
    assert np.array_equal(both["class_evidence"], np.c_[one["class_evidence"], other["class_evidence"]])
    assert np.array_equal(both["difference"], one["difference"])
    assert np.array_equal(both["likelihood_score"], other["likelihood_score"])
