"""Figures: they say why a panel is empty, the numbers stand beside them, and published values are read as they are."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import ROOT
from mstarhash.figures import (
    activity,
    candidates,
    kinematics,
    luminosity,
    mock,
    positives,
    positives_spectra,
    ranking,
    style,
    subtypes,
    union,
    unknown,
)
from mstarhash.figures import found as plots_found
from mstarhash.spectra.hdf5 import create, write_columns
from mstarhash.spectra.shards import IDENTITY
from mstarhash.stars import photometry

FIELD = ROOT / "config" / "field_values.csv"


def aligned(path, count=0, **columns):
    """A measure-like file of `count` stars; columns that are not given are NaN."""
    names = [*mock.INDICES, *photometry.BANDS, *luminosity.MATCHED, *luminosity.VOICES, "subtype",
             "subtype_template", "snr_r", "p_m", "giant", "active"]  # fmt: skip
    values = {key: np.full(count, np.nan) for key in names}
    values |= {key: np.array([f"{key}{k}" for k in range(count)], "U12") for key in IDENTITY}
    values |= {
        "order": np.arange(count, dtype="u8"),
        "source": np.full(count, "released"),
        "subtype_zero": np.zeros(count),
    }
    values |= {"tmass_qual": np.full(count, "AAA"), "wise_qual": np.full(count, "AA")}
    values |= {"subclass_pipeline": np.full(count, "dM2"), "magtype": np.full(count, "ugrizjh")}
    with create(path, "measure", "") as out:
        write_columns(out, values | columns)
    return str(path)


def ingested(path, classes, magnitudes):
    """An ingest-like file of spectra of some classes, all magnitudes of each the same but for r, one brighter."""
    count = len(classes)
    values = {"file": np.array([f"file{k}" for k in range(count)], "U12"), "class": np.array(classes, "U8")}
    values |= {"order": np.arange(count, dtype="u8"), "magtype": np.full(count, "ugrizjh")}
    values |= {band: np.array(magnitudes, float) - (band == "mag3") for band in photometry.BANDS}
    with create(path, "ingest", "") as out:
        write_columns(out, values)
    return str(path)


@pytest.fixture
def nothing(tmp_path):
    """What the figures get from a run without candidates, truth, photometry, evaluation or positives."""
    (tmp_path / "candidates.csv").write_text("file,rank,p_m,snr_r,best_wanted\n")
    (tmp_path / "dispersions.csv").write_text("group,h_mean,component,dispersion,dispersion_err,raw_dispersion\n")
    (tmp_path / "fractions.csv").write_text("sample,rule,subtype,snr,active,total,fraction,low,high\n")
    (tmp_path / "boundaries.csv").write_text("plane,record,name,x,y\n")
    with create(tmp_path / "rebin.h5", "rebin", "") as out:
        write_columns(out, {"file": np.array([], "U1"), "order": np.zeros(0, "u8"), "wave": np.arange(4000.0, 9000.0)})
    ingested(tmp_path / "ingest.h5", [], [])
    with create(tmp_path / "model.h5", "train", "") as out:
        part = out.create_group("averages")
        part.attrs.update({"order": 3, "prior": 1.0, "floor": 0.05, "max_shift": 3})
        write_columns(part, {"name": np.array(["dwarf 0"])})
    path = lambda name: str(tmp_path / name)  # noqa: E731
    return SimpleNamespace(
        candidates=path("candidates.csv"), spectra=[path("rebin.h5")], model=path("model.h5"), averages="", table1="",
        ingested=[path("ingest.h5")], positives="", clusters="", defects="", activity=aligned(tmp_path / "a.h5"),
        curves="", ranking="", reliability="", union="", truth="", field=str(FIELD), measure=[aligned(tmp_path / "m.h5")],
        crossmatch=aligned(tmp_path / "c.h5"), luminosity=aligned(tmp_path / "l.h5"), boundaries=path("boundaries.csv"),
        fractions=path("fractions.csv"), dispersions=path("dispersions.csv"), best=10, smooth=3.0, min_snr=10.0,
        real=None, target="M", dpi=50,
    )  # fmt: skip


def words(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize(
    ("draw", "why"),
    [
        (candidates.draw, "no candidates"),
        (ranking.draw, "no truth"),
        (union.draw, "not evaluated"),
        (positives.draw, "a trained model was given"),
        (mock.draw, "no such measurement"),
        (subtypes.draw, "no star with both subtypes"),
        (unknown.draw, "no unclassified spectrum"),
        (unknown.draw, "no g, r, i magnitudes"),
        (positives_spectra.draw_defects, "a trained model was given"),
        (positives_spectra.draw_examples, "a trained model was given"),
        (plots_found.draw_types, "no M star was found"),
        (plots_found.draw_noise, "no M star was found"),
        (plots_found.draw_magnitudes, "no r magnitude"),
        (plots_found.draw_types_beside, "no M star with a subtype"),
        (luminosity.draw_early, "input.gaia"),
        (luminosity.draw_all, "input.wise"),
        (activity.draw, "no star whose activity"),
        (kinematics.draw, "input.gaia"),
    ],
)
def test_without_data_a_panel_says_why(draw, why, nothing, tmp_path):
    figure, rows = draw(style.start(), nothing)
    assert any(why in text for text in words(figure))
    assert len({len(row) for row in rows}) == 1
    style.save(figure, tmp_path / "a.png", nothing.dpi)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_subtypes_against_labels_are_counted(nothing, tmp_path):
    n = 30
    ours = np.where(np.arange(n) < 27, 2.2, 3.6)  # three rounded to M4
    nothing.measure = [
        aligned(tmp_path / "stars.h5", n, snr_r=np.where(np.arange(n) < 20, 5.0, 50.0), subtype=ours,
                subtype_template=np.full(n, np.nan), subclass_pipeline=np.full(n, "dM2"))
    ]  # fmt: skip
    figure, rows = subtypes.draw(style.start(), nothing)
    table = {(row[0], row[1], row[2]): row[3] for row in rows[1:]}
    high, low = (f"by indices, S/N {text}, published label" for text in ("> 10", "3-10"))
    assert (table[high, "M2", "M2"], table[high, "M2", "M4"], table[low, "M2", "M2"]) == (7, 3, 20)
    assert table[high, "within one", "all"] == pytest.approx(70) and len(table) == 5
    assert len(figure.axes) == 4 and words(figure).count("no star with both subtypes") == 2


def test_measured_stars_are_counted_where_they_belong(nothing, tmp_path):
    n = 40
    giant = np.arange(n) % 4 == 0
    nothing.measure = [
        aligned(
            tmp_path / "stars.h5",
            n,
            snr_r=np.where(np.arange(n) < 36, 50.0, 3.0),
            subtype=np.full(n, 2.0),
            tio5=np.where(giant, 0.58, 0.60),
            subclass_pipeline=np.where(giant, "gM2", "dM2"),
            mag3=np.full(n, 16.0),
            mag4=np.where(np.arange(n) < 8, 99.0, 15.0),
            magtype=np.full(n, "ugrizjh"),
        )  # fmt: skip
    ]
    nothing.crossmatch = aligned(tmp_path / "match.h5", n, j=np.full(n, 12.0), h=np.full(n, 11.4), k=np.full(n, 11.2))
    figure, rows = mock.draw(style.start(), nothing)
    style.save(figure, tmp_path / "a.png", 50)
    median = {(row[0], row[1]): row[3] for row in rows[1:] if row[2] == 2.0 and "this run" in row[1]}
    assert median["tio5", "dwarfs of this run"] == 0.60 and median["tio5", "giants of this run"] == 0.58
    assert median["r_i", "dwarfs of this run"] == pytest.approx(1.0)  # those with 99 left out
    assert median["j_k", "giants of this run"] == pytest.approx(0.8)
    assert ("cah1", "dwarfs of this run") not in median
    stars = mock.stars(nothing.measure, nothing.crossmatch, "", 10.0)
    assert len(stars["giant"]) == 36 and stars["giant"].sum() == 9 and np.isnan(stars["r_i"]).sum() == 8


def test_published_values_are_summed_only_within_a_source():
    values = mock.read_field(FIELD)
    subtype, total = values["cah23", "dwarf", "Bochanski 2007 templates, indices measured"]
    assert dict(zip(subtype, total, strict=True))[3.0] == pytest.approx(0.480 + 0.717)
    mine = [key for key in values if key[0] == "j_k"]
    assert {key[1] for key in mine} == {"dwarf", "giant"} and len(mine) == 2


def test_numbers_are_written_with_empty_nulls(tmp_path):
    style.write_numbers(
        tmp_path / "a.csv", [("a", "b", "c"), (1, np.float32(0.1), np.nan), ("text", 1e-9, np.int64(7))]
    )
    with open(tmp_path / "a.csv", newline="") as source:
        assert list(csv.reader(source)) == [["a", "b", "c"], ["1", "0.1", ""], ["text", "1e-09", "7"]]


def test_same_figure_same_bytes(nothing, tmp_path):
    for name in ("a.png", "b.png"):
        figure, _ = luminosity.draw_early(style.start(), nothing)
        style.save(figure, tmp_path / name, 60)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def numbers_of(draw, args):
    """The rows of a figure that also can be saved, as dicts."""
    figure, rows = draw(style.start(), args)
    figure.canvas.draw()
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def test_one_star_is_drawn(nothing, tmp_path):
    one = {"source": np.array(["new"]), "subtype": np.array([6.0]), "snr_r": np.array([2.0]), "p_m": np.array([0.9])}
    nothing.measure = [aligned(tmp_path / "one.h5", 1, **one, mag3=np.array([18.2]), ewha=np.array([4.0]))]
    nothing.luminosity = aligned(tmp_path / "l1.h5", 1, giant=np.array([0.0]))
    nothing.crossmatch, nothing.activity = (
        aligned(tmp_path / "c1.h5", 1),
        aligned(tmp_path / "a1.h5", 1, active=np.ones(1)),
    )
    found = {(row["series"], row["x"]): row["y"] for row in numbers_of(plots_found.draw_types, nothing)}
    assert found["dwarfs", "M6"] == 1 and sum(y for (word, _), y in found.items() if word == "dwarfs") == 1
    late = [row for row in numbers_of(plots_found.draw_types_beside, nothing) if row["panel"] == "later than M5"]
    assert [(row["series"], row["y"]) for row in late] == [("new", 1.0)] and 0 < late[0]["low"] < 1
    r = [row for row in numbers_of(plots_found.draw_magnitudes, nothing) if row["y"] > 0]
    assert [(row["x"], row["y"]) for row in r] == [(18.25, 1.0)]
    for draw in (plots_found.draw_noise, luminosity.draw_early, luminosity.draw_all, activity.draw):
        numbers_of(draw, nothing)


def test_colours_are_those_of_the_unclassified(nothing, tmp_path):
    (tmp_path / "candidates.csv").write_text("file,rank,p_m,snr_r,best_wanted\nfile1,1,0.9,3.0,a\nfile2,2,0.1,-1,a\n")
    nothing.ingested = [ingested(tmp_path / "i.h5", ["STAR", "Unknown", "Unknown", ""], [15, 16, 17, 99])]
    rows = numbers_of(unknown.draw, nothing)
    cells = [row for row in rows if row["panel"].startswith("cells")]
    assert len(cells) == 1 and cells[0]["low"] == 2  # g - r = 1, r - i = -1 of two; the magnitude 99 is none
    assert [(row["x"], row["y"]) for row in rows if row["series"] == "candidates"] == [(1.0, -1.0)]
    noise = [row for row in rows if row["series"] == "all unclassified" and row["panel"] == "S/N"]
    assert sum(row["y"] for row in noise) == 2


def test_what_a_plane_finds_is_counted_from_its_table():
    rows = [
        dict(plane="jk_h", record="contamination", subtype="all", snr=snr, count=count, total="50")
        for snr, count in (("all", "6"), ("<5", "5"))
    ]
    assert luminosity.rate(rows, "jk_h", "contamination").endswith("6 of 50\n12.0 % (8.1-17.4)")
    assert luminosity.rate(rows, "jk_h", "completeness") == ""
