"""Template spectra: the listing, the wheel or folder that holds them, and templates.h5.

The listing (config/templates.csv) says for each spectrum where its file is and what it is; nothing is taken from
the file but wavelength and flux. All spectra come out on one logarithmic grid, in vacuum, at zero velocity.

The column `drift` of the listing is the velocity by which the wavelength scale is off at some wavelengths, beside
`velocity`: linear between them, constant beyond. That of kesseli2019 runs from some 40 km/s at 5200 Angstrom to 0 at
7100. For dwarfs it was measured in windows against bochanski2007 and kesseli2017 (whose scales agree with each other
and with bright LAMOST M stars within 5 km/s everywhere); for subdwarfs at Mg b (5100-5230 Angstrom) against K and
early M dwarfs, with the run of the Na D and K I lines beyond; their Ca II lines near 8600 are at rest within 5 km/s.
"""

import csv
import gzip
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.spectra.airvac import LIGHT, air_to_vacuum
from mstarhash.spectra.hdf5 import open_h5

STEP = 2e-5  # dex of wavelength
GRID = 10 ** np.arange(np.log10(3651.0), np.log10(9250.0), STEP)  # vacuum [Angstrom]
TEXTS = ("type", "luminosity", "metal", "activity", "library", "reference", "use")
NUMBERS = ("subtype", "place", "feh", "resolution")
COLUMNS = ("name", "file", *TEXTS, *NUMBERS, "medium", "velocity", "drift", "donor", "telluric")
# oxygen B, water, oxygen A, water [vacuum Angstrom]: surveys correct them, some libraries do not
BANDS = ((6862.0, 6952.0), (7158.0, 7345.0), (7588.0, 7714.0), (8105.0, 8385.0))


@dataclass
class Template:
    """A spectrum on GRID (flux float32, NaN none), what the listing says of it, and the range of real data."""

    name: str
    flux: np.ndarray
    attrs: dict
    wave: np.ndarray = None


def read_listing(path):
    """Rows of the listing as dicts, numbers converted (an empty one is NaN), a drift as pairs [Angstrom, km/s]."""
    with open(path, newline="") as handle:
        rows = list(csv.DictReader(line for line in handle if not line.startswith("#")))
    if not rows or set(COLUMNS) - set(rows[0]):
        raise InputError(f"{path}: a listing of templates has the columns {', '.join(COLUMNS)}")
    for row in rows:
        for key in (*NUMBERS, "velocity"):
            row[key] = float(row[key]) if row[key] else float("nan")
        try:
            row["drift"] = [(float(wave), float(v)) for wave, v in (pair.split(":") for pair in row["drift"].split())]
        except ValueError:
            raise InputError(f"{path}: {row['name']}: a drift is a list of wavelength:velocity") from None
    return rows


class Source:
    """A wheel or other zip archive, or a folder, with template files found by the end of their path."""

    def __init__(self, path):
        self.path = Path(path)
        if self.path.is_dir():
            self.names = {p.relative_to(self.path).as_posix(): p for p in sorted(self.path.rglob("*")) if p.is_file()}
            self.archive = None
        elif zipfile.is_zipfile(self.path):
            self.archive = zipfile.ZipFile(self.path)
            self.names = {name: name for name in self.archive.namelist()}
        else:
            raise InputError(f"{path}: neither a folder nor a wheel of template spectra; set `templates` in the config")
        self.by_base = {}
        for name in self.names:
            self.by_base.setdefault(name.rsplit("/", 1)[-1], name)

    def read(self, file):
        """Bytes of a listed file: the path that ends like it, else one of the same name."""
        name = next((n for n in self.names if n == file or n.endswith("/" + file)), self.by_base.get(Path(file).name))
        if name is None:
            raise InputError(f"{self.path}: has no {file}, which the listing of templates names")
        return self.archive.read(name) if self.archive else self.names[name].read_bytes()


def wave_and_flux(data):
    """Wavelength and flux (float64) of a file: a FITS table or a table of numbers, compressed (gzip) or not."""
    data = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
    return parse_fits(data) if data.startswith(b"SIMPLE") else parse(data)


def parse_fits(data):
    """Wavelength and flux (float64) of the first table of a FITS file: its first two columns; small numbers are log10."""
    from astropy.io import fits

    with fits.open(io.BytesIO(data)) as units:
        table = next((unit.data for unit in units if getattr(unit, "columns", None)), None)
        if table is None:
            raise ValueError("a FITS file without a table")
        wave, flux = (np.asarray(table.field(k), "f8") for k in (0, 1))
    good = np.isfinite(wave) & np.isfinite(flux)
    wave = 10**wave if good.any() and wave[good][0] < 10 else wave
    return rising(wave[good], flux[good])


def rising(wave, flux):
    """Both as they are; raises ValueError where the wavelengths do not increase or there are fewer than two."""
    if len(wave) < 2 or (np.diff(wave) <= 0).any():
        raise ValueError("wavelengths that do not increase")
    return wave, flux


