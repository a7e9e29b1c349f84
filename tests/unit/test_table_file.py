"""Every form of table that people have, read alike; what is refused says what it is and what to do."""

import gzip

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from mstarhash.common.errors import InputError
from mstarhash.common.table_file import open_table

IDS = np.array([4038859610604796595, 4038859610604796602, 4038859610604796609])


def example():
    """A whole number too long for doubles, a number, two kinds of text; the first three with a null."""
    return Table(
        {
            "id": MaskedColumn(IDS, mask=[0, 1, 0]),
            "x": MaskedColumn([1.5, 2.5, -3.5], mask=[1, 0, 0], unit="mas"),
            "n": ["1", "2", "null"],
            "s": ["a", "b", "c"],
        }
    )


def write(path, text, packed=False):
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    return path


def check(path, unit="mas"):
    with open_table(path, "input.x") as table:
        assert table.rows == 3 and [name for name in table.names if "mask" not in name] == ["id", "x", "n", "s"]
        assert table.unit("x") == unit and table.unit("s") == ""
        ids, x = table.column("id"), table.column("x")
        assert ids.dtype.kind == "i" and ids.tolist() == [IDS[0], None, IDS[2]]
        assert x.dtype == "f8" and x.tolist() == [None, 2.5, -3.5]
        assert table.column("n").tolist() == [1, 2, None] and table.column("s").tolist() == ["a", "b", "c"]
        assert table.text("id", np.array([2, 1])).tolist() == [str(IDS[2]), ""]
        assert table.column("x", slice(1, 3)).tolist() == [2.5, -3.5] and table.text("s", slice(2)).tolist() == [
            "a",
            "b",
        ]


FORMS = {
    "a.fits": {},
    "a.xml": {"format": "votable"},
    "a.ecsv": {},
    "b.ecsv": {"delimiter": ","},
    "a.tbl": {"format": "ascii.ipac"},
    "a.mrt": {"format": "ascii.mrt"},
    "a.parquet": {},  # masks beside the columns
    "b.parquet": {"format": "parquet.votable", "metadata": {n: {"unit": "mas" * (n == "x"), "ucd": "", "utype": ""} for n in ("id", "x", "n", "s")}},
}  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_forms_that_astropy_writes(tmp_path, name):
    example().write(tmp_path / name, **FORMS[name])
    check(tmp_path / name)


def test_parquet_of_others(tmp_path):
    import pyarrow
    from pyarrow import parquet

    table = example()
    fields = [pyarrow.field("id", pyarrow.int64()), pyarrow.field("x", pyarrow.float32(), metadata={"unit": "mas"})]
    fields += [pyarrow.field("n", pyarrow.dictionary(pyarrow.int8(), pyarrow.string())), ("s", pyarrow.large_string())]
    columns = {name: table[name].tolist() for name in table.colnames}
    parquet.write_table(pyarrow.table(columns, pyarrow.schema(fields)), tmp_path / "a")
    check(tmp_path / "a")


def rows(sign, null="", head=("id", "x", "n", "s"), between=()):
    cells = [[str(IDS[0]), null, "+1", "a"], [null, "2.5", "2", "b"], [str(IDS[2]), "-3.50", "NA", "c"]]
    return "\n".join([sign.join(head), *between, *(sign.join(line) for line in cells), ""])


@pytest.mark.parametrize("sign", [",", "\t", ";", "|", "  "])
@pytest.mark.parametrize("above", ["", "# by hand\n#\n", "\ufeff", "#", "# "])
def test_separators_comments_and_nulls(tmp_path, sign, above):
    for null in ["null", "N/A", "<NA>", "--", "nan"] + (["", " ", "NULL"] if sign != "  " else []):
        check(write(tmp_path / "a", above + rows(sign, null)), "")
    for end in ("\r\n", "\r"):  # of old Macs, as some spreadsheets still write them
        if sign != "  " or end != "\r":
            check(write(tmp_path / "a", (above + rows(sign, "none")).replace("\n", end), packed=True), "")


@pytest.mark.parametrize("sign", ["\t", ";", "|"])
def test_as_vizier_sends_it(tmp_path, sign):
    """Rows of units and dashes, comments within and behind, a second table that is refused."""
    between = [sign.join(["", "mas", "", ""]), sign.join(["-" * 19, "---", "---", "---"])]
    text = "#RESOURCE=yCat_1\n#Name: I/355\n#Column\tid\t(I19)\n" + rows(sign, " ", between=between)
    check(write(tmp_path / "a", text + "\n#END#\n"))
    with pytest.raises(InputError, match="several tables"):
        check(write(tmp_path / "b", text + "\n#RESOURCE=yCat_2\n#Table x\nu" + sign + "v\n1" + sign + "2\n"))


