"""Errors are true: injected spectra and repeat visits; the table that says so."""

import csv

import numpy as np
import pulls
import pytest
import toy_measured
import toy_stars
import yaml
from conftest import ROOT
from mstarhash.common.configuration import flag_list, read_schema
from mstarhash.measure.injection import pairs, summary, zeta_useful
from mstarhash.spectra.hdf5 import create, write_columns


def words(**changes):
    config, schema = yaml.safe_load((ROOT / "config/config.yaml").read_text()), read_schema()["properties"]
    return [word for key in ("measure", "pulls") for word in flag_list(config[key] | changes.get(key, {}), schema[key])]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """pulls.csv of 500 toy stars injected at S/N 20 into 30 spectra, one with a gap; 60 stars with two visits."""
    folder = tmp_path_factory.mktemp("pulls")
    toy_stars.write_templates(folder / "templates.h5")
    pixels = [toy_stars.observed(2.0, 0.0, 20, seed) for seed in range(30)]
    flux, ivar = (np.array(part) for part in zip(*pixels, strict=True))
    ivar[3, 2400:2500] = 0
    toy_stars.write_ingest(folder / "ingest.h5", flux, ivar, snr_r=np.full(30, 20.0))
    star = toy_measured.stars(60)
    visit = np.append(np.arange(60), np.arange(60))
    rng = np.random.default_rng(3)
    columns = {key: values[visit] for key, values in toy_measured.measured(star).items()}
    columns |= {"file": np.array([f"f{k}.fits" for k in range(120)]), "order": np.arange(120, dtype="u8")}
    columns |= {"tio5": 0.8 + rng.normal(0, 0.02, 120), "rv": columns["rv"] + rng.normal(0, 5, 120)}
    columns["duplicate_of"] = np.where(np.arange(120) == 119, "f118.fits", "")
    toy_measured.write_measured(folder / "measure.h5", columns)
    with create(folder / "crossmatch.h5", "crossmatch", "toy") as out:
        write_columns(out, {"file": columns["file"], "object": visit})
    paths = {key: str(folder / f"{key}.h5") for key in ("templates", "measure", "crossmatch")}
    argv = [*words(pulls={"draws": 500, "snr": [20.0], "donors": 30}, measure={"rv_min_stars": 0})]
    argv += [f"--{key}={path}" for key, path in paths.items()] + ["--spectra", str(folder / "ingest.h5")]
    assert pulls.main([*argv, "--output", str(folder / "pulls.csv")]) == 0
    with open(folder / "pulls.csv", newline="") as source:
        return list(csv.DictReader(source))


def test_injected_errors_are_true(table):
    """Median within 0.1 and width within 0.1 of 1, each with room for the 500 draws."""
    found = {row["quantity"]: row for row in table if row["sample"] == "injection"}
    assert len(found) == 16 and {row["snr"] for row in found.values()} == {"20"}
    for name, row in found.items():
        if name == "rv":  # the floor of the error holds differences of the toy templates that are none
            continue
        assert int(row["n"]) > 200, name
        assert abs(float(row["median"])) < 0.1 + 2.5 * float(row["median_err"]), name
        assert abs(float(row["half_width"]) - 1) < 0.1 + 2.5 * float(row["half_width_err"]), name
        assert float(row["noise_scale"]) == 1.1


def test_repeats_show_errors_that_are_too_small(table):
    found = {(row["quantity"], row["snr"]): row for row in table if row["sample"] == "repeats"}
    assert int(found["tio5", "all"]["n"]) == int(found["tio5", "10-30"]["n"]) == 59  # one is the same spectrum again
    assert float(found["tio5", "all"]["half_width"]) == pytest.approx(2.0, abs=0.5)  # 0.01 is quoted for 0.02
    assert float(found["rv", "all"]["half_width"]) == pytest.approx(1.0, abs=0.3)
    assert found["tio5", "<5"]["n"] == "0" and found["tio5", "<5"]["half_width"] == ""


def test_pairs():
    group = np.array([4, 1, 4, 2, 4, 1, 4, 3])
    assert pairs(group, np.ones(8, bool)).tolist() == [[1, 5], [0, 2], [4, 6]]
    assert pairs(group, group != 4).tolist() == [[1, 5]]
    assert pairs(group[:1], np.ones(1, bool)).shape == (0, 2) and pairs(group[:0], np.ones(0, bool)).shape == (0, 2)


def test_summary_of_normal_deviations():
    rng = np.random.default_rng(1)
    row = summary(0.3 + 2 * rng.standard_normal(40000), np.full(40000, 2.0))
    assert row["median"] == pytest.approx(0.15, abs=0.02) and row["half_width"] == pytest.approx(1, abs=0.02)
    widths = [summary(rng.standard_normal(400), np.ones(400)) for _ in range(400)]
    for key in ("median", "half_width"):
        spread = np.std([one[key] for one in widths])
        assert np.mean([one[f"{key}_err"] for one in widths]) == pytest.approx(spread, rel=0.1)
    assert np.isnan(summary(np.array([1.0, np.nan]), np.ones(2))["median"])


def test_zeta_is_of_use_where_its_denominator_is_known():
    assert list(zeta_useful("zeta", np.array([1.2, 1.8, 1.9]), np.array([0.05, 0.1, 0.001]))) == [True, False, False]
