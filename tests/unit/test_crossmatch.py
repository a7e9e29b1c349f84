"""Groups, one-to-one matches, motions, tables in every form, and what is wrong with them."""

import gzip

import numpy as np
import pytest
import toy_measured as toy
from mstarhash.common.errors import InputError, exit_code
from mstarhash.stars import crossmatching, tables
from mstarhash.stars.astrometry import positions, separation, unit_vectors
from mstarhash.stars.distances import distances
from toy_measured import run_crossmatch as run


def failure(capsys, folder, columns, **tables_):
    with pytest.raises(InputError) as caught:
        run(folder, columns, **tables_)
    assert "\n" not in str(caught.value)
    assert exit_code(lambda _: (_ for _ in ()).throw(caught.value)) == 2
    capsys.readouterr()
    return str(caught.value)


@pytest.fixture
def star():
    return toy.stars(60)


def brute(one, two, radius):
    apart = np.array([[separation(a[None], b[None])[0] for b in two] for a in one])
    return {(i, j) for i, j in zip(*np.nonzero(apart <= radius), strict=True)}


def test_pairs_against_brute_force():
    rng = np.random.default_rng(1)
    ra, dec = rng.uniform(0, 40 / 3600, (2, 60)) + np.array([[359.995], [0.0]])
    ra[:10], dec[:10] = rng.uniform(0, 360, 10), 90 - rng.uniform(0, 4 / 3600, 10)  # a cluster at the pole
    one, two = unit_vectors(ra[::2], dec[::2]), unit_vectors(ra[1::2], dec[1::2])
    one[3], two[4] = np.nan, np.nan
    i, j, apart = crossmatching.pairs(one, two, 5.0)
    assert set(zip(i.tolist(), j.tolist(), strict=True)) == brute(one, two, 5.0) and len(i) > 10
    assert apart == pytest.approx(separation(one[i], two[j])) and (np.diff(i) >= 0).all()
    near = crossmatching.near(two, one, 5.0)
    assert set(near.tolist()) == set(j.tolist())


def test_one_to_one_takes_the_closest_first():
    one, two = np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 1])
    apart = np.array([2.0, 4.0, 1.5, 3.0, 3.5])
    kept = crossmatching.one_to_one(one, two, apart, np.full(5, np.nan), 1.0)
    assert [(one[k], two[k]) for k in kept] == [(0, 1), (1, 0)] or [(one[k], two[k]) for k in kept] == [(1, 0), (2, 1)]
    assert 4 in kept  # 3.5 is closer than 4.0


def test_among_very_close_sources_the_brighter_is_taken():
    kept = crossmatching.one_to_one(
        np.zeros(3, int), np.arange(3), np.array([0.1, 0.8, 1.4]), np.array([19.0, 12.0, 9.0]), 1.0
    )
    assert list(kept) == [1]
    assert list(
        crossmatching.one_to_one(np.zeros(2, int), np.arange(2), np.array([0.1, 0.8]), np.full(2, np.nan), 1.0)
    ) == [0]


def test_groups():
    ra = np.array([10.0, 10.0, 359.9999, 0.0001, 123.0, 240.0, np.nan, np.nan, np.nan])
    dec = np.array([5.0, 5 + 2 / 3600, 0.0, 0.0, 90.0, 90.0, np.nan, np.nan, np.nan])
    names = np.array(["a", "b", "c", "d", "e", "f", "x", "y", "x"])
    groups = crossmatching.group(unit_vectors(ra, dec), names, 3.0)
    assert list(groups) == [0, 0, 1, 1, 2, 2, 3, 4, 3]  # across 0 h, at the pole, by name without a place
    centres = crossmatching.centres(unit_vectors(ra, dec), groups)
    assert positions(centres[:1])[1] == pytest.approx(5 + 1 / 3600, abs=1e-9)
    assert positions(centres[1:2])[0] % 360 == pytest.approx(0, abs=1e-6) and np.isnan(centres[3:]).all()
    assert list(crossmatching.group(np.zeros((0, 3)), names[:0], 3.0)) == []


