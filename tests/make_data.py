"""Small FITS files of each LAMOST layout and of each fault, written where a test wants them."""

import gzip
import io
from pathlib import Path

import numpy as np
from astropy.io import fits

COEFF0, STEP = 3.5682, 1e-4
DR1_ROWS, DR5_ROWS = "Flux Inverse Subcontinuum Andmask Ormask", "Flux, Inverse, Wavelength, Andmask, Ormask"


def star(seed=0, pixels=3909, coeff0=COEFF0):
    """wave [vacuum A], flux, ivar (pixels,) of a smooth star with noise, all usable."""
    wave = 10 ** (coeff0 + STEP * np.arange(pixels))
    noise = np.random.default_rng(seed).normal(size=pixels)
    return wave, (100 + 30 * np.sin(wave / 300) + noise).astype("f4"), np.ones(pixels, "f4")


def header(lmjd=55859, planid="F5902", spid=1, fiberid=1, **cards):
    """A primary header as DR5 writes it; None as a value leaves a card out. `__` in a name stands for a hyphen."""
    values = {
        "OBSID": 101000 + fiberid, "DATA_V": "LAMOST DR5", "EXTEN0": DR5_ROWS, "DATE-OBS": "2011-10-24T12:30:00",
        "LMJD": lmjd, "MJD": lmjd - 1, "PLANID": planid, "SPID": spid, "FIBERID": fiberid, "RA": 332.2 + fiberid / 100,
        "DEC": -2.05, "DESIG": "LAMOST J220848.54-020324.3", "MAGTYPE": "ugriz", "MAG1": 18.0, "MAG2": 17.0,
        "MAG3": 99.0, "MAG4": -9999.0, "MAG5": 15.5, "MAG6": 99.0, "MAG7": 99.0, "COEFF0": COEFF0, "COEFF1": STEP,
        "CLASS": "STAR", "SUBCLASS": "M3", "Z": 1.5e-4, "Z_ERR": 2e-5,
        "SNRU": 1.0, "SNRG": 5.0, "SNRR": 10.0, "SNRI": 20.0, "SNRZ": -9999.0,
    }  # fmt: skip
    values |= {name.replace("__", "-"): value for name, value in cards.items()}
    found = fits.Header()
    for name, value in values.items():
        if value is not None:
            found[name] = value
    return found


def file_name(lmjd=55859, planid="F5902", spid=1, fiberid=1):
    return f"spec-{lmjd}-{planid}_sp{spid:02d}-{fiberid:03d}.fits"


