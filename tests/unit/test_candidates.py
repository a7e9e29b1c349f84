"""What is searched besides CLASS Unknown: tables, rules, files without a row; and what is said where nothing is."""

import h5py
import make_data
import pytest
from astropy.table import Table
from mstarhash.common.errors import InputError
from mstarhash.common.status import flag_names
from mstarhash.input.candidates import Rule, sort_out
from mstarhash.input.manifest import refresh
from mstarhash.spectra.hdf5 import read_text
from test_ingest import run
from test_manifest import rows_of

ROW = {"class": "STAR", "subclass": "dM3", "snrr": "4.5", "z": "-9999.0", "empty": ""}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("class == STAR", True), ("class == 'star'", True), ("class != STAR", False), ("snrr < 5", True),
        ("snrr >= 5", False), ("SNRR <= 4.5 and class == STAR", True), ("snrr < 5 and class == QSO", False),
        ("subclass ~ d?M|K[57]", True), ("subclass ~ M", False), ("snrr == 4.50", True), ("z < 0", False),
        ("combined_snrr < 5 AND class == STAR", True), ("snrr < 4 And class == STAR", False),
        ("subclass ~ dM3(?= *$)", True), ("empty != x", False), ("z > -99999", False),
    ],
)  # fmt: skip
def test_rules(rule, holds):
    assert Rule(rule).holds(ROW) is holds


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (["snrr < five"], "asks for a number, not 'five'"),
        (["snrr < 5 and STAR"], "'STAR' is no condition"),
        (["subclass ~ M["], "no regular expression"),
        (["class == STAR or class == QSO"], "is another item of the list"),
        (["subclass ~ M|K7 & snrr < 5"], "is another item of the list"),
        (["class == STAR, snrr < 5"], "is another item of the list"),
        (["snrr = 3"], "nor is it a rule"),
        (["not in the catalogue"], "or 'not in catalogue'"),
    ],
)
def test_rules_that_are_none(items, words):
    with pytest.raises(InputError, match="input.candidates: ") as caught:
        sort_out(items, "cat.csv")
    assert words in str(caught.value)


def test_rules_need_a_catalogue():
    for item in ("snrr < 5", "not in catalogue"):
        with pytest.raises(InputError, match="which is not set"):
            sort_out([item], None)


@pytest.fixture
def dr9(tmp_path, monkeypatch):
    """A survey as from DR9 on, in the working folder: 12 files of CLASS STAR, two of which were on no star; a catalogue of
    nine of them with S/N from 1 to 9."""
    monkeypatch.chdir(tmp_path)
    for fiber in range(1, 13):
        fibre = {11: "Sky", 12: "F-Std"}.get(fiber, "Obj")
        cards = {"DATA_V": "LAMOST DR9", "FIB_TYPE": fibre, "SUBCLASS": "G2"}
        head = make_data.header(fiberid=fiber, **cards)
        make_data.write(
            tmp_path / "data" / make_data.file_name(fiberid=fiber), make_data.table(head, *make_data.star(fiber))
        )
    table = Table(
        {"combined_obsid": [101000 + fiber for fiber in range(1, 10)], "combined_lmjd": [55859] * 9,
         "combined_planid": ["F5902"] * 9, "combined_spid": [1] * 9, "combined_fiberid": range(1, 10),
         "combined_class": ["STAR"] * 9, "combined_subclass": ["G2", "M3", "K7"] * 3, "combined_z": [1e-4] * 9,
         "combined_snrr": [float(fiber) for fiber in range(1, 10)]}
    )  # fmt: skip
    table.write("cat.fits")
    return tmp_path


def searched(folder):
    return sorted(int(row["fiberid"]) for row in rows_of(folder / "lists", 2) if row["candidate"] == "1")


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (["snrr < 4"], [1, 2, 3]),
        (["class == STAR and snrr < 6 and subclass ~ [dg]?M|K[57]"], [2, 3, 5]),
        (["snrr < 2", "subclass == M3 and snrr > 7"], [1, 8]),
        (["not in catalogue"], [10]),
        (["not in catalogue", "snrr < 2"], [1, 10]),
        (["files.csv"], [4, 12]),
        (["obsid.xml", "four.parquet"], [6, 7, 10]),
    ],
)
def test_what_is_searched(dr9, items, expected):
    Table({"file": [f"elsewhere/{make_data.file_name(fiberid=fiber)}.gz" for fiber in (4, 12, 99)]}).write("files.csv")
    Table({"OBSID": [101007, 101010, 5]}).write("obsid.xml", format="votable")
    four = {"lmjd": [55859], "planid": ["F5902"], "spid": ["01"], "fiberid": ["006"]}
    Table(four).write("four.parquet")
    refresh(["data/*.fits"], "cat.fits", "lists", 2, candidates=items)
    assert searched(dr9) == expected


