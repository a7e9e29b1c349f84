"""Other people's tables of sources: ids, epochs, what cannot be, what is taken for what and said."""

import numpy as np
import pytest
import toy_measured as toy
from astropy.table import MaskedColumn, Table
from conftest import ROOT
from mstarhash.catalogue.columns import filled, read_schema
from mstarhash.common.errors import InputError
from mstarhash.stars import source_ids, tables
from mstarhash.stars.source_columns import GAIA, possible

IDS = 4038859610604796595 + 1_000_003 * np.arange(60)


@pytest.fixture
def star():
    return toy.stars(60)


def gaia(star, **columns):
    return {**toy.gaia(star), "source_id": IDS, **columns}


def ran(folder, star, columns, name="g.csv", **options):
    (folder / name).unlink(missing_ok=True)
    return toy.run_crossmatch(folder, toy.measured(star), toy.write_table(folder / name, columns), **options)


def opened(path, known=GAIA, release="DR3"):
    return tables.Table(path, "input.gaia", known, release)


def made(folder, text):
    (folder / "t").write_text(text)
    return folder / "t"


HEAD = "source_id,ra,dec,parallax,pmra,pmdec,phot_g_mean_mag"


@pytest.mark.parametrize("kind", ["csv", "fits", "xml", "parquet"])
@pytest.mark.parametrize("prefix", ["Gaia DR3 ", "GAIA EDR3_", "", "DR3 "])
def test_ids_behind_a_prefix_are_exact(tmp_path, star, kind, prefix):
    columns = gaia(star, source_id=np.array([f"{prefix}{number}" for number in IDS]))
    out = ran(tmp_path, star, columns, f"g.{kind}")
    assert list(out["gaia_source_id"]) == [str(number) for number in IDS]


@pytest.mark.parametrize(
    "name", ["Source", "DR3Name", "GaiaDR3_id", "gaia_id", "dr3_source_id", "GAIA_SOURCE_ID", "designation"]
)
def test_known_names_of_the_id(tmp_path, star, name):
    columns = gaia(star)
    del columns["source_id"]
    out = ran(tmp_path, star, columns | {name: np.array([f"Gaia DR3 {number}" for number in IDS])})
    assert list(out["gaia_source_id"]) == [str(number) for number in IDS]


def test_damaged_ids_are_refused(tmp_path, star):
    large = IDS + 2**60 // 4
    rounded = np.array([int(float(number)) for number in large])
    for number, (kind, ids, words) in enumerate(
        (
            ("fits", IDS.astype(float), "15 to 17 digits"),
            ("parquet", IDS.astype(float), "15 to 17 digits"),
            (
                "csv",
                np.array([f"{number:.5E}" for number in IDS]),
                r"4.03886E\+18.*15 to 17 digits.*64-bit integers or as text",
            ),
            (
                "csv",
                np.array([f"{number / 1e3:.6E}" for number in IDS]),
                "15 to 17 digits",
            ),  # such are exact as doubles
            ("csv", np.array([f"Gaia DR3 {number:.5E}" for number in IDS]), "row 1"),
            ("fits", rounded, "multiples of 512"),
            ("csv", rounded, "multiples of 512"),
        )
    ):
        path = toy.write_table(tmp_path / f"{number}.{kind}", gaia(star, source_id=ids))
        with pytest.raises(InputError, match=words):
            opened(path)
    with opened(toy.write_table(tmp_path / "good.csv", gaia(star, source_id=large))) as table:  # of the same size
        assert table.get("source_id", np.array([3]))[0] == str(large[3])
    beside = gaia(star, source_id=IDS.astype(float), DR3Name=np.array([f"Gaia DR3 {number}" for number in IDS]))
    with opened(toy.write_table(tmp_path / "beside.csv", beside)) as table:  # another column has them
        assert table.columns["source_id"] == "DR3Name" and "source_id is not taken" in table.describe()
    small = gaia(star, source_id=np.where(np.arange(60) == 3, np.nan, np.arange(60.0) + 5))
    with opened(toy.write_table(tmp_path / "small.csv", small)) as table:  # exact in doubles
        assert list(table.get("source_id")[2:5]) == ["7", "", "9"]


def test_what_may_be_no_id_is_said(tmp_path, star):
    for name, ids, words in (
        ("source_id_2", IDS, "no ids, source_id_2 may hold them: rename"),
        ("Source", np.arange(60), "Source holds 1, Gaia's ids are above 4,294,967,296: running numbers?"),
    ):
        columns = gaia(star, **{name: ids})
        del columns["source_id"]
        with opened(toy.write_table(tmp_path / f"{name}.csv", columns)) as table:
            assert words in table.describe()


