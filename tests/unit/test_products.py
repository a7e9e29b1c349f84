"""The products of the catalogue: every one says the same, with units and nulls; what changed; checksums; the page."""

import csv
import hashlib
import io
import re
import shutil
import subprocess
import sys
import warnings

import catalogue
import column_reference
import numpy as np
import pandas
import polars
import pytest
import yaml
from astropy.io import fits, votable
from astropy.table import Table
from astropy.units import Unit
from conftest import ROOT
from mstarhash.catalogue import cds as catalogue_cds
from mstarhash.catalogue import changes, columns
from mstarhash.catalogue import notes as catalogue_notes
from mstarhash.catalogue.columns import read_schema
from mstarhash.common.errors import InputError
from mstarhash.stars import star_flags
from pyarrow import csv as pyarrow_csv
from pyarrow import parquet
from test_star_steps import OTHERS, STEPS, TITLES, publish, rows, survey  # noqa: F401  the fixture

SCHEMA = read_schema(ROOT / "config/catalogue.schema.json")
STILTS, FITSVERIFY = shutil.which("stilts"), shutil.which("fitsverify")
NO_STILTS = "no stilts: install it (Debian package stilts) to check the products with it"
# the second is the id of a Gaia DR3 source; as doubles these are ...3712 and ...6000
IDS = ["1101", "4915465314359043712", "", "6917528997577384321", "Gaia DR3 5853498713190525696", ""]
EXACT = ["1101", "4915465314359043712", "", "6917528997577384321", "5853498713190525696", ""]


def null(column):
    """(n,) bool: masked, empty or not finite."""
    data = np.ma.getdata(column)
    hidden = np.ma.getmaskarray(np.ma.asarray(column))
    return hidden | (data.astype("U") == "" if data.dtype.kind in "SUO" else ~np.isfinite(data.astype(float)))


@pytest.fixture(scope="module")
def products(survey):  # noqa: F811
    folder, _, _, files, *_ = survey
    return folder, files, {step: str(folder / f"{step}.h5") for step in STEPS}


@pytest.mark.parametrize("title", TITLES)
def test_units_ucds_and_descriptions_are_those_of_the_schema(products, title):
    folder = products[0]
    columns = [column for column in SCHEMA.columns if title in column.tables]
    header = fits.getheader(folder / f"{title}.fits", 1)
    fields = votable.parse_single_table(folder / f"{title}.xml").fields
    schema = parquet.read_schema(folder / f"{title}.parquet")
    cds = Table.read(folder / f"{title}.dat", readme=folder / "ReadMe", format="ascii.cds")
    assert len(columns) == header["TFIELDS"] == len(fields) == len(schema) == len(cds.columns)
    for k, (column, field) in enumerate(zip(columns, fields, strict=True), 1):
        unit, meta = Unit(column.unit), schema.field(column.name).metadata
        assert column.name == header[f"TTYPE{k}"] == field.name == schema.names[k - 1] == cds.colnames[k - 1]
        assert unit == Unit(header.get(f"TUNIT{k}", "")) == Unit(meta[b"unit"].decode()), column.name
        assert unit == (field.unit or Unit("")) == (cds[column.name].unit or Unit("")), column.name
        assert column.ucd == header[f"TUCD{k}"] == field.ucd == meta[b"ucd"].decode()
        told = (header[f"TCOMM{k}"], " ".join(field.description.split()), meta[b"description"].decode())
        assert told == (column.description,) * 3
        assert column.description.replace(" ", "") == cds[column.name].description.replace(" ", "")


@pytest.mark.parametrize("title", TITLES)
def test_cds_files_read_back(products, title):
    folder = products[0]
    wanted = Table.read(folder / f"{title}.fits")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = Table.read(folder / f"{title}.dat", readme=folder / "ReadMe", format="ascii.cds")
    assert len(found) == len(wanted)
    for column in (column for column in SCHEMA.columns if title in column.tables):
        one, two = wanted[column.name], found[column.name]
        none = null(one)
        assert null(two).tolist() == none.tolist(), column.name
        if column.dtype == "text":
            assert np.ma.filled(two.astype("U"), "")[~none].tolist() == one[~none].tolist()
        elif column.null is not None:
            assert (np.ma.getdata(one) == np.ma.getdata(two))[~none].all(), column.name
        else:
            one, two = (np.ma.getdata(part)[~none].astype("f8") for part in (one, two))
            error = 2e-7 * np.abs(one) + (0 if column.decimals is None else 0.5001 * 10.0**-column.decimals)
            assert (np.abs(one - two) <= error).all(), column.name
    lines = (folder / f"{title}.dat").read_text().splitlines()
    assert len({len(line) for line in lines}) == 1 and not any("-9999" in line or "nan" in line for line in lines)
    assert max(map(len, (folder / "ReadMe").read_text().splitlines())) <= 80