def test_a_plain_list_of_files(dr9):
    """`file` on the first line is all that makes it a table; without it one line says so."""
    names = [str(path) for path in sorted((dr9 / "data").iterdir())[:2]]
    (dr9 / "list.txt").write_text("\n".join(["file", *names]) + "\n")
    refresh(["data/*.fits"], "", "lists", 2, candidates=["list.txt"])
    assert searched(dr9) == [1, 2]
    (dr9 / "list.txt").write_text("\n".join(names) + "\n")
    with pytest.raises(InputError, match="list.txt: no column file.*`file` as its first line"):
        refresh(["data/*.fits"], "", "lists", 2, candidates=["list.txt"])


def test_changes_are_noticed(dr9):
    def again(*items):
        return refresh(["data/*.fits"], "cat.fits", "lists", 8, candidates=items)

    assert again("snrr < 4") and again("snrr < 4") == []
    assert again("snrr < 5") and again("snrr < 5") == []
    Table({"obsid": [101001]}).write("a.csv")
    assert again("a.csv") and again("a.csv") == []
    Table({"obsid": [101001, 101002, 101003]}).write("a.csv", overwrite=True)
    assert again("a.csv")


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (["none.csv"], "none.csv: no such file"),
        (["snrx < 4"], "cat.fits has no column snrx"),
        (["other.csv"], "other.csv: none of its 1 rows is one of the files"),
        (["odd.csv"], "odd.csv: no column file, nor lmjd"),
    ],
)
def test_candidates_that_do_not_serve(dr9, items, words):
    Table({"obsid": [5]}).write("other.csv")
    Table({"name": ["a"], "b": [1]}).write("odd.csv")
    with pytest.raises(InputError, match="input.candidates: ") as caught:
        refresh(["data/*.fits"], "cat.fits", "lists", 2, candidates=items)
    assert words in str(caught.value)


@pytest.mark.parametrize("catalogue", ["", "cat.fits"])
@pytest.mark.parametrize("items", [[], ["snrr < 0"]])
def test_nothing_unclassified_is_refused_at_once(dr9, catalogue, items):
    with pytest.raises(InputError, match="no unclassified spectrum.*DR9 and later list no Unknown.*input.candidates"):
        refresh(["data/*.fits"], catalogue, "lists", 2, candidates=items if catalogue else [])
    assert not (dr9 / "lists/0000.tsv").exists()


def test_one_unknown_is_enough(dr9):
    head = make_data.header(fiberid=50, CLASS="Unknown")
    make_data.write(dr9 / "data" / make_data.file_name(fiberid=50), make_data.image(head, *make_data.star()))
    refresh(["data/*.fits"], "cat.fits", "lists", 2)


def test_a_file_that_cannot_be_read_leaves_it_open(dr9, capsys):
    (dr9 / "data" / make_data.file_name(fiberid=50)).write_bytes(b"nothing")
    refresh(["data/*.fits"], "", "lists", 2)
    assert "of 12 files that were looked at none is unclassified" in capsys.readouterr().err


def test_sdss_says_no_unknown_either(tmp_path, monkeypatch):
    """Its class is in a table, for which the file itself is read."""
    monkeypatch.chdir(tmp_path)
    star = {"CLASS": ("6A", "STAR"), "SUBCLASS": ("21A", "M2")}
    make_data.write(tmp_path / "spec-0266-51630-0007.fits", make_data.sdss(star))
    with pytest.raises(InputError, match="no unclassified spectrum"):
        refresh(["*.fits"], "", "lists", 2)
    make_data.write(tmp_path / "spec-0266-51630-0008.fits", make_data.sdss({}))
    refresh(["*.fits"], "", "lists", 2)


def test_candidates_are_unknown_after_ingest(dr9):
    """From the rule to the HDF5 file: class Unknown, no z, the survey's subclass, a flag; all others as they are."""
    spectra, status = run(dr9, "data/*.fits", catalogue="cat.fits", candidates=["snrr < 3", "not in catalogue"])
    with h5py.File(spectra[0]) as out:
        fibers = [int(text) for text in read_text(out["fiberid"])]
        found = dict(
            zip(fibers, zip(read_text(out["class"]), read_text(out["subclass"]), out["z"][:], strict=True), strict=True)
        )
        flags = dict(zip(fibers, map(flag_names, out["flags"][:]), strict=True))
    for fiber, subclass in ((1, "G2"), (2, "M3"), (10, "G2")):
        assert found[fiber][:2] == ("Unknown", subclass) and found[fiber][2] != found[fiber][2]
        assert "candidate" in flags[fiber].split(",")
    assert found[3] == ("STAR", "K7", 1e-4) and found[11] == ("STAR", "G2", 1.5e-4)
    assert sum("candidate" in row["flags"] for row in status.values()) == 3
