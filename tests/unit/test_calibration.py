from types import SimpleNamespace

import numpy as np
import pytest
from mstarhash.learn.negative_set import draw
from mstarhash.search.calibration import (
    LEAST,
    SIGMA,
    TAILS,
    Calibration,
    by_odds,
    calibrate,
    calibrate_mixed,
    distributions,
    prior_of,
    subtype_weights,
)

N = 8000


def survey(rng, share, shift=0.0, sigma=2.0):
    """Scores of unclassified spectra and their truth; wanted ones may score otherwise than the labelled ones, N(4, 2)."""
    truth = rng.random(N) < share
    return np.where(truth, rng.normal(4 + shift, sigma, N), rng.normal(-4, 2, N)), truth


def labelled(rng):
    return rng.normal(4, 2, 6000), rng.normal(-4, 2, 3000)


@pytest.mark.parametrize(
    ("share", "bound"), [(0.005, 0.004), (0.02, 0.004), (0.1, 0.007), (0.3, 0.008), (0.6, 0.004), (0.9, 0.007)]
)
def test_the_prior_and_p_are_found(share, bound):
    rng = np.random.default_rng(1)
    scores, truth = survey(rng, share)
    found = calibrate(scores, *labelled(rng))
    assert abs(found.prior - truth.mean()) < 2 * found.prior_error < 0.6 * share
    exact = 1 / (1 + (1 - share) / share * np.exp(-2 * scores))  # two Gaussians of one width: log odds 2 x
    assert np.abs(found(scores) - exact).mean() < bound
    assert found(scores).sum() == pytest.approx(found.prior * N, rel=0.05)


def test_wanted_ones_that_score_lower_are_still_counted():
    rng = np.random.default_rng(2)
    scores, truth = survey(rng, 0.03, -1.0)
    found = calibrate(scores, *labelled(rng))
    assert abs(found(scores).sum() - truth.sum()) < 2 * found.prior_error * N
    plain = by_odds(scores, None)  # takes the scores for log odds; here these are twice the scores
    assert ((found(scores) - truth) ** 2).mean() < ((plain(scores) - truth) ** 2).mean()


def test_the_error_of_the_prior_covers_shifts_and_stretches():
    """Surveys whose parts are moved as the priors have it: deviations over errors scatter by about one."""
    pulls = []
    for seed in range(16):
        rng = np.random.default_rng([7, seed])
        scores, truth = survey(rng, 0.02)
        cut = np.quantile(scores, 1 - TAILS[1])
        shift, stretch = (rng.standard_normal(4) * SIGMA).reshape(2, 2).T
        scores = cut + (scores - cut) * np.exp(stretch[(~truth).astype(int)]) + shift[(~truth).astype(int)]
        found = calibrate(scores, *labelled(rng))
        pulls.append((found.prior - truth.mean()) / found.prior_error)
    assert abs(np.mean(pulls)) < 0.6 and 0.3 < np.std(pulls) < 1.3


def test_p_never_falls_and_lies_in_0_1():
    rng = np.random.default_rng(3)
    scores, _ = survey(rng, 0.02)
    found = calibrate(scores, *labelled(rng))
    p = found(np.linspace(-40, 40, 2000))
    assert (np.diff(p) >= 0).all() and p.min() >= 0 and p.max() <= 1
    odds = found.prior / (1 - found.prior) * 3002  # 3,000 others, none of which scores like that
    assert p[-1] == pytest.approx(odds / (1 + odds), abs=0.005)
    again = calibrate(scores[::-1].copy(), *labelled(np.random.default_rng(3)))
    assert again.scores[0] == found.scores[0]


def test_a_given_prior_is_kept_and_few_spectra_fall_back_on_the_odds():
    rng = np.random.default_rng(4)
    scores, _ = survey(rng, 0.02)
    assert calibrate(scores, *labelled(rng), prior=0.07).prior == pytest.approx(0.07)
    few = calibrate(scores[:20], *labelled(rng), prior=0.5)
    assert few(np.array([0.0, 2.0])) == pytest.approx([0.5, 1 / (1 + np.exp(-2))], abs=0.01)
    none = calibrate(scores, np.zeros(LEAST - 1), np.zeros(LEAST))
    assert none.prior == pytest.approx(prior_of(scores)) and np.isnan(none.prior_error)
    assert calibrate(np.array([]), *labelled(rng))(np.array([])).shape == (0,)
    alike = calibrate(np.zeros(N), *labelled(rng))
    assert alike.prior == pytest.approx(prior_of(np.zeros(N)))


