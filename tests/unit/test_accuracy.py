"""Curves of accuracy and recall against direct counting, with ties in every order."""

from itertools import permutations

import numpy as np
import pytest
from mstarhash.peers import accuracy
from sklearn.metrics import average_precision_score


@pytest.fixture(scope="module")
def small():
    rng = np.random.default_rng(0)
    codes = rng.random((7, 3)) < 0.5
    return rng.random((4, 3)) < 0.5, codes, np.array([1, 0, 1, 0, 0, 1, 0], bool)


def orders(distance):
    """All orders of spectra by distance, ties in any way."""
    return [np.array(o) for o in permutations(range(len(distance))) if (np.diff(distance[list(o)]) >= 0).all()]


def test_values_are_means_over_every_order_of_ties(small):
    queries, codes, relevant = small
    counts, good = accuracy.distance_counts(queries, codes, relevant)
    recall, precision, ap = [], [], []
    for query in queries:
        distance = (codes != query).sum(1)
        hits = [np.cumsum(relevant[o]) for o in orders(distance)]
        recall.append(np.mean([h / 3 for h in hits], axis=0))
        precision.append(np.mean([h / np.arange(1, 8) for h in hits], axis=0))
        ap.append(np.mean([average_precision_score(relevant[o], -np.arange(7)) for o in orders(distance)]))
    assert np.allclose(accuracy.by_rank(counts, good), np.c_[np.mean(recall, 0), np.mean(precision, 0)])
    assert np.allclose(accuracy.expected_precision(counts, good), ap)


def test_radius_pools_all_queries(small):
    queries, codes, relevant = small
    distance = (queries[:, None] != codes).sum(2)
    curve = accuracy.by_radius(*accuracy.distance_counts(queries, codes, relevant))
    expected = []
    for radius in range(4):
        inside = distance <= radius
        expected.append([(inside & relevant).sum() / (4 * 3), (inside & relevant).sum() / inside.sum()])
    assert np.allclose(curve, expected)


def test_grid_keeps_a_perfect_search_perfect_and_chance_at_the_prior():
    relevant = np.arange(400) < 100
    codes = np.repeat(relevant[:, None], 8, axis=1)
    counts, good = accuracy.distance_counts(np.ones((1, 8), bool), codes, relevant)
    assert np.allclose(accuracy.on_grid(accuracy.by_rank(counts, good)), 1, atol=0.02)
    assert np.allclose(accuracy.on_grid(accuracy.by_radius(counts, good)), 1)
    counts, good = accuracy.distance_counts(np.ones((1, 8), bool), np.zeros((400, 8), bool), relevant)
    assert np.allclose(accuracy.on_grid(accuracy.by_rank(counts, good)), 0.25)
    assert accuracy.expected_precision(counts, good) == pytest.approx(0.25, abs=0.015)


def test_splits_cut_no_group_and_the_prior_is_what_is_asked():
    rng = np.random.default_rng(1)
    groups = np.sort(rng.integers(0, 300, 2000))
    relevant = groups < 100
    held = accuracy.split(groups, relevant, 0.2, rng)
    assert not set(groups[held]) & set(groups[~held])
    assert len(set(groups[held & relevant])) == 20 and len(set(groups[held & ~relevant])) == 40
    keep = accuracy.thinned(relevant, 0.02, rng)
    assert keep[~relevant].all() and relevant[keep].mean() == pytest.approx(0.02, abs=1e-3)
