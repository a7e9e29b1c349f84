"""`snakemake bench` on a finished run, with sizes so small that its numbers mean nothing."""

import math
from types import SimpleNamespace

import bench
import pytest
import yaml
from mstarhash.bench import timing
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


@pytest.fixture
def spend(monkeypatch):
    """A clock of our own, so that no other load on the machine is timed: spend(seconds) moves it on."""
    spent = []
    monkeypatch.setattr(timing, "time", SimpleNamespace(perf_counter=lambda: sum(spent)))
    return spent.append


def test_the_fastest_peer_is_timed_and_the_others_are_told(spend):
    peers = {"slow": lambda k: spend(k * 2.0), "fast": lambda k: spend(k * 0.5)}
    row = timing.run(timing.Case(40, lambda: spend(1.0), peers, lambda: 0.5), 2)
    row.pop("rss_mb")
    assert row == {
        "n": 40, "ours_s": 1.0, "peer": "fast; slow: 80 s", "peer_n": 40, "peer_s": 20.0, "ratio": 20.0, "floor_s": 0.5
    }  # fmt: skip


def test_a_peer_over_the_limit_is_timed_on_fewer(spend):
    row = timing.run(timing.Case(1000, lambda: spend(1.0), {"slow": lambda k: spend(k * 0.5)}), 1)
    assert row["peer_n"] == 60 and row["peer_s"] == 500.0 and "floor_s" not in row  # 60: half of what the limit allows
