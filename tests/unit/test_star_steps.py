"""The five steps after measure on made stars: truth found again, nulls, edges, the same bytes."""

import csv
import hashlib
import warnings

import activity
import catalogue
import crossmatch
import kinematics
import luminosity
import numpy as np
import pytest
import toy_measured as toy
import yaml
from astropy.io import fits, votable
from astropy.table import Table
from conftest import ROOT
from mstarhash.common.configuration import flag_list, read_schema
from mstarhash.common.errors import InputError
from mstarhash.stars import activity_rules, star_flags
from pyarrow import parquet

STEPS = {"crossmatch": crossmatch, "luminosity": luminosity, "activity": activity, "kinematics": kinematics}
TITLES = ("spectra", "objects")
OTHERS = {"etable": "m_etable.txt", "readme": "ReadMe", "notes": "notes.md", "changes": "changes.csv",
          "checksums": "SHA256SUMS"}  # fmt: skip
TABLE2 = """
    designation obsDate mjd planID spID fiberID ra dec snrr subClass rv ewHa ewHaErr TiO5 CaH2 CaH3 TiO1 TiO2
    TiO3 TiO4 CaH1 CaOH TiO5Err CaH2Err CaH3Err TiO1Err TiO2Err TiO3Err TiO4Err CaH1Err CaOHErr na zeta
    zetaerr giant parallax parallax_error pmra pmra_error pmdec pmdec_error distance U V W h_disc l b
""".split()  # noqa: SIM905


def words(step, **changes):
    values = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())[step] | changes
    return flag_list(values, read_schema()["properties"][step])


def run(folder, files, gaia="", twomass="", wise="", **changes):
    """All five steps; changes: {step: {key: value}}."""
    measured = ["--measure", *files]
    made = {step: str(folder / f"{step}.h5") for step in STEPS}
    argv = {
        "crossmatch": ["--gaia", gaia, "--twomass", twomass, "--wise", wise],
        "luminosity": ["--crossmatch", made["crossmatch"], "--boundaries", str(folder / "boundaries.csv")],
        "activity": [*(f"--{step}={made[step]}" for step in ("crossmatch", "luminosity")),
                     "--fractions", str(folder / "fractions.csv")],
        "kinematics": [*(f"--{step}={made[step]}" for step in ("crossmatch", "luminosity", "activity")),
                       "--dispersions", str(folder / "dispersions.csv")],
    }  # fmt: skip
    for step, module in STEPS.items():
        assert module.main([*words(step, **changes.get(step, {})), *measured, *argv[step], "--output", made[step]]) == 0
    publish(folder, files, made, **changes.get("catalogue", {}))
    return {step: toy.read(path) for step, path in made.items()}


def publish(folder, files, made, schema=ROOT / "config/catalogue.schema.json", **changes):
    argv = [*words("catalogue", **changes), "--schema", str(schema), "--measure", *files]
    argv += [f"--{step}={path}" for step, path in made.items()]
    argv += [f"--{key}={folder / name}" for key, name in OTHERS.items()]
    argv += [f"--{table}-{kind}={folder / table}.{end}" for table in TITLES for kind, end in catalogue.KINDS.items()]
    assert catalogue.main(argv) == 0


