"""Reading FITS: headers, image and table form, wavelengths, masks; synthetic files and the real ones."""

import csv
import math

import make_data
import numpy as np
import pytest
from astropy.io import fits
from mstarhash.common.status import BIT, FLAG, Rejected, flag_names
from mstarhash.input.fitsheader import parse_value, primary_header, read_bytes
from mstarhash.input.fitsread import read_spectrum
from mstarhash.input.headervalues import header_identity, join_identity, magnitudes_of, number, values_of, whole
from mstarhash.input.pixels import pixel_mask, runs, signal_to_noise, usable_share
from mstarhash.input.relog import fit_log_linear, to_log_grid


def read(path):
    return read_spectrum(read_bytes(path))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("                   12 / twelve", 12),
        ("  -9999.0", -9999.0),
        ("1.5D-3 / old exponent", 1.5e-3),
        ("'it''s / here '  / a comment", "it's / here"),
        ("'        '", ""),
        ("      / nothing", None),
        ("                    T /", True),
    ],
)
def test_parse_value(text, value):
    assert parse_value(text) == value and type(parse_value(text)) is type(value)


@pytest.mark.parametrize("text", ["'no end", "12.x", "1 2"])
def test_parse_value_refuses(text):
    with pytest.raises(ValueError):
        parse_value(text)


def test_headers_are_read_as_astropy_reads_them(shared_data):
    for path in sorted((shared_data / "lamost").iterdir())[::25]:
        ours, theirs = primary_header(path), fits.getheader(path, 0)
        assert set(ours.cards) == {key for key in theirs if key not in ("COMMENT", "HISTORY", "")}
        for key in ours.cards:
            value = theirs[key]
            assert ours.get(key) == (None if isinstance(value, str | fits.card.Undefined) and not value else value), key


def test_layouts_hold_the_same_star(tmp_path):
    wave, flux, ivar = make_data.star(3, 3900)
    layouts = {
        "image": make_data.image(make_data.header(), wave, flux, ivar),
        "double": make_data.image(make_data.header(), wave, flux, ivar, kind="f8"),
        "vectors": make_data.table(make_data.header(), wave, flux, ivar),
        "rows": make_data.table(make_data.header(), wave, flux, ivar, vectors=False),
        "no coefficients": make_data.table(make_data.header(COEFF0=None, COEFF1=None), wave, flux, ivar, name="X"),
        "row 2 alone": make_data.image(make_data.header(COEFF0=None, COEFF1=None), wave, flux, ivar),
    }
    for name, units in layouts.items():
        found = read(make_data.write(tmp_path / f"{name}.fits", units))
        assert (found.coeff0, found.coeff1) == (3.5682, 1e-4), name
        for got, expected in ((found.flux, flux), (found.ivar, ivar)):
            assert got.dtype == np.dtype("f4") and np.array_equal(got, expected), name


def test_cards_and_image_in_an_extension(tmp_path):
    units = make_data.image(make_data.header(fiberid=9), *make_data.star(3))
    units = fits.HDUList(
        [fits.PrimaryHDU(None, fits.Header({"SUBCLASS": "K7"})), fits.ImageHDU(units[0].data, units[0].header)]
    )
    found = read(make_data.write(tmp_path / "a.fits", units))
    row = values_of(found.header)
    assert (row["class"], row["subclass"], header_identity(found.header)[3]) == ("STAR", "K7", "9")
    assert np.array_equal(found.flux, make_data.star(3)[1]) and found.coeff0 == 3.5682