def test_motion_is_applied(tmp_path, star):
    star["pmra"][:3], star["pmdec"][:3] = (4000, -1500, 330), (-9000, 900, 10)  # mas/yr; 15.5 yr: up to 150 arcsec
    star["ra"][0], star["dec"][0] = 123.0, 89.999
    star["ra"][1], star["dec"][1] = 359.99999, -3.0
    table = toy.gaia(star)
    two, wise = toy.infrared(star)
    shuffled = np.random.default_rng(1).permutation(60)
    paths = [
        toy.write_table(tmp_path / f"{name}.fits", {key: values[shuffled] for key, values in columns.items()})
        for name, columns in (("gaia", table), ("two", two), ("wise", wise))
    ]
    out = run(tmp_path, toy.measured(star), *paths)
    assert list(out["gaia_source_id"]) == list(table["source_id"].astype(str))
    for key in ("match_sep", "tmass_sep", "wise_sep"):
        assert out[key].max() < 2e-3, key
    assert (out["n_neighbours"] == 1).all() and (out["tmass_neighbours"] == 1).all()
    assert out["parallax"] == pytest.approx(star["parallax"]) and (out["dist_src"] == "1/plx").all()
    assert out["distance"] == pytest.approx(star["distance"])
    assert out["h"] == pytest.approx(two["h_m"]) and out["w1"] == pytest.approx(wise["w1mpro"])
    plain = run(tmp_path, toy.measured(star), "", *paths[1:])  # without Gaia's motions the fast ones are lost
    assert np.isnan(plain["w1"][0]) and plain["h"][2] == two["h_m"][2]
    still = table | {"pmra": np.zeros(60), "pmdec": np.zeros(60)}
    lost = run(tmp_path, toy.measured(star), toy.write_table(tmp_path / "still.fits", still))
    fast = np.hypot(star["pmra"], star["pmdec"]) * 15.5 > 5000
    assert ((lost["gaia_source_id"] == "") == fast).all() and fast[:3].all() and fast.sum() < 10


def test_repeats_share_an_object_and_its_source(tmp_path, star):
    twice = {key: np.concatenate([values, values[:5]]) for key, values in toy.measured(star).items()}
    twice["file"] = np.array([f"f{k:04d}.fits" for k in range(65)])
    twice["dec"] = twice["dec"] + np.where(np.arange(65) >= 60, 1.5 / 3600, 0)
    gaia = toy.write_table(tmp_path / "g.fits", toy.gaia(star))
    out = run(tmp_path, twice, gaia)
    assert len(np.unique(out["object"])) == 60 and list(out["object"][60:]) == list(out["object"][:5])
    assert list(out["gaia_source_id"][60:]) == list(out["gaia_source_id"][:5])
    assert (out["n_spectra"][:5] == 2).all() and (out["n_spectra"][5:60] == 1).all()
    apart = run(tmp_path, twice, gaia, group_radius=0.5)
    assert len(np.unique(apart["object"])) == 65
    assert (np.unique(apart["gaia_source_id"], return_counts=True)[1][1:] == 1).all()  # one source, one object
    assert (apart["gaia_source_id"][60:] == "").all() and (apart["n_neighbours"][60:] == 1).all()


def test_visits_of_a_fast_star_are_one_object(tmp_path, star):
    """Headers with positions of 2000 and of the visit; a neighbour that is not in the Gaia table stays by itself."""
    visit, year = np.array([0, 0, 0, 1, 1, 2, 2, 3]), 2014.2
    star |= {key: star[key].copy() for key in ("pmra", "pmdec")}
    star["pmra"][:4], star["pmdec"][:4] = [900, 0, 0, 900], [-600, 0, 0, -600]
    columns = {key: values[visit] for key, values in toy.measured(star).items()}
    columns["file"] = np.array([f"v{k}.fits" for k in range(8)])
    columns["order"] = np.array([5, 0, 7, 3, 1, 6, 2, 4], "u8")
    columns["mjd"] = np.full(8, 51544.5 + 365.25 * (year - 2000))
    for k, epoch in ((1, year), (2, 2007.0), (7, 2030.0)):  # 15, 8 and 32 arcsec away; the last has not been there yet
        columns["ra"][k], columns["dec"][k] = (part[visit[k]] for part in toy.at(star, epoch))
    columns["dec"][[3, 4]] += [2.2 / 3600, -2.2 / 3600]  # 4.4 arcsec apart, each within 3 of the source
    columns["dec"][6] += 4.5 / 3600  # a neighbour
    gaia = {key: values[:4] for key, values in toy.gaia(star).items()}
    path = toy.write_table(tmp_path / "gaia.fits", gaia)
    found = run(tmp_path, columns, path)
    assert found["n_spectra"].tolist() == [3, 3, 3, 2, 2, 1, 1, 1]
    assert [len(set(found["object"][part].tolist())) for part in (slice(0, 3), slice(3, 5), slice(5, 8))] == [1, 1, 3]
    ids = [str(name) for name in found["gaia_source_id"]]
    wanted = [str(gaia["source_id"][k]) for k in visit]
    assert ids[:6] == wanted[:6] and ids[6] == "" and ids[7] == ""
    first = [found["object"][found["object"] == k][0] for k in range(5)]
    rows = np.argsort(columns["order"])
    assert list(dict.fromkeys(found["object"][rows].tolist())) == first  # counted in the order of the rows


