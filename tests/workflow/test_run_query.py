"""scripts/query.py on a finished run."""

import csv
import subprocess
import sys

from mstarhash.search import querying
from mstarhash.search.codes import hamming
from mstarhash.search.model import read_model
from mstarhash.spectra.hdf5 import open_h5, read_columns


def rows_of(path):
    with open(path, newline="") as source:
        return list(csv.DictReader(source))


def test_a_spectrum_of_the_training_set_gets_nearly_the_code_that_it_has_left_out(finished, monkeypatch):
    monkeypatch.chdir(finished)
    model = read_model("results/train/model.h5")
    recipe = querying.read_recipe("results/rebin/0001.h5")
    with open_h5("results/encode/0001.h5") as source:
        columns = read_columns(source, ["file", "codes"])
    for row in range(5):
        one, flux, ivar, vector = querying.read_one(columns["file"][row], recipe)
        distance = hamming(
            querying.one_code(model, flux, ivar, vector, one.values["snr_r"])[1][None], columns["codes"][row][None]
        )[0, 0]
        assert distance < model.bits / 4


def test_neighbours_of_the_best_candidate_are_m_stars(finished):
    best = rows_of(finished / "results/candidates/candidates.csv")[0]["file"]
    command = [sys.executable, "scripts/query.py", best, "--nearest", "7", "--output", "found/near.png"]
    done = subprocess.run(command, cwd=finished, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows = rows_of(finished / "found/near.csv")
    for kind in ("labelled", "unclassified"):
        part = [row for row in rows if row["set"] == kind]
        assert [row["nearest"] for row in part] == [str(k) for k in range(1, 8)]
        distance = [int(row["distance"]) for row in part]
        assert distance == sorted(distance) and best not in [row["file"] for row in part]
    assert sum(row["wanted"] == "1" for row in rows) >= 6
    assert all(row["p_m"] and row["rank"] for row in rows if row["set"] == "unclassified")
    assert (finished / "found/near.png").read_bytes().startswith(b"\x89PNG")
    assert f"{sum(row['wanted'] == '1' for row in rows)} of the 7 nearest labelled" in done.stdout
