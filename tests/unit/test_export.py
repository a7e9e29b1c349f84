"""Copies of accepted spectra: new cards, all other bytes as they were; what cannot be copied is told."""

import csv
import gzip

import export
import numpy as np
import pytest
from astropy.io import fits
from mstarhash.common.errors import InputError, exit_code
from mstarhash.common.status import Rejected
from mstarhash.input.fitscopy import with_cards
from mstarhash.input.fitsheader import primary_header

NAMES = ("file", "source", "clean", "p_m", "class_pipeline", "subclass_pipeline", "subClass", "subtype", "giant", "rv",
         "rv_err", "flags")  # fmt: skip


def spectrum(path, table=False, cards=30):
    """A FITS file of image or table layout; one card breaks the standard."""
    first = fits.PrimaryHDU(None if table else np.arange(20, dtype="f4").reshape(2, 10))
    first.header.update({"CLASS": ("Unknown", "Class of object"), "SUBCLASS": "Non", "OBSID": 7, "SNRR": 3.0})
    first.header.update({f"KEY{k}": k for k in range(cards)})
    second = [fits.BinTableHDU.from_columns([fits.Column("FLUX", "10E", array=np.ones((1, 10)))])] if table else []
    hdus = fits.HDUList([first, *second])
    hdus.writeto(path.with_suffix(""), checksum=True) if path.suffix == ".gz" else hdus.writeto(path, checksum=True)
    data = (path.with_suffix("") if path.suffix == ".gz" else path).read_bytes()
    data = data.replace(b"SNRR    =                  3.0", b"SNRR    =            ** broken", 1)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return data


def raw(path):
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@pytest.fixture
def run_(tmp_path):
    """A run of five spectra, new but the last: image, gzipped table, a file that is no FITS, one that is gone."""
    files = [tmp_path / "in" / name for name in ("a/x.fits", "b/x.fits.gz", "b/text.fits", "b/gone.fits", "b/old.fits")]
    for folder in ("a", "b"):
        (tmp_path / "in" / folder).mkdir(parents=True)
    data = {0: spectrum(files[0], cards=24), 1: spectrum(files[1], table=True), 4: spectrum(files[4])}
    files[2].write_text("no FITS " * 1000)
    values = [
        ("new", "1", "0.9", "Unknown", "Non", "M3", "2.8", "0", "12.5", "3.5", "4"),
        ("new", "0", "0.6", "Unknown", "", "", "", "", "", "", "0"),
        *[("new", "1", "0.7", "Unknown", "Non", "M0", "0.1", "1", "", "", "0")] * 2,
        ("released", "1", "", "STAR", "M1", "M2", "2", "0", "1", "1", "0"),
    ]
    (tmp_path / "results/catalogue").mkdir(parents=True)
    with open(tmp_path / "results/catalogue/spectra.csv", "w", newline="") as out:
        csv.writer(out).writerows([NAMES, *([str(file), *row] for file, row in zip(files, values, strict=True))])
    return tmp_path, files, data


def copies(folder, *words):
    argv = ["--results", str(folder / "results"), "--output", str(folder / "out"), *words]
    assert export.main(argv) == 0
    with open(folder / "out/export.csv", newline="") as source:
        return list(csv.DictReader(source))


def test_copies_have_the_new_class_and_the_same_data(run_):
    folder, files, data = run_
    rows = copies(folder)
    assert [row["status"] for row in rows] == ["ok", "ok", "unreadable", "unreadable"]
    assert [row["copy"] for row in rows] == ["a/x.fits", "b/x.fits.gz", "", ""] and "gone" in rows[3]["reason"]
    for k in (0, 1):
        made, start = raw(folder / "out" / rows[k]["copy"]), data[k].find(b"END" + b" " * 77)
        start = -(-(start + 80) // 2880) * 2880
        assert made.endswith(data[k][start:]) and len(made) % 2880 == 0
        assert b"** broken" in made and made.count(b"HISTORY") == 1
    header = fits.getheader(folder / "out/a/x.fits")
    wanted = {"CLASS": "STAR", "SUBCLASS": "M3", "OLDCLASS": "Unknown", "OLDSUBCL": "Non", "P_M": 0.9, "MLUM": "dwarf",
              "MRV": 12.5, "MFLAGS": 4, "OBSID": 7, "KEY23": 23}  # fmt: skip
    assert {key: header[key] for key in wanted} == wanted and "CHECKSUM" not in header
    with fits.open(folder / "out/b/x.fits.gz", checksum=False) as file:
        assert file[0].header["SUBCLASS"] == "M" and "MRV" not in file[0].header
        assert file[1].verify_checksum() == 1 and file[1].data["FLUX"].sum() == 10
    assert primary_header(folder / "out/b/x.fits.gz").get("CLASS") == "STAR"
    before = [path.read_bytes() for path in sorted((folder / "out").rglob("*.fits*"))]
    copies(folder)
    assert before == [path.read_bytes() for path in sorted((folder / "out").rglob("*.fits*"))]


def test_which_are_copied(run_):
    folder, files, _ = run_
    assert [row["file"] for row in copies(folder, "--source", "released")] == [str(files[4])]
    assert len(copies(folder, "--source", "all")) == 5 and len(copies(folder, "--clean")) == 3
    assert [row["p_m"] for row in copies(folder, "--min-p", "0.65")] == ["0.9", "0.7", "0.7"]


def test_headers_of_any_length():
    for cards in range(20, 80):  # over the ends of blocks
        header = fits.Header({f"KEY{k}": k for k in range(cards)})
        data = fits.PrimaryHDU(np.ones(3, "f4"), header=header).header.tostring().encode() + b"\x01" * 2880
        made = with_cards(data, {"KEY3": (8, "new"), "MORE": ("x", "")}, "done")
        found = fits.Header.fromstring(made)
        assert made.endswith(b"\x01" * 2880) and len(made) % 2880 == 0 and found["KEY3"] == 8 and found["MORE"] == "x"
        assert len(found.tostring()) + 2880 == len(made) and found[f"KEY{cards - 1}"] in (cards - 1, 8)
    for bad in (b"", b"SIMPLE  =" + b" " * 71, b"text" * 1000):
        with pytest.raises(Rejected):
            with_cards(bad, {}, "")


def test_bad_usage_is_one_line(run_, tmp_path, capsys):
    folder, files, _ = run_
    with pytest.raises(InputError, match="would replace its original"):
        export.main(["--results", str(folder / "results"), "--output", str(folder / "in")])
    assert exit_code(export.main, ["--results", str(tmp_path / "none")]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "finish a run first" in told