def rows(path):
    with open(path, newline="") as source:
        return list(csv.DictReader(source))


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """300 stars and a second visit of 20; the last 40 new; two shards; full tables."""
    folder = tmp_path_factory.mktemp("stars")
    star = toy.stars(300)
    visit = np.append(np.arange(300), np.arange(100, 120))
    columns = {key: values[visit] for key, values in toy.measured(star).items()}
    rng = np.random.default_rng(8)
    columns |= {"file": np.array([f"f{k:04d}.fits" for k in range(320)]), "order": rng.permutation(320).astype("u8")}
    columns["rv"] = columns["rv"] + rng.normal(0, 5, 320)
    columns["snr_r"] = np.where(np.arange(320) < 300, 20.0, 30.0)
    new = np.isin(np.arange(320), range(260, 300))
    columns |= {"source": np.where(new, "new", "released"), "p_m": np.where(new, 0.9, np.nan)}
    columns["rv"][150], columns["flags"][150] = np.nan, 1 << 3
    columns["flags"][[270, 275, 280]] = 1 << 1  # a velocity, flagged
    columns["caoh"][151], columns["obsid"][151], columns["mjd"][151] = np.nan, "", np.nan
    gaia = toy.gaia(star)
    for key in ("parallax", "parallax_error", "pmra", "pmdec"):
        gaia[key] = np.where(np.arange(300) == 152, np.nan, gaia[key])
    two, wise = toy.infrared(star)
    names = [toy.write_table(folder / f"{k}.fits", table) for k, table in enumerate((gaia, two, wise))]
    files = [
        toy.write_measured(folder / "0000.released.h5", columns, np.flatnonzero(~new & (columns["order"] % 2 == 0))),
        toy.write_measured(folder / "0001.released.h5", columns, np.flatnonzero(~new & (columns["order"] % 2 == 1))),
        toy.write_measured(folder / "0000.candidates.h5", columns, np.flatnonzero(new)),
        toy.write_measured(folder / "0001.candidates.h5", columns, np.flatnonzero(new)[:0]),
    ]
    return folder, star, columns, files, names, run(folder, files, *names), visit


def in_order(made, columns):
    back = {file: row for row, file in enumerate(made["file"])}
    pick = [back[file] for file in columns["file"]]
    return {key: values[pick] for key, values in made.items()}


def test_rows_are_in_the_order_of_all_spectra(survey):
    folder, _, columns, _, _, made, _ = survey
    for step in STEPS:
        assert list(made[step]["file"]) == list(columns["file"][np.argsort(columns["order"])])


def test_giants_are_found_by_each_voice(survey):
    folder, star, columns, _, _, made, visit = survey
    found, giant = in_order(made["luminosity"], columns), star["giant"][visit]
    assert ((found["giant"] == 1) == giant).all()
    for voice in ("p_giant_spec", "p_giant_phot", "p_giant_zhong_phot"):
        known = np.isfinite(found[voice])
        assert ((found[voice] > 0.5) == giant)[known].mean() > 0.97 and known.sum() > 315, voice
    assert found["giant_gaia"][151] == 0 and np.isnan(found["giant_gaia"][152]) and np.isnan(found["p_giant_spec"][151])
    assert star_flags.has(found["flags"], "giant_conflict").sum() < 10
    written = rows(folder / "boundaries.csv")
    curve = [row for row in written if row["plane"] == "caoh_cah1" and row["record"] == "curve"]
    middle = [row["x"] for row in curve if 0.5 < float(row["x"]) < 0.7]
    lower = [min(float(row["y"]) for row in curve if row["x"] == x) for x in set(middle)]  # there may be another branch
    assert len({row["x"] for row in curve}) == 10 and all(0.85 < y < 0.97 for y in lower) and len(lower) > 2
    one = next(
        row for row in written if row["record"] == "completeness" and (row["subtype"], row["snr"]) == ("all", "all")
    )
    assert float(one["value"]) > 0.97 and int(one["total"]) >= 70
    assert {row["record"] for row in written} == {"labels", "balanced_accuracy", "coefficient", "range", "curve",
                                                  "completeness", "contamination"}  # fmt: skip
    labels = {row["name"]: row for row in written if (row["plane"], row["record"]) == ("gaia", "labels")}
    assert int(labels["giant"]["value"]) == 75 and int(labels["dwarf"]["total"]) == 300


