"""Tables of the step `evaluate`."""

import csv

import numpy as np

from mstarhash.common.progress import say
from mstarhash.common.texttables import read_rows
from mstarhash.peers.baselines import PaperSearch, logistic_scores, read_plain
from mstarhash.quality import reliability
from mstarhash.search import metrics
from mstarhash.search.fusion import SCORES, evidence
from mstarhash.search.model import as_unclassified, read_model
from mstarhash.search.retrieval import list_scores
from mstarhash.spectra.sample import Sample
from mstarhash.spectra.targets import unknown_rows


def unknown_scores(candidates, known, others):
    """Scores of the searched spectra by each method, their truth and P(M); empty where there is no truth.

    candidates: path of candidates.csv; known: as from `read_truth`; others: {method: {file: score}} of further methods.
    """
    if not known:
        return {}, np.array([], bool), np.array([])
    rows = read_rows(candidates)
    columns = {
        "default": "score",
        "retrieval alone": "median_share",
        "smallest rank share": "union_share",
        "votes of narrow lists": "votes_narrow",
        "votes of these codes": "votes",
        "class score alone": "class_score",
        "template score alone": "template_score",
        "likelihood score alone": "likelihood_score",
        "template difference alone": "difference",
    }
    sign = {name: -1 if column.endswith("_share") else 1 for name, column in columns.items()}  # small shares are near
    scores = {name: {row["file"]: sign[name] * float(row[column]) for row in rows} for name, column in columns.items()}
    p_m = np.array([float(row["p_m"]) for row in rows])
    files = [row["file"] for row in rows]
    arrays = {name: np.array([values[file] for file in files]) for name, values in (scores | others).items()}
    return arrays, np.array([known[file]["wanted"] for file in files], bool), p_m


def network_scores(files, lists):
    """{method: {file: score}} of the lists by the network's own bits, columns (n,) of `list_scores`."""
    scores = {
        "network's own bits, median rank share": -lists["median_share"],  # small shares are near
        "network's own bits, votes of narrow lists": lists["votes_narrow"],
        "network's own bits, votes": lists["votes"],
    }
    return {name: dict(zip(files, values, strict=True)) for name, values in scores.items()}


def peer_scores(sets, spectra, shares, seed, threads):
    """{method: {file: score}} of PCA + logistic regression and of the paper's search, on the same training sets; and of the
    latter the queries and the codes of the unclassified spectra, packed.

    sets: paths of the positives and the negatives; spectra: paths of the shards; shares: as of `list_scores`.
    """
    with Sample(spectra) as sample:
        rows = unknown_rows(sample)
        files = sample.columns(["file"])["file"][rows]
        flux, ivar, x = (sample.rows(key, rows) for key in ("flux", "ivar", "features"))
    say("evaluate: PCA and logistic regression")
    logistic, plain = logistic_scores(*sets, x, seed)
    say("evaluate: the paper's search")
    paper = PaperSearch(seed, threads).fit(*map(read_plain, sets))
    codes = paper.codes(flux, ivar)
    votes = list_scores(paper.queries, codes, paper.bits, shares)["votes"]
    scores = {
        "PCA + logistic regression": dict(zip(files, logistic, strict=True)),
        "PCA + logistic regression, no copies": dict(zip(files, plain, strict=True)),
        "G19 votes": dict(zip(files, votes, strict=True)),
    }
    return scores, (paper.queries, codes)


def held_back_scores(path):
    """Fused score and each piece of evidence of the labelled spectra, each as if left out, their truth and their families."""
    model = read_model(path)
    rows = as_unclassified(model.labelled["kind"])
    table = {key: values[rows] for key, values in model.labelled.items()}
    scores = {"default": table["score"]} | dict(zip(SCORES, evidence(table).T, strict=True))
    return scores, table["wanted"], table["family"]


def write_ranking(path, curves_path, samples, seed):
    """ranking.csv: a row a method on each sample; curves.csv.

    samples: {name: (scores by method, truth, source)}; copies of the same `source` are drawn together for the intervals,
    None: each spectrum is one by itself.
    """
    with open(path, "w", newline="") as out, open(curves_path, "w", newline="") as curves:
        writer, curve_writer = None, csv.writer(curves, lineterminator="\n")
        curve_writer.writerow(["sample", "method", "share", "recall", "precision"])
        for sample, (scores, is_true, source) in samples.items():
            for method, values in scores.items():
                if not is_true.any() or is_true.all():
                    continue
                row = {"sample": sample, "method": method} | metrics.summary(values, is_true, seed, source=source)
                if writer is None:
                    writer = csv.DictWriter(out, list(row), lineterminator="\n")
                    writer.writeheader()
                writer.writerow({key: f"{v:.4f}" if isinstance(v, float) else v for key, v in row.items()})
                for point in metrics.curve(values, is_true):
                    curve_writer.writerow([sample, method, *(f"{v:.5f}" for v in point)])


def write_reliability(path, p_m, truth, bins=10):
    """reliability.csv: equal-count bins of rows with P(M) > 0.05, mean P against the fraction that is true."""
    with open(path, "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["bin", "n", "mean_p", "fraction", "sigma"])
        if len(truth):
            count = min(bins, max(1, (p_m > reliability.DOUBTFUL).sum() // 10))
            for row in reliability.bins_of(p_m, truth, count):
                writer.writerow([row["bin"], row["n"], *(f"{row[key]:.4f}" for key in ("mean_p", "fraction", "sigma"))])
            base = truth.mean()
            brier, plain = ((p_m - truth) ** 2).mean(), base * (1 - base)
            writer.writerow(
                ["all", len(truth), f"{p_m.mean():.5f}", f"{base:.5f}", f"{np.sqrt(plain / len(truth)):.5f}"]
            )
            writer.writerow(["brier skill", len(truth), f"{1 - brier / plain:.4f}", "", ""])
