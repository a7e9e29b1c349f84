"""Binary codes as packed 64-bit words, and the Hamming distances between them."""

import numpy as np

AT_ONCE = 1 << 18  # distances made together: they stay in the cache


def pack(bits):
    """(n, k) bool to (n, k / 64) uint64 (k is padded with zeros to a multiple of 64); bit 0 is the lowest."""
    n, k = bits.shape
    padded = np.zeros((n, -(-k // 64) * 64), bool)
    padded[:, :k] = bits
    return np.packbits(padded, axis=1, bitorder="little").view("<u8").astype("u8")


def unpack(words, k):
    """(n, k / 64) uint64 to (n, k) bool; the inverse of `pack`."""
    raw = np.ascontiguousarray(words.astype("<u8")).view("u1")
    return np.unpackbits(raw, axis=1, bitorder="little")[:, :k].astype(bool)


def hamming(a, b):
    """(n, m) int16 Hamming distances between packed codes (n, k) and (m, k).

    Leading words that tell levels in all codes (`levelled`: ones, then zeros) need no popcount: the distance there is the
    difference of the levels.
    """
    out = np.empty((len(a), len(b)), "i2")
    told = min(level_words(a), level_words(b))
    levels = [np.bitwise_count(codes[:, :told]).sum(1, dtype="i2") for codes in (a, b)]
    words = list(zip(np.ascontiguousarray(a.T[told:]), np.ascontiguousarray(b.T[told:]), strict=True))
    rows = max(1, AT_ONCE // max(1, len(b)))
    differ = np.empty((min(len(a), rows), len(b)), "u8")
    count = np.empty(differ.shape, "u1")
    for first in range(0, len(a), rows):
        part = out[first : first + rows]
        differ, count = differ[: len(part)], count[: len(part)]
        np.subtract(levels[0][first : first + rows, None], levels[1], out=part)
        np.abs(part, out=part)
        for one, other in words:
            np.bitwise_xor(one[first : first + rows, None], other, out=differ)
            part += np.bitwise_count(differ, out=count)
    return out


def level_words(codes):
    """How many leading words of packed codes (n, k) are, in every code, ones and from some bit on zeros."""
    before = np.full(len(codes), ~np.uint64(0))
    for k, word in enumerate(codes.T):
        if (word & (word + np.uint64(1))).any() or ((word > 0) & (~before > 0)).any():
            return k
        before = word
    return codes.shape[1]


def score_levels(scores, count):
    """(count,) increasing levels of a score, evenly spaced over all but the lowest and highest per mille of `scores`."""
    return np.linspace(*np.quantile(scores, [0.001, 0.999]), count)


def levelled(scores, levels, bits):
    """Bits (n, k) whose first ones are scores (n,) > levels: there a Hamming distance is a difference of the score."""
    bits = bits.copy()
    bits[:, : len(levels)] = scores[:, None] > levels
    return bits
