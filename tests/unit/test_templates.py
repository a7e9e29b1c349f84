"""Template spectra: reading, one grid in vacuum, telluric bands, published indices, giants made from dwarfs."""

import csv
import gzip
import io
import re

import numpy as np
import pytest
import templates as step
from astropy.io import fits
from conftest import ROOT
from mstarhash.common.errors import InputError, exit_code
from mstarhash.learn.template_file import model_spectra
from mstarhash.measure import velocity
from mstarhash.measure.indices import INDICES, Spectra, measure
from mstarhash.measure.standards import pixel_means
from mstarhash.spectra import templates
from mstarhash.spectra.hdf5 import create
from mstarhash.spectra.templates import GRID, STEP

# TiO5, CaH1, CaH2, CaH3, CaOH, measured on the original files: dwarfs of Bochanski 2007 M0-M8, Kesseli 2017 M0-M8
NAMES = ("tio5", "cah1", "cah2", "cah3", "caoh")
BOCHANSKI = {
    0: (0.824, 0.908, 0.795, 0.889, 0.827), 1: (0.717, 0.852, 0.674, 0.834, 0.718),
    2: (0.605, 0.800, 0.557, 0.761, 0.592), 3: (0.491, 0.782, 0.480, 0.717, 0.517),
    4: (0.410, 0.761, 0.424, 0.683, 0.444), 5: (0.341, 0.780, 0.377, 0.658, 0.386),
    6: (0.273, 0.774, 0.328, 0.619, 0.316), 7: (0.217, 0.780, 0.283, 0.583, 0.297),
    8: (0.246, 0.846, 0.276, 0.566, 0.318),
}  # fmt: skip
PICKLES = {  # giants of Pickles 1998, which ours are made to meet
    0: (0.703, 1.019, 0.867, 0.932, 0.697), 2: (0.584, 1.028, 0.739, 0.918, 0.603),
    4: (0.419, 1.038, 0.533, 0.879, 0.494), 6: (0.307, 1.032, 0.392, 0.871, 0.461),
}  # fmt: skip


@pytest.fixture(scope="module")
def every(templates_file):
    return {t.name: t for t in templates.read_templates(templates_file)}


def indices(flux):
    one = np.nan_to_num(np.asarray(flux, "f8"))[None]
    spectra = Spectra.of(one, np.ones_like(one), np.zeros(one.shape, int), np.log10(GRID[0]), STEP)
    return {name: float(value[0]) for name, (value, _) in measure(spectra, INDICES).items()}


def mean(flux, low, high):
    return flux[(low < GRID) & (high > GRID)].mean()


def test_dwarfs_have_the_published_indices(every):
    """To a quarter of a subtype: the published ones were measured on another edition of the same co-adds."""
    for subtype, expected in BOCHANSKI.items():
        found = indices(every[f"bochanski2007_M{subtype}"].flux)
        names = [name for name in NAMES if (name, subtype) != ("cah1", 8)]  # hardly any flux there
        assert [found[name] for name in names] == pytest.approx(
            [value for name, value in zip(NAMES, expected, strict=True) if name in names], abs=0.025
        ), subtype


def test_published_table_is_what_the_figures_use():
    with open(ROOT / "config" / "field_values.csv", newline="") as source:
        rows = list(csv.DictReader(line for line in source if not line.startswith("#")))
    known = {
        (r["quantity"], r["luminosity"], r["source"].split()[0], float(r["subtype"])): float(r["value"]) for r in rows
    }
    for author, luminosity, table in (("Bochanski", "dwarf", BOCHANSKI), ("Pickles", "giant", PICKLES)):
        for subtype, values in table.items():
            assert [known[name, luminosity, author, subtype] for name in NAMES] == list(values)


def test_made_giants_have_the_indices_of_library_giants(every):
    for subtype, expected in PICKLES.items():
        found = indices(every[f"giant_M{subtype}"].flux)
        assert [found[name] for name in NAMES] == pytest.approx(expected, abs=0.02), subtype
        assert every[f"giant_M{subtype}"].attrs["luminosity"] == "giant"


