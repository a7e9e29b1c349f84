"""Spec files of SDSS: the star's own position, class and S/N, not what the first header says of the telescope."""

import make_data
import numpy as np
import pytest
from mstarhash.common.status import FLAG, Rejected
from mstarhash.input.fitsheader import read_bytes
from mstarhash.input.fitsread import read_spectrum
from mstarhash.input.headervalues import header_identity, values_of
from mstarhash.input.ingestion import read_row
from mstarhash.input.lists import COLUMNS

STAR = {
    "CLASS": ("6A", "STAR"), "SUBCLASS": ("21A", "M2"), "Z": ("E", 1e-4), "Z_ERR": ("E", 1e-5), "THETA": ("3E", [1, 2, 3]),
    "PLATE": ("J", 266), "MJD": ("J", 51630), "FIBERID": ("J", 7), "SPECOBJID": ("22A", " 299489952322840576"),
    "SN_MEDIAN": ("5E", [0.5, 1, 2, 3, 4]), "PSFMAG": ("5E", [22, 21, 20, 19, -9999]), "EMPTY": ("0A", ""),
    "RA": ("D", 11.0), "DEC": ("D", 12.0),
}  # fmt: skip
PLUG = {"PLUG_RA": ("D", 150.25), "PLUG_DEC": ("D", -1.5)}
CATALOGUED = {"RACAT": ("D", 150.5), "DECCAT": ("D", -1.25)}
FIBRE = {"FIBER_RA": ("D", 150.75), "FIBER_DEC": ("D", -1.0)}
NO_PLUG = {"PLUG_RA": ("D", -999.0), "PLUG_DEC": ("D", -999.0)}


def read(folder, *tables, **options):
    path = folder / "spec-0266-51630-0007.fits"
    star = {}
    for table in tables:
        star |= table
    path.unlink(missing_ok=True)
    return read_spectrum(read_bytes(make_data.write(path, make_data.sdss(star, **options))))


def row_of(path):
    return read_row(dict.fromkeys(COLUMNS, "") | {"file": str(path), "order": 1}, 0.5, 3, 5)


def test_the_values_are_the_stars(tmp_path):
    found = read(tmp_path, STAR, PLUG)
    assert found.coeff1 == 1e-4 and found.coeff0 == pytest.approx(make_data.COEFF0, abs=1e-7) and not found.flags
    assert (found.flux == make_data.star(4, 3800)[1]).all()
    values = values_of(found.header)
    assert (values["class"], values["subclass"], values["ra"], values["dec"]) == ("STAR", "M2", 150.25, -1.5)
    assert values["z"] == pytest.approx(1e-4) and values["mjd"] == 51630
    assert [values[f"snr{band}"] for band in "ugriz"] == [0.5, 1, 2, 3, 4] and values["magtype"] == "ugriz"
    assert np.array_equal([values[f"mag{k}"] for k in range(1, 6)], [22, 21, 20, 19, np.nan], equal_nan=True)
    assert header_identity(found.header) == ("51630", "266", "", "7", "299489952322840576")


@pytest.mark.parametrize(
    ("tables", "cards", "expected"),
    [
        ((PLUG, CATALOGUED, FIBRE), {}, (150.25, -1.5)),
        ((CATALOGUED, FIBRE), {}, (150.5, -1.25)),
        ((NO_PLUG, FIBRE), {}, (150.75, -1.0)),
        ((), {"PLUG_RA": 151.0, "PLUG_DEC": -2.0}, (151.0, -2.0)),  # eBOSS has them in the first header as well
    ],
)
def test_position(tmp_path, tables, cards, expected):
    values = values_of(read(tmp_path, STAR, *tables, **cards).header)
    assert (values["ra"], values["dec"]) == expected


@pytest.mark.parametrize("tables", [(STAR,), ()])
def test_no_position_of_the_star_is_none_and_said(tmp_path, tables):
    path = tmp_path / "spec-0266-51630-0007.fits"
    read(tmp_path, *tables)
    row = row_of(path)
    assert row.status == "ok" and np.isnan([row.values["ra"], row.values["dec"]]).all()
    assert row.flags & FLAG["no_position"]
    assert row.values["class"] == ("STAR" if tables else "")


