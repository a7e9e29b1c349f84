import numpy as np
import pytest
from mstarhash.search.linear import RIDGE, train_columns
from scipy.optimize import minimize


def sample(n=60, d=5):
    rng = np.random.default_rng(0)
    x = rng.random((n, d)).astype("f4")
    wanted = x @ np.arange(d) + rng.standard_normal(n) > 5
    return x, wanted, np.repeat(np.arange(n // 3), 3)


def test_it_is_balanced_logistic_regression():
    x, wanted, families = sample()
    weights, intercept, _ = train_columns(x, wanted, families, np.arange(len(x)))
    share = np.where(wanted, 0.5 / wanted.sum(), 0.5 / (~wanted).sum())

    def loss(c):
        return share @ np.logaddexp(0, np.where(wanted, -1, 1) * (x @ c[:-1] + c[-1]))

    best = minimize(loss, np.zeros(6)).fun
    assert loss(np.r_[weights, intercept]) - best < 10 * RIDGE


def test_left_out_scores_are_those_of_a_fit_without_the_family():
    x, wanted, families = sample(600)
    weights, intercept, left_out = train_columns(x, wanted, families, np.arange(len(x)))
    full = x @ weights + intercept
    for family in (3, 50, 120):
        rows = families == family
        again = train_columns(x, wanted, families, np.flatnonzero(~rows))  # does anew what the formula keeps
        expected = x[rows] @ again[0] + again[1]
        assert again[2][rows] == pytest.approx(expected, abs=1e-4)  # rows that were not trained on
        assert np.abs(left_out[rows] - expected).max() < 0.4 * np.abs(full[rows] - expected).max()


def test_template_score_ignores_units_and_rows_in_any_order():
    x, wanted, families = sample(300)
    weights, intercept, odds = train_columns(x, wanted, families, np.arange(200))
    again = train_columns(x * 7 - 3, wanted, families, np.arange(200))
    assert again[2] == pytest.approx(odds, abs=1e-5)
    assert odds[200:] == pytest.approx(x[200:] @ weights + intercept)
    order = np.random.default_rng(2).permutation(300)
    turned = train_columns(x[order], wanted[order], families[order], np.argsort(order)[:200])
    assert turned[2] == pytest.approx(odds[order], abs=1e-6)