def test_giants_have_weak_sodium_and_strong_calcium(every):
    def depth(flux, low, high):
        return 1 - mean(flux, low, high) / np.mean([mean(flux, low - 12, low - 4), mean(flux, high + 4, high + 12)])

    giant, dwarf = every["giant_M2"].flux, every["bochanski2007_M2"].flux
    assert depth(giant, 8182, 8200) < 0.5 * depth(dwarf, 8182, 8200)
    assert depth(giant, 8540, 8549) > 1.5 * depth(dwarf, 8540, 8549)


@pytest.mark.parametrize("line", [8544.44, 8664.52])
def test_all_are_in_vacuum_at_rest(every, line):
    """Lines of Ca II, which in air are 2.35 and 2.38 A further to the blue; Pickles' steps of 5 A are too coarse."""
    near, libraries = (line - 8 < GRID) & (line + 8 > GRID), {}
    for t in every.values():
        if t.attrs["type"].lstrip("desu") in ("K5", "K7", "M0", "M1", "M2", "M3"):
            flux = t.flux[near].astype("f8")
            weight = np.clip(np.quantile(flux, 0.6) - flux, 0, None) ** 2
            libraries.setdefault(t.attrs["library"], []).append((weight * GRID[near]).sum() / weight.sum() - line)
    assert libraries.keys() >= {"bochanski2007", "kesseli2017", "kesseli2019", "lepine2007"}
    for library in libraries.keys() - {"pickles1998"}:
        assert abs(np.median(libraries[library])) < 0.4, library  # 14 km/s


def test_no_telluric_bands_in_what_the_mock_is_made_of(every):
    for t in every.values():
        if "mock" in t.attrs["use"].split(",") and t.attrs["subtype"] <= 6:
            oxygen = mean(t.flux, 7600, 7640) / np.mean([mean(t.flux, 7570, 7588), mean(t.flux, 7715, 7725)])
            assert 0.8 < oxygen < 1.35, t.name
            water = mean(t.flux, 7175, 7190) / mean(t.flux, 7205, 7220)
            assert 0.8 < water < 1.25, t.name


def test_no_gap_drawn_as_a_line(every):
    """A row of another length must not shift the rest of the file (Gl 406 has four columns now and then)."""
    for t in every.values():
        red = t.flux[(GRID > 7500) & (GRID < 8800)].astype("f8")
        if t.attrs["library"] == "kesseli2019":
            curvature = np.abs(np.diff(red, 2))
            assert (curvature > 1e-6 * np.abs(red).max()).mean() > 0.2, t.name


def test_telluric_bands_are_taken_from_the_donor():
    donor = 1 + 0.2 * np.sin(GRID / 90)
    slope = np.exp(0.3 * (GRID / 8000 - 1))
    absorbed = donor * slope
    for low, high in templates.BANDS:
        absorbed[(low < GRID) & (high > GRID)] *= 0.4
    mended = templates.without_telluric(absorbed, donor)
    assert np.abs(mended / (donor * slope) - 1).max() < 2e-3
    outside = np.all([(low - 1 > GRID) | (high + 1 < GRID) for low, high in templates.BANDS], axis=0)
    assert np.array_equal(mended[outside], absorbed[outside])


def test_a_lost_tab_is_mended():
    wave, flux = templates.parse(b"#wave\tflux\tunc\n8814\t9.796\t0.031\n8815 1\t0.236\t0.031\n8816\t9.9\t0.03\n")
    assert wave.tolist() == [8814, 8815, 8816] and flux.tolist() == [9.796, 10.236, 9.9]


def test_parse_takes_the_first_two_columns():
    text = b"# wave flux\nwave|flux|err\n4000|1.0|0.1\n4001|2.0|0.1|7\n4002|nan|0.1\n4003|4.0\n"
    wave, flux = templates.parse(text)
    assert wave.tolist() == [4000, 4001, 4003] and flux.tolist() == [1, 2, 4]
    with pytest.raises(ValueError, match="do not increase"):
        templates.parse(b"4000 1\n4001 1\n3999 1\n")


