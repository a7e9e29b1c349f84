"""One spectrum from the bytes of its file: LAMOST's image form (DR1-DR8), table form (DR9 on), pilot; SDSS's table.

Which of these a file is decides what its keywords mean: see `headervalues`.
"""

import re
from dataclasses import dataclass

import numpy as np

from mstarhash.common.status import FLAG, Rejected
from mstarhash.input.fitsheader import Header, axes, units
from mstarhash.input.relog import fit_log_linear, to_log_grid
from mstarhash.input.sdss import ABOUT_STAR, sdss_header

TYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}  # BITPIX
LETTERS = {"L": "u1", "B": "u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}  # TFORM
BRIGHT_SKY = 1 << 23  # SDSS: a strong sky line; the inverse variance knows of it
MOST_PIXELS = 100_000  # nothing longer is one spectrum that is searched
MEDIUM = re.compile(r"COADD_[BR]|[BR]-\d+")  # EXTNAME of the tables of LAMOST's medium-resolution files
TIGHT, LOOSE = 0.05, 0.1  # pixels: log-linear within; wavelengths agree with COEFF within


@dataclass
class Spectrum:
    """flux, ivar, andmask: (n,) float32 as in the file; log10 wavelength [vacuum A] = coeff0 + coeff1 * pixel."""

    header: Header
    flux: np.ndarray
    ivar: np.ndarray
    andmask: np.ndarray
    coeff0: float
    coeff1: float
    flags: int = 0


def read_spectrum(data):
    """The spectrum in the bytes of a FITS file (already unzipped). Raises Rejected."""
    found = units(data)
    header = found[0].header
    tables = [unit for unit in found[1:] if unit.header.get("XTENSION") == "BINTABLE"]
    names = [str(unit.header.get("EXTNAME") or "").strip().upper() for unit in tables]
    if any(MEDIUM.fullmatch(name) for name in names):
        raise Rejected(
            "wrong_shape", "a medium-resolution LAMOST file (tables COADD_B, COADD_R); low resolution is read"
        )
    star = next((unit for unit, name in zip(tables, names, strict=True) if name in ABOUT_STAR), None)
    for unit in found:
        if unit.size and unit.header.get("XTENSION") in (None, "IMAGE"):
            _check_telescope(header, "LAMOST")
            return _image(_joined(header, unit), _image_rows(data, unit))
    if not tables:
        raise Rejected("wrong_shape", "the file holds neither an image nor a table")
    unit = next((unit for unit, name in zip(tables, names, strict=True) if name == "COADD"), tables[0])
    columns = _columns(data, unit)
    if "LOGLAM" not in columns:
        _check_telescope(header, "LAMOST")
        return _table(_joined(header, unit), columns)
    if star is None:
        _check_telescope(header, "SDSS")
    row = {} if star is None else _one_row(data, star)
    return _table(sdss_header(_joined(header, unit), row), columns)


def _check_telescope(header, survey):
    """Raise Rejected for a file of another telescope: its keywords need not mean what they mean here."""
    telescope = str(header.get("TELESCOP") or survey).strip().upper()
    if not telescope.startswith(survey):
        hint = "; of SDSS spec-PLATE-MJD-FIBER.fits are read, no spSpec files" if telescope.startswith("SDSS") else ""
        raise Rejected("wrong_shape", f"of telescope '{telescope[:40]}' in a form that is not known here{hint}")


def _one_row(data, unit):
    """{name: scalar or (k,) array} of the plain columns of a table of one row; {} where it has other rows."""
    table, names = _rows(data, unit)
    if len(table) != 1:
        return {}
    row = {}
    for place, name in enumerate(names, 1):
        values = table[f"c{place}"][0]
        if values.dtype.kind != "V":
            if values.dtype.kind != "S":
                values = _scaled(values, unit.header.get(f"TSCAL{place}"), unit.header.get(f"TZERO{place}"))
            row.setdefault(name, values)
    return row


def _joined(primary, unit):
    """The primary header, with what only the extension's tells."""
    return primary if unit.header is primary else Header(unit.header.cards | primary.cards)


def _image_rows(data, unit):
    """The image of a unit as (rows, pixels) in its own type, scaled if the header says so."""
    shape = axes(unit.header)[::-1]
    shape = [size for place, size in enumerate(shape) if size != 1 or place >= len(shape) - 2]
    if len(shape) != 2 or shape[0] != 5 or shape[1] < 2:
        text = " x ".join(map(str, shape)) or "no data"
        raise Rejected("wrong_shape", f"the image is {text}, not 5 rows of flux, ivar, wavelength, andmask, ormask")
    _check_length(shape[1])
    bits = unit.header.get("BITPIX")
    if bits not in TYPES:
        raise Rejected("unreadable", f"BITPIX {bits} is no FITS type")
    rows = np.frombuffer(data, TYPES[bits], shape[0] * shape[1], unit.start).reshape(shape)
    return _scaled(rows, unit.header.get("BSCALE"), unit.header.get("BZERO"))


def _check_length(pixels):
    if pixels > MOST_PIXELS:
        raise Rejected("wrong_shape", f"{pixels:,} pixels are no single spectrum of low resolution")


def _scaled(values, scale, zero):
    """values * scale + zero, where a header gives them."""
    if scale in (None, 1) and zero in (None, 0):
        return values
    if scale in (None, 1) and values.dtype.kind in "iu" and isinstance(zero, int | float) and zero == int(zero):
        if int(zero) == 1 << 63 and values.dtype.itemsize == 8:  # unsigned: FITS has no other way
            return values.astype("i8").view("u8") ^ np.uint64(1 << 63)
        if abs(zero) < 1 << 53 and values.dtype.itemsize < 8:
            return values.astype("i8") + int(zero)
    if not all(part is None or isinstance(part, int | float) for part in (scale, zero)):
        raise Rejected("unreadable", "the header's scale of the data is no number")
    with np.errstate(all="ignore"):
        return _doubles(values) * (1 if scale is None else scale) + (zero or 0)


def _image(header, rows):
    """Image form: the wavelength is from COEFF0 and COEFF1 always, row 2 only checks it."""
    grid, flags = _header_grid(header), 0
    wave = _doubles(rows[2])
    usable = bool(np.isfinite(wave).all() and (np.diff(wave) > 0).all() and wave[0] > 2000 and wave[-1] < 20000)
    expected = "SUBCONT" not in str(header.get("EXTEN0")).upper()  # DR1: row 2 is a spectrum without continuum
    if grid is None:
        if not usable:
            raise Rejected("wrong_shape", "no wavelengths: COEFF0 and COEFF1 are missing and row 2 does not rise")
        return _on_wavelengths(header, wave, rows[0], rows[1], rows[3], FLAG["no_coeff"])
    if not usable:
        flags |= FLAG["wavelength_rebuilt"] | (FLAG["wavelength_mismatch"] if expected else 0)
    elif _worst(wave, grid) > LOOSE:
        flags |= FLAG["wavelength_mismatch"]
    if header.get("COEFF0") is None or header.get("COEFF1") is None:
        flags |= FLAG["no_coeff"]
    return Spectrum(header, *_floats(rows[0], rows[1], rows[3]), *grid, flags)


def _table(header, columns):
    """Table form: column WAVELENGTH, as a log-linear grid; COEFF0 and COEFF1 where they agree with it."""
    for name in ("FLUX", "IVAR"):
        if name not in columns:
            raise Rejected("wrong_shape", f"the table has no column {name}")
    flux, ivar = columns["FLUX"], columns["IVAR"]
    andmask = columns.get("ANDMASK", columns.get("AND_MASK", np.zeros(len(flux))))
    if header.survey == "SDSS" and andmask.dtype.kind in "iu":
        andmask = andmask.astype("i8") & ~BRIGHT_SKY  # wide enough for the bit, however narrow the column is
    wave = columns.get("WAVELENGTH")
    if wave is None and "LOGLAM" in columns:
        wave = 10 ** np.clip(_doubles(columns["LOGLAM"]), 0, 9)
    if len({len(flux), len(ivar), len(andmask), len(flux) if wave is None else len(wave)}) > 1 or len(flux) < 2:
        raise Rejected("wrong_shape", "the columns of the table are not of one length")
    _check_length(len(flux))
    grid, flags = _header_grid(header), 0
    if wave is not None:
        wave = _doubles(wave)
        if np.isfinite(wave).all() and (np.diff(wave) > 0).all() and wave[0] > 0:
            if grid is not None and _worst(wave, grid) <= 0.01:
                return Spectrum(header, *_floats(flux, ivar, andmask), *grid)
            flags = FLAG["no_coeff"] if grid is None else FLAG["wavelength_mismatch"]
            return _on_wavelengths(header, wave, flux, ivar, andmask, flags)
        flags = FLAG["wavelength_mismatch"]
    if grid is None:
        raise Rejected("wrong_shape", "no wavelengths: no rising column WAVELENGTH, and COEFF0, COEFF1 are missing")
    return Spectrum(header, *_floats(flux, ivar, andmask), *grid, flags | FLAG["wavelength_rebuilt"])


def _rows(data, unit):
    """The rows of a binary table as a structured array, and the upper-case names of its columns."""
    shape, fields = axes(unit.header), unit.header.get("TFIELDS")
    if len(shape) != 2 or not isinstance(fields, int) or not 0 <= fields <= 999:
        raise Rejected("unreadable", "the table's header does not say what rows and columns it has")
    width, rows = shape
    names, kinds = [], []
    for place in range(1, fields + 1):
        form = str(unit.header.get(f"TFORM{place}") or "").strip()
        digits = len(form) - len(form.lstrip("0123456789"))
        count, letter = int(form[:digits] or 1), form[digits : digits + 1]
        if letter in LETTERS:
            kinds.append((LETTERS[letter], (count,)))
        elif letter == "A":
            kinds.append((f"S{count}",))
        elif letter in "XCMPQ" and letter:
            size = {"X": -(-count // 8), "C": 8 * count, "M": 16 * count, "P": 8 * count, "Q": 16 * count}
            kinds.append((f"V{size[letter]}",))
        else:
            raise Rejected("unreadable", f"TFORM{place} = {form!r} is no FITS type")
        names.append(str(unit.header.get(f"TTYPE{place}") or "").strip().upper())
    kind = np.dtype([(f"c{place}", *part) for place, part in enumerate(kinds, 1)])
    if kind.itemsize != width:
        raise Rejected("unreadable", f"the table's rows are {width} bytes, its columns {kind.itemsize}")
    return np.frombuffer(data, kind, rows, unit.start), names


def _columns(data, unit):
    """The numeric columns of a binary table by name, each (n,): one row of vectors, or a value a row."""
    table, names = _rows(data, unit)
    found = {}
    for place, name in enumerate(names, 1):
        column = table[f"c{place}"]
        if column.dtype.kind in "VS" or (len(column) != 1 and column.shape[1:] != (1,)):
            continue
        if str(unit.header.get(f"TFORM{place}")).strip().endswith("L"):
            column = column == ord("T")  # the letters T and F
        column = _scaled(column, unit.header.get(f"TSCAL{place}"), unit.header.get(f"TZERO{place}"))
        found.setdefault(name, column.ravel())
    return found


def _header_grid(header):
    """(coeff0, coeff1) that a header gives, or None: COEFF0 and COEFF1, else CRVAL1, CD1_1 of a log grid."""
    found = _believable(header.get("COEFF0"), header.get("COEFF1"))
    if found is None:
        step, pixel = header.get("CD1_1", "CDELT1"), header.get("CRPIX1")
        found = _believable(header.get("CRVAL1"), step)
        if found and isinstance(pixel, int | float):
            found = found[0] - (pixel - 1) * found[1], found[1]
    return found


def _believable(first, step):
    """A log10 wavelength of the optical and a step from 3 to 300 km/s, as floats, or None."""
    try:
        first, step = float(first), float(step)
    except (TypeError, ValueError):
        return None
    return (first, step) if 3.3 < first < 4.1 and 5e-6 < step < 5e-4 else None


def _worst(wave, grid):
    """The largest distance of wavelengths (n,) from a log grid [pixels]."""
    return float(np.abs((np.log10(wave) - grid[0]) / grid[1] - np.arange(len(wave))).max())


def _on_wavelengths(header, wave, flux, ivar, andmask, flags):
    """A spectrum with only its wavelengths to go by: the log grid they lie on, else rebinned to one."""
    coeff0, coeff1, worst = fit_log_linear(wave)
    if worst <= TIGHT:
        return Spectrum(header, *_floats(flux, ivar, andmask), coeff0, coeff1, flags)
    flux, ivar, andmask = _floats(flux, ivar, andmask)
    flux, ivar, andmask, coeff0, coeff1 = to_log_grid(wave, flux, ivar, andmask)
    return Spectrum(header, flux, ivar, andmask, coeff0, coeff1, flags | FLAG["resampled"])


def _doubles(values):
    """float64; quietly where there are signalling NaN."""
    with np.errstate(invalid="ignore"):
        return values.astype("f8")


def _floats(*rows):
    """Rows as float32 of this machine; what does not fit becomes infinite, and is masked later."""
    with np.errstate(over="ignore", invalid="ignore"):
        return [np.asarray(row).astype("f4") for row in rows]
