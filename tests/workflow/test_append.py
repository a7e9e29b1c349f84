"""New, replaced and removed files, other labels: only their shards are read again; the result is that of a run from scratch."""

import csv
import shutil

import pytest
import yaml
from project import CANDIDATES, FITS, TO_CATALOGUE, link_project, listed, rows, run, same, scheduled, scheduled_each

KINDS = ("fits", "csv", "xml", "parquet")
CATALOGUE = [f"results/catalogue/{what}.{kind}" for what in ("spectra", "objects") for kind in KINDS]
SEARCH = {"candidates": 1, "retrieve_cut": 1, "retrieve": 2}
LEARN = {"positives": 1, "negatives": 1, "train": 1}
STARS = {name: 1 for name in ("crossmatch", "luminosity", "activity", "kinematics", "catalogue")}
ITS_SHARD = {"ingest": 1, "rebin": 1, "measure_released": 1}
PLAIN = (
    ITS_SHARD
    | LEARN
    | SEARCH
    | STARS
    | {name: 2 for name in ("encode", "match", "retrieve_count", "measure_released", "measure")}
)
FROZEN = ITS_SHARD | SEARCH | STARS | {"encode": 1, "match": 1, "retrieve_count": 1, "measure": 2}


def append(folder):
    """Files of later/ get to their places."""
    for path in sorted((folder / "later").iterdir()):
        shutil.move(path, folder / FITS / path.name.split("-")[2].rsplit("_sp", 1)[0] / path.name)


def replace(folder):
    """One file gets the bytes of another one, under its own name."""
    first, second = listed(folder, "0001")[:2]
    (folder / first).unlink()
    shutil.copy(folder / second, folder / first)


def remove(folder):
    (folder / listed(folder, "0001")[5]).unlink()


def relabel(folder):
    """A catalogue with another class for one file."""
    row = rows(folder / "results/manifest/0001.tsv", delimiter="\t")[7]
    with open(folder / "labels.csv", "w", newline="") as out:
        names = ["lmjd", "planid", "spid", "fiberid"]
        writer = csv.writer(out)
        writer.writerow([*names, "class", "subclass", "z"])
        writer.writerow([*(row[name] for name in names), "STAR", "K3", "0.0001"])
    config = yaml.safe_load((folder / "mine.yaml").read_text())
    config["input"]["catalogue"] = "labels.csv"
    (folder / "mine.yaml").write_text(yaml.safe_dump(config))


def nothing(folder):
    """A folder more without spectra, and a file that no glob names."""
    (folder / FITS / "new").mkdir()
    (folder / FITS / "new/notes.txt").write_text("no spectrum")


CASES = {append: PLAIN, replace: PLAIN, remove: PLAIN, relabel: PLAIN, nothing: {}}


@pytest.fixture(scope="module")
def plans(lamost, tmp_path_factory):
    """{case: {rule: jobs}} by dry runs."""
    cases = []
    for change in CASES:
        folder = link_project(lamost, tmp_path_factory.mktemp("append") / change.__name__, fits=True)
        change(folder)
        cases.append((folder, *TO_CATALOGUE, "--configfile", "mine.yaml"))
    return dict(zip(CASES, scheduled_each(cases), strict=True))


@pytest.mark.parametrize("change", CASES, ids=lambda change: change.__name__)
def test_only_the_shard_of_a_changed_file_is_read_again(plans, change):
    assert plans[change] == CASES[change]


def test_appended_run_is_a_run_from_scratch(lamost, tiny, tmp_path):
    """`tiny` made all files at once, as a mock survey with its truth beside them."""
    folder = link_project(lamost, tmp_path / "appended", fits=True)
    assert same(folder, tiny, [CANDIDATES]) == [CANDIDATES]
    append(folder)
    run(folder, *TO_CATALOGUE, "--configfile", "mine.yaml")
    assert same(folder, tiny, [CANDIDATES, *CATALOGUE]) == []


def test_trained_model_is_used_as_it_is(lamost, tmp_path):
    folder = link_project(lamost, tmp_path / "frozen", fits=True)
    shutil.copy(folder / "results/train/model.h5", folder / "trained.h5")
    config = yaml.safe_load((folder / "mine.yaml").read_text())
    config["train"]["model"] = "trained.h5"
    (folder / "mine.yaml").write_text(yaml.safe_dump(config))
    done = run(folder, *TO_CATALOGUE, "--configfile", "mine.yaml")
    assert not any(f"(Rule: {name})" in done.stderr for name in LEARN) and "(Rule: candidates)" in done.stderr
    assert same(folder, lamost, [CANDIDATES, *CATALOGUE]) == []  # the model holds all that scoring and measuring need
    for name in LEARN:
        shutil.rmtree(folder / "results" / name)
    append(folder)
    assert scheduled(folder, *TO_CATALOGUE, "--configfile", "mine.yaml") == FROZEN
