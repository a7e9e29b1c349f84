import numpy as np
import pytest
from mstarhash.codes import hamming, pack, signs, unpack
from mstarhash.retrieval import count_distances, cuts, mean_nearest, select


@pytest.mark.parametrize("k", [8, 32, 64, 100, 256])
def test_codes_pack_and_unpack(k):
    bits = np.random.default_rng(k).random((50, k)) > 0.5
    words = pack(bits)
    assert words.dtype == np.uint64 and words.shape == (50, -(-k // 64))
    assert np.array_equal(unpack(words, k), bits)
    distance = hamming(signs(words, k), signs(words, k))
    assert np.array_equal(distance, (bits[:, None] != bits[None]).sum(2))
    assert np.array_equal(distance, np.bitwise_count(words[:, None] ^ words[None]).sum(2))


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
    queries = np.where(rng.random((40, 16)) > 0.5, 1, -1).astype("f4")  # 16 bits: many ties
    codes = np.where(rng.random((997, 16)) > 0.4, 1, -1).astype("f4")
    parts = np.split(codes, np.cumsum(sizes)[:-1])
    counts = np.stack([count_distances(queries, part, 16) for part in parts])
    distance, ties = cuts(counts, share)
    found = [select(queries, part, distance, tie) for part, tie in zip(parts, ties, strict=True)]
    votes, nearest = (np.concatenate([part[k] for part in found]) for k in (0, 1))
    expected, least = brute(queries, codes, share)
    assert np.array_equal(votes, expected)
    assert np.array_equal(nearest, least)
    assert votes.sum() == 40 * int(np.ceil(share * 997 - 1e-9))


def test_mean_of_nearest_leaves_out_what_does_not_count():
    rng = np.random.default_rng(2)
    codes = np.where(rng.random((30, 64)) > 0.5, 1, -1).astype("f4")
    plain = mean_nearest(codes, codes, 3)
    without = mean_nearest(
        codes, codes, 3, lambda rows: (np.arange(rows.stop - rows.start), np.arange(rows.start, rows.stop))
    )
    distance = hamming(codes, codes)
    assert np.allclose(plain, np.sort(distance, 1)[:, :3].mean(1))
    assert np.allclose(without, np.sort(distance, 1)[:, 1:4].mean(1))