def test_equal_ids_at_two_places_are_damage(tmp_path, star):
    columns = gaia(star, source_id=np.where(np.arange(60) < 2, IDS[0], IDS))
    with pytest.raises(InputError, match="1 ids of column source_id stand at more than one place"):
        ran(tmp_path, star, columns)


def test_the_release_is_told_by_the_ids_or_the_config(tmp_path, star):
    def epoch(release="DR3", **columns):
        whole = gaia(star, **columns)
        whole = {key: values for key, values in whole.items() if values is not None}
        return ran(tmp_path, star, whole, release=release)["ref_epoch"][0]

    named = {k: np.array([f"Gaia {k} {number}" for number in IDS]) for k in ("DR2", "DR4")}
    assert epoch(ref_epoch=None) == 2016 and epoch("DR4", ref_epoch=None) == 2017.5
    assert epoch("DR4", ref_epoch=None, source_id=named["DR2"]) == 2015.5
    assert epoch(ref_epoch=None, source_id=None, DR4Name=named["DR4"]) == 2017.5
    assert epoch(ref_epoch=None, DESIGNATION=named["DR4"]) == 2017.5  # beside source_id
    assert epoch("DR2") == toy.EPOCH  # ref_epoch comes first
    assert epoch(ref_epoch=np.where(np.arange(60) < 30, np.nan, 2017.5)) == 2017.5  # as those that have one


@pytest.mark.parametrize("values", [56013.79, 2000.0, 2451545.0, 0.5, 2014.3])
@pytest.mark.parametrize("name", ["Epoch", "epoch"])
def test_somebody_else_s_epoch_is_not_taken(tmp_path, star, values, name, capsys):
    columns = gaia(star, **{name: np.full(60, values)})
    del columns["ref_epoch"]
    out = ran(tmp_path, star, columns, release="DR2")
    assert (out["gaia_source_id"] != "").all() and out["match_sep"].max() < 2e-3 and (out["ref_epoch"] == 2015.5).all()
    assert f"{name} is not taken, with values like {values:g}" in capsys.readouterr().err


def test_epochs_of_gaia_s_own_tables(tmp_path, star, capsys):
    columns = gaia(star)
    columns["Epoch"] = columns.pop("ref_epoch")
    assert (ran(tmp_path, star, columns, release="DR4")["ref_epoch"] == 2015.5).all()  # VizieR's table of DR2
    assert "epoch 2015.5 (from Epoch)" in capsys.readouterr().err
    ran(tmp_path, star, gaia(star, ref_epoch=np.full(60, "J2015.5")))
    assert "ref_epoch is not taken, it holds no numbers ('J2015.5')" in capsys.readouterr().err
    wrong = gaia(star, ref_epoch=np.full(60, 57205.875))
    assert (ran(tmp_path, star, wrong, release="DR2")["match_sep"] < 2e-3).all()  # no year at all


@pytest.mark.parametrize("null", [1e20, -999, 999, np.inf, -9999.0, -9999.99, 99999, "NA", "<NA>", "blank"])
def test_values_that_cannot_be_are_missing(tmp_path, star, null, capsys):
    some = np.arange(60) % 5 == 0
    text = {"NA": "NA", "<NA>": "<NA>", "blank": " "}.get(null)
    names = ("parallax", "pmra", "pmdec", "phot_g_mean_mag", "parallax_error", "pmra_error")
    columns = gaia(star)
    good = ran(tmp_path, star, columns)
    for name in names:
        columns[name] = np.where(some, np.array(text or repr(float(null))), columns[name].astype(str))
    out = ran(tmp_path, star, columns)
    slow = ~some | (np.hypot(star["pmra"], star["pmdec"]) * 15.5 < 5000)
    assert list(out["gaia_source_id"][slow]) == [str(number) for number in IDS[slow]] and slow.sum() > 55
    for name in ("parallax", "pmra", "pmdec", "g", "parallax_error"):
        assert np.isnan(out[name][some]).all() and (out[name][~some] == good[name][~some]).all(), name
    said = capsys.readouterr().err
    assert ("values that cannot be, taken as missing" in said) == (text is None) and "pmra 12 (like" in said or text