@pytest.mark.parametrize("form", ["J", "I", "B", "K"])
def test_masks_of_any_width(tmp_path, form):
    """Bright sky stays, where the mask is wide enough to tell it; all other bits count."""
    mask = np.zeros(3800, "i8")
    mask[200:210] = 1 << 6
    if form in "JK":
        mask[100:120] = 1 << 23
    found = read(tmp_path, STAR, PLUG, andmask=mask, mask_form=form)
    assert np.flatnonzero(found.andmask).tolist() == list(range(200, 210))


def test_masks_of_true_and_false(tmp_path):
    found = read(tmp_path, STAR, PLUG, andmask=np.arange(3800) // 10 == 20, mask_form="L")
    assert np.flatnonzero(found.andmask).tolist() == list(range(200, 210))


def test_unsigned_masks(tmp_path):
    """Unsigned columns are signed ones with an offset: still whole numbers, of which single bits are looked at."""
    mask = np.zeros(3800, "u4")
    mask[100:120], mask[200:210] = 1 << 23, 1 << 31
    units = make_data.sdss(STAR | PLUG)
    table = units[1]
    columns = [column for column in table.columns if column.name != "and_mask"]
    columns.append(make_data.fits.Column("AND_MASK", "J", bzero=1 << 31, array=mask))
    units[1] = make_data.fits.BinTableHDU.from_columns(columns, name="COADD")
    found = read_spectrum(read_bytes(make_data.write(tmp_path / "a.fits", units)))
    assert np.flatnonzero(found.andmask).tolist() == list(range(200, 210))


def test_large_ids_keep_their_digits(tmp_path):
    units = make_data.sdss(PLUG)
    big = np.array([11259004964108738563], "u8")
    columns = [*units[2].columns, make_data.fits.Column("SPECOBJID", "K", bzero=1 << 63, array=big)]
    units[2] = make_data.fits.BinTableHDU.from_columns(columns, name="SPALL")
    found = read_spectrum(read_bytes(make_data.write(tmp_path / "a.fits", units)))
    assert header_identity(found.header)[4] == "11259004964108738563"


@pytest.mark.parametrize("telescope", ["SDSS 2.5-M", "NOAO 4m Mayall"])
def test_images_of_other_surveys_are_set_aside(tmp_path, telescope):
    """spSpec files of SDSS are images of 5 rows too, but of other meaning."""
    units = make_data.image(make_data.header(TELESCOP=telescope), *make_data.star())
    with pytest.raises(Rejected, match=telescope[:4]) as caught:
        read_spectrum(read_bytes(make_data.write(tmp_path / "a.fits", units)))
    assert caught.value.status == "wrong_shape"


def test_real_spec_files_have_the_star_position(shared_data):
    """PLUG_RA, PLUG_DEC as astropy reads them, over a degree from RA, DEC of the first header."""
    paths = sorted((shared_data / "sdss").glob("spec-*.fits*"))
    if not paths:
        pytest.skip("no real SDSS files beside the checkout (shared/data/sdss)")
    for path in paths:
        with make_data.fits.open(path) as units:
            star, head = units[2].data[0], units[0].header
            values = values_of(read_spectrum(read_bytes(path)).header)
            assert (values["ra"], values["dec"]) == (star["PLUG_RA"], star["PLUG_DEC"]), path.name
            assert np.hypot(values["ra"] - head["RA"], values["dec"] - head["DEC"]) > 0.2
            assert (values["class"], values["snrr"]) == (star["CLASS"], star["SN_MEDIAN"][2])


def test_real_files_that_ended_a_shard(shared_data):
    """A mask of 16 bits is read; a spectrum with a bit in nearly every pixel is named so."""
    odd, flat = (
        shared_data / "tables/public/made_sdss_table_mask16.fits",
        shared_data / "sdss/spec-10000-57346-0003.fits.gz",
    )
    if not (odd.exists() and flat.exists()):
        pytest.skip("no made_sdss_table_mask16.fits or spec-10000-57346-0003.fits.gz beside the checkout")
    assert row_of(odd).status == "ok"
    row = row_of(flat)
    assert row.status == "few_pixels" and "ANDMASK is set in nearly every pixel" in row.reason
