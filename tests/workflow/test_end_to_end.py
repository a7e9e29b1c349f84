"""The small mock survey and the real spectra, from files to the catalogue."""

import csv
import os
import random
import re
from pathlib import Path

import h5py
import numpy as np
import pytest
import yaml
from astropy.io import fits
from mstarhash.search.metrics import average_precision
from project import CANDIDATES, TEMPLATES, TO_CATALOGUE, copy_project, rows, run


def column(folder, pattern, name):
    """A column of all HDF5 files that match, one after the other."""
    parts = []
    for path in sorted((folder / "results").glob(pattern)):
        with h5py.File(path) as source:
            parts.append(source[name][:])
    return np.concatenate(parts)


def statuses(folder, results="results"):
    paths = sorted((folder / results).glob("ingest/*.status.tsv"))
    return [row for path in paths for row in rows(path, delimiter="\t")]


def test_few_known_others_are_completed_by_templates_of_other_classes(finished):
    """350 are released: every template of another class is among the negatives, with copies, and is an average."""
    with h5py.File(finished / "results/negatives/negatives.h5") as source:
        kind, subclass, cluster = (source[name][:].astype(str) for name in ("kind", "subclass", "cluster"))
        family, group = source["family"][:], source["group"][:].astype(str)
        number, averages = (source[f"averages/{name}"][:].astype(str) for name in ("cluster", "group"))
    mine = kind == "template"
    assert (
        mine.sum() > 80 and not [text for text in subclass[mine] if "M" in text] and {"K7", "G5"} <= {*subclass[mine]}
    )
    place = dict(zip(number, averages, strict=True))
    assert [place[one] for one in cluster[mine]] == group[mine].tolist()
    copies = [(kind[family == one] == "copy").sum() for one in family[mine][:5]]
    assert copies == [(kind[family == family[0]] == "copy").sum()] * 5 and copies[0] > 1


def test_counts_agree_from_the_survey_to_the_catalogue(finished):
    truth = rows(finished / "results/survey/truth.csv")
    listed = [
        row for path in sorted((finished / "results/manifest").glob("*.tsv")) for row in rows(path, delimiter="\t")
    ]
    status = statuses(finished)
    assert len(truth) == len(listed) == len(status) == 600 + 420 + 90 + 350
    kept = sum(row["status"] == "ok" for row in status)
    assert kept > 0.97 * len(status)
    assert kept == len(column(finished, "ingest/*.h5", "file")) == len(column(finished, "rebin/*.h5", "file"))
    candidates = rows(finished / CANDIDATES)
    unknown = {row["file"] for row in truth if row["role"] == "unknown"}
    assert {row["file"] for row in candidates} == unknown & {row["file"] for row in status if row["status"] == "ok"}
    assert [int(row["rank"]) for row in candidates] == list(range(1, len(candidates) + 1))
    new = sum(float(row["p_m"]) >= 0.5 for row in candidates)
    released = len(column(finished, "measure/*.released.h5", "file"))
    assert new == len(column(finished, "measure/*.candidates.h5", "file")) and released > 0.97 * 510
    with fits.open(finished / "results/catalogue/spectra.fits") as source:
        table = source[1].data
        files, origin = table["file"].tolist(), table["source"].tolist()
    assert len(set(files)) == len(files) == new + released and origin.count("new") == new
    spectra = rows(finished / "results/catalogue/spectra.csv")
    assert [row["file"] for row in spectra] == files
    objects = {row["object"] for row in spectra}
    assert len(rows(finished / "results/catalogue/objects.csv")) == len(objects) <= len(files)