def test_space_motion_within_the_errors(survey):
    folder, star, columns, _, _, made, visit = survey
    found = in_order(made["kinematics"], columns)
    for k, key in enumerate("uvw"):
        pull = (found[key] - star["uvw"][visit, k]) / found[f"{key}_err"]
        assert np.isnan(pull[[150, 152]]).all() and np.isfinite(pull).sum() == 315
        assert abs(np.nanmean(pull)) < 0.2 and 0.85 < np.nanstd(pull) < 1.15, key
        assert found[f"{key}_lsr"] == pytest.approx(found[key] + (10.0, 5.0, 7.0)[k], nan_ok=True)
    assert star_flags.has(found["flags"], "rv_unused").sum() == 4
    objects = toy.read(folder / "kinematics.h5", "objects")
    assert len(objects["object"]) == 300 and (objects["n_rv"] == 2).sum() == 20 and (objects["n_rv"] == 0).sum() == 4
    twice = objects["n_rv"] == 2
    assert objects["rv_err"][twice] == pytest.approx(5 / np.sqrt(2))
    table = rows(folder / "dispersions.csv")
    inner = [row for row in table if row["group"] == "inactive" and row["h_low"] == "0"]
    assert [row["component"] for row in inner] == list("UVW") and int(inner[0]["total"]) > 50
    assert all(abs(float(row["dispersion"]) - 25) < 4 * float(row["dispersion_err"]) for row in inner)


def test_active_stars(survey):
    folder, star, columns, _, _, made, visit = survey
    found = in_order(made["activity"], columns)
    giant = star["giant"][visit]
    assert np.isnan(found["active"][giant]).all() and np.isnan(found["lha_lbol"][giant]).all()
    assert ((found["active"] == 1) == star["active"][visit])[~giant].all()
    ratio, _ = activity_rules.luminosity(
        columns["ewha"], columns["ewha_err"], columns["subtype"] - 0.1
    )  # templates' scale
    active = found["active"] == 1
    assert found["lha_lbol"][active] == pytest.approx(ratio[active], nan_ok=True, rel=1e-5)
    every = rows(folder / "fractions.csv")[0]
    assert (every["sample"], every["rule"], every["subtype"], every["snr"]) == ("all", "g19", "all", "all")
    stars = ~star["giant"]  # counted once each, whatever the visits
    assert int(every["active"]) == (star["active"] & stars).sum() and int(every["total"]) == stars.sum()
    assert int(every["spectra"]) == (~giant).sum() == stars.sum() + 20
    assert float(every["low"]) < float(every["fraction"]) < float(every["high"])
    assert float(every["corrected"]) == pytest.approx(float(every["fraction"]), abs=0.01)


def test_fits_has_the_papers_columns_first_and_nulls(survey):
    folder, star, columns, *_ = survey
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(folder / "spectra.fits", checksum=True) as file:
            assert all(unit.verify_datasum() == unit.verify_checksum() == 1 for unit in file)
            header, data = file[1].header, file[1].data
            assert list(data.names[:48]) == TABLE2
            assert len(data) == 320
            row = {name: k for k, name in enumerate(data["file"])}
            for number, name in enumerate(data.names, 1):
                assert header[f"TUCD{number}"] and header[f"TCOMM{number}"], name
                assert ("TNULL" + str(number) in header) == (header[f"TFORM{number}"] in "IJK"), name
            assert header["TUNIT11"] == "km/s" and header["TUNIT43"] == "km/s"
            lost = row["f0151.fits"]
            assert data["obsid"][lost] == header[f"TNULL{data.names.index('obsid') + 1}"]
            assert data["mjd"][lost] == header["TNULL3"] and np.isnan(data["CaOH"][lost])
            assert np.isnan(data["rv"][row["f0150.fits"]]) and np.isnan(data["U"][row["f0150.fits"]])
            assert np.isnan(data["distance"][row["f0152.fits"]]) and data["dist_src"][row["f0152.fits"]] == "none"
            giant = data["giant"] == 1
            assert giant.sum() == 75 and np.isnan(data["zeta"][giant]).all() and np.isfinite(data["zeta"][~giant]).all()
            for name in data.names:
                values = data[name]
                if values.dtype.kind == "f":
                    assert not (values == -9999).any(), name
            assert data["gaia_source_id"][row["f0007.fits"]] == 10**18 + 49
            assert (data["primary"][data["n_spectra"] == 2].reshape(-1)).sum() == 20
        assert b"DATE" not in (folder / "spectra.fits").read_bytes()[:200_000]
    table = Table.read(folder / "spectra.fits")
    assert table["giant"].dtype.name == "int16" and table["obsid"].mask.sum() == 1


