"""The mock survey: readable files, truth that adds up, seeds, noise and faults as asked for."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest
import survey
import yaml
from astropy.table import Table
from conftest import ROOT
from mstarhash.common.configuration import flag_list, read_schema
from mstarhash.input.ingestion import read_row
from mstarhash.measure import velocity
from mstarhash.measure.standards import pixel_means
from mstarhash.mock import faults
from mstarhash.mock import sample as mock_sample
from mstarhash.mock.library import Library
from mstarhash.mock.spectra import make_file, true_spectrum
from mstarhash.spectra.giants import index
from mstarhash.spectra.templates import GRID, LIGHT, read_templates

SMALL = {"n_unknown": 70, "m_fraction": 0.2, "giant_fraction": 0.5, "n_dwarfs": 30, "n_giants": 12, "n_others": 20,
         "plate_size": 50, "repeats": 0.1}  # fmt: skip
LISTED = dict.fromkeys(("lmjd", "planid", "spid", "fiberid", "obsid", "class", "subclass", "z"), "")


def keys(**changes):
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["survey"] | changes


def make(folder, templates_file, threads=1, **changes):
    folder.mkdir()
    argv = flag_list(keys(**(SMALL | changes)), read_schema()["properties"]["survey"])
    argv += ["--threads", str(threads), "--templates", str(templates_file), "--fits", str(folder / "fits")]
    for name in ("files.tsv", "truth.csv", "gaia.fits", "twomass.fits", "wise.fits"):
        argv += [f"--{name.split('.')[0]}", str(folder / name)]
    assert survey.main(argv) == 0
    return folder


@pytest.fixture(scope="module")
def mock(tmp_path_factory, templates_file):
    return make(tmp_path_factory.mktemp("mock") / "one", templates_file)


@pytest.fixture(scope="module")
def truth(mock):
    with open(mock / "truth.csv", newline="") as source:
        return list(csv.DictReader(source))


@pytest.fixture(scope="module")
def rows(truth):
    """Every file as ingest reads it."""
    return [read_row(LISTED | {"file": r["file"], "order": 0}, min_good=0.3, zero_run=3, flat_run=5) for r in truth]


@pytest.fixture(scope="module")
def library(templates_file):
    return Library(read_templates(templates_file, "mock"))


def bytes_of(folder):
    """{path: content} of all files, with the folder's own name out of the texts."""
    out = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.*")) if path.is_file()
    }
    return {
        name: data.replace(str(folder).encode(), b"") if name.endswith("sv") else data for name, data in out.items()
    }


def test_every_file_is_read_without_complaint(truth, rows):
    assert [row.status for row in rows] == ["ok"] * len(truth)
    for row, known in zip(rows, truth, strict=True):
        assert row.identity == tuple(known[key] for key in ("lmjd", "planid", "spid", "fiberid", "obsid"))
        expected = ("Unknown", "Non") if known["role"] == "unknown" else (known["class"], row.values["subclass"])
        assert (row.values["class"], row.values["subclass"]) == expected
        assert abs(row.values["ra"] - float(known["ra"])) < 1e-6 and row.values["magtype"] == "ugrizjh"


def test_both_layouts_and_both_packings_are_there(truth):
    forms = [r["form"] for r in truth]
    assert 0.15 < forms.count("table") / len(forms) < 0.45
    assert 0.35 < np.mean([r["file"].endswith(".gz") for r in truth]) < 0.65


def test_truth_adds_up(mock, truth):
    role = [r["role"] for r in truth]
    assert {name: role.count(name) for name in sorted(set(role))} == {
        "dwarf": 30,
        "giant": 12,
        "other": 20,
        "unknown": 70,
    }
    unknown_m = [r for r in truth if r["role"] == "unknown" and r["is_m"] == "1"]
    assert len(unknown_m) == 14 and sum(r["luminosity"] == "giant" for r in unknown_m) == 7
    assert all(r["is_m"] == "0" for r in truth if r["role"] == "other")
    assert all((r["kind"] in ("dwarf", "giant")) == (r["is_m"] == "1") for r in truth)
    listed = [line.split("\t") for line in (mock / "files.tsv").read_text().splitlines()[1:]]
    assert sorted(file for file, _ in listed) == sorted(r["file"] for r in truth)
    sizes = {path.as_posix(): path.stat().st_size for path in (mock / "fits").rglob("*.fits*")}
    assert sizes == {file: int(size) for file, size in listed}


def test_signal_to_noise_is_the_true_one(truth, rows):
    ratio = np.array(
        [row.values["snr_r"] / float(r["snr"]) for row, r in zip(rows, truth, strict=True) if r["kind"] != "sky"]
    )
    assert np.median(ratio) == pytest.approx(1, abs=0.05)
    assert np.mean(np.abs(ratio - 1) < 0.3) > 0.9