def test_ranking_finds_the_stars_and_the_votes_do_not(finished):
    is_m = {row["file"]: row["is_m"] == "1" for row in rows(finished / "results/survey/truth.csv")}
    found = rows(finished / CANDIDATES)
    own = average_precision([-int(row["rank"]) for row in found], [is_m[row["file"]] for row in found])
    table = rows(finished / "results/evaluate/ranking.csv")
    ap = {row["method"]: float(row["ap"]) for row in table if row["sample"] == "unclassified"}
    assert own >= 0.9 and ap["default"] == pytest.approx(own, abs=1e-4)
    assert ap["G19 votes"] < 0.4
    stars = sum(is_m.values()) - 510
    assert 0.6 * stars < sum(float(row["p_m"]) for row in found) < 1.6 * stars  # calibrated


def test_velocities_and_types_of_the_mock_survey(finished):
    """Released M0-M6: scatter, outliers, types; looser than the survey's goals by what so few stars allow."""
    truth = {row["file"]: row for row in rows(finished / "results/survey/truth.csv")}
    names = ("file", "snr_r", "rv", "rv_err", "rv_template", "flags", "subtype", "subtype_template")
    found = {name: column(finished, "measure/*.released.h5", name) for name in names}
    true = [truth[name.decode()] for name in found["file"]]
    rv, subtype = (np.array([float(row[key]) for row in true]) for key in ("rv", "subtype"))
    assert (np.isfinite(found["rv"]) == np.isfinite(found["rv_err"])).all()
    assert ((found["rv_template"] != b"") == np.isfinite(found["rv"])).all()
    mine = (subtype > -0.5) & (subtype < 6.5) & np.isfinite(found["rv"])
    pull = ((found["rv"] - rv) / found["rv_err"])[mine]
    assert (np.abs(pull) > 4).mean() <= 0.02 and 0.85 < np.diff(np.percentile(pull, [16, 84]))[0] / 2 < 1.15
    for low, high, scatter in ((2.5, 3.5, 22), (4, 7, 13), (8, 13, 9)):
        some = mine & (found["snr_r"] > low) & (found["snr_r"] < high)
        off = (found["rv"] - rv)[some]
        room = 1 + 2 * 1.17 / np.sqrt(some.sum())  # two sigma of the estimate
        assert some.sum() >= 30 and 1.4826 * np.median(np.abs(off - np.median(off))) < scatter * room, low
        if low >= 4:
            for key in ("subtype", "subtype_template"):
                assert (np.abs(found[key] - subtype)[some] <= 1).mean() >= 0.85, (low, key)


HIDDEN_M, HIDDEN_OTHERS = 20, 150


@pytest.fixture(scope="module")
def real(shared_data, finished, tmp_path_factory):
    """A project in which all real spectra went to the catalogue, and once more, into hidden/, with 170 labels hidden."""
    folder = copy_project(tmp_path_factory.mktemp("real") / "real", finished)
    labels = rows(shared_data / "labels.csv")
    wanted = [row for row in labels if row["is_m"] == "1" and row["class"].strip().upper() == "STAR"]
    others = [row for row in labels if row["is_m"] == "0" and row["class"].lower() != "unknown"]
    rng = random.Random(3)
    hidden = {row["file"] for row in rng.sample(wanted, HIDDEN_M) + rng.sample(others, HIDDEN_OTHERS)}
    with open(folder / "catalogue.txt", "w", newline="") as out:
        writer = csv.writer(out, delimiter="|")
        writer.writerow(["obsid", "lmjd", "planid", "spid", "fiberid", "class", "subclass", "z"])
        for row in labels:
            label = ("Unknown", "Non", "-9999") if row["file"] in hidden else (row["class"], row["subclass"], row["z"])
            lmjd = re.search(r"spec-(\d{5})-", row["original_name"])[1]
            writer.writerow([row["obsid"], lmjd, row["planid"], row["spid"], row["fiberid"], *label])
    config = yaml.safe_load((folder / "config/lamost.yaml").read_text())
    config["input"]["spectra"] = [f"{shared_data}/lamost/*.fits.gz"]
    (folder / "mine.yaml").write_text(yaml.safe_dump(config | {"results": "results"}))
    for results in ("results", "hidden"):
        (folder / results / "templates").mkdir(parents=True)
        os.link(finished / TEMPLATES, folder / TEMPLATES.replace("results", results))
    config["input"]["catalogue"] = "catalogue.txt"
    (folder / "hidden.yaml").write_text(yaml.safe_dump(config | {"results": "hidden"}))
    run(folder, *TO_CATALOGUE, "--configfile", "mine.yaml")
    run(folder, CANDIDATES.replace("results", "hidden"), "--configfile", "hidden.yaml")
    return folder, {Path(row["file"]).name: row for row in labels}, {Path(file).name for file in hidden}


