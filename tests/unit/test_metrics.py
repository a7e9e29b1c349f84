"""Metrics of a ranking against scikit-learn, closed forms and repeated surveys."""

import numpy as np
import pytest
from mstarhash.search import metrics
from sklearn.metrics import average_precision_score


def ranked(rng, count, shift, share=0.05):
    truth = rng.random(count) < share
    return truth, rng.standard_normal(count) + shift * truth


def test_weights_are_repeats_of_a_spectrum():
    rng = np.random.default_rng(1)
    truth, scores = ranked(rng, 300, 1.5, 0.2)
    scores = np.round(scores, 1)  # with ties
    counts = rng.integers(0, 4, (5, 300))
    found = metrics.weighted_precision(scores, truth, counts)
    for k in range(5):
        rows = np.repeat(np.arange(300), counts[k])
        assert found[k] == pytest.approx(average_precision_score(truth[rows], scores[rows]), abs=1e-12)
    assert np.isnan(metrics.weighted_precision(scores, truth, [~truth])).all()


def test_recall_of_ties_is_the_mean_over_their_orders():
    rng = np.random.default_rng(5)
    truth, scores = ranked(rng, 400, 1.0, 0.2)
    scores = np.round(np.clip(scores, -1, 1))  # five values
    for share in metrics.SHARES:
        cut = int(np.ceil(share * 400))
        orders = [np.lexsort((rng.random(400), -scores))[:cut] for _ in range(3000)]
        found = metrics.recall_at(scores, truth, share)
        assert found == pytest.approx(np.mean([truth[rows].sum() for rows in orders]) / truth.sum(), abs=0.003)
        assert found * truth.sum() <= cut
        assert metrics.recall_at(np.zeros(400), truth, share) == pytest.approx(cut / 400)
    apart = rng.permutation(400)  # without ties: the plain definition
    best = np.argsort(-apart)[:20]
    assert metrics.recall_at(apart, truth, 0.05) == pytest.approx(truth[best].sum() / truth.sum())


def test_every_figure_lies_within_its_interval_and_intervals_shrink_with_the_sample():
    rng = np.random.default_rng(2)
    widths = []
    for count in (500, 8000):
        truth, scores = ranked(rng, count, 2.5)
        row = metrics.with_intervals(scores, truth, 1)
        for key in ("ap", "recall_5", "share_90"):
            assert row[f"{key}_low"] <= row[key] <= row[f"{key}_high"]
        assert row.items() >= metrics.summary(scores, truth, 1).items()
        widths.append(row["ap_high"] - row["ap_low"])
    assert widths[1] < widths[0] / 2


def test_copies_of_a_spectrum_tell_no_more_than_it():
    """Each spectrum sixteen times: the same figures, and their interval, where copies are drawn together."""
    truth, scores = ranked(np.random.default_rng(5), 500, 2.5)
    source = np.tile(np.arange(500), 16)
    once = metrics.summary(scores, truth, 1)
    together, apart = (metrics.summary(np.tile(scores, 16), np.tile(truth, 16), 1, source=s) for s in (source, None))
    assert together["ap"] == pytest.approx(once["ap"]) == apart["ap"]
    assert together["ap_low"] == pytest.approx(once["ap_low"]) and together["ap_high"] == pytest.approx(once["ap_high"])
    assert apart["ap_high"] - apart["ap_low"] < (once["ap_high"] - once["ap_low"]) / 3
    pair = np.tile(scores, 16), np.tile(scores - truth, 16), np.tile(truth, 16)
    wide, narrow = (metrics.miss_ratio([(*pair, s)], 1, 200) for s in (source, None))
    assert wide["ratio"] == narrow["ratio"] and wide["high"] - wide["low"] > 3 * (narrow["high"] - narrow["low"])


def test_ratio_of_misses_is_exact_and_its_interval_covers_what_new_surveys_give():
    rng = np.random.default_rng(3)

    def survey():
        truth = rng.random(1500) < 0.05
        common = rng.standard_normal(1500)
        first, second = (common + 0.4 * rng.standard_normal(1500) + shift * truth for shift in (4.0, 3.0))
        return first, second, truth, None

    one = survey()
    found = metrics.miss_ratio([one], 1, draws=50)
    assert found["ratio"] == pytest.approx(
        (1 - average_precision_score(one[2], one[0])) / (1 - average_precision_score(one[2], one[1]))
    )
    same = metrics.miss_ratio([(one[0], one[0], *one[2:])], 1, draws=50)
    assert same["ratio"] == same["low"] == same["high"] == 1
    pooled = [metrics.miss_ratio([survey() for _ in range(3)], 1, draws=300, interval=(0.05, 0.95)) for _ in range(40)]
    middle = np.mean([row["ratio"] for row in pooled])
    covered = [row["low"] <= middle <= row["high"] for row in pooled]
    assert 28 <= sum(covered) <= 40  # 36 expected of a 90 % interval
    # the ratio does not depend on the scale of a survey's scores, nor on the order of the surveys
    a, b = survey(), survey()
    moved = (100 + 3 * b[0], np.exp(b[1]), *b[2:])
    assert metrics.miss_ratio([a, b], 1, 5)["ratio"] == pytest.approx(metrics.miss_ratio([moved, a], 1, 5)["ratio"])