def test_tables_of_stars_match_the_truth(mock, truth):
    gaia = Table.read(mock / "gaia.fits")
    known = {r["gaia_source_id"]: r for r in truth if r["gaia_source_id"]}
    found = [row for row in gaia if str(row["source_id"]) in known]
    assert len(found) > 0.8 * len({r["star"] for r in truth})
    pull = [  # with the zero point of DR2
        (row["parallax"] + 0.029 - 1000 / float(known[str(row["source_id"])]["distance"])) / row["parallax_error"]
        for row in found
        if known[str(row["source_id"])]["distance"]
    ]
    assert abs(np.median(pull)) < 0.35 and 0.7 < np.std(pull) < 1.4
    assert len(Table.read(mock / "twomass.fits")) > 20 and len(Table.read(mock / "wise.fits")) > 20


def test_same_seed_same_bytes_whatever_the_threads(mock, templates_file, tmp_path):
    assert bytes_of(make(tmp_path / "two", templates_file, threads=2)) == bytes_of(mock)


def test_other_seed_other_survey(mock, templates_file, tmp_path):
    first, second = bytes_of(mock), bytes_of(make(tmp_path / "two", templates_file, seed=2))
    assert not {name for name in first if name.startswith("fits")} & {
        name for name in second if name.startswith("fits")
    }
    assert all(first[name] != second[name] for name in ("truth.csv", "gaia.fits", "twomass.fits", "wise.fits"))


def test_giants_and_dwarfs_part_in_cah1(library):
    rng = np.random.default_rng(2)
    for place in np.arange(0, 6.5):
        giant = true_spectrum(library, {"kind": "giant", "place": place}, rng)[0]
        row = {"kind": "dwarf", "place": place, "m": 0.0, "share": 0.5, "active": False, "ew_extra": 0.0}
        dwarf = true_spectrum(library, row, rng)[0]
        assert index(GRID, giant, "CaH1") > 0.95 > index(GRID, dwarf, "CaH1") + 0.01, place


def test_later_types_have_deeper_bands(library):
    depth = [index(GRID, library.dwarf(place, 0.0, 0.5).astype("f8"), "TiO5") for place in range(-1, 8)]
    assert np.all(np.diff(depth) < 0)
    assert depth[1] == pytest.approx(0.82, abs=0.08) and depth[4] == pytest.approx(0.49, abs=0.06)
    subdwarf = [index(GRID, library.dwarf(3, m, 0.5).astype("f8"), "TiO5") for m in (0.0, 0.5, 1.0, 2.0)]
    assert np.all(np.diff(subdwarf) > 0)  # TiO fades with metallicity


WHOLE = (5000, 8950)


def velocities(stars, names, low, high, templates_file):
    """Velocities [km/s] of noise-free stars (n, p) on GRID by the templates of these names."""
    grid = velocity.grid()
    known = [t for t in read_templates(templates_file, "rv") if t.name in names]
    assert len(known) == len(names)
    templates = np.array([velocity.prepare(pixel_means(t.wave, t.flux.astype("f8"), grid), grid) for t in known])
    used = velocity.used_pixels(grid, low, high, [5570, 5590, 5880, 5905, 6864, 6950, 7590, 7700])
    flux = np.array([pixel_means(GRID, star, grid) for star in stars])
    good = np.isfinite(flux)
    flat, weight = velocity.flatten(np.where(good, flux, 0), np.where(good, 1e4, 0), used, 0.03)
    bank = velocity.bank(templates, used, 200.0)
    return velocity.correlate(flat, weight, np.zeros(len(flux)), bank, np.ones(len(known), bool)).velocity


DWARFS = [f"bochanski2007_M{k}" for k in range(8)]
GIANTS = [f"giant_M{k}" for k in range(7)]


@pytest.mark.parametrize(("low", "high"), [WHOLE, (5000, 6500), (6500, 7600), (7700, 8950)])
def test_dwarfs_are_at_rest_in_every_part(library, templates_file, low, high):
    """Against the co-adds that serve for velocities, whose types and libraries are others."""
    stars = [library.dwarf(place, 0.0, share) for place in np.arange(0, 6.3, 0.5) for share in (0.0, 0.5, 1.0)]
    found = velocities(stars, DWARFS, low, high, templates_file)
    assert np.abs(found).max() < 5
    assert abs(found.mean()) < 2