@pytest.mark.parametrize("unit", ["uas", "Angle[uas]", "1e-3 mas", "Microarcsec"])
def test_units_in_many_words(tmp_path, star, unit):
    from astropy.io import fits

    hdu = fits.table_to_hdu(Table(gaia(star, parallax=star["parallax"] * 1000)))
    for name, words in (
        ("parallax", unit),
        ("ra", "degrees"),
        ("dec", "DEG"),
        ("pmra", "mas/year"),
        ("pmdec", "MAS per yr"),
    ):
        hdu.columns[name].unit = words
    hdu.columns["phot_g_mean_mag"].unit = "Magnitude[mag]"
    hdu.writeto(tmp_path / "g.fits")
    out = toy.run_crossmatch(tmp_path, toy.measured(star), tmp_path / "g.fits")
    assert out["parallax"] == pytest.approx(star["parallax"]) and out["match_sep"].max() < 2e-3
    hdu.columns["phot_g_mean_mag"].unit = "uJy"
    hdu.writeto(tmp_path / "flux.fits")
    with pytest.raises(InputError, match="phot_g_mean_mag .* is in uJy; convert it to mag"):
        toy.run_crossmatch(tmp_path, toy.measured(star), tmp_path / "flux.fits")


def test_limits_are_of_what_can_be():
    def kept(name, values, factor=1.0):
        return possible(np.array(values, float), GAIA[name], factor).tolist()

    real = {"pmra": [-798.58, 10362.5, 0.0], "parallax": [768.07, -3.2], "g": [-1.4, 21.5], "ra": [0, 99.9, 359.99]}
    for name, values in real.items():
        assert kept(name, values) == values
    assert kept("pmra", [-798_580], 1e-3) == [pytest.approx(-798.58)]
    for name, value in (
        ("dec", 90.5),
        ("dec", -99.0),
        ("ra", 999),
        ("g", 99.0),
        ("g", -9.99),
        ("parallax_error", 0),
        ("parallax_error", 5e-5),
        ("pmra_error", 2e-5),
    ):  # arcsec without a unit, Gaia's start at 0.006 mas
        assert np.isnan(kept(name, [value])[0]), name
    assert np.isnan(kept("ref_epoch", [0, 56000, 1e20])).all()


@pytest.mark.parametrize("form", ["astropy", "votable", "plain"])
def test_units_and_masks_of_parquet(tmp_path, star, form):
    """Bare values under a mask are another star's."""
    table = Table(gaia(star))
    some = np.arange(60) % 6 == 0
    table["parallax"] = MaskedColumn(np.where(some, 50.0, star["parallax"]) * 1000, mask=some, unit="uas")
    path = tmp_path / "g.parquet"
    if form == "astropy":
        table.write(path)
    elif form == "votable":
        units = {name: {"unit": "uas" * (name == "parallax"), "ucd": "", "utype": ""} for name in table.colnames}
        table.write(path, format="parquet.votable", metadata=units)
    else:
        import pyarrow
        from pyarrow import parquet

        fields = [pyarrow.field(n, pyarrow.int64() if n == "source_id" else pyarrow.float64()) for n in table.colnames]
        fields = [f.with_metadata({"unit": "uas"}) if f.name == "parallax" else f for f in fields]
        parquet.write_table(pyarrow.table({n: table[n].tolist() for n in table.colnames}, pyarrow.schema(fields)), path)
    out = toy.run_crossmatch(tmp_path, toy.measured(star), path)
    assert np.isnan(out["parallax"][some]).all() and np.isnan(out["distance"][some]).all()
    assert out["parallax"][~some] == pytest.approx(star["parallax"][~some])
    assert list(out["gaia_source_id"]) == [str(number) for number in IDS]


def test_positions_are_taken_as_pairs(tmp_path, star):
    vizier = {"ra": "RAdeg", "dec": "DEdeg", "parallax": "Plx", "pmdec": "pmDE", "phot_g_mean_mag": "Gmag"}
    columns = {vizier.get(key, key): values for key, values in gaia(star).items()}
    for other in (np.full(60, "10:20:09.70"), star["ra"] + 0.1, np.full(60, "")):
        for names in (("RA", "DE"), ("RA", "DEC"), ("ra", "dec")):
            out = ran(tmp_path, star, dict.fromkeys(names, other) | columns)
            assert list(out["gaia_source_id"]) == [str(number) for number in IDS], names
    own = gaia(star, ra=np.full(60, "10:20:09.70"), dec=np.full(60, "+16:57:14.5"))
    out = ran(tmp_path, star, own | {"RA_ICRS": star["ra"], "DE_ICRS": star["dec"]})
    assert list(out["gaia_source_id"]) == [str(number) for number in IDS]
    archive = {"RA": star["ra"] + 0.1, "DEC": star["dec"]} | gaia(star) | {"RAJ2000": star["ra"], "gmag": star["g"] + 3}
    out = ran(tmp_path, star, archive)
    assert list(out["gaia_source_id"]) == [str(number) for number in IDS] and out["g"] == pytest.approx(star["g"])