@pytest.mark.parametrize("kind", ["fits", "xml", "csv", "parquet"])
def test_tables_in_every_form_and_with_other_names(tmp_path, star, kind):
    vizier = {"source_id": "Source", "ra": "RA_ICRS", "dec": "DE_ICRS", "parallax": "Plx", "parallax_error": "e_Plx",
              "pmra": "pmRA", "pmdec": "pmDE", "phot_g_mean_mag": "Gmag", "ruwe": "RUWE"}  # fmt: skip
    columns = {vizier[key]: values for key, values in toy.gaia(star).items() if key in vizier}
    columns["Plx"] = columns["Plx"].copy()
    columns["Plx"][4] = np.nan
    out = run(tmp_path, toy.measured(star), toy.write_table(tmp_path / f"g.{kind}", columns), release="DR2")
    assert list(out["gaia_source_id"]) == [str(i) for i in columns["Source"]]
    assert (out["ref_epoch"] == 2015.5).all() and out["match_sep"].max() < 2e-3
    assert np.isnan(out["parallax"][4]) and np.isnan(out["distance"][4]) and out["dist_src"][4] == "none"
    assert out["g"] == pytest.approx(star["g"], rel=1e-12) and np.isnan(out["a_g"]).all()


def test_units_and_nulls(tmp_path, star):
    from astropy.table import MaskedColumn, Table

    table = Table(toy.gaia(star))
    table["parallax"] = table["parallax"] / 1000
    table["parallax"].unit, table["pmra"].unit = "arcsec", "mas / yr"
    table["ra"], table["ra"].unit = np.radians(table["ra"]), "rad"
    table["a_g_val"] = MaskedColumn(np.full(60, 0.3), mask=np.arange(60) < 30)
    table["ruwe"][3] = -9999
    table.write(tmp_path / "g.xml", format="votable")
    with tables.Table(tmp_path / "g.xml", "input.gaia", tables.GAIA) as read:
        assert read.get("parallax") == pytest.approx(star["parallax"])
        assert read.get("ra") == pytest.approx(table["ra"] * 180 / np.pi)
        assert np.isnan(read.get("a_g")[:30]).all() and (read.get("a_g")[30:] == 0.3).all()
        assert np.isnan(read.get("ruwe")[3]) and np.isnan(read.get("bp")).all()
        assert list(read.get("source_id", np.array([2, 0]))) == [str(10**18 + 14), str(10**18)]


@pytest.mark.parametrize("kind", ["fits", "xml", "parquet", "ecsv", "comma.ecsv"])
def test_units_in_every_form_that_tells_them(tmp_path, star, kind):
    from astropy.table import Table

    table = Table(toy.gaia(star))
    table["pmra"] *= 1000
    table["pmra"][:2] = -9999, -9999.99  # nulls; in this unit real motions go far below them
    star["pmra"][2], table["pmra"][2] = -700, -700_000
    for name, unit in {"ra": "deg", "parallax": "mas", "pmra": "uas / yr", "pmdec": "arcsec / yr"}.items():
        table[name].unit = unit
    table["pmdec"] /= 1000
    path = tmp_path / f"g.{kind}"
    table.write(path, **{"xml": {"format": "votable"}, "comma.ecsv": {"delimiter": ","}}.get(kind, {}))
    with tables.Table(path, "input.gaia", tables.GAIA) as read:
        assert np.isnan(read.get("pmra")[:2]).all()
        assert read.get("pmra")[2:] == pytest.approx(star["pmra"][2:], rel=1e-9)
        for name in ("ra", "parallax", "pmdec"):
            assert read.get(name) == pytest.approx(star[name], rel=1e-9), name
        assert read.get("source_id")[1] == str(10**18 + 7)


