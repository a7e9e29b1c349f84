"""A trained model searches another survey, of other stars and worse spectra: nothing is learned anew, next to nothing lost."""

import os
import shutil

import h5py
import pytest
from mstarhash.search import querying
from mstarhash.search.metrics import average_precision
from mstarhash.search.model import read_model
from mstarhash.spectra.hdf5 import open_h5, read_columns
from project import CANDIDATES, TEMPLATES, copy_project, rows, run

WORSE = (
    "survey: {seed: 2, snr_median: 1.8, response_rms: 0.15, sky_residual: 1.5, noise_excess: 1.25, cosmic_rays: 3.0}\n"
)
SURVEY = ("--configfile", "config/small.yaml", "worse.yaml")


@pytest.fixture(scope="module")
def second(finished, tmp_path_factory):
    """The second survey searched by the model of `finished`, which lies beside the results as first.h5."""
    folder = copy_project(tmp_path_factory.mktemp("reuse") / "second", finished)
    (folder / TEMPLATES).parent.mkdir(parents=True)
    os.link(finished / TEMPLATES, folder / TEMPLATES)
    shutil.copy(finished / "results/train/model.h5", folder / "first.h5")
    (folder / "worse.yaml").write_text(WORSE)
    (folder / "reuse.yaml").write_text("train: {model: first.h5}\n")
    run(folder, CANDIDATES, *SURVEY, "reuse.yaml")
    return folder


def precision(folder, candidates):
    is_m = {row["file"]: row["is_m"] == "1" for row in rows(folder / "results/survey/truth.csv")}
    truth = [is_m[row["file"]] for row in candidates]
    assert sum(truth) == 30
    return average_precision([-int(row["rank"]) for row in candidates], truth)


def test_model_is_used_as_it_is_and_counts_agree(finished, second):
    assert (second / "first.h5").read_bytes() == (finished / "results/train/model.h5").read_bytes()
    assert not [name for name in ("positives", "negatives", "train") if (second / "results" / name).exists()]
    found = rows(second / CANDIDATES)
    unknown = {row["file"] for row in rows(second / "results/survey/truth.csv") if row["role"] == "unknown"}
    paths = (second / "results/ingest").glob("*.status.tsv")
    kept = {row["file"] for path in paths for row in rows(path, delimiter="\t") if row["status"] == "ok"}
    assert {row["file"] for row in found} == unknown & kept and len(found) == len(unknown & kept) > 590
    told = {row["quantity"]: float(row["value"]) for row in rows(second / "results/candidates/summary.csv")}
    with h5py.File(second / "first.h5") as model:
        assert told["labelled"] == len(model["labelled/codes"]) and told["searched"] == len(found)
    assert 18 < told["expected_wanted"] < 48  # of 30: P(M) is told at the second survey's own share


def test_query_gives_the_code_that_the_run_gave(second, monkeypatch):
    monkeypatch.chdir(second)
    model = read_model("first.h5")
    recipe = querying.read_recipe("results/rebin/0001.h5")
    with open_h5("results/encode/0001.h5") as source:
        columns = read_columns(source, ["file", "labelled_row", "codes"])
    assert (columns["labelled_row"] < 0).all()
    for row in range(5):
        one, flux, ivar, vector = querying.read_one(columns["file"][row], recipe)
        assert (querying.one_code(model, flux, ivar, vector, one.values["snr_r"])[1] == columns["codes"][row]).all()


def test_fits_of_another_kind_than_the_model_knows_are_refused(second):
    (second / "other.yaml").write_text("match: {floor: 0.04}\n")
    done = run(second, "results/match/0000.h5", *SURVEY, "reuse.yaml", "other.yaml", check=False)
    log = (second / "results/logs/match/0000.log").read_text()
    assert "first.h5 learned from other fits, the section match has floor 0.04 instead of 0.05" in log, done


def test_ranking_is_nearly_that_of_a_model_of_its_own(second):
    reused = precision(second, rows(second / CANDIDATES))
    run(second, CANDIDATES, *SURVEY)
    assert (second / "results/train/model.h5").is_file()
    own = precision(second, rows(second / CANDIDATES))
    assert reused > 0.7 and reused > own - 0.1, (reused, own)