def test_a_line_that_goes_on_is_not_taken_for_a_column(tmp_path):
    columns = [column for column in SCHEMA.columns if column.name in ("active", "active_west", "file")]
    text = np.array(["a", "bcd"])
    table = [(c, text if c.dtype == "text" else np.ma.array([1, 0], mask=[False, True], dtype="i2")) for c in columns]
    places = catalogue_cds.write_dat(tmp_path / "x.dat", table)
    catalogue_cds.write_readme(tmp_path / "ReadMe", "T", [("x.dat", "x", 2, table, places)], ["words " * 40])
    found = Table.read(tmp_path / "x.dat", readme=tmp_path / "ReadMe", format="ascii.cds")
    assert found.colnames == [column.name for column in columns] and found["active"].mask.tolist() == [False, True]


@pytest.mark.parametrize("title", TITLES)
def test_votables_are_valid(products, title):
    path = products[0] / f"{title}.xml"
    told = io.StringIO()
    assert votable.validate(path, output=told, xmllint=False), told.getvalue()
    document = votable.parse(path)
    systems = {one.ID: one.system for one in document.resources[0].coordinate_systems}
    found = {field.name: systems[field.ref] for field in document.get_first_table().fields if field.ref}
    assert document.version == "1.4" and found == dict.fromkeys(
        ("ra", "dec", "pmra", "pmra_error", "pmdec", "pmdec_error"), "ICRS"
    ) | dict.fromkeys(("l", "b"), "galactic")


