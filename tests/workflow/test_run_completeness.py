"""The step `completeness` on the small survey, and its table on the default one."""

import numpy as np
import pytest
import yaml
from mstarhash.quality.completeness import completeness, read_table
from mstarhash.quality.fakes import IMPOSTORS
from project import link_project, rows, run

FOLDER = "results/completeness"
FEW = {"each": 8, "snr": [1.0, 2.0, 5.0], "impostors": 60, "noise": 400}


def injected(finished, folder, **keys):
    """A copy of the small survey with the step run in it."""
    folder = link_project(finished, folder)
    (folder / "few.yaml").write_text(yaml.safe_dump({"completeness": FEW | keys}))
    run(folder, f"{FOLDER}/completeness.csv", "--configfile", "config/small.yaml", "few.yaml")
    return folder


@pytest.fixture(scope="module")
def models(finished, tmp_path_factory):
    return injected(finished, tmp_path_factory.mktemp("completeness") / "models")


def test_every_cell_and_every_kind_has_its_row(models):
    table = rows(models / f"{FOLDER}/completeness.csv")
    assert len(table) == (10 + 7) * 2 and {row["n"] for row in table} == {"8"}
    null = rows(models / f"{FOLDER}/purity.csv")
    assert [row["kind"] for row in null] == list(IMPOSTORS) and {row["n"] for row in null} == {"60"}
    for row in table + null:
        for name in ("p_m", "first_3", "first_5"):
            share, low, high = (float(row[key]) for key in (name, f"{name}_low", f"{name}_high"))
            assert share == pytest.approx(int(row[f"{name}_found"]) / int(row["n"]), abs=1e-5) and low <= share <= high
        assert int(row["first_3_found"]) <= int(row["first_5_found"])


def test_late_and_bright_stars_are_recovered_impostors_are_not(models):
    table = read_table(models / f"{FOLDER}/completeness.csv")
    late, early = (completeness(subtype, 3.0, "dwarf", table, "first_5") for subtype in (6, 0))
    assert late == 1 and early < late
    bright, faint = (table["first_5"][table["snr_low"] == low].mean() for low in (2.0, 1.0))
    assert bright > faint
    null = rows(models / f"{FOLDER}/purity.csv")
    assert np.mean([float(row["p_m"]) for row in null]) < 0.1 < 0.6 < table["p_m"].mean()


def test_released_spectra_that_no_training_has_seen(finished, tmp_path):
    folder = injected(finished, tmp_path / "released", source="released", min_snr=3.0, impostors=5)
    table = rows(folder / f"{FOLDER}/completeness.csv")
    filled = [row for row in table if row["n"] != "0"]
    assert 0 < len(filled) < len(table) and all(int(row["stars"]) <= 8 for row in filled)
    assert all(row["p_m"] == "" for row in table if row["n"] == "0")
