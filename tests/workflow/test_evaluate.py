"""Peers, bits and accuracy curves of the smallest survey: every method in every table, as documented."""

from pathlib import Path

import pytest
from format_reference import meanings_of, read_meanings
from mstarhash.peers.accuracy_runs import LENGTHS, METHODS
from mstarhash.peers.runs import HASHES, SCORES
from project import link_project, rows, run

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("peers", "peers_bins", "bits", "hash_properties", "accuracy_recall", "accuracy_area")


@pytest.fixture(scope="module")
def tables(tiny, tmp_path_factory):
    folder = link_project(tiny, tmp_path_factory.mktemp("evaluate") / "tiny")
    overlay = folder / "few.yaml"
    overlay.write_text("evaluate: {splits: 2, cluster_splits: 1, queries: 10}\n")
    targets = ["results/evaluate/peers.csv", "results/figures/fig08.png"]
    run(folder, *targets, "--configfile", "tiny.yaml", overlay, "--rerun-triggers", "mtime")
    for name in ("peers", "fig08"):
        assert (folder / f"results/figures/{name}.png").read_bytes().startswith(b"\x89PNG")
        assert len(rows(folder / f"results/figures/{name}.csv")) > 20
    return {name: rows(folder / f"results/evaluate/{name}.csv") for name in TABLES}


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_as_documented(tables, name):
    told = [row["name"] for row in meanings_of(f"evaluate/{name}.csv", read_meanings(ROOT / "config/formats.csv"))]
    assert list(tables[name][0]) == told


def test_every_method_is_judged_with_both_kinds_of_preprocessing(tables):
    named = {(row["method"], row["preprocessing"]) for row in tables["peers"]}
    for method in [*HASHES, *SCORES, "ML-PIL, class targets", "template matching"]:
        assert {(method, "search"), (method, "published")} <= named
    assert {row["method"] for row in tables["peers"]} >= {"this search", "PCA + logistic regression"}
    for row in tables["peers"]:
        assert 0 <= float(row["ap_low"]) <= float(row["ap"]) + 0.1 and float(row["share_90"]) <= float(row["share_99"])
    for scored_by in ("votes", "votes at the prior", "rank shares"):
        of_lists = [
            row["method"] for row in tables["peers"] if row["scored_by"] == scored_by and "this" not in row["method"]
        ]
        assert len(of_lists) == 1 + 2 * (len(HASHES) + 1) and of_lists.count("search of G19") == 1
    found = {row["by"]: 0 for row in tables["peers_bins"]}
    for row in tables["peers_bins"]:
        if row["method"] == "this search":
            found[row["by"]] += int(row["n_true"])
    assert set(found.values()) == {int(tables["peers"][0]["n_true"])}


def test_bits_of_every_hash_method_on_both_samples(tables):
    for method in ["this search", *HASHES]:
        for sample in ("training", "unclassified"):
            bits = [
                r
                for r in tables["bits"]
                if (r["method"], r["sample"], r["preprocessing"]) == (method, sample, "search")
            ]
            assert [int(row["bit"]) for row in bits] == list(range(len(bits))) and len(bits) >= 32
            means = [float(row["mean"]) for row in bits]
            assert [int(row["dead"]) for row in bits] == [int(not 0.02 < m < 0.98) for m in means]
            (one,) = [
                r for r in tables["hash_properties"]
                if (r["method"], r["sample"], r["preprocessing"]) == (method, sample, "search")
            ]  # fmt: skip
            assert float(one["imbalance"]) == pytest.approx(sum(abs(m - 0.5) for m in means) / len(means), abs=1e-3)


def test_curves_of_every_code_and_length(tables):
    found = {(row["method"], int(row["bits"])) for row in tables["accuracy_area"] if row["split"] == "family"}
    assert found >= {(method, bits) for method in [*METHODS, "ML-PIL of G19"] for bits in LENGTHS}
    assert ("this search", 256) in found
    assert {row["split"] for row in tables["accuracy_recall"]} == {"family", "cluster"}
    area = {tuple(row[key] for key in list(row)[:6]): float(row["area"]) for row in tables["accuracy_area"]}
    curves = {}
    for row in tables["accuracy_recall"]:
        assert (
            float(row["low"]) <= float(row["accuracy"]) + 1e-4 and float(row["accuracy"]) <= float(row["high"]) + 1e-4
        )
        curves.setdefault(tuple(row[key] for key in list(row)[:6]), []).append(float(row["accuracy"]))
    for key, values in curves.items():
        assert len(values) == 100 and area[key] == pytest.approx(sum(values) / 100, abs=1e-3)