@pytest.mark.skipif(STILTS is None, reason=NO_STILTS)
@pytest.mark.parametrize("title", TITLES)
def test_stilts_finds_no_fault_and_reads_the_same(products, title, tmp_path):
    folder = products[0]
    words = [f"votable={folder / title}.xml", "ucd=true", "unit=true"]
    done = subprocess.run([STILTS, "votlint", *words], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    for kind, end in (("fits", "fits"), ("votable", "xml")):
        words = [f"in={folder / title}.{end}", f"ifmt={kind}", f"out={tmp_path / kind}.csv", "ofmt=csv"]
        subprocess.run([STILTS, "tcopy", *words], check=True)
    assert (tmp_path / "fits.csv").read_text() == (tmp_path / "votable.csv").read_text()
    ours, theirs = rows(folder / f"{title}.csv"), rows(tmp_path / "fits.csv")
    assert [[cell == "" for cell in row.values()] for row in ours] == [[not c for c in row.values()] for row in theirs]
    exact = [row["gaia_source_id"].removeprefix("Gaia ") for row in ours]
    assert exact == [row["gaia_source_id"] for row in theirs] and len(set(exact)) == 300
    for name in ("rv", "ra", "lha_lbol", "object"):
        assert [np.float32(row[name] or "nan") for row in ours] == pytest.approx(
            [np.float32(row[name] or "nan") for row in theirs], rel=1e-7, nan_ok=True
        )


@pytest.mark.skipif(FITSVERIFY is None, reason="no fitsverify: install it (Debian package fitsverify)")
@pytest.mark.parametrize("title", TITLES)
def test_fitsverify_and_fitscheck_find_no_fault(products, title):
    path = products[0] / f"{title}.fits"
    told = subprocess.run([FITSVERIFY, path], capture_output=True, text=True).stdout
    assert "Verification found 0 warning(s) and 0 error(s)" in told, told
    fitscheck = [sys.executable, "-m", "astropy.io.fits.scripts.fitscheck", path]
    assert subprocess.run(fitscheck, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def identified(tmp_path_factory):
    """The name, without its end, of a small table with identifiers of 19 digits and nulls, in every format."""
    some = [
        column for column in SCHEMA.columns if column.name in ("file", "obsid", "gaia_source_id", "giant", "rv", "ra")
    ]
    values = {"file": np.array(list("abcdef")), "ra": np.arange(6.0), "rv": np.array([1, np.nan, 2, 3, 4, 5.0])}
    values |= {"giant": np.array([1, 0, np.nan, 0, 1, 0]), "obsid": np.array(IDS), "gaia_source_id": np.array(IDS)}
    table = columns.table_of(some, "spectra", values)
    folder = tmp_path_factory.mktemp("identified")
    catalogue.write_formats({kind: str(folder / f"t.{end}") for kind, end in catalogue.KINDS.items()}, "t", table, [])
    return folder / "t"


def exact(values):
    """Texts of a column, digits only: empty where masked, null or empty; a float is no identifier."""
    found = values if isinstance(values, list) else values.to_list() if hasattr(values, "to_list") else values.tolist()
    found = ["" if value is None or value is pandas.NA or value != value else value for value in found]
    assert not any(isinstance(value, float) for value in found)
    return [str(value).removeprefix("Gaia ") for value in found]


def test_every_reader_gives_every_identifier_exactly(identified, tmp_path):
    fits_, xml, parq, csv_ = (f"{identified}.{end}" for end in ("fits", "xml", "parquet", "csv"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = {
            "astropy fits": Table.read(fits_),
            "astropy votable": Table.read(xml),
            "astropy parquet": Table.read(parq),
            "astropy voparquet": Table.read(parq, format="parquet.votable"),
            "astropy csv": Table.read(csv_),
            "astropy fits to pandas": Table.read(fits_).to_pandas(),
            "pandas parquet": pandas.read_parquet(parq),
            "pandas csv": pandas.read_csv(csv_),
            "polars parquet": polars.read_parquet(parq),
            "polars csv": polars.read_csv(csv_),
            "pyarrow parquet": parquet.read_table(parq).to_pydict(),
            "pyarrow csv": pyarrow_csv.read_csv(csv_).to_pydict(),
        }
    assert {title: exact(table["gaia_source_id"]) for title, table in read.items()} == dict.fromkeys(read, EXACT)
    assert read["pandas csv"]["gaia_source_id"].str[5:].astype("Int64").dropna().tolist() == [
        int(i) for i in EXACT if i
    ]
    read.pop("pandas csv")  # digits alone: exact up to 2**53, LAMOST's have ten of them
    assert {title: exact(table["obsid"]) for title, table in read.items()} == dict.fromkeys(read, EXACT)
    if STILTS is None:
        pytest.skip(NO_STILTS)
    for path, kind in ((fits_, "fits"), (xml, "votable"), (csv_, "csv")):
        subprocess.run([STILTS, "tcopy", f"in={path}", f"ifmt={kind}", f"out={tmp_path}/x.csv", "ofmt=csv"], check=True)
        found = rows(tmp_path / "x.csv")
        for name in ("gaia_source_id", "obsid"):
            assert exact([row[name] for row in found]) == EXACT, (kind, name)


def test_an_identifier_that_is_no_whole_number_is_left_out_and_said(capsys):
    column = next(column for column in SCHEMA.columns if column.name == "gaia_source_id")
    texts = [
        "4.03886E+18",
        "4038859610604796595",
        "4.038859610604796e18",
        "99999999999999999999",
        "9999999999999999999",
    ]
    found = columns.filled(column, np.array([*texts, "Gaia EDR3 17", "", "HIP 3.5"]))
    assert found.tolist() == [None, 4038859610604796595, None, None, None, 17, None, None]
    told = capsys.readouterr().err
    assert "gaia_source_id: 5 values are no whole numbers" in told and "'4.03886E+18'" in told


@pytest.mark.parametrize("title", TITLES)
def test_parquet_brings_units_ucds_and_descriptions(products, title, tmp_path):
    path = products[0] / f"{title}.parquet"
    about = parquet.read_metadata(path).metadata
    assert about[b"IVOA.VOTable-Parquet.version"] == b"1.0"
    head = tmp_path / "head.xml"
    head.write_bytes(about[b"IVOA.VOTable-Parquet.content"])
    assert "<DATA>" not in head.read_text()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read = [Table.read(path), Table.read(path, format="parquet.votable"), Table.read(products[0] / f"{title}.xml")]
    for column in (column for column in SCHEMA.columns if title in column.tables):
        for table in read:
            found = table[column.name]
            assert (found.unit or Unit("")) == Unit(column.unit) and found.description == column.description
            assert found.meta["ucd"] == column.ucd
    told = io.StringIO()
    assert votable.validate(str(head), output=told, xmllint=False), told.getvalue()
    if STILTS is None:
        pytest.skip(NO_STILTS)
    done = subprocess.run(
        [STILTS, "votlint", f"votable={head}", "ucd=true", "unit=true"], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_page_says_how_to_read_them(products, tmp_path, monkeypatch):
    (tmp_path / "results").mkdir()
    (tmp_path / "results/catalogue").symlink_to(products[0])
    monkeypatch.chdir(tmp_path)
    names = {}
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/catalogue.md").read_text(), re.S)
    assert len(blocks) == 3
    for block in blocks:
        exec(compile(block, "docs/catalogue.md", "exec"), names)
    stars = names["stars"]
    for column in (column for column in SCHEMA.columns if "objects" in column.tables):
        found = stars[column.name]
        assert found.description == column.description and found.meta["ucd"] == column.ucd
        assert (found.unit or Unit("")) == Unit(column.unit)
    assert names["ids"].tolist() == Table.read("results/catalogue/objects.fits")["gaia_source_id"].tolist()


def test_the_papers_text_table_reads_back(products):
    spectra = Table.read(products[0] / "spectra.fits")
    new = spectra[spectra["source"] == "new"]
    new["rv"][star_flags.has(np.array(new["flags"]), "rv_unused")] = np.nan  # the text table has no flags
    names, *lines = (line.split() for line in (products[0] / "m_etable.txt").read_text().splitlines())
    assert len(lines) == len(new) > 10
    for name, cells in zip(names, zip(*lines, strict=True), strict=True):
        none = null(new[name])
        assert [cell == "-9999" for cell in cells] == none.tolist(), name
        if new[name].dtype.kind in "if":
            error = 0.5001 * 10.0 ** -np.array([len(cell.partition(".")[2]) for cell in cells])
            error = np.where([("." in cell) for cell in cells], error, 0)
            values = np.ma.filled(np.ma.asarray(new[name]).astype("f8"), -9999.0)
            values[none] = -9999
            assert (np.abs(np.array(cells, float) - values) <= error + 1e-6 * np.abs(values)).all(), name


def test_checksums_are_those_of_all_other_files(products):
    folder = products[0]
    lines = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    tables = {f"{title}.{end}" for title in TITLES for end in catalogue.KINDS.values()}
    assert set(lines) == tables | set(OTHERS.values()) - {"SHA256SUMS"}
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == sum_ for name, sum_ in lines.items())


def test_clean_rows_have_none_of_the_flags_of_the_cut(products):
    for title in TITLES:
        table = Table.read(products[0] / f"{title}.fits")
        bad = (np.asarray(table["flags"]) & catalogue_notes.mask(SCHEMA.clean)) != 0
        assert (np.asarray(table["clean"]) == ~bad).all() and bad.any() and not bad.all()


def test_both_counts_stand_in_every_product(products):
    folder = products[0]
    text = "320 spectra of 300 objects; 40 spectra are new, and 40 objects have new spectra only."
    assert text in (folder / "notes.md").read_text() and text in " ".join((folder / "ReadMe").read_text().split())
    for title in TITLES:
        assert text in " ".join(str(fits.getheader(folder / f"{title}.fits", 1)["COMMENT"]).split())
        assert text in " ".join(votable.parse_single_table(folder / f"{title}.xml").description.split())
        assert text in parquet.read_schema(folder / f"{title}.parquet").metadata[b"comments"].decode()
    assert "Subtypes: +0.10 was added" in (folder / "notes.md").read_text()
    counts = {}
    for line in (folder / "notes.md").read_text().splitlines():
        if line.startswith("| "):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            counts.setdefault(cells[0], cells[1:])
    tables = [Table.read(folder / f"{title}.fits") for title in TITLES]
    for name, rule in (("giants", lambda t: (t["giant"] == 1).sum()), ("`rv`", lambda t: np.isfinite(t["rv"]).sum())):
        assert counts[name] == [str(rule(table)) for table in tables]


def test_changes_since_an_earlier_release(products, tmp_path):
    folder, files, made = products
    with fits.open(folder / "spectra.fits") as source:
        table = Table.read(source[1])
        before, names = table[5:].copy(), table["file"].tolist()
    before["object"] += 7  # other numbers, another folder, and rounding are no changes
    before["file"] = [f"elsewhere/{name}.gz" for name in before["file"]]
    before["TiO5"] *= 1 + 1e-7
    before["rv"][10] += 3.0
    before["rv"][11] = np.nan
    before["giant"][12] = 1 - before["giant"][12]
    before["subClass"][10] = "M9"
    before.add_row(before[0])
    before["lmjd"][-1], before["file"][-1] = 4, "gone.fits"
    before.remove_column("clean")
    before["older"] = 1.0
    before.write(tmp_path / "earlier.fits")
    publish(tmp_path, files, made, earlier=str(tmp_path / "earlier.fits"))
    found = {row["file"]: row for row in rows(tmp_path / "changes.csv")}
    assert [row["change"] for row in found.values()] == ["new"] * 5 + ["changed"] * 3 + ["removed"]
    assert list(found)[:5] == names[:5] and list(found)[-1] == "gone.fits"
    assert found[names[15]]["columns"] == "subClass rv" and found[names[16]]["columns"] == "rv"
    assert found[names[17]]["columns"] == "giant"
    notes = (tmp_path / "notes.md").read_text()
    assert "5 new rows, 1 removed, 3 changed" in notes and "Columns added: clean. Columns dropped: older." in notes
    assert "| `rv` | 2 | 0 | 1 | 3 |" in notes
    publish(tmp_path, files, made, earlier=str(folder / "spectra.fits"))
    assert rows(tmp_path / "changes.csv") == []
    assert (tmp_path / "spectra.fits").read_bytes() == (folder / "spectra.fits").read_bytes()


def test_an_earlier_release_that_cannot_be_read(products, tmp_path):
    folder, files, made = products
    Table({"file": ["a"], "lmjd": [1]}).write(tmp_path / "other.fits")
    (tmp_path / "text.fits").write_text("no FITS")
    for name, words in (("other", "no column planID, spID, fiberID, obsid"), ("text", "not a FITS table")):
        with pytest.raises(InputError, match=words):
            changes.read_earlier(tmp_path / f"{name}.fits")
    with pytest.raises(InputError, match="catalogue.earlier"):
        publish(tmp_path, files, made, earlier=str(tmp_path / "text.fits"))
    assert not list(tmp_path.glob("*.csv"))


def test_files_of_one_identity_are_told_apart():
    night = np.ma.array([1, 1, 1], dtype="i4")
    table = {"lmjd": night, "planID": np.array(["p"] * 3), "spID": night, "fiberID": night}
    table["file"] = np.array(["a/x.fits", "b/x.fits.gz", "a/y.fits"])
    assert changes.identities(table) == ["1 p 1 1 x 1", "1 p 1 1 x 2", "1 p 1 1 y 1"]


def test_the_page_of_columns_is_up_to_date():
    text = column_reference.page(SCHEMA)
    assert text == (ROOT / "docs/catalogue.md").read_text(), "run python scripts/column_reference.py"
    assert all(f"`{column.name}`" in text for column in SCHEMA.columns)


def test_every_csv_has_its_header_and_no_sentinels(products):
    for name in ("spectra.csv", "objects.csv", "changes.csv"):
        with open(products[0] / name, newline="") as source:
            head, *lines = csv.reader(source)
        assert len(set(head)) == len(head) and not any(cell.startswith("-9999") for line in lines for cell in line)


def test_the_citation_is_well_formed():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cff["cff-version"] == "1.2.0" and {"message", "title", "authors"} <= set(cff)
    assert all({"type", "title", "authors"} <= set(work) for work in [cff["preferred-citation"], *cff["references"]])