def test_grid_means_are_exact_for_a_line():
    wave = np.sort(np.random.default_rng(0).uniform(3900, 9000, 30000))
    flux = templates.to_grid(wave, 2 + wave / 1000)
    good = np.isfinite(flux)
    assert good.sum() > 17000
    assert flux[good] == pytest.approx(2 + GRID[good] / 1000, rel=1e-8)
    assert np.isnan(flux[wave[0] > GRID]).all() and np.isnan(flux[wave[-1] * (1 + STEP * 3) < GRID]).all()


def test_ends_meet_the_donor():
    flux = np.where((GRID > 5000) & (GRID < 8000), 3.0, np.nan)
    out = templates.extend(flux, 7 * np.ones_like(GRID))
    assert out == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: text.replace("medium", "air", 1), "a listing of templates has the columns"),
        (lambda text: text.replace(",kesseli2017_K7", ",nobody_K7"), "no template nobody_K7"),
        (lambda text: text.replace("K00_SDSS_kesseli2017.txt", "lost.txt"), "has no .*lost.txt"),
        (lambda text: text.replace("6330:33", "6330"), "Gl143-1: a drift is a list of wavelength:velocity"),
    ],
)
def test_a_wrong_listing_is_one_line(change, said, tmp_path, templates_file, capsys):
    rows = (ROOT / "config" / "templates.csv").read_text().splitlines(keepends=True)
    few = [rows[0]] + [r for r in rows if r.startswith(("kesseli2017_K7,", "kesseli2017_K0,", "kesseli2019_K7"))]
    (tmp_path / "listing.csv").write_text(change("".join(few)))
    wheel = next((ROOT / ".templates").glob("*.whl"))
    argv = ["--source", str(wheel), "--listing", str(tmp_path / "listing.csv"), "--output", str(tmp_path / "out.h5")]
    assert exit_code(step.main, argv) == 2
    text = capsys.readouterr().err
    assert text.count("\n") == 1 and re.search(said, text)
    assert not (tmp_path / "out.h5").exists()


def test_no_archive_is_one_line(tmp_path):
    (tmp_path / "x.whl").write_bytes(b"no archive")
    with pytest.raises(InputError, match="neither a folder nor a wheel"):
        templates.Source(tmp_path / "x.whl")


KEYS = {"whole": (5000, 8950), "blue": (5000, 6500), "middle": (6500, 7600), "red": (7700, 8950)}


@pytest.fixture(scope="module")
def offsets(every):
    """{range: {name: (mean velocity against other dwarfs within 1.2 subtypes, against the best of them) [km/s]}}."""
    grid = velocity.grid()
    laid = {}
    for name, t in every.items():
        plain = not name.startswith("giant") and t.attrs["library"] in ("bochanski2007", "kesseli2017", "kesseli2019")
        if plain and t.attrs["luminosity"] == "dwarf" and t.attrs["metal"] == "d" and -5 <= t.attrs["place"] <= 7:
            real = np.isfinite(t.flux) & (t.wave >= t.attrs["wave_min"]) & (t.wave <= t.attrs["wave_max"])
            laid[name] = pixel_means(t.wave[real], t.flux[real].astype("f8"), grid)
    place = np.array([every[name].attrs["place"] for name in laid])
    rv = np.array(["rv" in every[name].attrs["use"].split(",") for name in laid])
    flux = np.array(list(laid.values()))
    ivar = np.where(np.isfinite(flux) & (flux > 0), 1e4, 0)
    own = np.array([velocity.prepare(one, grid) for one in flux[rv]])
    near = (np.abs(place[:, None] - place[rv]) < 1.2) & (np.flatnonzero(rv) != np.arange(len(place))[:, None])
    out = {}
    for key, (low, high) in KEYS.items():
        used = velocity.used_pixels(grid, low, high, [5570, 5590, 5880, 5905, 6864, 6950, 7590, 7700])
        flat, weight = velocity.flatten(np.nan_to_num(flux), ivar, used, 0.03)
        speeds, gains = np.full(near.shape, np.nan), np.zeros(near.shape)
        for k in range(len(own)):
            mine, bank = np.flatnonzero(near[:, k]), velocity.bank(own[k : k + 1], used, 150.0)
            found = velocity.correlate(flat[mine], weight[mine], np.zeros(len(mine)), bank, np.ones(1, bool))
            speeds[mine, k], gains[mine, k] = found.velocity, found.gains[:, 0]
        best = gains.argmax(1)
        out[key] = {
            name: (speeds[i, near[i]].mean(), speeds[i, best[i]]) for i, name in enumerate(laid) if near[i].any()
        }
    return out