def write(path, units, packed=False):
    """Write header-data units, gzipped if asked (with a fixed time: same bytes always); returns the path."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    units.writeto(out)
    path.write_bytes(gzip.compress(out.getvalue(), mtime=0) if packed else out.getvalue())
    return path


def image(head, wave, flux, ivar, andmask=None, kind="f4"):
    """Image form: 5 rows."""
    andmask = np.zeros(len(flux)) if andmask is None else andmask
    rows = np.array([flux, ivar, wave, andmask, np.zeros(len(flux))], kind)
    return fits.HDUList([fits.PrimaryHDU(rows, head)])


def table(head, wave, flux, ivar, andmask=None, vectors=True, name="COADD"):
    """Table form: one row of vectors, or a row a pixel."""
    andmask = np.zeros(len(flux)) if andmask is None else andmask
    names = ("FLUX", "IVAR", "WAVELENGTH", "ANDMASK", "ORMASK", "NORMALIZATION")
    values = (flux, ivar, wave, andmask, np.zeros(len(flux)), flux / 100)
    form = f"{len(flux)}E" if vectors else "E"
    columns = [
        fits.Column(key, form, array=np.asarray(value, "f4").reshape((1, -1) if vectors else -1))
        for key, value in zip(names, values, strict=True)
    ]
    return fits.HDUList([fits.PrimaryHDU(None, head), fits.BinTableHDU.from_columns(columns, name=name)])


def sdss(about_star, pixels=3800, andmask=None, mask_form="J", name="SPECOBJ", **cards):
    """A spec file of SDSS: a row a pixel, and what is known of the star in a second table of one row.

    about_star: {column: (TFORM, value)}; the first header has the place of the telescope as RA, DEC, as real files do.
    """
    wave, flux, ivar = star(4, pixels)
    primary = fits.PrimaryHDU()
    grid = {"COEFF0": np.log10(wave[0]), "COEFF1": STEP}
    about = {
        "TELESCOP": "SDSS 2.5-M",
        "RA": 149.0,
        "DEC": 2.0,
        "RADEG": 149.0,
        "DECDEG": 2.0,
        "Z": 0.5,
        "CLASS": "TELL",
    }
    primary.header.update(grid | {"PLATEID": 266, "MJD": 51630, "FIBERID": 7} | about | cards)
    andmask = np.zeros(pixels, "i8") if andmask is None else andmask
    columns = {
        "flux": ("E", flux),
        "loglam": ("E", np.log10(wave)),
        "ivar": ("E", ivar),
        "and_mask": (mask_form, andmask),
    }
    units = [primary]
    for title, table in (
        ("COADD", columns),
        (name, {key: (form, [value]) for key, (form, value) in about_star.items()}),
    ):
        if table:
            made = [fits.Column(key, form, array=np.array(values)) for key, (form, values) in table.items()]
            units.append(fits.BinTableHDU.from_columns(made, name=title))
    return fits.HDUList(units)


def write_layouts(folder):
    """A good file of each layout; {path: flags expected}."""
    folder, found = Path(folder), {}

    def add(name, units, flags="", packed=False):
        found[write(folder / name, units, packed)] = set(flags.split())

    wave, flux, ivar = star(1)
    add(file_name(fiberid=1), image(header(fiberid=1), wave, flux, ivar))
    add(file_name(fiberid=2) + ".gz", image(header(fiberid=2), *star(2)), packed=True)
    add(file_name(fiberid=3), image(header(fiberid=3), *star(3)), packed=True)  # gzip under a plain name
    dr1 = header(fiberid=4, OBSID=None, DATA_V=None, EXTEN0=DR1_ROWS, SNRR=None, SN_R=99.0, MJD=55860)
    wave, flux, ivar = star(4, 3904)
    add(file_name(fiberid=4), image(dr1, flux - 100, flux, ivar), "no_obsid wavelength_rebuilt")
    dr2 = header(fiberid=5, OBSID=None, DATA_V=None, SNRR=None, SN_R=8.05, HELIO_RV="")
    dr2["FIBERID"] = "5       "
    add(file_name(fiberid=5), image(dr2, *star(5), kind="f8"), "no_obsid")
    add(file_name(fiberid=6), image(header(fiberid=6, OBSID=-28762), *star(6, 3894)), "obsid_invalid")
    dr9 = {f"MAG{place}": None for place in range(1, 8)} | {"MAGTYPE": None, "DATA_V": "LAMOST DR9", "EXTEN0": None}
    dr9 |= {"MAG_PS_G": 17.04, "MAG_PS_R": 16.42, "MAG_PS_I": -999.0, "MAG_PS_Z": 16.04, "MAG_PS_Y": 15.95}
    add(file_name(fiberid=7), table(header(fiberid=7, **dr9), *star(7, 3908)))
    add(file_name(fiberid=8) + ".gz", table(header(fiberid=8, **dr9), *star(8), vectors=False), packed=True)
    bare = {"COEFF0": None, "COEFF1": None}
    add(file_name(fiberid=9), table(header(fiberid=9, **bare), *star(9), name="SPECTRUM"), "no_coeff")
    add(file_name(fiberid=10), image(header(fiberid=10, **bare, CRVAL1=COEFF0, CD1_1=STEP), *star(10)), "no_coeff")
    add(file_name(fiberid=11), image(header(fiberid=11, **bare), *star(11)), "no_coeff")
    add(file_name(fiberid=12), image(header(fiberid=12, COEFF0=3.584), *star(12, 3820, 3.584)))
    pilot = header(55862, "B6212", 6, 3, EXTEN0="Flux Inverse Subcontinuum Andmask Ormask", OBSID=None)
    wave, flux, ivar = star(13)
    add("spec-55862-2011sp06-003.fit", image(pilot, flux - 90, flux, ivar), "no_obsid wavelength_rebuilt")
    linear = np.arange(3700.0, 9100.0, 1.5)
    flux = (100 + linear / 100).astype("f4")
    units = table(header(fiberid=14, **bare), linear, flux, np.ones(len(linear)))
    add(file_name(fiberid=14), units, "no_coeff resampled")
    return found


def write_flagged(folder):
    """Files that are kept with a flag; {path: flags expected}."""
    folder, found = Path(folder), {}

    def add(fiberid, units, flags, name=None, packed=False):
        found[write(folder / (name or file_name(fiberid=fiberid)), units, packed)] = set(flags.split())

    wave, flux, ivar = star(51)
    negative = np.where(np.arange(3909) < 40, -1, ivar)
    add(51, image(header(fiberid=51), wave, flux, negative), "negative_ivar")
    add(52, image(header(fiberid=52), np.zeros(3909), flux + 1, ivar), "wavelength_rebuilt wavelength_mismatch")
    add(53, image(header(fiberid=53), wave + 50, flux + 2, ivar), "wavelength_mismatch")
    add(54, image(header(fiberid=54, RA=None, DEC=None), wave, flux + 3, ivar), "no_position")
    add(55, image(header(fiberid=55), wave, flux + 4, ivar), "same_identity")
    add(55, image(header(fiberid=55), wave, flux + 5, ivar), "same_identity", "DR7_" + file_name(fiberid=55))
    holes = flux.copy()
    holes[100:140], holes[300] = np.nan, np.inf
    add(56, image(header(fiberid=56), wave, holes, ivar), "not_finite")
    add(57, image(header(fiberid=58), wave, flux + 6, ivar), "name_mismatch")
    add(59, image(header(fiberid=59, CLASS="Unknown", SUBCLASS="Non", Z=-9999.0, SNRR=-9999), wave, flux + 7, ivar), "")
    add(60, image(header(fiberid=60, RA=-9999.0, DEC=-9999.0), wave, flux + 8, ivar), "no_position")
    units = table(header(fiberid=61), np.full(3909, np.nan), flux + 9, ivar)
    add(61, units, "wavelength_rebuilt wavelength_mismatch")
    path = write(folder / file_name(fiberid=62), image(header(fiberid=62), wave, flux + 10, ivar))
    data = path.read_bytes()
    card = data.index(b"SNRR    =")
    other = data.index(b"RA      =")
    garbled = bytearray(data)
    garbled[card : card + 80] = b"SNRR    = 'no end of this".ljust(80)
    garbled[other : other + 80] = b"RA      = 12.x\xff3".ljust(80)
    path.write_bytes(garbled)
    found[path] = {"no_position", "header_damaged"}
    return found


def write_faults(folder):
    """Files that are set aside; {path: (status, words of the reason)}."""
    folder, found = Path(folder), {}
    wave, flux, ivar = star(31)

    def add(fiberid, units, status, words, packed=False):
        found[write(folder / file_name(fiberid=fiberid), units, packed)] = status, words

    def raw(fiberid, data, status, words, suffix=""):
        path = folder / (file_name(fiberid=fiberid) + suffix)
        path.write_bytes(data)
        found[path] = status, words

    good = image(header(fiberid=30), wave, flux, ivar)
    whole = write(folder / "whole.fits", good).read_bytes()
    (folder / "whole.fits").unlink()
    raw(31, b"", "unreadable", "empty")
    raw(32, b"these are words, not a spectrum\n" * 9, "unreadable", "text")
    raw(33, bytes(range(256)) * 9, "unreadable", "not a FITS file")
    raw(34, gzip.compress(whole)[:-5000], "unreadable", "gzip stream ends early", ".gz")
    raw(35, whole[:20000], "unreadable", "cut short")
    raw(36, whole[:1000], "unreadable", "no end")
    packed = bytearray(gzip.compress(whole))
    packed[len(packed) // 2] ^= 0xFF
    raw(37, bytes(packed), "unreadable", "gzip stream", ".gz")
    add(38, fits.HDUList([fits.PrimaryHDU(np.zeros((3, 3909), "f4"), header(fiberid=38))]), "wrong_shape", "3 x 3909")
    add(39, fits.HDUList([fits.PrimaryHDU(np.zeros((3909, 5), "f4"), header(fiberid=39))]), "wrong_shape", "3909 x 5")
    add(40, fits.HDUList([fits.PrimaryHDU(flux, header(fiberid=40))]), "wrong_shape", "3909")
    add(41, fits.HDUList([fits.PrimaryHDU(None, header(fiberid=41))]), "wrong_shape", "neither")
    units = fits.HDUList([fits.PrimaryHDU(None, header(fiberid=42)), fits.BinTableHDU.from_columns(
        [fits.Column("FLUX", "3909E", array=flux[None])])])  # fmt: skip
    add(42, units, "wrong_shape", "no column IVAR")
    add(43, image(header(fiberid=43), wave, flux * np.nan, ivar), "few_pixels", "NaN everywhere")
    add(44, image(header(fiberid=44), wave, flux * 0, ivar), "few_pixels", "0 everywhere")
    add(45, image(header(fiberid=45), wave, flux, ivar * 0), "few_pixels", "inverse variance")
    add(46, image(header(fiberid=46), wave, flux, ivar, np.ones(3909)), "few_pixels", "ANDMASK")
    inside = (wave > 3890) & (wave < 9010)
    add(70, image(header(fiberid=70), wave, flux, ivar, inside), "few_pixels", "ANDMASK is set in every pixel")
    half = np.where(wave < 6800, 0, ivar)
    add(47, image(header(fiberid=47), wave, flux, half), "few_pixels", "no inverse variance 66 %")
    add(48, image(header(fiberid=48), *star(48, 1000)), "few_pixels", "outside its wavelengths 79 %")
    nothing = header(fiberid=49, COEFF0=None, COEFF1=None)
    add(49, image(nothing, flux * 0, flux, ivar), "wrong_shape", "no wavelengths")
    medium = table(header(fiberid=71), *star(71, 3000), name="COADD_B")
    medium.append(table(header(fiberid=71), *star(71, 3000), name="COADD_R")[1])
    add(71, medium, "wrong_shape", "medium-resolution LAMOST")
    add(72, image(header(fiberid=72), *star(72, 100_001, 3.0)), "wrong_shape", "100,001 pixels")
    return found