def test_scaled_integers():
    rows = np.zeros((5, 3909), ">i2")
    rows[0], rows[1], rows[3] = -6, -18, -20
    cards = {"SIMPLE": True, "BITPIX": 16, "NAXIS": 2, "NAXIS1": 3909, "NAXIS2": 5, "BSCALE": 0.5, "BZERO": 10.0}
    text = "".join(fits.Card(key, value).image for key, value in (cards | dict(make_data.header())).items())
    text = (text + "END").ljust(-(-(len(text) + 80) // 2880) * 2880)
    found = read_spectrum(text.encode() + rows.tobytes())
    assert (found.flux == 7).all() and (found.ivar == 1).all() and (found.andmask == 0).all()


def test_crval_counts_from_its_reference_pixel(tmp_path):
    head = make_data.header(COEFF0=None, COEFF1=None, CRVAL1=3.5683, CD1_1=1e-4, CRPIX1=2)
    found = read(make_data.write(tmp_path / "a.fits", make_data.image(head, *make_data.star())))
    assert found.coeff0 == pytest.approx(3.5682, abs=1e-12) and flag_names(found.flags) == "no_coeff"


def test_snapping_moves_no_real_grid():
    pixel = np.arange(3909)
    wave = (10 ** (3.5682 + 1e-4 * pixel)).astype("f4").astype("f8")
    assert fit_log_linear(wave)[:2] == (3.5682, 1e-4)
    coeff0, coeff1, worst = fit_log_linear(10 ** (3.58403 + 1e-4 * pixel))
    assert (coeff0, coeff1) == (pytest.approx(3.58403, abs=1e-10), 1e-4) and worst < 1e-6
    coeff0, coeff1, worst = fit_log_linear(10 ** (3.6 + 1.5e-4 * pixel))
    assert coeff1 == pytest.approx(1.5e-4, rel=1e-9) and worst < 1e-6
    assert fit_log_linear(np.arange(3700, 9000, 1.5))[2] > 10


def test_rebinning_keeps_flux_and_information():
    wave = np.arange(3700.0, 9100.0, 0.5)
    flux = 50 + 20 * np.sin(wave / 40)
    new, ivar, bad, coeff0, coeff1 = to_log_grid(wave, flux, np.full(len(wave), 4.0), np.zeros(len(wave)))
    edges = 10 ** (coeff0 + coeff1 * (np.arange(len(new) + 1) - 0.5))
    inner = slice(1, -1)
    mean = (50 * edges - 800 * np.cos(edges / 40))[1:] - (50 * edges - 800 * np.cos(edges / 40))[:-1]
    assert np.allclose(new[inner], (mean / np.diff(edges))[inner], rtol=3e-3)  # partly covered pixels
    total = (new * np.diff(edges))[inner].sum()
    assert total == pytest.approx(mean[inner].sum(), rel=1e-5)
    assert not bad.any() and ivar.min() > 4.0  # pixels of 0.85 to 2.1 A are means of several of 0.5 A
    flat = to_log_grid(wave, wave * 0 + 3, wave * 0 + 1, wave * 0)[0]
    assert np.allclose(flat[inner], 3)


def test_rebinning_leaves_bad_pixels_out():
    wave = np.arange(3700.0, 9100.0, 1.0)
    flux, ivar, andmask = np.full(len(wave), 5.0), np.ones(len(wave)), np.zeros(len(wave))
    hole = (wave > 6000) & (wave < 6050)
    flux[hole], andmask[hole] = 1e9, 1
    new, weight, bad, coeff0, coeff1 = to_log_grid(wave, flux, ivar, andmask)
    found = 10 ** (coeff0 + coeff1 * np.arange(len(new)))
    inside = (found > 6002) & (found < 6048)
    assert np.isnan(new[inside]).all() and (weight[inside] == 0).all() and (bad[inside] == 1).all()
    assert np.nanmax(new) == 5


def test_runs():
    assert runs(np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], bool)).tolist() == [2, 2, 0, 1, 0, 0, 3, 3, 3]
    assert runs(np.zeros(4, bool)).tolist() == [0] * 4


def test_mask_bits():
    flux, ivar, andmask = np.arange(1.0, 41.0), np.ones(40), np.zeros(40)
    flux[5] = 0  # one zero inside stays
    flux[10:13] = 0
    flux[15:20] = 7.5
    flux[22], flux[23] = np.nan, np.inf
    ivar[25], ivar[26], ivar[27] = 0, -2, np.nan
    andmask[29], andmask[30] = 4, np.nan
    flux[38:] = 0
    flux[0] = 0
    mask = pixel_mask(flux, ivar, andmask, 3, 5)
    expected = np.zeros(40, int)
    expected[[0, 10, 11, 12, 38, 39]] = BIT["zero_run"]
    expected[15:20] = BIT["flat_run"]
    expected[[22, 23]] = BIT["bad_flux"]
    expected[[25, 27]], expected[26] = BIT["no_ivar"], BIT["negative_ivar"]
    expected[[29, 30]] = BIT["andmask"]
    assert mask.tolist() == expected.tolist()