def test_fits_as_text(tmp_path):
    """TNULL and blanks are missing in whole numbers too."""
    from astropy.io import fits

    for null in ("-99", ""):
        columns = [
            fits.Column("id", "I20", array=np.array([IDS[0], -99, IDS[2]]), null="-99"),
            fits.Column("x", "D12.4", array=[9.25, 2.5, -3.5], null="9.25", unit="mas", ascii=True),
            fits.Column("n", "A4", array=["1", "2", null]),
            fits.Column("s", "A1", array=["a", "b", "c"]),
        ]
        path = tmp_path / f"a{null}.fits"
        fits.TableHDU.from_columns(columns).writeto(path)
        raw = path.read_bytes()
        top, rows_ = raw[:-2880], raw[-2880:]  # astropy does not write nulls itself
        rows_ = rows_.replace(b"9.2500D+00", null.encode().rjust(10)).replace(b"-99", null.encode().rjust(3))
        path.write_bytes(top.replace(b"'9.25    '", b"'-99     '") + rows_)
        with open_table(path, "input.x") as table:
            assert table.column("id").tolist() == [IDS[0], None, IDS[2]]
            assert table.column("x").tolist() == [None, 2.5, -3.5] and table.unit("x") == "mas"


def test_names_that_stand_twice_and_tables_without_rows(tmp_path):
    with open_table(write(tmp_path / "a", "ra,dec,ra\n1,2,3\n"), "input.x") as table:
        assert table.doubled == {"ra"} and table.column("ra").tolist() == [1]
    for text in ("a,b\n", "#a,b\n", "a b\n\n"):
        with open_table(write(tmp_path / "b", text), "input.x") as table:
            assert table.rows == 0 and table.column("b").shape == (0,) and table.text("a").shape == (0,)
    overflow = '<VOTABLE><RESOURCE><INFO name="QUERY_STATUS" value="{}">{}</INFO><TABLE><FIELD name="a" datatype="int"/></TABLE></RESOURCE></VOTABLE>'
    with open_table(write(tmp_path / "c", overflow.format("OVERFLOW", "")), "input.x") as table:
        assert "OVERFLOW" in table.notes[0]
    with pytest.raises(InputError, match="no such column in query"):
        open_table(write(tmp_path / "c", overflow.format("ERROR", "no such column in query")), "input.x")


REFUSED = {
    "a,b\n1,2\n3\n4,5\n": "line 3: 1 cells, the header line (a, b) has 2",
    "a b\n1 2\n3\n": "line 3: 1 cells between blanks",
    "1.5,2\n3,4\n": "numbers in its first line",
    "#RESOURCE=x\n#INFO none\n": "found nothing",
    "": "empty file",
    "\n\n": "empty file",
    "<!DOCTYPE html><html>": "a web page",
    "<?xml version='1.0'?><a/>": "XML without a VOTable",
    '{"a": 1}': "a JSON file",
    "\x89HDF\r\n": "HDF5",
    "PK\x03\x04": "Excel",
    "BZh91AY": "bzip2; unpack it first",
    "version https://git-lfs.github.com/spec/v1\n": "git lfs pull",
    "PAR1 nonsense": "a Parquet file that is damaged or cut short",
    "SIMPLE  = nonsense": "a FITS file that is damaged or cut short",
    "<VOTABLE><nonsense": "a VOTable that is damaged or cut short",
    "\\a\n|a|b|\n|nonsense|\n1 2 3 4\n": "looks like an IRSA",
    "a\0b\n": "none of FITS, VOTable, Parquet and text",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_refused_says_what_it_is_and_what_to_do(tmp_path, text):
    path = tmp_path / "x"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as caught, open_table(path, "input.x") as table:
        table.load(table.names)
    said = str(caught.value)
    assert said.startswith(f"input.x: {path}: ") and REFUSED[text] in said and "\n" not in said
    for word in ("Invalid", "pyarrow", "Expected", "expected", "CSV parse", "Error", "columns, got"):
        assert word not in said


def test_a_file_cut_short_is_refused(tmp_path):
    for name in ("a.fits", "a.parquet", "a.xml"):
        Table({"a": np.arange(5000), "b": np.arange(5000.0)}).write(
            tmp_path / name, **({"format": "votable"} if name == "a.xml" else {})
        )
        raw = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(raw[: len(raw) * 2 // 3])
        with pytest.raises(InputError, match="damaged or cut short"):
            open_table(tmp_path / name, "input.x")


def test_public_tables(shared_data):
    folder = shared_data / "tables" / "public"
    if not folder.is_dir():
        pytest.skip("no ../shared/data/tables/public beside the checkout: public tables are not part of the repository")
    with open_table(folder / "made_irsa_allwise.tbl", "input.wise") as table:
        assert table.rows == 2 and table.unit("ra") == "deg" and table.column("w2sigmpro").tolist() == [0.198, None]
    with open_table(folder / "made_vizier_asu.tsv", "input.gaia") as table:
        assert table.rows == 4 and table.unit("pmRA") == "mas/yr" and table.column("Source")[0] == 2225009717667255251
    with open_table(folder / "AeBe-Gaia-distance_first12.ecsv", "input.gaia") as table:
        assert table.rows == 12 and table.text("DR3Name")[0] == "Gaia DR3 432259531738647296"