@pytest.mark.parametrize(("low", "high"), [WHOLE, (5000, 6500), (6500, 7600), (7700, 8950)])
def test_giants_are_at_rest_by_giants(library, templates_file, low, high):
    """Giants made of one library's dwarfs by giants made of another's; dwarfs alone would tell late ones too low."""
    stars = np.exp([library.giant.at(place) for place in np.arange(0, 6.3, 0.5)])
    found = velocities(stars, GIANTS, low, high, templates_file)
    assert np.abs(found).max() < (2 if (low, high) == WHOLE else 5)
    if (low, high) == WHOLE:
        assert (velocities(stars[8:], DWARFS, low, high, templates_file) < -4).all()
        assert np.abs(velocities(stars, DWARFS + GIANTS, low, high, templates_file) - found).max() < 0.5


def test_wavelength_scales_err_as_asked(library, monkeypatch):
    """What is laid on the pixels moves by `wave_rms`; everything else that is drawn stays as it is."""
    row = {"kind": "star", "place": -2.0, "feh": 0.0, "luminosity": "dwarf", "is_m": 0, "rv": 0.0, "ebv": 0.0,
           "snr": 50.0, "mag_r": 15.0, "role": "other", "lmjd": 57000, "planid": "P", "spid": 1, "fiberid": 1,
           "obsid": 1, "ra": 1.0, "dec": 1.0, "class": "STAR", "subclass": "K5"}  # fmt: skip
    row |= {f"mag_{m}": 15.0 for m in "ugrizjh"}
    seen, observe = [], faults.observe
    monkeypatch.setattr(faults, "observe", lambda flux, *rest: seen.append(flux) or observe(flux, *rest))
    names, moves = [], []
    for rms in (0.0, 30.0):
        rng = np.random.default_rng(3)
        names.append(
            [make_file(library, row, SimpleNamespace(**keys(wave_rms=rms)), rng)[2]["form"] for _ in range(60)]
        )
    assert names[0] == names[1]
    slope = np.gradient(np.log(seen[0]), np.log(faults.WAVE))
    middle = (faults.WAVE > 5000) & (faults.WAVE < 6500)
    for flux in seen[60:]:
        change = np.log(flux / seen[0])[middle]
        moves.append(-(change * slope[middle]).sum() / (slope[middle] ** 2).sum() * LIGHT)
    assert np.std(moves) == pytest.approx(30, rel=0.3) and abs(np.mean(moves)) < 15


@pytest.mark.parametrize("count", [1, 2, 3, 100, 101])
@pytest.mark.parametrize("kind", ["f4", "f8"])
def test_median_is_that_of_numpy_to_the_bit(count, kind):
    values = np.random.default_rng(1).normal(size=count).astype(kind)
    assert faults.median(values) == np.median(values)


def test_snr_of_the_unknown_is_lognormal():
    args = SimpleNamespace(**keys(n_unknown=4000, n_dwarfs=10, n_giants=10, n_others=10))
    sample = mock_sample.draw(args, np.random.default_rng(3))
    log = np.log(sample["snr"][sample["role"] == "unknown"])
    assert np.median(log) == pytest.approx(np.log(2.2), abs=0.04)
    assert log.std() == pytest.approx(0.6, abs=0.03)


def test_response_errors_have_the_size_that_is_asked_for():
    rng = np.random.default_rng(4)
    seen = (faults.WAVE > 4000) & (faults.WAVE < 9000)
    away = seen & (np.abs(faults.WAVE - 5850) > 200)
    curves, steps = zip(*(faults.response(rng, 0.1, 0.0, 0.0) for _ in range(300)), strict=True)
    logs = np.log(np.array(curves)[:, away])
    assert logs.std() == pytest.approx(0.1, rel=0.15) and set(steps) == {0.0}
    steps = np.array([faults.response(rng, 0.1, 0.05, 0.02)[1] for _ in range(3000)])
    large = np.abs(steps) > 0.25
    assert large.mean() == pytest.approx(0.02, abs=0.008)
    assert steps[~large].std() == pytest.approx(0.05, rel=0.06)
    assert ((np.abs(steps[large]) >= 0.3) & (np.abs(steps[large]) <= 0.6)).all()