def test_positions_of_2000_beside_a_column_of_epochs(tmp_path, star):
    table = toy.gaia(star)
    table["RAJ2000"], table["DEJ2000"] = toy.at(star, 2000.0)
    del table["ra"], table["dec"]
    table["Epoch"] = table.pop("ref_epoch")
    out = run(tmp_path, toy.measured(star), toy.write_table(tmp_path / "g.fits", table))
    assert (out["gaia_source_id"] != "").all() and out["match_sep"].max() < 2e-3 and (out["ref_epoch"] == 2000).all()


@pytest.mark.parametrize("kind", ["fits", "xml", "csv"])
def test_compressed_tables_under_any_name(tmp_path, star, kind):
    plain = toy.write_table(tmp_path / f"g.{kind}", toy.gaia(star))
    with open(plain, "rb") as source:
        (tmp_path / "table").write_bytes(gzip.compress(source.read()))
    out = run(tmp_path, toy.measured(star), tmp_path / "table")
    assert (out["gaia_source_id"] != "").all() and out["parallax"] == pytest.approx(star["parallax"])


def test_csv_with_comments_nulls_and_columns_that_begin_empty(tmp_path, star):
    table = toy.gaia(star) | {"a_g_val": np.full(60, 0.25), "remark": np.full(60, "a, b")}
    lines = ["# comment"] * 30_000 + [",".join(f'"{name}"' for name in table)]
    for row in range(60):
        cells = [f"{values[row]!s}" if name != "remark" else '"a, b"' for name, values in table.items()]
        cells[-2] = "0.25" if row == 59 else ["", "null", "NaN"][row % 3]
        lines.append(",".join(cells))
    (tmp_path / "g.csv").write_text("\n".join(lines) + "\n")
    out = run(tmp_path, toy.measured(star), tmp_path / "g.csv")
    assert out["a_g"][59] == 0.25 and np.isnan(out["a_g"][:59]).all()
    assert list(out["gaia_source_id"]) == [str(10**18 + 7 * k) for k in range(60)]


def test_no_table_is_all_null(tmp_path, star, capsys):
    out = run(tmp_path, toy.measured(star))
    assert "input.gaia" in capsys.readouterr().err
    for key in ("parallax", "match_sep", "n_neighbours", "h", "w1", "distance", "tmass_sep", "ref_epoch"):
        assert np.isnan(out[key]).all(), key
    assert (out["gaia_source_id"] == "").all() and (out["dist_src"] == "none").all()
    assert len(np.unique(out["object"])) == 60


def test_empty_table_one_star_no_star(tmp_path, star):
    one = {key: values[:1] for key, values in star.items()}
    nothing = {key: values[:0] for key, values in toy.gaia(star).items()}
    two, wise = ({key: values[:0] for key, values in columns.items()} for columns in toy.infrared(star))
    paths = [toy.write_table(tmp_path / f"{k}.fits", table) for k, table in enumerate((nothing, two, wise))]
    out = run(tmp_path, toy.measured(one), *paths)
    assert np.isnan(out["parallax"][0]) and out["n_neighbours"][0] == 0 and out["gaia_source_id"][0] == ""
    for kind in ("csv", "parquet", "xml"):
        empty = toy.write_table(tmp_path / f"nothing.{kind}", nothing)
        assert run(tmp_path, toy.measured(one), empty)["n_neighbours"][0] == 0, kind
    full = toy.write_table(tmp_path / "full.fits", toy.gaia(one))
    assert run(tmp_path, toy.measured(one), full)["gaia_source_id"][0] == str(10**18)
    none = {key: values[:0] for key, values in toy.measured(one).items()}
    assert len(run(tmp_path, none, full, *paths[1:])["object"]) == 0


def test_no_position(tmp_path, star):
    columns = toy.measured(star)
    columns["ra"][2] = columns["dec"][2] = np.nan
    out = run(tmp_path, columns, toy.write_table(tmp_path / "g.fits", toy.gaia(star)))
    assert out["gaia_source_id"][2] == "" and (out["gaia_source_id"] != "").sum() == 59
    assert out["flags"][2] & (1 << 16) and out["n_spectra"][2] == 1


