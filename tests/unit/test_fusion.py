"""The fusion of the evidence: what it must never do, and the same fit by scikit-learn."""

import numpy as np
import pytest
from mstarhash.search.fusion import LOW, SHARE, drawn_in, fit_fusion, fused
from scipy.special import logit
from sklearn.linear_model import LogisticRegression


def drawn(wanted, rng):
    """Two pieces of evidence (n, 2) that tell log odds of normal scores two and one sigma apart, in other units."""
    apart = np.array([2.0, 1.0])
    x = rng.standard_normal((len(wanted), 2)) + np.where(wanted[:, None], apart / 2, -apart / 2)
    return x * apart * [1.0, 30.0]


def test_more_evidence_never_lowers_a_score():
    rng = np.random.default_rng(1)
    wanted = rng.random(3000) < 0.5
    values = np.c_[drawn(wanted, rng), rng.standard_normal(3000) - wanted]  # the last one speaks against the class
    fusion = fit_fusion(values, wanted, np.zeros(3000, bool))
    assert (fusion["coefficients"][:2] > 0).all() and fusion["coefficients"][2] == 0
    steps = np.tile(np.linspace(-500, 500, 2001)[:, None], 3)
    assert (np.diff(fused(steps, fusion)) > 0).all()


def test_evidence_is_drawn_in_below_half_a_spread():
    low = -LOW * np.array([1.0, 7.0])
    assert drawn_in(np.array([[3.0, 7.0], low, 11 * low]), np.array([1.0, 7.0])) == pytest.approx(
        np.array([[3, 1], [-LOW, -LOW], [-2 * LOW, -2 * LOW]])
    )


def test_it_is_the_logistic_regression_of_scikit_learn():
    rng = np.random.default_rng(2)
    wanted = rng.random(4000) < 0.3
    values = drawn(wanted, rng)
    fusion = fit_fusion(values, wanted, np.zeros(4000, bool))
    weights = np.where(wanted, SHARE / wanted.sum(), (1 - SHARE) / (~wanted).sum())
    peer = LogisticRegression(C=1e3, tol=1e-10, max_iter=10_000)
    peer.fit(drawn_in(values, values[wanted].std(0)), wanted, sample_weight=weights)
    assert fusion["coefficients"] == pytest.approx(peer.coef_[0], rel=1e-3)
    assert fusion["intercept"] == pytest.approx(peer.intercept_ - logit(SHARE), abs=1e-3)


@pytest.mark.parametrize("hidden", [160, 12_000])
def test_wanted_ones_hidden_among_the_presumed_do_little_harm(hidden):
    """Each presumed negative counts by its chance to be one: with 5 or 80 % of the wanted class among them the fit stays."""
    rng = np.random.default_rng(3)
    kind = np.repeat(["wanted", "known", "presumed", "hidden"], [4000, 2000, 3000, hidden])
    wanted, presumed = kind == "wanted", np.isin(kind, ["presumed", "hidden"])
    values = drawn(np.isin(kind, ["wanted", "hidden"]), rng)
    clean = kind != "hidden"
    spoilt, right = fit_fusion(values, wanted, presumed), fit_fusion(values[clean], wanted[clean], presumed[clean])
    taken = fit_fusion(values, wanted, np.zeros(len(kind), bool))  # all of them taken for known ones
    change, naive = (np.abs(part["coefficients"] - right["coefficients"]).sum() for part in (spoilt, taken))
    assert change < naive / 2
