"""docs/formats.md is up to date, and every file of a finished run is as it tells."""

import hashlib
from fnmatch import fnmatchcase
from pathlib import Path

import bench
import format_reference
import h5py
import pytest
from format_reference import check, page, read_meanings, shape_faults
from mstarhash.spectra.hdf5 import SCHEMA_VERSION

ROOT = Path(__file__).resolve().parents[2]
MEANINGS = read_meanings(ROOT / "config/formats.csv")
WIDE = {"codes": 4, "part_scores": 5}


def test_every_file_is_documented_and_the_page_is_up_to_date(finished):
    types, faults = check(finished / "results", MEANINGS)
    assert faults == []
    assert page(types, MEANINGS) == (ROOT / "docs/formats.md").read_text(), "run python scripts/format_reference.py"


def test_a_layout_that_changes_has_a_new_version():
    told = "\n".join(
        f"{pattern} {row['name']} {row['shape']}" for row in MEANINGS for pattern in row["files"] if ".h5" in pattern
    )
    layout = SCHEMA_VERSION, hashlib.sha256(told.encode()).hexdigest()[:16]
    assert layout == (8, "3870ec26869a2296"), "raise spectra.SCHEMA_VERSION where a dataset changed, and put both here"


def test_every_meaning_is_of_a_file_and_said_once():
    patterns = [pattern for _, pattern, _ in format_reference.FILES]
    for row in MEANINGS:
        assert row["meaning"], row
        assert all(any(pattern == one or fnmatchcase(pattern, one) for pattern in patterns) for one in row["files"]), (
            row
        )
    for pattern in patterns:
        names = [row["name"] for row in format_reference.meanings_of(pattern, MEANINGS)]
        assert len(names) == len(set(names)), pattern
    timings = [row["name"] for row in MEANINGS if "bench/bench.csv" in row["files"]]
    assert timings == list(bench.COLUMNS)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda file: file.create_dataset("more", data=[1.0]), "encode/0000.h5: more has no meaning"),
        (lambda file: file.__delitem__("codes"), "encode/0000.h5: codes is told of, and not there"),
        (lambda file: file.attrs.__delitem__("config_hash"), "encode/0000.h5: no root attribute config_hash"),
    ],
)
def test_a_file_that_is_not_as_told_is_found(tmp_path, change, fault):
    path = tmp_path / "encode" / "0000.h5"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        file.attrs.update({key: "" for key in format_reference.ROOT} | {"schema_version": SCHEMA_VERSION})
        for row in format_reference.meanings_of("encode/0000.h5", MEANINGS):
            if not row["name"].startswith("@"):
                file[row["name"]] = [[0.0] * WIDE[row["name"]]] if row["name"] in WIDE else [0.0]
    assert check(tmp_path, MEANINGS)[1] == []
    with h5py.File(path, "a") as file:
        change(file)
    assert any(found.startswith(fault) for found in check(tmp_path, MEANINGS)[1])


def test_shapes_are_told_right():
    told = [("a", "n, p", (3, 7)), ("b", "bits", (256,)), ("c", "n, bits / 64", (3, 4)), ("d", "n, bits + 1", (3, 257))]
    assert shape_faults(told) == []
    assert shape_faults([*told, ("e", "p", (3,))]) == ["e: p is 7, here 3"]
    assert shape_faults([*told, ("e", "n, bits / 64", (3, 5))]) == ["e: bits / 64 is 4, here 5"]
    assert shape_faults([*told, ("e", "n", (3, 1))]) == ["e: (3, 1), told as (n)"]
