"""The script ingest.py: a row for every listed file, whatever is in it."""

import csv
import os
import shutil
from collections import Counter

import h5py
import ingest
import make_data
import manifest
import numpy as np
import pytest
from mstarhash.common.status import BIT, FLAG, STATUS
from mstarhash.input.ingestion import read_row
from mstarhash.input.lists import COLUMNS, read_list
from mstarhash.spectra.hdf5 import read_columns, read_text
from mstarhash.spectra.shards import IDENTITY

FLAGS = ["--min-good=0.5", "--zero-run=3", "--flat-run=5"]


def run(folder, *globs, shards=1, catalogue="", threads=1, candidates=()):
    """Lists and shards of the files that globs name; (HDF5 files, status rows by file)."""
    arguments = [f"--shards={shards}", "--scan=files", "--spectra", *map(str, globs), "--catalogue", str(catalogue)]
    arguments += ["--candidates", *candidates]
    assert manifest.main([*arguments, "--folder", str(folder / "manifest")]) == 0
    spectra, status = [], {}
    for number in range(shards):
        name = f"{number:04d}"
        out = folder / f"ingest/{name}.h5", folder / f"ingest/{name}.status.tsv"
        paths = ["--list", str(folder / f"manifest/{name}.tsv"), "--spectra", str(out[0]), "--status", str(out[1])]
        assert ingest.main([*FLAGS, f"--threads={threads}", *paths]) == 0
        spectra.append(out[0])
        with open(out[1], newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                assert row["status"] in STATUS
                assert row["file"] not in status
                status[row["file"]] = row
    return spectra, status


def listed(path, **values):
    return dict.fromkeys(COLUMNS, "") | {"file": str(path), "order": 1} | values


def test_every_file_is_a_row(tmp_path):
    kept = make_data.write_layouts(tmp_path / "a") | make_data.write_flagged(tmp_path / "a")
    faults = make_data.write_faults(tmp_path / "a")
    twin = tmp_path / "a" / "z" / make_data.file_name(fiberid=1)
    twin.parent.mkdir()
    shutil.copy(tmp_path / "a" / make_data.file_name(fiberid=1), twin)
    spectra, status = run(tmp_path, tmp_path / "a" / "**" / "*.fit*")
    assert len(status) == len(kept) + len(faults) + 1
    for path, flags in kept.items():
        row = status[str(path)]
        assert row["status"] == "ok" and row["reason"] == "", row
        assert set(filter(None, row["flags"].split(","))) == flags, path.name
    for path, (word, reason) in faults.items():
        assert status[str(path)]["status"] == word and reason in status[str(path)]["reason"], path.name
    first = str(tmp_path / "a" / make_data.file_name(fiberid=1))
    assert (status[str(twin)]["status"], status[str(twin)]["reason"]) == ("duplicate", f"the same bytes as {first}")
    with h5py.File(spectra[0]) as out:
        check_shapes(out)
        order = out["order"][:]
        assert len(order) == len(kept) and (order[1:] >= order[:-1]).all()
        assert read_text(out["file"]).tolist() == [file for file, row in status.items() if row["status"] == "ok"]


def check_shapes(out):
    n, longest = len(out["order"]), int(out["npix"][:].max())
    assert all(len(out[name]) == n for name in out)
    assert out["flux"].shape == out["ivar"].shape == out["mask"].shape == (n, longest)
    for row, npix in enumerate(out["npix"][:]):
        assert (out["mask"][row, npix:] == BIT["padding"]).all() and (out["ivar"][row, npix:] == 0).all()
        assert np.isnan(out["flux"][row, npix:]).all() and not (out["mask"][row, :npix] & BIT["padding"]).any()
    assert (out["ivar"][:] >= 0).all() and np.isfinite(out["ivar"][:]).all()
    good = out["mask"][:] == 0
    assert np.isfinite(out["flux"][:][good]).all() and (out["ivar"][:][good] > 0).all()


def test_values_of_a_row(tmp_path):
    path = make_data.write(tmp_path / make_data.file_name(), make_data.image(make_data.header(), *make_data.star()))
    row = read_row(listed(path), 0.5, 3, 5)
    assert row.status == "ok" and row.identity == ("55859", "F5902", "1", "1", "101001")
    values = row.values
    assert (values["designation"], values["release"]) == ("J220848.54-020324.3", "DR5")
    assert (values["mjd"], values["z"], values["snrr"], values["class"], values["subclass"]) == (
        55858, 1.5e-4, 10, "STAR", "M3",
    )  # fmt: skip
    assert np.isnan(values["snrz"]) and values["magtype"] == "ugriz"
    magnitudes = [values[f"mag{place}"] for place in range(1, 8)]
    assert np.array_equal(magnitudes, [18, 17, np.nan, np.nan, 15.5, np.nan, np.nan], equal_nan=True)
    wave, flux, ivar = make_data.star()
    band = (wave >= 6200) & (wave <= 7000)
    assert values["snr_r"] == pytest.approx(np.median(flux[band] * np.sqrt(ivar[band])), rel=1e-6)


def test_the_catalogue_overrides(tmp_path):
    path = make_data.write(tmp_path / make_data.file_name(), make_data.image(make_data.header(), *make_data.star()))
    row = read_row(listed(path, **{"class": "Unknown", "subclass": "Non", "z": "nan"}), 0.5, 3, 5)
    assert (row.values["class"], row.values["subclass"]) == ("Unknown", "Non") and np.isnan(row.values["z"])
    assert row.flags == FLAG["from_catalogue"]
    row = read_row(listed(path, **{"class": "STAR", "subclass": "M1", "z": ""}), 0.5, 3, 5)
    assert (row.values["subclass"], row.values["z"]) == ("M1", 1.5e-4)


def test_obsid_of_the_catalogue_mends_a_bad_one(tmp_path):
    units = make_data.image(make_data.header(OBSID=-28762), *make_data.star())
    path = make_data.write(tmp_path / make_data.file_name(), units)
    assert read_row(listed(path, obsid="20713078"), 0.5, 3, 5).identity[4] == "20713078"
    assert read_row(listed(path), 0.5, 3, 5).identity[4] == "-28762"


def test_a_file_that_is_gone_and_one_not_permitted(tmp_path, monkeypatch):
    row = read_row(listed(tmp_path / "gone.fits", lmjd="55859"), 0.5, 3, 5)
    assert (row.status, row.identity[0]) == ("unreadable", "55859") and "gone" in row.reason
    row = read_row(listed(tmp_path), 0.5, 3, 5)
    assert row.status == "unreadable" and "not a regular file" in row.reason

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    path = make_data.write(tmp_path / make_data.file_name(), make_data.image(make_data.header(), *make_data.star()))
    monkeypatch.setattr("builtins.open", refuse)
    row = read_row(listed(path), 0.5, 3, 5)
    assert row.status == "unreadable" and "permission" in row.reason


def test_any_exception_is_a_row_of_its_own(tmp_path, monkeypatch):
    """A fault of ours in one file, whatever it is, loses that file alone."""
    from mstarhash.input import ingestion

    def fail(*_):
        raise OverflowError("Python integer out of bounds")

    path = make_data.write(tmp_path / make_data.file_name(), make_data.image(make_data.header(), *make_data.star()))
    for name in ("read_spectrum", "values_of", "pixel_mask", "usable_share"):
        with monkeypatch.context() as patch:
            patch.setattr(ingestion, name, fail)
            row = read_row(listed(path), 0.5, 3, 5)
        assert (row.status, row.flux) == ("unreadable", None) and "OverflowError: Python integer" in row.reason


def test_twins_by_order_of_the_list(tmp_path):
    """Same bytes under a name that does not tell the identity, packed or not; other bytes are both kept."""
    units = make_data.image(make_data.header(), *make_data.star())
    make_data.write(tmp_path / "data" / "x.fits.gz", units, packed=True)
    make_data.write(tmp_path / "data" / make_data.file_name(), units)
    make_data.write(
        tmp_path / "data" / "y.fits", make_data.image(make_data.header(CLASS="Unknown"), *make_data.star(7))
    )
    spectra, status = run(tmp_path, tmp_path / "data" / "*")
    first = make_data.file_name()
    status = {os.path.basename(name): row for name, row in status.items()}
    words = {name: row["status"] for name, row in status.items()}
    assert words == {first: "ok", "x.fits.gz": "duplicate", "y.fits": "ok"}
    assert status["x.fits.gz"]["reason"].endswith(f"{first}")
    assert status[first]["flags"] == status["y.fits"]["flags"] == "same_identity"
    with h5py.File(spectra[0]) as out:
        assert [os.path.basename(name) for name in read_text(out["duplicate_of"])] == ["", first]
        assert len(set(out["order"][:])) == 1


def test_no_identity_at_all_is_no_twin(tmp_path):
    for name, seed in (("x.fits", 1), ("y.fits", 2)):
        head = make_data.header(LMJD=None, PLANID=None, SPID=None, FIBERID=None, OBSID=None, CLASS="")
        make_data.write(tmp_path / "data" / name, make_data.image(head, *make_data.star(seed)))
    _, status = run(tmp_path, tmp_path / "data" / "*")
    assert [row["flags"] for row in status.values()] == ["no_obsid"] * 2


def test_empty_shard(tmp_path):
    (tmp_path / "0000.tsv").write_text("\t".join(COLUMNS) + "\n")
    paths = ["--list", f"{tmp_path}/0000.tsv", "--spectra", f"{tmp_path}/a.h5", "--status", f"{tmp_path}/a.tsv"]
    assert ingest.main([*FLAGS, *paths]) == 0
    with h5py.File(tmp_path / "a.h5") as out:
        assert out.attrs["step"] == "ingest" and out["flux"].shape == (0, 0)
        assert all(len(values) == 0 for values in read_columns(out, IDENTITY).values())
    assert len((tmp_path / "a.tsv").read_text().splitlines()) == 1


def test_a_broken_list_is_one_line(tmp_path, capsys):
    from mstarhash.common.errors import InputError

    for text in ("", "file\n", "\t".join(COLUMNS) + "\na\tb\n"):
        (tmp_path / "l.tsv").write_text(text)
        with pytest.raises(InputError, match="l.tsv"):
            read_list(tmp_path / "l.tsv")


def test_threads_do_not_change_bytes(tmp_path):
    make_data.write_layouts(tmp_path / "a")
    make_data.write_flagged(tmp_path / "a")
    first, _ = run(tmp_path, tmp_path / "a" / "*.fit*")
    once = first[0].read_bytes()
    run(tmp_path, tmp_path / "a" / "*.fit*", threads=2)
    assert first[0].read_bytes() == once


def test_all_real_files(tmp_path, shared_data):
    spectra, status = run(tmp_path, shared_data / "lamost" / "*.fits.gz", shards=3)
    assert len(status) == 351 and Counter(row["status"] for row in status.values()) == {"ok": 351}
    with open(shared_data / "labels.csv", newline="") as file:
        labels = {os.path.basename(row["file"]): row for row in csv.DictReader(file)}
    assert set(labels) == {os.path.basename(file) for file in status}
    rows = 0
    for path in spectra:
        with h5py.File(path) as out:
            check_shapes(out)
            names = [os.path.basename(name) for name in read_text(out["file"])]
            rows += len(names)
            columns = {name: read_text(out[name]) for name in (*IDENTITY[1:], "class", "subclass", "designation")}
            for at, name in enumerate(names):
                label = labels[name]
                for key in ("obsid", "planid", "spid", "fiberid", "class", "subclass", "designation"):
                    assert columns[key][at] == label[key], (name, key)
                for key, theirs in (("snrr", "snr_r"), ("z", "z"), ("ra", "ra"), ("dec", "dec")):
                    missing = label[theirs] in ("", "-9999", "-9999.0")
                    assert np.isnan(out[key][at]) if missing else out[key][at] == float(label[theirs]), (name, key)
            ratio = out["snr_r"][:] / out["snrr"][:]
            assert 1.1 < np.nanmedian(ratio) < 1.5  # S/N in 6200-7000 A against that of the whole r band
    assert rows == 351
    pairs = [row for row in status.values() if "same_identity" in row["flags"]]
    assert Counter(row["fiberid"] for row in pairs) == {"1": 2, "5": 2}