def test_each_dwarf_against_every_other(offsets):
    """The libraries agree on where rest is, to 3 km/s, whatever the part of the spectrum for the M dwarfs."""
    for name, (speed, _) in offsets["whole"].items():
        assert abs(speed) < 3, name
    assert len(offsets["whole"]) > 40
    for key in ("blue", "middle", "red"):
        library = [s for n, (_, s) in offsets[key].items() if n.startswith("kesseli2019_M") or n.endswith("Gl143-1")]
        assert len(library) == 7
        assert np.abs(library).max() < 5, key  # one pair: shapes differ too
        assert abs(np.mean(library)) < 3, key


def test_a_drift_is_taken_off():
    wave = np.arange(4000.0, 9000.0, 0.5)
    lines = (4500.0, 6000.0, 8000.0)
    shift = np.interp(lines, [5000, 7000], [40, 0])
    flux = 1 - sum(
        0.5 * np.exp(-0.5 * ((wave - line * (1 + v / templates.LIGHT)) / 3) ** 2)
        for line, v in zip(lines, shift, strict=True)
    )
    table = "\n".join(f"{w} {f}" for w, f in zip(wave, flux, strict=True)).encode()
    row = {"file": "a", "medium": "vacuum", "velocity": 0.0, "drift": [[5000, 40], [7000, 0]]}
    read = templates.load(type("", (), {"read": lambda self, file: table})(), row)
    for line in lines:
        near = np.abs(GRID - line) < 12
        depth = np.nanmax(read[near]) - read[near]
        assert (depth * GRID[near]).sum() / depth.sum() == pytest.approx(line, abs=0.02)  # 1 km/s


def test_no_template_of_the_class(tmp_path):
    """A class without templates: no rows, and texts all the same."""
    with create(tmp_path / "templates.h5", "templates", "") as out:
        group = out.create_group("m0")
        group["wave"], group["flux"] = np.linspace(3800, 9100, 50), np.ones(50)
        group.attrs.update(type="M0", luminosity="dwarf", use="")
    names, subclasses, flux, ivar = model_spectra(tmp_path / "templates.h5", np.linspace(4000, 9000, 9), "Carbon")
    assert not np.char.startswith(subclasses, "g").any() and names.shape == (0,)
    assert flux.shape == ivar.shape == (0, 9)


def test_a_fits_table_is_read_as_a_text_is():
    wave, flux = np.array([4000.0, 4001.0, 4002.0]), np.array([1.0, np.nan, 3.0])
    out = io.BytesIO()
    fits.BinTableHDU.from_columns(
        [fits.Column("LogLam", "D", array=np.log10(wave)), fits.Column("Flux", "D", array=flux)]
    ).writeto(out)
    found = templates.wave_and_flux(gzip.compress(out.getvalue()))
    assert found == pytest.approx(np.array([[4000, 4002], [1, 3]]))
    assert templates.wave_and_flux(gzip.compress(b"4000 1\n4002 3\n")) == pytest.approx(np.array(found))
    empty = io.BytesIO()
    fits.PrimaryHDU().writeto(empty)
    with pytest.raises(ValueError, match="without a table"):
        templates.wave_and_flux(empty.getvalue())


@pytest.mark.parametrize("data", [b"", b"no numbers", b"\x1f\x8b\x08 cut short", b"SIMPLE  =", b"4000 1\n3999 1\n"])
def test_a_broken_template_is_one_line(data):
    with pytest.raises(InputError, match="a.txt: not a table of wavelength and flux"):
        templates.load(type("", (), {"read": lambda self, file: data})(), {"file": "a.txt"})