def nulls(column):
    """(n,) bool: masked or not finite."""
    return np.ma.getmaskarray(np.ma.asarray(column)) | ~np.isfinite(np.ma.filled(column.astype(float), np.nan))


def test_every_format_says_the_same(survey):
    folder = survey[0]
    for title in ("spectra", "objects"):
        one = Table.read(folder / f"{title}.fits")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            two = votable.parse_single_table(folder / f"{title}.xml").to_table(use_names_over_ids=True)
        three = parquet.read_table(folder / f"{title}.parquet")
        assert one.colnames == two.colnames == three.column_names == list(rows(folder / f"{title}.csv")[0])
        assert three.schema.field("U").metadata[b"unit"] == b"km/s"
        text = rows(folder / f"{title}.csv")
        for name in one.colnames:
            cells = [row[name] for row in text]
            if one[name].dtype.kind in "SU":
                assert cells == [str(v) for v in np.ma.filled(one[name], "")], name
                assert cells == [str(v) for v in np.ma.filled(two[name], "")], name
                assert cells == [v or "" for v in three[name].to_pylist()], name
                continue
            null = nulls(one[name])
            if name in ("gaia_source_id", "obsid"):  # texts in Parquet, and with a prefix in CSV: test_products.py
                cells = [cell.removeprefix("Gaia ") for cell in cells]
                assert cells == three[name].to_pylist()
            assert [cell == "" for cell in cells] == null.tolist(), name
            values = np.array([cell or "0" for cell in cells]).astype(one[name].dtype)
            assert (values == np.ma.filled(one[name], 0))[~null].all(), name
            assert (np.ma.filled(two[name], 0) == np.ma.filled(one[name], 0))[~null].all(), name
            assert nulls(two[name]).tolist() == null.tolist(), name
            if name in ("gaia_source_id", "obsid"):
                continue
            assert three[name].is_null().to_pylist() == null.tolist(), name
            assert three[name].to_pylist() == [None if no else v for v, no in zip(values.tolist(), null, strict=True)]


def test_objects(survey):
    folder, star, columns, *_ = survey
    table = Table.read(folder / "objects.fits")
    assert len(table) == 300 and list(table["object"]) == list(range(300))
    assert (table["n_spectra"] == 2).sum() == 20 and table["n_new"].sum() == 40
    assert (table["source"] == "new").sum() == 40
    spectra = Table.read(folder / "spectra.fits")
    assert list(spectra["object"][spectra["primary"] == 1].astype(int)) != [] and (spectra["primary"] == 1).sum() == 300
    twice = table[table["n_spectra"] == 2]
    assert all(int(name[1:5]) >= 300 for name in twice["file"])  # the better spectrum
    assert twice["TiO5Err"] == pytest.approx(0.01 / np.sqrt(2)) and (twice["n_ew"] == 2).all()
    assert twice["ewHa_chi2"] == pytest.approx(0, abs=1e-6) and (twice["n_rv"] == 2).all()
    from mstarhash.measure.zeta import zeta

    dwarfs = table[table["giant"] == 0]
    assert np.array(dwarfs["zeta"]) == pytest.approx(zeta(0.8, 0.8, 0.8), rel=1e-6)
    for name in ("zeta_err_cov", "zeta_l07_err", "zeta_d12_err", "zeta_z19_err"):
        once = dwarfs["n_spectra"] == 1
        assert np.array(dwarfs[name][once]) == pytest.approx(0.1, rel=1e-6), name
        assert np.array(dwarfs[name][~once]) == pytest.approx(0.1 / np.sqrt(2), rel=1e-6), name


