"""The order and the columns of candidates.csv."""

import numpy as np

from mstarhash.common.intervals import wilson
from mstarhash.common.texttables import read_rows
from mstarhash.search.fusion import evidence, fused
from mstarhash.spectra.shards import IDENTITY

COLUMNS = (
    *IDENTITY, "rank", "p_m", "score", "in_narrow_union", "union_share", "votes_narrow", "median_share", "in_union", "votes",
    "min_distance", "class_score", "template_score", "likelihood_score", "difference", "chi2", "gain_wanted", "gain_other", "best_wanted", "best_other", "good_pixels", "snr_r", "stability", "nearest", "label",
)  # fmt: skip
RETRIEVED = ("votes", "min_distance", "union_share", "median_share", "votes_narrow")  # of retrieve.py select
NARROW = ("narrow", "completeness", "completeness_low", "completeness_high")  # attributes of that: of the narrow union
NEAREST = ("nearest", "nearest_distance")  # rows of labelled spectra and their Hamming distances


def estimated_share(path):
    """Share of the wanted class among the searched spectra: the mean P of candidates.csv; NaN without rows."""
    p = [float(row["p_m"]) for row in read_rows(path)]
    return sum(p) / len(p) if p else np.nan


def rank_rows(table):
    """The table best score first, ties in the order of all spectra, with the column `rank` from 1."""
    order = np.lexsort((np.arange(len(table["score"])), -table["score"]))
    return {key: values[order] for key, values in table.items()} | {"rank": np.arange(1, len(order) + 1)}


def stability(table, fusion, expected):
    """(n,) share of the parts of the network that put a spectrum among the best `expected` ones; NaN without parts.

    Each part has random units of its own, and takes the place of the whole network in the scores that the bits tell.
    """
    parts = table["part_scores"]
    if not parts.any():
        return np.full(len(parts), np.nan)
    found = np.zeros(parts.shape)
    for k, part in enumerate(parts.T):
        best = np.argsort(-fused(evidence(table | {"class_score": part}), fusion), kind="stable")[
            : max(1, round(expected))
        ]
        found[best, k] = 1
    return found.mean(1)


def nearest_words(rows, distances, labelled):
    """(n,) texts: subclass:S/N:distance of the labelled spectra nearest to each, nearest first; U: presumed other."""
    subclass = np.where(labelled["class"] == "STAR", labelled["subclass"], labelled["class"])
    subclass = np.where(np.isin(labelled["kind"], ["presumed", "inspected"]), "U", subclass)
    names = [
        f"{kind or '?'}:{snr:.1f}".replace(":nan", ":") for kind, snr in zip(subclass, labelled["snr_r"], strict=True)
    ]
    return np.array(
        [
            " ".join(f"{names[row]}:{d:.0f}" for row, d in zip(*pair, strict=True))
            for pair in zip(rows, distances, strict=True)
        ],
        dtype=str,
    )


def summary_rows(table, chance, narrow, labelled, queries):
    """Counts of the search, as rows for a CSV; chance: the Calibration of P; narrow: a dict of NARROW."""
    searched, inside = len(table["rank"]), int(table["in_narrow_union"].sum())
    size = wilson(inside, searched, 0.95)
    completeness = (narrow[key] for key in NARROW[1:])
    ends = ("", "_low", "_high")
    return [
        ["quantity", "value"],
        ["searched", searched],
        ["labelled", labelled],
        ["queries", queries],
        ["in_union", int(table["in_union"].sum())],
        ["in_narrow_union", inside],
        ["narrow_share", f"{narrow['narrow']:.6g}"],
        *([f"narrow_size{end}", f"{value:.4g}"] for end, value in zip(ends, size, strict=True)),
        *([f"narrow_completeness{end}", f"{value:.4f}"] for end, value in zip(ends, completeness, strict=True)),
        ["prior", f"{chance.prior:.6g}"],
        *([["prior_error", f"{chance.prior_error:.2g}"]] if np.isfinite(chance.prior_error) else []),
        ["expected_wanted", f"{table['p_m'].sum():.6g}"],
        ["p_m_above_half", int((table["p_m"] >= 0.5).sum())],
    ]