def test_zeros_up_to_the_end_over_bad_pixels():
    flux, ivar = np.ones(20) + np.arange(20), np.ones(20)
    flux[[15, 17, 19]], ivar[[16, 18]] = 0, 0
    assert (pixel_mask(flux, ivar, ivar * 0, 3, 5)[15:] != 0).all()


def test_four_equal_pixels_are_no_flat_run():
    flux = np.arange(1.0, 20.0)
    flux[4:8] = 2.5
    assert not pixel_mask(flux, flux * 0 + 1, flux * 0, 3, 5).any()
    assert (pixel_mask(flux, flux * 0 + 1, flux * 0, 3, 4) != 0).nonzero()[0].tolist() == [4, 5, 6, 7]


def test_signal_to_noise():
    wave = np.array([6100.0, 6300, 6400, 6500, 7100])
    flux, ivar = np.array([9.0, 1, 2, 30, 9]), np.array([1.0, 4, 4, 4, 1])
    assert signal_to_noise(wave, flux, ivar, np.array([0, 0, 0, 1, 0])) == 3
    assert math.isnan(signal_to_noise(wave, flux, ivar, np.ones(5)))


def test_usable_share_counts_missing_range():
    full = usable_share(3.5682, 1e-4, np.zeros(3909))
    assert full == pytest.approx(1, abs=1e-3)
    assert usable_share(3.5682, 1e-4, np.zeros(2000)) == pytest.approx(0.487, abs=2e-3)


def test_words_and_numbers():
    assert [whole(value) for value in ("07", 7, 7.0, "7.0", b"7 ", "7 ")] == ["7"] * 6
    assert [whole(value) for value in (None, "", math.nan, -9999, "GAC_061N46_V3", -28762)] == [
        "", "", "", "", "GAC_061N46_V3", "-28762",
    ]  # fmt: skip
    assert [number(value) for value in (1, "2.5", -0.5)] == [1, 2.5, -0.5]
    assert all(math.isnan(number(value)) for value in (None, "", "x", -9999, -9999.99, "-9999", math.inf, True))


def test_panstarrs_magnitudes(tmp_path):
    path = tmp_path / "a.fits"
    head = make_data.header(MAGTYPE=None, MAG_PS_G=17.04, MAG_PS_R=-999.0, MAG_PS_I=16.0, MAG_PS_Z=15.0, MAG_PS_Y=99.0)
    make_data.write(path, make_data.image(head, *make_data.star()))
    kind, magnitudes = magnitudes_of(primary_header(path))
    assert kind == "grizy" and np.isnan(magnitudes).tolist() == [False, True, False, False, True, True, True]


def test_identity_from_header_then_name(tmp_path):
    path = tmp_path / "DR3_spec-55939-GAC_061N46_V3_sp07-078.fits.gz"
    head = make_data.header(55939, None, 7, 78, OBSID=-28762)
    make_data.write(path, make_data.image(head, *make_data.star()), packed=True)
    header = primary_header(path)
    assert header_identity(header) == ("55939", "", "7", "78", "-28762")
    assert join_identity(header, path) == (("55939", "GAC_061N46_V3", "7", "78", "-28762"), False)
    assert join_identity(header, "spec-55939-GAC_061N46_V3_sp07-079.fits") == (
        ("55939", "GAC_061N46_V3", "7", "78", "-28762"), True,
    )  # fmt: skip


@pytest.mark.parametrize("writer", [make_data.write_layouts, make_data.write_flagged])
def test_good_files_are_read(tmp_path, writer):
    for path, flags in writer(tmp_path).items():
        found = read(path)
        known = {"wavelength_rebuilt", "wavelength_mismatch", "no_coeff", "resampled"}
        assert set(filter(None, flag_names(found.flags).split(","))) == flags & known, path.name


def test_the_real_files(shared_data):
    with open(shared_data / "labels.csv", newline="") as file:
        labels = list(csv.DictReader(file))
    assert len(labels) == 351
    for label in labels:
        found = read(shared_data / label["file"])
        row, old = values_of(found.header), label["release"] in ("DR1", "DR2")
        assert (row["class"], row["subclass"]) == (label["class"], label["subclass"]), label["file"]
        assert (row["designation"], row["release"]) == (label["designation"], "" if old else label["release"])
        for ours, theirs in (("ra", "ra"), ("dec", "dec"), ("z", "z"), ("snrr", "snr_r")):
            assert row[ours] == number(label[theirs]) or np.isnan([row[ours], number(label[theirs])]).all()
        identity = header_identity(found.header)
        assert identity[1:] == (label["planid"], label["spid"], label["fiberid"], label["obsid"])
        assert len(found.flux) == int(label["npix"]) and (found.flux == 0).sum() == int(label["n_zero_flux"])
        assert (found.coeff0, found.coeff1) == (3.5682, 1e-4)
        assert found.flags == (FLAG["wavelength_rebuilt"] if label["release"] == "DR1" else 0), label["file"]