def test_files_of_one_exposure_count_once_and_classes_are_those_of_the_means(tmp_path):
    """Star 0: the same exposure again; 1: the better visit has no velocity; 2: both visits differ in activity."""
    star = toy.stars(6, giants=0)
    star["active"][:] = False
    visit = np.array([0, 1, 2, 3, 4, 5, 0, 1, 2])
    columns = {key: values[visit] for key, values in toy.measured(star).items()}
    columns |= {"file": np.array([f"f{k}.fits" for k in range(9)]), "order": np.arange(9).astype("u8")}
    columns["duplicate_of"] = np.where(np.arange(9) == 6, "f0.fits", "")
    columns["snr_r"] = np.where(np.arange(9) < 6, 20.0, 30.0)
    columns["rv"][7], columns["flags"][7] = np.nan, 1 << 3
    columns["ewha"][[2, 8]], columns["ewha_err"][[2, 8]] = [5.0, 0.5], [0.2, 0.3]
    gaia = toy.write_table(tmp_path / "g.fits", toy.gaia(star))
    made = run(tmp_path, [toy.write_measured(tmp_path / "0000.released.h5", columns)], gaia)
    table = Table.read(tmp_path / "objects.fits")
    assert list(table["n_spectra"]) == [2, 2, 2, 1, 1, 1]
    assert list(table["n_rv"]) == [1, 1, 2, 1, 1, 1] and list(table["n_ew"]) == [1, 2, 2, 1, 1, 1]
    assert table["TiO5Err"][0] == pytest.approx(0.01) and table["TiO5Err"][1] == pytest.approx(0.01 / np.sqrt(2))
    assert list(made["activity"]["active"][[2, 8]]) == [1, 0] and table["active"][2] == 1 and table["ewHa"][2] > 1
    assert table["file"][1] == "f7.fits" and np.isfinite(table["U"][1])  # by the velocity of the other visit
    assert not star_flags.has(np.array(table["flags"]), "rv_unused").any() and not (table["flags"][1] & 1 << 3)
    spectra = Table.read(tmp_path / "spectra.fits")
    assert spectra["flags"][7] & 1 << 3 and list(spectra["primary"]) == [0, 0, 0, 1, 1, 1, 1, 1, 1]


def test_no_space_motion_without_errors_of_the_motions(tmp_path, capsys):
    star = toy.stars(20)
    gaia = {key: values for key, values in toy.gaia(star).items() if key != "pmra_error"}
    files = [toy.write_measured(tmp_path / "0000.released.h5", toy.measured(star))]
    made = run(tmp_path, files, toy.write_table(tmp_path / "g.fits", gaia))
    assert np.isnan(made["kinematics"]["u"]).all() and np.isfinite(made["crossmatch"]["pmra"]).all()
    assert "no errors of the proper motions" in capsys.readouterr().err


def test_the_parallaxes_zero_point_counts_everywhere(tmp_path):
    star = toy.stars(40)
    table = toy.write_table(tmp_path / "g.fits", toy.gaia(star))
    files = [toy.write_measured(tmp_path / "0000.released.h5", toy.measured(star))]
    made = run(tmp_path, files, table, crossmatch={"plx_zero": 0.5})
    parallax = made["crossmatch"]["parallax"] + 0.5
    assert made["crossmatch"]["distance"] == pytest.approx(1000 / parallax)
    assert made["luminosity"]["m_g"] == pytest.approx(made["crossmatch"]["g"] + 5 + 5 * np.log10(parallax / 1000))


def test_the_papers_text_table(survey, tmp_path):
    folder, star, columns, files, names, made, _ = survey
    lines = (folder / "m_etable.txt").read_text().splitlines()
    assert lines[0].split() == TABLE2 and len(lines) == 41
    assert all(len(line.split()) == 48 for line in lines)
    first = dict(zip(TABLE2, lines[1].split(), strict=True))
    assert first["obsDate"] == "2014-01-01" and first["giant"] in "01" and len(first["TiO5"].split(".")[1]) == 2
    rv = [line.split()[TABLE2.index("rv")] for line in lines[1:]]
    spectra = Table.read(folder / "spectra.fits")
    unused = star_flags.has(np.array(spectra["flags"])[spectra["source"] == "new"], "rv_unused")
    assert unused.sum() == 3 and [text == "-9999" for text in rv] == unused.tolist()
    publish(tmp_path, files, {step: str(folder / f"{step}.h5") for step in STEPS}, etable_values="g19")
    theirs = dict(zip(TABLE2, (tmp_path / "m_etable.txt").read_text().splitlines()[1].split(), strict=True))
    assert float(theirs["U"]) == -float(first["U"]) and theirs["V"] == first["V"]
    assert theirs["CaOHErr"] == first["CaH3Err"] and theirs["l"] != first["l"]
    assert (tmp_path / "spectra.fits").read_bytes() == (folder / "spectra.fits").read_bytes()


