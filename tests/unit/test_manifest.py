"""Lists of files: globs, identity, order, shards, the catalogue's labels, what is rewritten when."""

import csv
import gzip
import os
import shutil
from pathlib import Path

import make_data
import manifest
import numpy as np
import pytest
from astropy.table import Table
from mstarhash.common.errors import InputError
from mstarhash.input import headers
from mstarhash.input.lists import COLUMNS, read_list
from mstarhash.input.manifest import refresh
from mstarhash.input.scan import Folders, find_files
from mstarhash.spectra.shards import order_key, shard_of


def touch(folder, *fibers, name=make_data.file_name):
    """Files that hold nothing; lists do not look inside where the name tells enough."""
    folder.mkdir(parents=True, exist_ok=True)
    for fiber in fibers:
        (folder / name(fiberid=fiber)).write_bytes(b"x" * fiber)


def rows_of(folder, shards):
    return [row for number in range(shards) for row in read_list(folder / f"{number:04d}.tsv")]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working folder, with 40 files in two folders."""
    monkeypatch.chdir(tmp_path)
    touch(tmp_path / "data", *range(1, 21))
    touch(tmp_path / "data" / "deep" / "er", *range(21, 41))
    return tmp_path


# ---- globs


def test_globs(here):
    def found(*globs):
        return set(find_files(globs, Folders()))

    every = found("data/**/*.fits*")
    assert len(every) == 40 and "data/" + make_data.file_name(fiberid=1) in every
    assert f"data/deep/er/{make_data.file_name(fiberid=40)}" in every
    assert found("data/*.fits", "data/deep/*/*.fits") == every == found("./data/**") == found("data//**/*")
    assert len(found("data/*-00?.fits")) == 9 and len(found("data/*-00[12].fits")) == 2
    one = f"data/{make_data.file_name(fiberid=3)}"
    assert found(one) == {one} == found("./" + one, one)
    assert found(f"{here}/data/*-003.fits") == {f"{here}/{one}"}
    import glob

    for pattern in ("data/**/*.fits", "**/*-00*.fits", "d*/**/er/*", "data/**/deep/**/*.fits", "*/deep/../*.fits"):
        expected = {path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path)}
        assert found(pattern) == expected and expected, pattern


def test_hidden_files_links_and_brackets(here):
    (here / "data" / ".hidden.fits").write_bytes(b"")
    (here / "data" / "gone.fits").symlink_to("nowhere")
    (here / "data" / "deep" / "loop").symlink_to(here / "data")
    (here / "a[1]").mkdir()
    (here / "a[1]" / "x[2].fits").write_bytes(b"")
    assert set(find_files(["a[1]/x[2].fits"], Folders())) == {"a[1]/x[2].fits"}
    assert set(find_files(["data/.*.fits"], Folders())) == {"data/.hidden.fits"}
    names = {os.path.basename(path) for path in find_files(["data/**/*.fits"], Folders())}
    assert len(names) == 40
    os.mkfifo(here / "data" / "pipe.fits")
    assert "data/pipe.fits" not in find_files(["data/*.fits"], Folders())


@pytest.mark.parametrize(
    ("globs", "words"),
    [
        ([], "empty"),
        (["nothing/*.fits"], "'nothing/*.fits'"),
        (["data/**/*.fits", "data/*.fit"], "'data/*.fit'"),
        (["data"], "write data/**/*.fits*"),
    ],
)
def test_globs_that_name_nothing(here, globs, words):
    with pytest.raises(InputError, match="input.spectra") as caught:
        find_files(globs, Folders())
    assert words in str(caught.value)


def test_names_that_no_table_can_hold(here):
    (here / "data" / "a\tb.fits").write_bytes(b"")
    with pytest.raises(InputError, match="rename"):
        refresh(["data/*.fits"], "", "lists", 1)


# ---- identity and order


def test_lists(here):
    refresh(["data/**/*.fits*"], "", "lists", 4)
    rows = rows_of(here / "lists", 4)
    assert len(rows) == 40 and [(row["order"], row["file"]) for row in rows] == sorted(
        (row["order"], row["file"]) for row in rows
    )
    for number in range(4):
        assert all(shard_of(row["order"], 4) == number for row in read_list(here / f"lists/{number:04d}.tsv"))
    row = next(row for row in rows if row["file"].endswith("-007.fits"))
    assert row["order"] == order_key(("55859", "F5902", "1", "7")) and row["size"] == "7"
    assert [row[key] for key in ("lmjd", "planid", "spid", "fiberid", "obsid", "class", "z")] == [
        "55859", "F5902", "1", "7", "", "", "",
    ]  # fmt: skip
    assert int(row["mtime_ns"]) == os.stat(row["file"]).st_mtime_ns


def test_the_order_does_not_depend_on_the_number_of_shards(here):
    refresh(["data/**/*.fits"], "", "one", 1)
    refresh(["data/**/*.fits"], None, "many", 37)
    assert rows_of(here / "one", 1) == rows_of(here / "many", 37)
    assert any(len(read_list(here / f"many/{number:04d}.tsv")) == 0 for number in range(37))


def test_files_of_one_identity_meet(here):
    """By name, by header under another name, else by the stem; a header that cannot be read is no trouble."""
    units = make_data.image(make_data.header(fiberid=7), *make_data.star(0, 50))
    make_data.write(here / "data" / "other.fits.gz", units, packed=True)
    make_data.write(here / "data" / ("DR7_" + make_data.file_name(fiberid=7)), units)
    (here / "data" / "words.fits").write_text("words")
    refresh(["data/**/*.fits*"], "", "lists", 1)
    orders = {os.path.basename(row["file"]): row["order"] for row in rows_of(here / "lists", 1)}
    assert (
        orders["other.fits.gz"]
        == orders["DR7_" + make_data.file_name(fiberid=7)]
        == orders[make_data.file_name(fiberid=7)]
    )
    assert orders["words.fits"] == order_key("words")


def test_headers_are_read_once(here, monkeypatch):
    units = make_data.image(make_data.header(fiberid=7, CLASS="Unknown"), *make_data.star(0, 50))
    make_data.write(here / "data" / "a.fits", units)
    make_data.write(here / "data" / "b.fits", units)
    seen = []
    real = headers.primary_header
    monkeypatch.setattr(headers, "primary_header", lambda path: seen.append(path) or real(path))
    refresh(["data/**/*.fits"], "", "lists", 2)
    assert seen == ["data/a.fits", "data/b.fits"]  # not those whose names tell
    touch(here / "data", 50)
    refresh(["data/**/*.fits"], "", "lists", 2)
    assert len(seen) == 2
    os.utime("data/b.fits", ns=(1, 1))
    refresh(["data/**/*.fits"], "", "lists", 2)
    assert seen[2:] == ["data/b.fits"]


# ---- what is rewritten


def times(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("????.tsv")}


def changed(folder, before):
    now = times(folder)
    return sorted(name for name in now if now[name] != before.get(name))


@pytest.mark.parametrize("scan", ["files", "folders"])
def test_only_lists_that_change_are_rewritten(here, scan):
    def again():
        before = times(here / "lists")
        names = refresh(["data/**/*.fits"], "", "lists", 8, scan)
        assert changed(here / "lists", before) == [f"{name}.tsv" for name in names]
        return names

    assert len(again()) == 8 and again() == []
    touch(here / "data" / "new", 100)
    key = order_key(("55859", "F5902", "1", "100"))
    assert again() == [f"{shard_of(key, 8):04d}"] and again() == []
    (here / "data" / "new" / make_data.file_name(fiberid=100)).unlink()
    assert again() == [f"{shard_of(key, 8):04d}"]
    new = here / "new.fits"
    new.write_bytes(b"other")
    os.replace(new, here / "data" / make_data.file_name(fiberid=3))
    assert again() == [f"{shard_of(order_key(('55859', 'F5902', '1', '3')), 8):04d}"]
    (here / "lists" / "0003.tsv").write_text("spoiled")
    assert again() == ["0003"] and again() == []
    (here / "lists" / "0004.tsv").unlink()
    assert again() == ["0004"]


def test_a_file_rewritten_in_place(here):
    refresh(["data/**/*.fits"], "", "lists", 8)
    refresh(["data/**/*.fits"], "", "byfolder", 8, "folders")
    with open(here / "data" / make_data.file_name(fiberid=3), "r+b") as file:
        file.write(b"new")
    os.utime(here / "data" / make_data.file_name(fiberid=3), ns=(5, 5))
    assert len(refresh(["data/**/*.fits"], "", "lists", 8)) == 1
    assert refresh(["data/**/*.fits"], "", "byfolder", 8, "folders") == []  # as the config's comment says


def test_fewer_shards_leave_no_old_lists(here):
    refresh(["data/**/*.fits"], "", "lists", 8)
    refresh(["data/**/*.fits"], "", "lists", 3)
    assert sorted(path.name for path in (here / "lists").glob("*.tsv")) == ["0000.tsv", "0001.tsv", "0002.tsv"]


def test_the_script(here, capsys):
    arguments = [
        "--spectra",
        "data/*.fits",
        "data/deep/**/*.fits",
        "--catalogue",
        "",
        "--candidates",
        "--folder",
        "lists",
    ]
    assert manifest.main(["--shards=2", "--scan=files", *arguments]) == 0
    assert len(rows_of(here / "lists", 2)) == 40
    assert (here / "lists" / "0000.tsv").read_text().startswith("\t".join(COLUMNS) + "\n")


# ---- the catalogue

LINES = [
    {"obsid": 101000 + fiber, "lmjd": 55859, "planid": "F5902", "spid": 1, "fiberid": fiber, "class": "STAR",
     "subclass": f"M{fiber % 8}", "z": -9999.0 if fiber == 5 else fiber / 1e5, "snrr": 9.9}
    for fiber in (*range(1, 31), 200)
]  # fmt: skip
NAMES = list(LINES[0])


def write_csv(path, sign="|", lines=LINES, names=NAMES, prefix="", packed=False):
    text = sign.join(prefix + name for name in names) + "\n"
    text += "".join(sign.join(str(line[name]) for name in names) + "\n" for line in lines)
    Path(path).write_bytes(gzip.compress(text.encode()) if packed else text.encode())


def labels_of(folder, shards=2):
    return {
        int(row["fiberid"]): (row["obsid"], row["class"], row["subclass"], row["z"]) for row in rows_of(folder, shards)
    }


def check(folder):
    labels = labels_of(folder)
    for fiber in range(1, 41):
        z = repr(fiber / 1e5) if fiber != 5 else "nan"
        expected = (str(101000 + fiber), "STAR", f"M{fiber % 8}", z) if fiber <= 30 else ("", "", "", "")
        assert labels[fiber] == expected


def text_like(line):
    return line | {"spid": f"{line['spid']:02d}", "fiberid": f"{line['fiberid']:03d}", "planid": line["planid"] + " "}


def float_like(line):
    return line | {"spid": float(line["spid"]), "fiberid": f"{line['fiberid']}.0", "lmjd": "55859.0"}


@pytest.mark.parametrize(
    "options",
    [
        {}, {"sign": ","}, {"packed": True}, {"prefix": "combined_"}, {"names": NAMES[::-1]}, {"sign": "\t"},
        {"lines": [text_like(line) for line in LINES]}, {"lines": [float_like(line) for line in LINES]},
        {"names": [name for name in NAMES if name != "snrr"], "prefix": ""},
    ],
)  # fmt: skip
def test_text_catalogues(here, options):
    write_csv("cat.csv", **options)
    refresh(["data/**/*.fits"], "cat.csv", "lists", 2)
    check(here / "lists")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("change", [None, text_like])
def test_fits_catalogues(here, packed, change):
    table = Table([line if change is None else change(line) for line in LINES])
    for name in NAMES:
        table.rename_column(name, name.upper())
    table.write("cat.fits")
    if packed:
        Path("cat.fits").write_bytes(gzip.compress(Path("cat.fits").read_bytes()))
    refresh(["data/**/*.fits"], "cat.fits", "lists", 2)
    check(here / "lists")


def test_join_by_obsid_reads_headers(here):
    shutil.rmtree(here / "data")
    for fiber in range(1, 9):
        head = make_data.header(fiberid=fiber, **({"OBSID": None, "CLASS": "Unknown"} if fiber == 2 else {}))
        units = make_data.image(head, *make_data.star(0, 50))
        make_data.write(here / "data" / (make_data.file_name(fiberid=fiber) + ".gz"), units, packed=True)
    write_csv("cat.csv", ",", names=["z", "subclass", "class", "obsid"])
    refresh(["data/*.gz"], "cat.csv", "lists", 2)
    labels = labels_of(here / "lists")
    assert labels[1] == ("101001", "STAR", "M1", "1e-05") and labels[2] == ("", "", "", "")
    assert sum(bool(label[1]) for label in labels.values()) == 7


def test_labels_hidden_by_a_catalogue(here):
    lines = [line | {"class": "" if line["fiberid"] == 2 else "Unknown", "subclass": "Non", "z": ""} for line in LINES]
    write_csv("cat.csv", lines=lines)
    refresh(["data/**/*.fits"], "cat.csv", "lists", 2)
    labels = labels_of(here / "lists")
    assert labels[1][1:] == labels[2][1:] == ("Unknown", "Non", "nan")


def test_no_column_z_leaves_the_header_its_own(here):
    write_csv("cat.csv", names=[name for name in NAMES if name != "z"])
    refresh(["data/**/*.fits"], "cat.csv", "lists", 2)
    assert labels_of(here / "lists")[1] == ("101001", "STAR", "M1", "")


def test_a_changed_catalogue_row_touches_its_shard(here):
    write_csv("cat.csv")
    refresh(["data/**/*.fits"], "cat.csv", "lists", 8)
    assert refresh(["data/**/*.fits"], "cat.csv", "lists", 8) == []
    write_csv("cat.csv", lines=[line | {"subclass": "K5"} if line["fiberid"] == 4 else line for line in LINES])
    key = order_key(("55859", "F5902", "1", "4"))
    assert refresh(["data/**/*.fits"], "cat.csv", "lists", 8) == [f"{shard_of(key, 8):04d}"]
    assert len(refresh(["data/**/*.fits"], "", "lists", 8)) > 1  # no catalogue any more


def test_the_first_of_two_rows_counts(here, capsys):
    write_csv("cat.csv", lines=[*LINES, LINES[0] | {"subclass": "A0"}, LINES[1]])
    refresh(["data/**/*.fits"], "cat.csv", "lists", 2)
    assert labels_of(here / "lists")[1][2] == "M1"
    assert "class from class" in (said := capsys.readouterr().err) and "30 of 40 files" in said
    assert "1 more rows" in said


def test_a_byte_order_mark_a_sign_before_the_names_and_a_quote(here):
    text = "#obsid|lmjd|planid|spid|fiberid|class|subclass|z\r\n"
    text += '1|55859|F5902|1|1|STAR|M0|\r\n2|55859|F5902|1|2||"M1|0\r\n'
    Path("cat.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    refresh(["data/**/*.fits"], "cat.csv", "lists", 1)
    labels = labels_of(here / "lists", 1)
    assert labels[1] == ("1", "STAR", "M0", "nan") and labels[2] == ("2", "Unknown", '"M1', "0.0")


@pytest.mark.parametrize("name", ["cat.ecsv", "cat.xml", "cat.parquet", "cat.txt"])
def test_catalogues_in_other_forms(here, name):
    """Whole numbers, texts with missing cells and a fiber that has no z, in the forms that astropy writes."""
    table = Table([line for line in LINES], masked=True)
    table["z"].mask = table["fiberid"] == 5
    table["obsid"].mask = table["fiberid"] == 7
    form = {"cat.xml": "votable", "cat.txt": "ascii.commented_header"}.get(name)
    table.write(name, **({"format": form} if form else {}))
    refresh(["data/**/*.fits"], name, "lists", 2)
    labels = labels_of(here / "lists")
    assert labels.pop(7) == ("", "STAR", "M7", "7e-05") and labels.pop(5)[3] == "nan"
    assert labels[6] == ("101006", "STAR", "M6", "6e-05") and labels[31] == ("", "", "", "")


@pytest.mark.parametrize(
    "name", ["none.csv", "text.csv", "empty.csv", "strange.csv", "cut.csv", "cut.fits", "image.fits"]
)
def test_catalogues_that_do_not_serve(here, name):
    Path("text.csv").write_text("these are words\n")
    Path("empty.csv").write_text("")
    write_csv("strange.csv", lines=[line | {"lmjd": 50000} for line in LINES])
    write_csv("whole.csv.gz", lines=LINES * 200, packed=True)
    Path("cut.csv").write_bytes(Path("whole.csv.gz").read_bytes()[:-30])
    Table(LINES).write("whole.fits")
    Path("cut.fits").write_bytes(Path("whole.fits").read_bytes()[:4000])
    make_data.write("image.fits", make_data.image(make_data.header(), *make_data.star(0, 50)))
    with pytest.raises(InputError, match=f"input.catalogue: {name}: "):
        refresh(["data/**/*.fits"], name, "lists", 2)
    assert not (here / "lists" / "0000.tsv").exists()


def test_a_catalogue_of_the_real_files(tmp_path, shared_data):
    """Labels of 170 stars hidden; every release joined by lmjd, planid, spid, fiberid."""
    with open(shared_data / "labels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    rng = np.random.default_rng(1)
    hidden = set(rng.choice(len(rows), 170, replace=False).tolist())
    lines = []
    for number, row in enumerate(rows):
        name = os.path.basename(row["file"])
        lmjd = name.split("spec-")[1][:5]
        label = {"class": "Unknown", "subclass": "Non", "z": "-9999.0"} if number in hidden else {}
        lines.append(row | {"lmjd": lmjd} | label)
    names = ["lmjd", "planid", "spid", "fiberid", "class", "subclass", "z"]
    write_csv(tmp_path / "cat.csv", lines=lines, names=names)
    refresh([str(shared_data / "lamost" / "*.fits.gz")], str(tmp_path / "cat.csv"), tmp_path / "lists", 4)
    found = {os.path.basename(row["file"]): row for row in rows_of(tmp_path / "lists", 4)}
    pairs = ("spec-55859-F5902_sp01-001", "spec-55859-F5902_sp01-005")  # two releases, one identity: the first row
    for line in lines:
        name = os.path.basename(line["file"])
        if not any(pair in name for pair in pairs):
            assert (found[name]["class"], found[name]["subclass"]) == (line["class"], line["subclass"]), name