def test_columns_that_are_not_used_never_stop_a_table(tmp_path, star):
    columns = gaia(star, epoch=np.full(60, "2014-01-01"), remark=np.full(60, "x"), parallax_over_error=np.full(60, "?"))
    assert (ran(tmp_path, star, columns)["match_sep"] < 2e-3).all()
    with pytest.raises(InputError, match="column pmra of the table of input.gaia holds 'fast' .row 2., no number"):
        ran(tmp_path, star, gaia(star, pmra=np.where(np.arange(60) == 1, "fast", "1.5")))
    for cell, words in (("292,58", "a decimal comma; write numbers with points"), ("10:20:09.7", "sexagesimal")):
        with pytest.raises(InputError, match=f"column ra .* holds '{cell}' .row 1., {words}"):
            ran(tmp_path, star, gaia(star, ra=np.full(60, cell)))
    with pytest.raises(InputError, match="no column parallax or Plx; .* parallax_2, parallax_1?"):
        columns = gaia(star) | {f"parallax_{k}": star["parallax"] for k in (2, 1)}
        ran(tmp_path, star, {key: values for key, values in columns.items() if key != "parallax"})
    for start, end in (("", "_2"), ("", ".1"), ("gaia_", "")):
        columns = gaia(star, e_ra=star["g"], target_pm_ra=star["g"])
        columns = {f"{start}{k}{end}" if k in ("ra", "dec") else k: values for k, values in columns.items()}
        with pytest.raises(InputError, match=f"no pair of columns ra, dec or .*; {start}ra{end}: rename the one that"):
            ran(tmp_path, star, columns)
        with opened(
            toy.write_table(tmp_path / f"{start}ra{end}.fits", columns | {k: star[k] for k in ("ra", "dec")})
        ) as table:
            assert f"a join with another table, it seems: {start}ra{end}, {start}dec{end} are not" in table.describe()
    two = toy.infrared(star)[0] | {"parallax": star["parallax"]}
    with tables.Table(toy.write_table(tmp_path / "2.csv", two), "input.twomass", tables.TWOMASS) as table:
        assert "a join with another table, it seems; the positions must be those" in table.describe()
    with pytest.raises(InputError, match="column ra of the table of input.gaia stands twice"):
        opened(made(tmp_path, HEAD + ",ra\n1,2,3,4,5,6,7,8\n"))


def test_gaia_dr4(tmp_path, star, capsys):
    """Names of the draft of its data model: no excess factor, no A_G, another count of parameters."""
    columns = gaia(star, ref_epoch=np.full(60, 2017.5), astrometric_params=np.full(60, 31), radial_velocity=star["rv"])
    columns["ra"], columns["dec"] = toy.at(star, 2017.5)
    columns["designation"] = np.array([f"Gaia DR4 {number}" for number in IDS])
    out = ran(tmp_path, star, columns)
    assert (out["ref_epoch"] == 2017.5).all() and out["match_sep"].max() < 2e-3 and np.isnan(out["a_g"]).all()
    assert "warning" not in capsys.readouterr().err
    del columns["ref_epoch"], columns["designation"]
    out = ran(tmp_path, star, columns | {"a_g": np.full(60, 0.3)}, release="DR4")
    assert (out["ref_epoch"] == 2017.5).all() and out["match_sep"].max() < 2e-3 and (out["a_g"] == 0.3).all()


def test_what_is_taken_for_what_is_said(tmp_path, star, capsys):
    columns = gaia(star)
    for old, new in {"ra": "RA_ICRS", "dec": "DE_ICRS", "source_id": "Source", "pmdec": "pmDE"}.items():
        columns[new] = columns.pop(old)
    table = Table(columns)
    table["RA_ICRS"].unit = "deg"
    table.write(tmp_path / "g.fits")
    toy.run_crossmatch(tmp_path, toy.measured(star), tmp_path / "g.fits")
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("input.gaia: ")]
    assert len(lines) == 1
    for words in (
        "ra from RA_ICRS [deg]",
        "source_id from Source",
        "epoch 2015.5 (from ref_epoch)",
        "none for bp, rp",
        "60 rows",
    ):
        assert words in lines[0]


