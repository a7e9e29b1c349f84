import numpy as np
import pytest
from mstarhash.common.intervals import wilson
from mstarhash.search import codes
from mstarhash.search.codes import hamming, level_words, levelled, pack, score_levels, unpack
from mstarhash.search.fusion import DARK, darkness, evidence
from mstarhash.search.ranking import nearest_words, stability
from mstarhash.search.retrieval import (
    completeness_of,
    count_distances,
    cuts,
    in_union,
    list_scores,
    narrow_share,
    nearest_families,
    rank_shares,
    select,
    smallest_shares,
)
from scipy import stats


@pytest.mark.parametrize("k", [8, 32, 64, 100, 256])
def test_codes_pack_and_unpack(k):
    bits = np.random.default_rng(k).random((50, k)) > 0.5
    words = pack(bits)
    assert words.dtype == np.uint64 and words.shape == (50, -(-k // 64))
    assert np.array_equal(unpack(words, k), bits)
    distance = hamming(words, words)
    assert np.array_equal(distance, (bits[:, None] != bits[None]).sum(2))


@pytest.mark.parametrize("at_once", [1, 130, 1000])
def test_distances_are_the_same_however_many_are_made_together(monkeypatch, at_once):
    rng = np.random.default_rng(3)
    one, other = pack(rng.random((37, 256)) > 0.5), pack(rng.random((60, 256)) > 0.5)
    expected = np.bitwise_count(one[:, None] ^ other[None]).sum(2)
    monkeypatch.setattr(codes, "AT_ONCE", at_once)
    assert np.array_equal(hamming(one, other), expected)
    assert hamming(one[:0], other).shape == (0, 60) and hamming(one, other[:0]).shape == (37, 0)


def brute(queries, codes, share):
    """Each query keeps the ceil(share n) nearest, ties by position."""
    distance = hamming(queries, codes)
    keep = int(np.ceil(share * len(codes) - 1e-9))
    votes = np.zeros(len(codes), int)
    for row in distance:
        votes[np.argsort(row, kind="stable")[:keep]] += 1
    return votes, distance.min(0)


@pytest.mark.parametrize("share", [0.1, 0.013, 0.5, 1.0])
@pytest.mark.parametrize("sizes", [[997], [300, 1, 0, 696], [100] * 9 + [97]])
def test_top_share_over_shards_equals_brute_force_with_ties(share, sizes):
    rng = np.random.default_rng(1)
    queries = pack(rng.random((40, 16)) > 0.5)  # 16 bits: many ties
    codes = pack(rng.random((997, 16)) > 0.4)
    parts = np.split(codes, np.cumsum(sizes)[:-1])
    counts = np.stack([count_distances(queries, part, 16) for part in parts])
    distance, ties = cuts(counts, share)
    found = [select(queries, part, distance, tie) for part, tie in zip(parts, ties, strict=True)]
    votes, nearest = (np.concatenate([part[k] for part in found]) for k in (0, 1))
    expected, least = brute(queries, codes, share)
    assert np.array_equal(votes, expected)
    assert np.array_equal(nearest, least)
    assert votes.sum() == 40 * int(np.ceil(share * 997 - 1e-9))


def shares(queries, codes, narrow):
    """Brute force: smallest and median rank share over the lists, and lists of `narrow` that hold each code."""
    distance = hamming(queries, codes)
    ranks = (distance[:, :, None] >= distance[:, None]).sum(2)
    return (
        ranks.min(0) / len(codes),
        np.sort(ranks, 0)[len(queries) // 2] / len(codes),
        (ranks <= np.floor(narrow * len(codes) + 1e-9)).sum(0),
    )


@pytest.mark.parametrize("sizes", [[311], [100, 1, 0, 210]])
@pytest.mark.parametrize("kind", ["random", "all equal", "two values"])
def test_rank_shares_over_shards_equal_brute_force(sizes, kind):
    rng = np.random.default_rng(4)
    queries, codes = (rng.random((n, 80)) > 0.5 for n in (40, 311))
    if kind != "random":
        codes[:] = codes[:1]
        codes[: 100 * (kind == "two values")] ^= True
    queries, codes = pack(queries), pack(codes)
    parts = np.split(codes, np.cumsum(sizes)[:-1])
    ranks = np.cumsum(sum(count_distances(queries, part, 80) for part in parts), axis=1)
    for narrow in (0.02, 30 / 311, 1.0):
        found = [rank_shares(queries, part, ranks, 311, narrow) for part in parts]
        smallest, median, votes = (np.concatenate(part) for part in zip(*found, strict=True))
        assert all(map(np.array_equal, (smallest, median, votes), shares(queries, codes, narrow)))
        assert np.array_equal(votes > 0, smallest <= narrow)


def test_scores_by_lists_are_those_of_brute_force():
    rng = np.random.default_rng(8)
    queries, codes = (pack(rng.random((n, 64)) > 0.5) for n in (30, 200))
    confident = np.arange(30) % 3 > 0
    for asked in (confident, None):
        found = list_scores(queries, codes, 64, (0.1, 0.03), asked)
        smallest, median, narrow = shares(queries[slice(None) if asked is None else asked], codes, 0.03)
        assert np.array_equal(found["votes"], brute(queries, codes, 0.1)[0])
        assert np.array_equal(found["votes_narrow"], narrow) and np.array_equal(found["union_share"], smallest)
        assert np.array_equal(found["median_share"], median)


def test_lists_of_its_own_unit_do_not_count():
    rng = np.random.default_rng(6)
    queries, codes = (pack(rng.random((n, 64)) > 0.5) for n in (9, 50))
    ranks = np.cumsum(count_distances(queries, codes, 64), axis=1)
    units = np.repeat([7, 8], [4, 5]), np.array([7])
    found = smallest_shares(queries, codes[:1], ranks, 50, units)
    expected = rank_shares(queries[4:], codes[:1], ranks[4:], 50, 0.2)
    assert found == expected[0] and in_union(found, 0.2) == (expected[2] > 0)
    assert smallest_shares(queries, codes[:1], ranks, 50) == rank_shares(queries, codes[:1], ranks, 50, 0.2)[0]
    assert [part.tolist() for part in rank_shares(queries[:0], codes[:2], ranks[:0], 50, 0.2)] == [
        [1, 1],
        [1, 1],
        [0, 0],
    ]


@pytest.mark.parametrize(("prior", "size"), [(0.005, 0.0249), (0.02, 0.0984), (0.3, 0.37), (0.0, 0.0)])
def test_the_narrow_union_follows_the_share_of_the_class(prior, size):
    smallest = np.random.default_rng(7).permutation(np.arange(1, 10_001) / 10_000)
    narrow = narrow_share(smallest, prior)
    assert (smallest <= narrow).mean() == pytest.approx(size, abs=2e-4)
    tied = np.repeat([0.01, 0.2, 0.9], [5, 500, 9495])  # a tie that does not fit stays out
    assert narrow_share(tied, 0.005) == 0.01
    assert narrow_share(smallest[:0], 0.02) == 1.0


def test_completeness_counts_units_not_copies():
    smallest, unit = np.repeat([0.01, 0.5], [95, 5]), np.arange(100) // 5
    share, low, high = completeness_of(smallest, 0.02, np.ones(100), unit)
    assert share == pytest.approx(0.95) and (low, high) == pytest.approx(wilson(19, 20, 0.95)[1:])


def test_nearest_families_by_brute_force():
    rng = np.random.default_rng(5)
    codes, labelled = (pack(rng.random((n, 64)) > 0.5) for n in (30, 90))
    first, own = np.arange(0, 90, 3), np.where(np.arange(30) < 10, np.arange(30), -1)
    numbers, near = nearest_families(codes, labelled, first, own, 4)
    distance = hamming(codes, labelled).reshape(30, 30, 3).min(2)
    distance[np.arange(10), np.arange(10)] = 99
    order = np.argsort(distance, axis=1, kind="stable")[:, :4]
    assert np.array_equal(numbers, order) and np.array_equal(near, np.take_along_axis(distance, order, 1))


def test_bits_of_levels_tell_differences_of_the_score():
    scores = np.linspace(-3, 5, 50)
    levels = score_levels(scores, 32)
    bits = levelled(scores, levels, np.zeros((50, 48), bool))
    steps = (scores[:, None] > levels).sum(1)
    assert np.array_equal(hamming(*[pack(bits)] * 2), np.abs(steps[:, None] - steps))
    assert not bits[:, 32:].any() and levelled(scores, levels[:0], bits) is not bits


@pytest.mark.parametrize(("levels", "words"), [(0, 0), (63, 0), (64, 1), (150, 2), (192, 3), (256, 4)])
def test_distances_of_codes_whose_first_words_tell_levels(levels, words):
    rng = np.random.default_rng(levels)
    bits = rng.random((60, 256)) > 0.5
    bits[:, :levels] = rng.integers(0, levels + 1, (60, 1)) > np.arange(levels)
    packed = pack(bits)
    assert level_words(packed) == words
    assert np.array_equal(hamming(packed, packed), (bits[:, None] != bits[None]).sum(2))
    if words == 4:
        packed[0] = [1, 1, 0, 0]  # zeros, then a one again
        assert level_words(packed) == 1
        assert np.array_equal(hamming(packed, packed), np.bitwise_count(packed[:, None] ^ packed[None]).sum(2))


def test_words_on_the_nearest():
    labelled = {"class": ["STAR", "GALAXY", "Unknown"], "subclass": ["dM2", "Non", ""]}
    labelled = {key: np.array(values) for key, values in labelled.items()} | {"snr_r": np.array([12.34, np.nan, 2.0])}
    labelled["kind"] = np.array(["drawn", "known", "presumed"])
    found = nearest_words(np.array([[0, 2], [1, 0]]), np.array([[3.0, 4.0], [0.0, 11.0]]), labelled)
    assert found.tolist() == ["dM2:12.3:3 U:2.0:4", "GALAXY::0 dM2:12.3:11"]


def test_stability_counts_parts_that_agree():
    part = np.array([[3.0, 3.0], [2.0, 0.0], [1.0, 2.0], [0.0, 1.0]])
    table = {"part_scores": part, "template_score": np.zeros(4), "likelihood_score": np.zeros(4), "snr_r": np.ones(4)}
    stack = {"scale": np.ones(3), "coefficients": np.ones(3), "intercept": np.zeros(1)}
    assert stability(table, stack, 2.2).tolist() == [1.0, 0.5, 0.5, 0.0]
    assert np.isnan(stability(table | {"part_scores": 0 * part}, stack, 2)).all()


def test_a_spectrum_darker_than_the_sky_is_no_star():
    """The log likelihood of a Gaussian flux that is nowhere below zero; missing S/N tells nothing."""
    snr = np.array([3.0, 0.0, -0.1, -0.5, np.nan])
    expected = [stats.norm(0, DARK).logpdf(0) - stats.norm(0, DARK).logpdf(min(s, 0)) for s in snr[:4]]
    assert darkness(snr) == pytest.approx([*expected, 0])
    scores = dict.fromkeys(("class_score", "template_score", "likelihood_score"), np.full(5, 2.0))
    assert evidence(scores | {"snr_r": snr}) == pytest.approx((2 - darkness(snr))[:, None] * np.ones(3))
