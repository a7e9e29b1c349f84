"""scripts/sources.py: the list to upload, and queries that ask for just the columns that are read."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import sources
from astropy.table import Table
from conftest import ROOT
from mstarhash.catalogue.recipes import MATCHES, QUERIES
from mstarhash.common.errors import InputError
from mstarhash.stars import tables

LACKING = {  # what an archive does not have
    "gaia_dr4.adql": {"r_est", "r_lo", "r_hi"},
    "II/328/allwise": {"date"},
    "I/355/gaiadr3": {"ref_epoch", "r_est", "r_lo", "r_hi"},
}
NUMBERS = {name: 4915465314359043712 for name in ("source_id", "Source")}
NUMBERS |= {"ref_epoch": 2016.0, "jdate": 2451000.5, "MeasureJD": 2451000.5, "w1mjdmean": 55300.1}
NUMBERS |= {name: 0.3 for name in QUERIES["gaia_dr3"].names() + MATCHES["gaia_dr3"].names() if "cor" in name}
TEXTS = ("designation", "2MASS", "AllWISE", "ph_qual", "Qfl", "qph")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The files of a run of four objects, one of them without a position."""
    monkeypatch.chdir(tmp_path)
    catalogue = tmp_path / "results/catalogue"
    catalogue.mkdir(parents=True)
    (catalogue / "objects.csv").write_text("ra,object,dec\n10.25,0,-5.5\n,1,\n359.123456789012,2,89.5\n0.0,3,0.0\n")
    assert sources.main([]) == 0
    return tmp_path / "sources"


def read_with(names, recipe, path):
    """The names of ours that are read, the columns taken, and the values, of a table of one row with columns `names`."""
    columns = {name: np.array(["AAA"] if name in TEXTS else [NUMBERS.get(name, 3.0)]) for name in names}
    Table(columns).write(path, overwrite=True)
    with tables.Table(str(path), f"input.{recipe.key}", recipe.known) as table:
        values = {ours: table.get(ours)[0] for ours in table.columns}
        return set(values), sorted(table.columns.values()), values


def check(names, recipe, folder, lacking):
    """All of the columns are read, all that we read are there, and no value of them is lost."""
    ours, taken, values = read_with(names, recipe, folder / "made.fits")
    assert taken == sorted(names) and ours == set(recipe.known) - lacking
    assert not [name for name, value in values.items() if value == "" or value != value]
    assert recipe.key != "gaia" or values["source_id"] == "4915465314359043712"


def test_the_list_holds_all_objects_with_a_position(folder):
    table = Table.read(folder / "objects.xml")
    assert table.colnames == ["object", "target_ra", "target_dec"]  # ra, dec would be taken for the sources' own
    assert table["object"].tolist() == [0, 2, 3] and table["target_dec"].tolist() == [-5.5, 89.5, 0.0]
    assert table["target_ra"].tolist() == [10.25, 359.123456789012, 0.0] and str(table["target_ra"].unit) == "deg"


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_asks_for_just_the_columns_that_are_read(folder, name):
    text, recipe = (folder / f"{name}.adql").read_text(), QUERIES[name]
    assert "t.target_ra, t.target_dec, 0.00833333))" in text and text.count("JOIN") == 1 + bool(recipe.joined)
    parts = re.search(r"SELECT DISTINCT\n(.*)\nFROM TAP_UPLOAD.objects AS t\n", text, re.S)[1].split(",\n")
    names = [part.rpartition(".")[2] for part in parts]
    check(names, recipe, folder, LACKING.get(f"{name}.adql", set()))


@pytest.mark.parametrize(
    ("recipe", "file"),
    [(QUERIES["gaia_dr3"], "CVs-gaia_first12.csv"), (MATCHES["gaia_dr3"], "AeBe-Gaia-distance_first12.ecsv"),
     (QUERIES["allwise"], "made_irsa_allwise.tbl")],
)  # fmt: skip
def test_names_are_those_of_the_archives(recipe, file):
    path = ROOT.parent / "shared/data/tables/public" / file
    if not path.exists():
        pytest.skip(f"no {path}: a table as people have it, kept beside the checkout")
    words = set(re.split(r"[\s,|]+", path.read_text()[:30_000]))
    asked = set(recipe.names())
    partly = {"CVs-gaia_first12.csv": 11, "made_irsa_allwise.tbl": 8}.get(file, len(asked))  # some columns only
    assert len({name for name in asked if {name, f"{name}_2"} & words}) >= partly, sorted(asked - words)


def test_gaia_dr4_asks_for_nothing_that_it_lacks(folder):
    text = (folder / "gaia_dr4.adql").read_text()
    assert not re.search(r"params_solved|excess_factor|gspphot|gaiaedr3", text)
    assert "x.a_g" in text and "gaiadr4.ap_xp AS x" in text and "s.a_g" not in text


@pytest.mark.parametrize("name", MATCHES)
def test_a_match_at_cds_is_read_whole(folder, name):
    recipe = MATCHES[name]
    line = next(line for line in (folder / "README.md").read_text().splitlines() if f"cdstable={recipe.table} " in line)
    command = dict(word.split("=", 1) for word in shlex.split(line)[2:])
    assert {key: command[key] for key in ("ra", "dec", "find")} == {
        "ra": "target_ra",
        "dec": "target_dec",
        "find": "all",
    }
    names = recipe.names()
    check(names, recipe, folder, LACKING.get(recipe.table, set()))
    if shutil.which("stilts") is None:
        pytest.skip("no stilts: install it (Debian package stilts) to try its filters")
    match = {"object": [7], "target_ra": [1.0], "target_dec": [2.0], "angDist": [0.1], "Rfl": [2]}
    match |= {column: ["AAA" if column in TEXTS else "3"] for column in names}
    Table(match).write(folder / "match.csv", overwrite=True)
    words = ["in=match.csv", "ifmt=csv", f"cmd={command['ocmd']}", "out=kept.fits"]
    subprocess.run(["stilts", "tpipe", *words], cwd=folder, check=True)
    assert Table.read(folder / "kept.fits").colnames == names


def test_what_cannot_be_done_is_told(folder):
    with pytest.raises(InputError, match="finish a run first"):
        sources.main(["--results", "nowhere"])
    for radius in ("0", "181", "nan"):
        with pytest.raises(InputError, match="at most 180"):
            sources.main(["--radius", radius])
    Path("results/catalogue/objects.csv").write_text("object,ra,dec\n0,,\n")
    with pytest.raises(InputError, match="no object with a position"):
        sources.main([])


def test_no_rule_looks_anything_up():
    assert not any("sources.py" in path.read_text() for path in (ROOT / "rules").glob("*.smk"))
