"""Lists by the network's own bits, and how large and how complete unions of lists are at every share."""

from dataclasses import dataclass

import numpy as np

from mstarhash.search.retrieval import (
    completeness_of,
    count_distances,
    fair_part,
    in_union,
    list_scores,
    smallest_shares,
)
from mstarhash.spectra.sample import Sample
from mstarhash.spectra.targets import unknown_rows

COLUMNS = ("codes", "queries", "share", "mark", "size", "completeness", "low", "high", "told_by")
PAPER, NETWORK, LEVELS = "Guo et al. (2019)", "network", "levels"  # kinds of codes
GRID = np.geomspace(0.002, 0.2, 61)  # shares of each list


@dataclass
class Searched:
    """The unclassified spectra, or a fair part of them, and how they are coded."""

    files: np.ndarray  # (n,)
    codes: np.ndarray  # (n, bits / 64) as retrieved
    network_codes: np.ndarray  # (n, bits / 64) of the network alone
    weights: (
        np.ndarray | None
    )  # (m,) of the labelled spectra of the class that stand for unclassified ones; None: not needed


def read_searched(codes, spectra, model, everything):
    """Searched, from the files of encode and rebin, all shards; everything: not only a fair part of the spectra, and no weights,
    since there is truth."""
    with Sample(codes) as coded, Sample(spectra) as sample:
        table = coded.columns(["file", "score", "best_group", "labelled_row"])
        total = len(table["file"])
        rows = np.arange(total) if everything else fair_part(total)
        x, own = sample.rows("features", unknown_rows(sample)[rows]), table["labelled_row"][rows]
        weights = None if everything else model.calibrated(table["score"], table["best_group"]).weights
        return Searched(table["file"][rows], coded.rows("codes", rows), model.network_codes(x, own), weights)


def network_lists(model, cuts, codes):
    """`list_scores` of codes (n, bits / 64) that the network alone gives all unclassified spectra: `votes` of all queries,
    all else of the confident ones, at both shares of `cuts`."""
    queries = model.labelled["network_codes"][model.queries]
    return list_scores(queries, codes, model.bits, (cuts.share, cuts.narrow), cuts.confident)


def union_rows(searched, model, cuts, marks, truth=None, paper=None):
    """Rows of COLUMNS: how much of the sample, and of the class in it, the union of lists of each share holds.

    marks: {mark: share} beside those of GRID; truth: (n,) bool, of the class; None: completeness is told by degraded copies
    of released spectra, without the lists of their own unit; paper: where there is truth, queries and codes (n, k) of the
    search of Guo et al. (2019), packed. None where nothing was searched.
    """
    if not len(searched.files):
        return
    labelled, queries, held = model.labelled, np.flatnonzero(model.queries), model.stand_ins[0]
    unit = labelled["unit"]
    kinds = [
        (LEVELS, "confident", queries[cuts.confident], labelled["codes"], searched.codes),
        (LEVELS, "all", queries, labelled["codes"], searched.codes),
        (NETWORK, "all", queries, labelled["network_codes"], searched.network_codes),
    ]
    kinds += [(PAPER, "all", np.arange(len(paper[0])), *paper)] if paper else []
    shares = sorted([(share, "") for share in GRID.tolist()] + [(share, mark) for mark, share in marks.items()])
    for name, who, asked, known, codes in kinds:
        ranks = np.cumsum(count_distances(known[asked], codes, 64 * codes.shape[1]), axis=1)
        smallest = smallest_shares(known[asked], codes, ranks, len(codes))
        if truth is None:
            of_class = smallest_shares(known[asked], known[held], ranks, len(codes), (unit[asked], unit[held]))
            weights, units = searched.weights, unit[held]
        else:
            of_class = smallest[truth]
            weights, units = np.ones(len(of_class)), np.arange(len(of_class))
        for share, mark in shares:
            row = {
                "codes": name,
                "queries": who,
                "share": share,
                "mark": mark,
                "size": in_union(smallest, share).mean(),
            }
            row |= dict(
                zip(("completeness", "low", "high"), completeness_of(of_class, share, weights, units), strict=True)
            )
            yield row | {"told_by": "copies" if truth is None else "truth"}