def test_wrong_labels_do_not_hide_the_wanted_ones():
    rng = np.random.default_rng(5)
    scores, truth = survey(rng, 0.02)
    wanted, others = labelled(rng)
    mixed = np.r_[wanted[200:], others[:90]], np.r_[others[90:], wanted[:200]]
    found = calibrate(scores, *mixed)
    assert found(scores).sum() == pytest.approx(truth.sum(), rel=0.2)


def subtypes(rng, shares, count):
    """Scores, subtypes and best-fitting averages of stars: later ones score higher, one fit in four is a subtype off."""
    group = rng.choice(4, count, p=shares)
    fitted = np.clip(group + rng.choice([-1, 0, 0, 0, 0, 0, 0, 1], count), 0, 3)
    return rng.normal(1 + 2 * group, 1.5), group.astype(str), fitted.astype(str)


def test_subtypes_are_as_frequent_as_among_the_unclassified():
    """Half of the released are of the earliest subtype, which looks most like others; of the hidden ones a tenth."""
    rng = np.random.default_rng(8)
    score, group, fitted = subtypes(rng, [0.5, 0.3, 0.15, 0.05], 8000)
    hidden, true_group, hidden_fitted = subtypes(rng, [0.1, 0.2, 0.3, 0.4], 400)
    sure = hidden > 3
    weights = subtype_weights(hidden_fitted[sure], np.where(score > 3, fitted, ""), group)
    shares = np.bincount(group.astype(int), weights) / weights.sum()
    assert shares == pytest.approx(np.bincount(true_group.astype(int)) / 400, abs=0.08)
    assert (subtype_weights(hidden_fitted[:0], fitted, group) == 1).all()  # none is sure: as released
    others, rest = rng.normal(-4, 2, 3000), rng.normal(-4, 2, 15_000)
    unclassified, kind = np.r_[hidden, rest], np.r_[hidden_fitted, rng.choice(list("0123"), 15_000)]
    found = calibrate_mixed(unclassified, kind, score, others, fitted, group)
    plain = calibrate(unclassified, score, others)
    assert abs(found(unclassified).sum() - 400) < 0.5 * abs(plain(unclassified).sum() - 400)
    assert found(unclassified).sum() == pytest.approx(400, rel=0.08)


def test_a_weight_is_a_number_of_copies():
    rng = np.random.default_rng(8)
    wanted, others, counts = rng.normal(4, 1, 300), rng.normal(-4, 1, 200), rng.integers(1, 4, 300)
    (_, weighed), (_, repeated) = (
        distributions(*pair)[0] for pair in ((wanted, others, counts), (np.repeat(wanted, counts), others))
    )
    assert weighed == pytest.approx(repeated)


def test_p_does_not_depend_on_how_many_are_drawn():
    """Known others are drawn in the shares that there are: K stars, the look-alikes, half of them at any number."""
    rng = np.random.default_rng(9)
    sizes, means = [6000, 3000, 2900, 100], {"K5": -0.5, "G0": -4.0, "F0": -5.0, "QSO": -3.0}
    groups = np.repeat(list(means), sizes)

    def scores(groups):
        return rng.normal([means[group] for group in groups], 1.5)

    unclassified, wanted, known = (
        np.r_[scores(np.repeat(groups, 2)), rng.normal(5, 2, 480)],
        rng.normal(5, 2, 6000),
        scores(groups),
    )

    def expected(most, seed):
        drawn = draw(SimpleNamespace(rows=np.arange(12_000), groups=groups), most, 6000, np.random.default_rng(seed))
        return calibrate(unclassified, wanted, known[drawn])(unclassified).sum()

    assert np.mean([expected(4000, seed) for seed in range(6)]) == pytest.approx(expected(12_000, 0), rel=0.05)
    drawn = draw(SimpleNamespace(rows=np.arange(12_000), groups=groups), 3000, 6000, rng)
    assert np.mean(groups[drawn] == "K5") == pytest.approx(0.5, abs=0.03)


def test_a_written_calibration_is_read_back(tmp_path):
    rng = np.random.default_rng(6)
    scores, _ = survey(rng, 0.02)
    found = calibrate(scores, *labelled(rng))
    found.write(tmp_path / "p.csv")
    again = Calibration.read(tmp_path / "p.csv")
    assert again(scores) == pytest.approx(found(scores), abs=1e-5)