def test_same_bytes_again_whatever_the_shards(survey, tmp_path):
    folder, star, columns, files, names, made, _ = survey
    one = [toy.write_measured(tmp_path / "0000.released.h5", columns)]
    run(tmp_path, one, *names)
    for name in ("spectra.fits", "spectra.csv", "spectra.xml", "spectra.parquet", "objects.fits", "objects.csv",
                 "m_etable.txt", "boundaries.csv", "fractions.csv", "dispersions.csv"):  # fmt: skip
        digests = [hashlib.sha256((place / name).read_bytes()).hexdigest() for place in (folder, tmp_path)]
        assert digests[0] == digests[1], name


@pytest.mark.parametrize("count", [0, 1])
def test_no_star_and_one_star_without_any_table(tmp_path, count):
    columns = {key: values[:count] for key, values in toy.measured(toy.stars(5, giants=0)).items()}
    files = [toy.write_measured(tmp_path / f"000{k}.released.h5", columns, slice(0, count - k)) for k in range(2)]
    made = run(tmp_path, files)
    assert len(Table.read(tmp_path / "spectra.fits")) == len(rows(tmp_path / "objects.csv")) == count
    assert np.isnan(made["kinematics"]["u"]).all() and np.isnan(made["crossmatch"]["distance"]).all()
    if count:
        flags = made["luminosity"]["flags"]
        assert made["luminosity"]["giant"] == 0 and star_flags.has(flags, "giant_provisional").all()
        row = rows(tmp_path / "spectra.csv")[0]
        assert row["distance"] == row["U"] == row["gaia_source_id"] == row["n_neighbours"] == "" and row["l"] != ""
    assert len(votable.parse_single_table(tmp_path / "spectra.xml").to_table()) == count


def test_another_class_than_m(tmp_path):
    """Stars for which no subtype, no index and no width could be measured go through."""
    nothing = {key: np.full(30, np.nan) for key in ("subtype", "ewha", "ewha_err", "caoh", "cah1", "tio5", "zeta")}
    columns = toy.measured(toy.stars(30), **nothing, subtype_text=np.full(30, ""))
    made = run(tmp_path, [toy.write_measured(tmp_path / "0000.released.h5", columns)])
    assert np.isnan(made["activity"]["active"]).all() and np.isnan(made["luminosity"]["giant"]).all()


def test_files_that_do_not_fit_together(survey, tmp_path):
    folder, star, columns, files, names, made, _ = survey
    made = {step: str(folder / f"{step}.h5") for step in STEPS}
    with pytest.raises(InputError, match="rows are not those"):
        publish(tmp_path, files[:1], made)
    schema = tmp_path / "schema.json"
    schema.write_text((ROOT / "config/catalogue.schema.json").read_text().replace('"key": "rv_r"', '"key": "rv_s"'))
    with pytest.raises(InputError, match="rv_s"):
        publish(tmp_path, files, made, schema=schema)
    assert not list(tmp_path.glob("*.fits"))


def test_the_list_of_columns_is_well_formed():
    from astropy.io.votable.ucd import check_ucd
    from astropy.units import Unit
    from mstarhash.catalogue.columns import read_schema as read_columns

    schema = read_columns(ROOT / "config/catalogue.schema.json")
    columns, order = schema.columns, schema.etable
    names = [column.name for column in columns]
    assert order == TABLE2 == names[:48] and len({name.lower() for name in names}) == len(names)
    for column in columns:
        assert 0 < len(column.description) <= 68 and set(column.tables) <= {"spectra", "objects"}
        assert check_ucd(column.ucd, check_controlled_vocabulary=True, has_colon=True), (column.name, column.ucd)
        Unit(column.unit)  # raises where there is no such unit
