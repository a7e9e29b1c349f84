"""The tables of worse surveys on the smallest survey: one overlay, one seed; and the model on real spectra."""

from pathlib import Path

import pytest
from format_reference import meanings_of, read_meanings
from mstarhash.figures import surveys
from mstarhash.quality.robustness import METHODS
from project import link_project, rows, run, scheduled

ROOT = Path(__file__).resolve().parents[2]
FEW = "robustness: {rows: [label_errors, same], seeds: [1], pooled_seeds: [1], draws: 20, real: null}\n"


@pytest.fixture(scope="module")
def folder(tiny, tmp_path_factory):
    folder = link_project(tiny, tmp_path_factory.mktemp("robustness") / "tiny")
    (folder / "few.yaml").write_text(FEW)
    (folder / "config/robustness/same.yaml").write_text("# nothing is changed\n{}\n")
    run(folder, "results/evaluate/robustness.csv", "--configfile", "tiny.yaml", "few.yaml", "--rerun-triggers", "mtime")
    return folder


def test_tables_of_the_smallest_survey(folder):
    meanings = read_meanings(ROOT / "config/formats.csv")
    tables = {
        name: rows(folder / f"results/evaluate/{name}.csv") for name in ("robustness", "pooled", "pooled_reliability")
    }
    for name, table in tables.items():
        assert list(table[0]) == [row["name"] for row in meanings_of(f"evaluate/{name}.csv", meanings)]
    assert {(row["row"], row["seed"], row["method"]) for row in tables["robustness"]} == {
        (row, "all", method) for row in ("plain", "label_errors", "same") for method in METHODS
    }
    for row in tables["robustness"]:
        assert row["n_true"] == "12" and 0.2 < float(row["ap"]) <= 1  # the same stars
        assert (row["paired"], row["change"] == "") == (("", True) if row["row"] == "plain" else ("1", False))
    assert [row["seed"] for row in tables["pooled"]] == ["all"] * len(METHODS) + ["1"] * len(METHODS)
    drawn = {(row["panel"], row["series"]) for row in rows(folder / "results/figures/surveys.csv")}
    assert drawn == {
        *(("ap", f"{method}, plain") for method in surveys.METHODS),
        *(("change", method) for method in surveys.CHANGED),
        ("reliability", "plain"),
    }


def test_a_trial_is_the_plain_run_where_nothing_is_changed(folder):
    """Its survey and scores are those of the run itself, but for a bit on a threshold; its own folder is gone. So the run is
    the trial of its own survey."""
    own, same = (
        {row["file"]: row for row in rows(folder / f"results/trial/{name}-1.csv")} for name in ("plain", "same")
    )
    assert own.keys() == same.keys() and len(own) == 60 and not (folder / "results/trial/same-1").exists()
    for file, row in same.items():
        assert row["wanted"] == own[file]["wanted"]
        for key in ("score", "p_m", "logistic", "logistic_plain"):
            assert float(row[key]) == pytest.approx(float(own[file][key]), abs=0.1)
    found = [row["score"] for row in rows(folder / "results/candidates/candidates.csv")]
    assert [row["score"] for row in own.values()] == found


def test_a_trial_runs_again_where_the_search_changes_and_the_table_alone_where_the_table_does(folder):
    words = ("results/evaluate/robustness.csv", "--configfile", "tiny.yaml", "few.yaml", "more.yaml")
    found = {}
    for text in ("{}", "robustness: {draws: 30}", "match: {floor: 0.1}", "robustness: {seeds: [1, 2]}"):
        (folder / "more.yaml").write_text(text)
        plan = scheduled(folder, *words)
        found[text] = {name: plan[name] for name in ("trial", "trial_own", "robustness") if name in plan}
    trials = {"trial": 2, "trial_own": 1, "robustness": 1}, {"trial": 3, "robustness": 1}
    assert list(found.values()) == [{}, {"robustness": 1}, *trials]


def test_real_spectra_are_searched_by_the_model_of_the_mock_survey(folder, shared_data):
    (folder / "real.yaml").write_text(f"robustness: {{real: {shared_data}}}\n")
    run(
        folder,
        "results/trial/real.csv",
        "--configfile",
        "tiny.yaml",
        "few.yaml",
        "real.yaml",
        "--rerun-triggers",
        "mtime",
    )
    found = rows(folder / "results/trial/real.csv")
    assert len(found) > 340 and sum(row["wanted"] == "1" for row in found) > 60  # all that are kept, with no label read
    assert 0.4 < sum(row["half"] == "quoted" for row in found) / len(found) < 0.6