@pytest.mark.parametrize("coefficients", [True, False])
@pytest.mark.parametrize(("release", "fiber"), [("DR7", 1), ("DR5", 5)])
def test_image_and_table_form_of_one_star(shared_data, release, fiber, coefficients):
    name = f"spec-55859-F5902_sp01-{fiber:03d}.fits.gz"
    image = read(shared_data / "lamost" / f"{release}_{name}")
    data = read_bytes(shared_data / "lamost" / f"DR9_{name}")
    if not coefficients:
        data = data.replace(b"COEFF0  =", b"XOEFF0  =").replace(b"CRVAL1  =", b"XRVAL1  =")
    table = read_spectrum(data)
    assert (image.coeff0, image.coeff1) == (table.coeff0, table.coeff1)
    assert np.array_equal(image.andmask, table.andmask)
    same = slice(None) if release == "DR7" else slice(0, 1877)  # DR9 scaled the red arm of DR5's spectrum anew
    assert np.array_equal(image.flux[same], table.flux[same]) and np.array_equal(image.ivar[same], table.ivar[same])
    assert np.abs((image.flux - table.flux) * np.sqrt(image.ivar)).max() < 0.3


def test_faults_say_what_is_wrong(tmp_path):
    for path, (status, words) in make_data.write_faults(tmp_path).items():
        if status == "few_pixels":
            continue
        with pytest.raises(Rejected) as caught:
            read(path)
        assert caught.value.status == status and words in str(caught.value), path.name


def test_no_cut_of_a_file_is_an_exception(tmp_path):
    """Every length of a file is a spectrum or a Rejected, and so is every file with bytes changed."""
    units = make_data.table(make_data.header(), *make_data.star(0, 300))
    data = make_data.write(tmp_path / "a.fits", units).read_bytes()
    rng = np.random.default_rng(1)
    for size in range(0, len(data), 641):
        try_reading(data[:size])
    for _ in range(300):
        broken = bytearray(data)
        for place in rng.integers(0, 4 * 2880, 6):
            broken[place] = rng.integers(32, 127)
        try_reading(bytes(broken))


def try_reading(data):
    try:
        found = read_spectrum(data)
    except Rejected:
        return
    assert len(found.flux) == len(found.ivar) == len(found.andmask) and np.isfinite(found.coeff0)


def test_signalling_nan_is_no_warning(tmp_path):
    """Damaged bytes may hold any bit pattern."""
    data = make_data.write(tmp_path / "a.fits", make_data.image(make_data.header(), *make_data.star())).read_bytes()
    start = data.index(b"END" + b" " * 77) // 2880 * 2880 + 2880
    wave = start + 2 * 4 * 3909
    found = read_spectrum(data[:wave] + b"\x7f\x80\x00\x01" + data[wave + 4 :])
    assert flag_names(found.flags) == "wavelength_rebuilt,wavelength_mismatch"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"NAXIS   =                    2 / number of array dimensions", b"NAXIS   =                    1"),
        (b"TFIELDS =                    6", b"TFIELDS =                    x"),
        (b"TFIELDS =                    6", b"TFIELDS =                    9"),
        (b"TFORM3  = '3909E   '", b"TFORM3  = '3909Y   '"),
        (b"TFORM3  = '3909E   '", b"TFORM3  = '3909D   '"),
        (b"BITPIX  =                    8", b"BITPIX  =                  'a'"),
    ],
)
def test_damaged_table_headers(tmp_path, old, new):
    data = make_data.write(tmp_path / "a.fits", make_data.table(make_data.header(), *make_data.star())).read_bytes()
    place = data.rindex(old)
    with pytest.raises(Rejected) as caught:
        read_spectrum(data[:place] + new.ljust(len(old)) + data[place + len(old) :])
    assert caught.value.status == "unreadable"