def test_odd_matches_and_missing_dates_are_warned_of(tmp_path, star, capsys):
    def warned(columns, **options):
        ran(tmp_path, star, columns, **options)
        return [line for line in capsys.readouterr().err.splitlines() if "warning" in line]

    shifted = gaia(star, dec=star["dec"] + 20 / 3600)
    (line,) = warned(shifted)
    assert (
        "of 60 objects that have sources within 6 arcmin only 0 are matched within 5 arcsec" in line and "dec" in line
    )
    (line,) = warned(gaia(star, dec=star["dec"] + 2 / 3600))
    assert "median separation of" in line and "2.00 arcsec" in line
    (line,) = warned(gaia(star, ra=star["ra"] / 15))
    assert "no source lies within 6 arcmin of any of 60 objects" in line
    assert warned(gaia(star)) == []
    star["pmra"][:2] = 800.0
    two, wise = toy.infrared(star)
    bare = {"twomass": {key: values for key, values in two.items() if key != "jdate"}, "wise": wise}
    paths = {key: toy.write_table(tmp_path / f"{key}.csv", columns) for key, columns in bare.items()}
    lines = warned(gaia(star), **paths)
    for line, name, epoch in zip(lines, ("2MASS", "WISE"), (1999, 2010.5), strict=True):
        assert f"no date of the {name} observations, {epoch} is taken for all; 2 of 60 objects move" in line
    dates = {"twomass": two, "wise": wise | {"w1mjdmean": np.full(60, 51544.0 + 10.5 * 365.25)}}
    paths = {key: toy.write_table(tmp_path / f"dated_{key}.csv", columns) for key, columns in dates.items()}
    assert warned(gaia(star), **paths) == []


def test_forms_of_text_give_the_same_match(tmp_path, star):
    columns = gaia(star)
    cells = [[repr(values[k].item()) for values in columns.values()] for k in range(60)]
    for sign, above, between in (
        (",", "#", ""),
        ("\t", "#RESOURCE=yCat_1\n", "\t".join(["mas"] * 3) + "\n" + "\t".join(["---"] * len(columns)) + "\n"),
        ("   ", "# ", ""),
    ):
        if between:
            units = ["", "deg", "deg", "", "mas", "mas", "mas/yr", "mas/yr", "mas/yr", "mas/yr", "mag", ""]
            between = "\t".join(units) + "\n" + "\t".join(["---"] * len(columns)) + "\n"
        text = above + sign.join(columns) + "\n" + between + "\n".join(sign.join(line) for line in cells) + "\n"
        out = toy.run_crossmatch(tmp_path, toy.measured(star), made(tmp_path, text))
        assert list(out["gaia_source_id"]) == [str(number) for number in IDS] and out["match_sep"].max() < 2e-3


def test_public_tables(shared_data):
    folder = shared_data / "tables" / "public"
    if not folder.is_dir():
        pytest.skip("no ../shared/data/tables/public beside the checkout: public tables are not part of the repository")
    with opened(folder / "AeBe-Gaia-distance_first12.ecsv") as table:
        assert table.get("source_id")[:2].tolist() == ["432259531738647296", "422867640861343744"]
        assert table.columns["ra"] == "RAdeg" and table.epoch == 2016 and np.isfinite(table.get("parallax")).sum() >= 10
    with opened(folder / "CVs-gaia_first12.csv") as table:
        assert (
            "ref_epoch" not in table.columns and table.epoch == 2016 and table.get("source_id")[0] == "6353119919810816"
        )
    with opened(folder / "made_sexagesimal_beside_RAdeg.csv") as table:
        assert (table.columns["ra"], table.columns["dec"]) == ("RAdeg", "DEdeg") and table.get("ra")[0] > 155
    with opened(folder / "made_vizier_asu.tsv") as table:
        assert table.get("source_id")[1] == "5581703374389872484" and table.get("pmra")[0] == pytest.approx(
            2.2198, abs=1e-4
        )
    with tables.Table(folder / "made_irsa_allwise.tbl", "input.wise", tables.WISE) as table:
        assert table.get("w1").tolist() == [16.309, 15.309] and np.isnan(table.get("w2_err")[1])


def test_names_that_may_hold_ids():
    found = source_ids.names_of(
        ["ra", "DR2Name", "Gaia_DR3", "source", "id", "name", "dr3_rv", "sourceid2", "designation"]
    )
    assert found == ["source", "Gaia_DR3", "DR2Name", "designation"]


def test_ids_of_the_catalogue_are_exact_or_null():
    column = next(c for c in read_schema(ROOT / "config/catalogue.schema.json").columns if c.name == "gaia_source_id")
    texts = [
        "Gaia DR3 4915465314359043712",
        "4915465314359043712",
        "4.03886E+18",
        "",
        "99999999999999999999",
        "sp03",
        "1.5",
        "-5",
    ]
    values = filled(column, np.array(texts))
    assert values.tolist() == [4915465314359043712, 4915465314359043712, None, None, None, 3, None, -5]