def parse(data):
    """Wavelength and flux (float64) of a table of numbers: its first two columns, whatever the rows have beyond.

    In a table that lost tabs, a flux of 10.236 stands as "1<tab>0.236" a blank behind its wavelength: joined again.
    """
    text = re.sub(r"^([\d.]+) (\d+)\t(\d\.\d)", r"\1\t\2\3", data.replace(b"|", b" ").decode(), flags=re.M)
    first = 0
    while not text[first : first + 1].isdigit():  # a heading
        first = text.index("\n", first) + 1
    wave, flux = np.loadtxt(io.StringIO(text[first:]), usecols=(0, 1), unpack=True, ndmin=2)
    good = (wave > 0) & np.isfinite(flux)
    return rising(wave[good], flux[good])


def to_grid(wave, flux, grid=GRID):
    """Mean flux in each pixel of a log grid where the spectrum is finer, linear interpolation where it is coarser.

    NaN outside the spectrum. wave: increasing [Angstrom].
    """
    inner = np.sqrt(grid[1:] * grid[:-1])
    edges = np.r_[grid[0] ** 2 / inner[0], inner, grid[-1] ** 2 / inner[-1]]
    total = np.concatenate([[0], np.cumsum(0.5 * (flux[1:] + flux[:-1]) * np.diff(wave))])
    # integral of the linear interpolation, exact between the samples too
    k = np.clip(np.searchsorted(wave, edges) - 1, 0, len(wave) - 2)
    x = edges - wave[k]
    slope = (flux[k + 1] - flux[k]) / (wave[k + 1] - wave[k])
    mean = np.diff(total[k] + flux[k] * x + 0.5 * slope * x**2) / np.diff(edges)
    return np.where((edges[:-1] >= wave[0]) & (edges[1:] <= wave[-1]), mean, np.nan)


def level(flux, grid=GRID):
    """Median flux in 6500-7500 A."""
    return np.nanmedian(flux[(grid > 6500) & (grid < 7500)])


def load(source, row):
    """A listed spectrum on GRID in vacuum at rest, median 1 in 6500-7500 A, NaN where there is none."""
    try:
        wave, flux = wave_and_flux(source.read(row["file"]))
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise InputError(f"{row['file']}: not a table of wavelength and flux ({error})") from None
    if row["medium"] == "air":
        wave = air_to_vacuum(wave)
    velocity = row["velocity"]
    if row["drift"]:  # error of the wavelength scale
        velocity = velocity + np.interp(wave, *zip(*row["drift"], strict=True))
    flux = to_grid(wave / (1 + velocity / LIGHT), flux)
    return flux / level(flux)


def extend(flux, donor, width=60.0, grid=GRID):
    """Missing ends taken from `donor`, scaled to meet within `width` [Angstrom] of the join."""
    known = np.flatnonzero(np.isfinite(flux))
    out = flux.copy()
    for end, side in ((known[0], slice(None, known[0])), (known[-1], slice(known[-1] + 1, None))):
        near = np.isfinite(flux) & np.isfinite(donor) & (np.abs(grid - grid[end]) < width)
        out[side] = donor[side] * (np.mean(flux[near]) / np.mean(donor[near])) if near.any() else np.nan
    return out


def without_telluric(flux, donor, side=15.0, grid=GRID):
    """The telluric bands of an uncorrected spectrum as in `donor`, times the ratio of the two beside the band."""
    out = flux.copy()
    for low, high in BANDS:
        first, last = np.searchsorted(grid, [low, high])
        width = int(side / (grid[first + 1] - grid[first]))
        ends = [
            np.log(flux[part].mean() / donor[part].mean())
            for part in (slice(first - width, first), slice(last, last + width))
        ]
        inside = slice(first, last)
        if np.isfinite(ends).all():
            out[inside] = donor[inside] * np.exp(np.linspace(*ends, last - first))
    return out


def finished(row, flux, wide):
    """The template of a listed row: `flux` is what was read, `wide` the same with its ends filled from the donor."""
    known = GRID[np.isfinite(flux)]
    attrs = {key: row[key] for key in (*TEXTS, *NUMBERS)}
    attrs |= {"wave_min": known[0], "wave_max": known[-1], "extrapolated": bool(np.isfinite(wide).sum() > len(known))}
    return Template(row["name"], wide, attrs)


def write(group, template):
    """One template as an HDF5 group."""
    group["wave"] = GRID if template.wave is None else template.wave
    group.create_dataset("flux", data=template.flux.astype("f4"))
    for key, value in template.attrs.items():
        group.attrs[key] = value


def read_templates(path, use=None):
    """Templates of templates.h5 in the order of their names; `use`: only those listed for it (mock, typing, rv)."""
    out = []
    with open_h5(path) as source:
        for name, group in source.items():
            attrs = dict(group.attrs)
            if use is None or use in attrs["use"].split(","):
                out.append(Template(name, group["flux"][:], attrs, group["wave"][:]))
    return out