def test_every_real_file_is_kept_and_has_one_row(real):
    folder, labels, _ = real
    status = statuses(folder)
    assert sorted(Path(row["file"]).name for row in status) == sorted(labels) and len(labels) == 351
    assert {row["status"] for row in status} == {"ok"}
    assert len(column(folder, "rebin/*.h5", "file")) == 351
    released = {name for name, row in labels.items() if row["is_m"] == "1" and row["class"].strip().upper() == "STAR"}
    measured = {Path(name.decode()).name for name in column(folder, "measure/*.released.h5", "file")}
    assert measured == released
    catalogue = rows(folder / "results/catalogue/spectra.csv")
    assert len({row["file"] for row in catalogue}) == len(catalogue) >= len(released)


def test_the_unclassified_m_star_comes_first(real):
    folder, labels, _ = real
    found = [labels[Path(row["file"]).name]["is_m"] for row in rows(folder / CANDIDATES)]
    assert len(found) == 4 and found[0] == "1" and found.count("1") == 1


def test_hidden_m_stars_rank_above_hidden_others(real):
    folder, labels, hidden = real
    found = [row for row in rows(folder / CANDIDATES.replace("results", "hidden")) if Path(row["file"]).name in hidden]
    assert len(found) == HIDDEN_M + HIDDEN_OTHERS
    bright = [row for row in found if row["snr_r"] and float(row["snr_r"]) > 5]
    truth = [labels[Path(row["file"]).name]["is_m"] == "1" for row in bright]
    assert average_precision([-int(row["rank"]) for row in bright], truth) >= 0.97


def test_types_of_real_m_stars_are_those_of_the_survey(real):
    """The published column within one subtype of the label for 97 % at S/N r above 10, medians within 0.2.

    One label is wrong (data README 13: called dM4 with a TiO5 of 0.76) and left out; by template two more of the 62 are off.
    """
    folder, labels, _ = real
    names = [Path(name.decode()).name for name in column(folder, "measure/*.released.h5", "file")]
    bright = [bool(labels[name]["snr_r"]) and float(labels[name]["snr_r"]) > 10 for name in names]
    zero = np.array(column(folder, "measure/*.released.h5", "subtype_zero"))[bright]
    for key in ("subtype", "subtype_template"):  # without the zero point of these stars, the wrong label among them
        moved = np.array(column(folder, "measure/*.released.h5", key))[bright]
        found = np.floor(moved - zero + 0.5)
        every = np.array([float(re.search(r"M(\d)", labels[name]["subclass"])[1]) for name in names])[bright]
        assert len(every) == 63
        assert (np.abs(found - every) <= 1).mean() >= 0.97 and abs(np.nanmedian(found - every)) < 0.2, key
        assert (np.abs(np.floor(moved + 0.5) - every) <= 1).mean() >= 0.95, key
    bright = np.array(bright) & np.array(["sp03-151" not in name for name in names])
    label = np.array([float(re.search(r"M(\d)", labels[name]["subclass"])[1]) for name in names])[bright]
    assert len(label) == 62
    for key, share in (("subtype", 0.97), ("subtype_template", 0.95)):
        found = np.array(column(folder, "measure/*.released.h5", key))[bright]
        assert (np.abs(np.floor(found + 0.5) - label) <= 1).mean() >= share, key
        assert abs(np.nanmedian(found - label)) < 0.2, key
