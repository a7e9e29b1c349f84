"""`snakemake bench` on a finished run, with sizes so small that its numbers mean nothing."""

import math
from time import sleep

import bench
import pytest
import yaml
from mstarhash.bench.timing import Case
from mstarhash.bench.timing import run as time_case
from project import link_project, rows, run, scheduled

SIZES = {"files": 20, "spectra": 20, "fits": 4, "released": 100, "labelled": 200, "queries": 20, "codes": 200}
SIZES |= {"objects_small": 20, "sources_small": 200, "objects_large": 20, "sources_large": 500, "repeats": 1, "seed": 1}
RATIO = 0.01  # of a number written with four digits


@pytest.fixture(scope="module")
def table(finished, tmp_path_factory):
    folder = link_project(finished, tmp_path_factory.mktemp("bench") / "project", fits=True)
    (folder / "bench.yaml").write_text(yaml.safe_dump({"bench": SIZES}))
    files = ("--configfile", "config/small.yaml", "bench.yaml")
    assert scheduled(folder, *files) == {}  # no part of what a plain run makes
    run(folder, "bench", *files)
    return rows(folder / "results/bench/bench.csv")


def test_columns_and_rows(table):
    assert list(table[0]) == list(bench.COLUMNS)
    assert ",".join(bench.COLUMNS) == "what,n,ours_s,peer,peer_n,peer_s,ratio,floor_s,rss_mb"
    names = (
        "read rebin scale positives train encode retrieve neighbours match crossmatch_small crossmatch_large measure"
    )
    assert [row["what"] for row in table] == [*names.split(), "snakemake"] == list(bench.CASES)


def test_numbers_hold_together(table):
    for row in table:
        n, peer_n, rss = (int(row[key]) for key in ("n", "peer_n", "rss_mb"))
        ours, peer, ratio = (float(row[key]) for key in ("ours_s", "peer_s", "ratio"))
        assert row["peer"] and 0 < peer_n <= n and 20 < rss < 2000, row
        assert ours > 0 and peer > 0 and math.isclose(ratio, peer / ours, rel_tol=RATIO), row
        assert row["floor_s"] == "" or float(row["floor_s"]) > 0, row


def test_the_fastest_peer_is_timed_and_the_others_are_told():
    case = Case(
        40, lambda: sleep(0.001), {"slow": lambda k: sleep(k * 1e-3), "fast": lambda k: sleep(k * 1e-4)}, lambda: 0.5
    )
    row = time_case(case, 2)
    assert row["peer"].startswith("fast; slow: 0.0") and row["peer_n"] == row["n"] == 40 and row["floor_s"] == 0.5
    assert row["peer_s"] >= 0.004 and row["ours_s"] >= 0.001 and row["ratio"] == row["peer_s"] / row["ours_s"]


def test_a_peer_over_the_limit_is_timed_on_fewer(monkeypatch):
    from mstarhash.bench import timing

    monkeypatch.setattr(timing, "LIMIT", 0.02)
    row = time_case(Case(1000, lambda: None, {"slow": lambda k: sleep(k * 1e-4)}), 1)
    assert row["peer_n"] <= 100 and row["peer_s"] >= 0.1 and "floor_s" not in row
