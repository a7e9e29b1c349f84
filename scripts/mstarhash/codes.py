"""Binary codes as packed 64-bit words, and as the +-1 rows that matrix products take."""

import numpy as np


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


def signs(words, k):
    """(n, k) float32 of -1 and 1, so that (k - a @ b.T) / 2 is the Hamming distance, exactly."""
    return np.where(unpack(words, k), np.float32(1), np.float32(-1))


def hamming(a, b):
    """(n, m) Hamming distances between rows of signs (n, k) and (m, k): float32, whole numbers."""
    return (np.float32(a.shape[1]) - a @ b.T) / np.float32(2)


def score_levels(scores, count):
    """(count,) increasing levels of a score, evenly spaced over all but the lowest and highest per mille of `scores`."""
    return np.linspace(*np.quantile(scores, [0.001, 0.999]), count)


def levelled(scores, levels, bits):
    """Bits (n, k) whose first ones are scores (n,) > levels: there a Hamming distance is a difference of the score."""
    bits = bits.copy()
    bits[:, : len(levels)] = scores[:, None] > levels
    return bits