def test_a_source_listed_twice_counts_once(tmp_path, star):
    """As in what archives match: one row for each object nearby."""
    star["ra"][1], star["dec"][1] = star["ra"][0], star["dec"][0] + 3.5 / 3600  # another object
    star["pmra"][:2] = star["pmdec"][:2] = 0
    columns = toy.measured(star)
    known = [
        {key: np.delete(values, 1) for key, values in each.items()} for each in (toy.gaia(star), *toy.infrared(star))
    ]
    known = [{key: np.concatenate([values, values[:7]]) for key, values in each.items()} for each in known]
    known.append({key: values for key, values in known[0].items() if key != "source_id"})
    bare, two, wise = (toy.write_table(tmp_path / f"{k}.fits", known[k]) for k in (3, 1, 2))
    for gaia in (toy.write_table(tmp_path / "g.fits", known[0]), bare):
        out = run(tmp_path, columns, gaia, twomass=two, wise=wise)
        for name, band in (("n_neighbours", "g"), ("tmass_neighbours", "j"), ("wise_neighbours", "w1")):
            assert (out[name] == 1).sum() >= 59 and out[name].max() == 1, name
            assert np.isfinite(out[band][0]) and np.isnan(out[band][1]), name  # a source has one object


def test_what_is_wrong_with_a_table_is_one_line(tmp_path, star, capsys):
    columns = toy.measured(star)
    good = toy.gaia(star)
    lacking = toy.write_table(tmp_path / "a.fits", {key: v for key, v in good.items() if key != "parallax"})
    assert "no column parallax" in failure(capsys, tmp_path, columns, gaia=lacking)
    text = toy.write_table(tmp_path / "b.csv", good | {"ra": np.full(60, "12h30m")})
    assert "input.gaia" in failure(capsys, tmp_path, columns, gaia=text)
    words_ = toy.write_table(tmp_path / "b.fits", good | {"ra": np.full(60, "12h30m")})
    assert "column ra" in failure(capsys, tmp_path, columns, gaia=words_)
    (tmp_path / "c.csv").write_text("")
    assert "empty file" in failure(capsys, tmp_path, columns, twomass=tmp_path / "c.csv")
    (tmp_path / "d.parquet").write_bytes(b"PAR1 nonsense")
    assert "input.wise" in failure(capsys, tmp_path, columns, wise=tmp_path / "d.parquet")
    assert "no such file" in failure(capsys, tmp_path, columns, wise=tmp_path / "e.fits")
    (tmp_path / "f.fits").write_bytes(b"SIMPLE  = nonsense")
    assert "input.gaia" in failure(capsys, tmp_path, columns, gaia=tmp_path / "f.fits")
    from astropy.io import fits
    from astropy.table import Table

    for unit, words in (("km", "is in km; convert it to mas"), ("furlongs", "'furlongs', which is not known")):
        hdu = fits.table_to_hdu(Table(good))
        hdu.columns["parallax"].unit = unit
        hdu.writeto(tmp_path / f"{unit}.fits")
        assert words in failure(capsys, tmp_path, columns, gaia=tmp_path / f"{unit}.fits")
    assert not list(tmp_path.glob(".*.part"))


def test_distances():
    plx = np.array([10.0, 10.0, -1.0, 4.0, np.nan, 10.0, 0.1])
    err = np.array([1.0, 2.0, 0.5, 2.0, np.nan, np.nan, 0.05])
    estimate = np.array([99.0, 105.0, 2000.0, np.nan, np.nan, np.nan, 3000.0])
    low, high = estimate * 0.9, np.where(np.arange(7) == 6, np.nan, estimate * 1.1)
    distance, error, source = distances(plx, err, estimate, low, high, 0.2)
    assert list(source) == ["1/plx", "BJ", "BJ", "none", "none", "none", "BJ"]
    assert distance == pytest.approx([100, 105, 2000, np.nan, np.nan, np.nan, 3000], nan_ok=True)
    assert error == pytest.approx([10, 10.5, 200, np.nan, np.nan, np.nan, np.nan], nan_ok=True)
    assert distances(plx + 0.1, err, estimate, low, high, 0.2)[0][0] == pytest.approx(1000 / 10.1)
