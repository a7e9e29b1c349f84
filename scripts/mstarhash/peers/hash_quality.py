"""G19's three properties of a perfect hash (3.2) as numbers: similar codes for similar spectra, balance, independence."""

import numpy as np
from scipy.stats import spearmanr

DEAD = 0.02  # a bit is dead where its mean is nearer to 0 or 1 than this
PAIRS = 20_000


def correlations(codes):
    """(k, k) correlations of bits (n, k) bool; 0 where a bit never changes."""
    mean = codes.mean(0)
    spread = np.sqrt(mean * (1 - mean))
    live = spread > 0
    centred = np.where(live, (codes - mean) / np.where(live, spread, 1), 0).astype("f4")
    return (centred.T @ centred / np.float32(len(codes))).astype("f8")


def bit_rows(codes):
    """For each bit of codes (n, k): its mean, whether it is dead, its mean and largest |correlation| with the others."""
    mean, between = codes.mean(0), np.abs(correlations(codes))
    np.fill_diagonal(between, 0)
    others = max(1, codes.shape[1] - 1)
    return [
        (float(m), int(not DEAD < m < 1 - DEAD), float(row.sum() / others), float(row.max()))
        for m, row in zip(mean, between, strict=True)
    ]


def balance(codes):
    """Coding balance: mean and largest distance of a bit's mean from a half, and the share of dead bits."""
    off = np.abs(codes.mean(0) - 0.5)
    return {"imbalance": off.mean(), "largest_imbalance": off.max(), "dead": (off >= 0.5 - DEAD).mean()}


def independence(codes):
    """Mean and largest |correlation| of two bits, and how many independent bits would vary as much.

    The number is (sum of eigenvalues)^2 / sum of squared eigenvalues of the correlation matrix: k for k independent
    bits, 1 where all are the same.
    """
    between = correlations(codes)
    number = np.trace(between) ** 2 / max((between**2).sum(), 1e-30)
    np.fill_diagonal(between, 0)
    others = max(1, between.size - len(between))
    return {
        "correlation": np.abs(between).sum() / others,
        "largest_correlation": np.abs(between).max(),
        "independent_bits": number,
    }


def similarity(codes, x, wanted, family, rng):
    """Coding consistency on labelled spectra: how far codes (m, k) of pairs are apart, as shares of the bits.

    x: (m, d) features; wanted: (m,) bool; family: (m,) numbers, one for a spectrum and its degraded copies.

    Returns `rank_correlation` (Spearman) of code distance and distance of features over random pairs; mean code
    distance of two of a family, of two wanted, of a wanted and another; and `closer`, the probability that two wanted
    are nearer to each other than a wanted one to another (ties count half).
    """

    def apart(a, b):
        return (codes[a] != codes[b]).mean(1)

    a, b = rng.integers(len(codes), size=(2, PAIRS))
    straight = np.linalg.norm(x[a] - x[b], axis=1)
    yes, no = np.flatnonzero(wanted), np.flatnonzero(~wanted)
    near = apart(rng.choice(yes, PAIRS), rng.choice(yes, PAIRS))
    far = apart(rng.choice(yes, PAIRS), rng.choice(no, PAIRS))
    order = np.argsort(family, kind="stable")
    twins = order[np.flatnonzero(family[order][1:] == family[order][:-1])[:, None] + [0, 1]]
    alike = apart(twins[:, 0], twins[:, 1]).mean() if len(twins) else np.nan
    side = np.sort(far)
    closer = (np.searchsorted(side, near, "left") + np.searchsorted(side, near, "right")) / 2 / len(side)
    return {
        "rank_correlation": spearmanr(apart(a, b), straight).statistic,
        "distance_of_copies": alike,
        "distance_of_wanted": near.mean(),
        "distance_to_others": far.mean(),
        "closer": 1 - closer.mean(),
    }
