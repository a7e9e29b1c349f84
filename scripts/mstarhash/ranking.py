"""The order and the columns of candidates.csv."""

import numpy as np

from mstarhash.shards import IDENTITY

COLUMNS = (
    *IDENTITY, "rank", "p_m", "score", "in_union", "votes", "min_distance", "hash_score", "near_positive", "near_negative",
    "class_score", "linear_score", "template_score", "difference", "chi2", "gain_wanted", "gain_other", "best_wanted", "best_other", "good_pixels", "snr_r", "label",
)  # fmt: skip


def rank_rows(table):
    """The table best score first, ties in the order of all spectra, with the column `rank` from 1."""
    order = np.lexsort((np.arange(len(table["score"])), -table["score"]))
    return {key: values[order] for key, values in table.items()} | {"rank": np.arange(1, len(order) + 1)}


def summary_rows(table, chance, labelled, queries):
    """Counts of the search, as rows for a CSV; chance: the Calibration of P."""
    return [
        ["quantity", "value"],
        ["searched", len(table["rank"])],
        ["labelled", labelled],
        ["queries", queries],
        ["in_union", int(table["in_union"].sum())],
        ["prior", f"{chance.prior:.6g}"],
        ["prior_error", f"{chance.prior_error:.2g}" if chance.prior_error == chance.prior_error else ""],
        ["expected_wanted", f"{table['p_m'].sum():.6g}"],
        ["p_m_above_half", int((table["p_m"] >= 0.5).sum())],
    ]