@pytest.mark.parametrize("snr", [1.0, 2.2, 20.0, 100.0])
def test_noise_is_what_the_inverse_variance_tells(snr):
    quiet = dict.fromkeys(("response_rms", "join_rms", "join_large", "sky_residual", "cosmic_rays", "zero_blocks"), 0.0)
    quiet |= dict.fromkeys(("masked", "zero_tail", "wrong_continuum"), 0.0)
    args = SimpleNamespace(**keys(**quiet, noise_excess=1.2))
    band = (faults.WAVE > 6200) & (faults.WAVE < 7000)
    rng, pulls = np.random.default_rng(6), []
    for _ in range(30):
        made = faults.observe(np.ones(faults.PIXELS), snr, rng, args)
        ratio = made["model"] * np.sqrt(made["ivar"])
        assert np.median(ratio[band]) == pytest.approx(snr, rel=1e-6)
        pulls.append((made["flux"] - made["model"]) * np.sqrt(made["ivar"]))
    assert np.std(pulls) == pytest.approx(1.2, rel=0.06)  # its own scatter from spectrum to spectrum: 8 %


def test_sky_lines_hurt_faint_spectra_more():
    def excess(snr):
        made = faults.observe(np.ones(faults.PIXELS), snr, np.random.default_rng(7), SimpleNamespace(**keys()))
        sigma = made["ivar"] ** -0.5
        line, beside = (np.abs(faults.WAVE - at) < 3 for at in (8401.5, 8210.0))
        return np.median(sigma[line]) / np.median(sigma[beside])

    faint, bright = excess(2.0), excess(150.0)
    assert faint > 1.8 and 1.0 < bright < 0.7 * faint


def test_faults_are_laid_on_and_masked():
    always = {"zero_blocks": 1.0, "masked": 1.0, "zero_tail": 1.0, "cosmic_rays": 30.0}
    made = faults.observe(np.ones(faults.PIXELS), 10.0, np.random.default_rng(8), SimpleNamespace(**keys(**always)))
    gone = made["ivar"] == 0
    assert gone.any() and (made["flux"][gone] == 0).all() and (made["andmask"][gone] == 32).all()
    tail = faults.WAVE > 9060
    assert (made["flux"][tail] == 0).all() and (made["ivar"][tail & ~gone] > 0).all()
    assert (made["andmask"] == 8).any() and (made["ormask"] == 2).any()
    pull = (made["flux"] - made["model"]) * np.sqrt(made["ivar"])
    assert (pull[~tail] > 8).sum() >= 10


@pytest.mark.parametrize("key", ["label_errors", "released_kept", "ivar_factor"])
def test_a_worse_sample_is_the_same_survey_otherwise(mock, truth, templates_file, tmp_path, key):
    """Stars, flux, noise and every file that the key does not touch are those of the survey without it."""
    value = {"label_errors": 0.3, "released_kept": 0.5, "ivar_factor": 2.0}[key]
    folder = make(tmp_path / "two", templates_file, **{key: value})
    before, after = bytes_of(mock), bytes_of(folder)
    assert all(before[name] == after[name] for name in ("gaia.fits", "twomass.fits", "wise.fits"))
    known = {row["file"].replace(str(mock), ""): row for row in truth}
    lines = [line.split(",", 1)[0] for line in after["truth.csv"].decode().splitlines()[1:]]
    assert set(lines) <= set(known) and before["truth.csv"].startswith(after["truth.csv"].splitlines()[0])
    if key == "released_kept":
        assert after["truth.csv"].splitlines() == [
            line for line in before["truth.csv"].splitlines() if line.decode().split(",")[0] in {"file", *lines}
        ]
        roles = [known[file]["role"] for file in lines]
        assert {role: roles.count(role) for role in set(roles)} == {"unknown": 70, "dwarf": 15, "giant": 6, "other": 10}
        assert {f"/{name}" for name in after if name.startswith("fits")} == set(lines)
        assert all(after[name] == before[name] for name in after if name.startswith("fits"))
        return
    assert before["truth.csv"] == after["truth.csv"]
    changed = [known[f"/{name}"] for name in after if name.startswith("fits") and after[name] != before[name]]
    if key == "label_errors":
        roles = [row["role"] for row in changed]
        assert {role: roles.count(role) for role in set(roles)}["other"] == 6  # 0.3 of 20
        assert roles.count("dwarf") + roles.count("giant") == 13 and "unknown" not in roles  # 0.3 of 42
        for row in changed:
            said = read_row(LISTED | {"file": row["file"].replace(str(mock), str(folder)), "order": 0}, 0.3, 3, 5)
            is_m = said.values["class"] == "STAR" and said.values["subclass"].lstrip("dgesu").startswith("M")
            assert is_m == (row["is_m"] == "0")
        return
    assert len(changed) == len(truth)
    for row in truth[:20]:
        one, two = (
            read_row(LISTED | {"file": row["file"].replace(str(mock), str(at)), "order": 0}, 0.3, 3, 5)
            for at in (mock, folder)
        )
        assert np.array_equal(one.flux, two.flux, equal_nan=True)
        assert np.allclose(two.ivar, 2 * one.ivar, rtol=1e-6)
