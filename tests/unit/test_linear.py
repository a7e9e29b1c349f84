import numpy as np
from mstarhash.linear import RIDGE, train_linear
from scipy.optimize import minimize


def sample(n=60, d=5):
    rng = np.random.default_rng(0)
    x = rng.random((n, d)).astype("f4")
    wanted = x @ np.arange(d) + rng.standard_normal(n) > 5
    return x, wanted, np.repeat(np.arange(n // 3), 3)


def test_all_components_are_balanced_logistic_regression():
    x, wanted, families = sample()
    weights, intercept, _ = train_linear(x, wanted, families, 99)
    share = np.where(wanted, 0.5 / wanted.sum(), 0.5 / (~wanted).sum())

    def loss(c):
        return share @ np.logaddexp(0, np.where(wanted, -1, 1) * (x @ c[:-1] + c[-1]))

    best = minimize(loss, np.zeros(6)).fun
    assert loss(np.r_[weights, intercept]) - best < 10 * RIDGE


def test_left_out_scores_are_those_of_a_fit_without_the_family():
    x, wanted, families = sample(600)
    weights, intercept, left_out = train_linear(x, wanted, families, 99)
    full = x @ weights + intercept
    for family in (3, 50, 120):
        rows = families == family
        again = train_linear(x[~rows], wanted[~rows], families[~rows], 99)  # does anew what the formula keeps
        expected = x[rows] @ again[0] + again[1]
        assert np.abs(left_out[rows] - expected).max() < 0.4 * np.abs(full[rows] - expected).max()
