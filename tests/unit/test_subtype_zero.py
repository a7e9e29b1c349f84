"""The zero point of subtypes: recovered from toy stars, and from one half of real ones for the other."""

import csv
import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
import toy_stars
from mstarhash.input.ingestion import read_row
from mstarhash.measure import block
from mstarhash.measure.indices import LIGHT
from mstarhash.measure.subtype_zero import measured, published, zero_point
from mstarhash.spectra.grid import log_grid, resample
from mstarhash.spectra.hdf5 import create, write_columns

GRID = log_grid(3900.0, 9000.0, 1e-4)


class Rebinned:
    """Rebinned spectra (n, p) as `sample.Sample` gives them."""

    def __init__(self, flux, ivar):
        self.values = {"flux": flux.astype("f4"), "ivar": ivar.astype("f4")}

    def fixed(self, _):
        return 10**GRID

    def blocks(self, names, index):
        yield slice(0, len(index)), [self.values[name][index] for name in names]


def write(path, flux, ivar, columns, usable):
    with create(path, "positives", "") as out:
        stars = measured(Rebinned(flux, ivar), np.arange(len(flux)), columns, usable)
        write_columns(out.create_group("typed"), stars)
    return path


@pytest.fixture(scope="module")
def keys(default_config):
    return SimpleNamespace(**default_config["measure"])


def test_published():
    found = published(["M0", "gM3", "esdM2.5", "K7", "dK5", "K3", "M", "WD", "Carbon", ""])
    assert found == pytest.approx([0, 3, 2.5, -1, -2, *[np.nan] * 5], nan_ok=True)


def test_recovered_from_shifted_labels(tmp_path, keys):
    """Typed 0.4 later than published; one label in thirty is far off, and what is no use would spoil it."""
    toy_stars.write_templates(tmp_path / "templates.h5")
    lines = block.Tools.read(tmp_path / "templates.h5", keys).lines
    label, speed = np.arange(60) % 5, np.linspace(-200, 200, 60)
    stars = [
        toy_stars.observed(k + 0.4, v, 40, seed, GRID[0], len(GRID))
        for seed, (k, v) in enumerate(zip(label, speed, strict=True))
    ]
    flux, ivar = (np.array(part) for part in zip(*stars, strict=True))
    given = np.array([f"dM{k}" for k in label])
    given[[7, 40]] = "M9"
    columns = {"subclass": given, "z": speed / LIGHT, "snr_r": np.full(60, 40.0)}
    usable = np.ones(60, bool)
    path = write(tmp_path / "all.h5", flux, ivar, columns, usable)
    assert zero_point(path, lines, keys) == pytest.approx(-0.4, abs=0.1)
    assert zero_point(path, lines, SimpleNamespace(**vars(keys) | {"subtype_zero": 0.7})) == 0.7
    assert zero_point("", lines, keys) == 0
    some = {}
    for count in (19, 20):
        some[count] = zero_point(
            write(tmp_path / f"{count}.h5", flux, ivar, columns, np.arange(60) < count), lines, keys
        )
    assert some[19] == 0 and some[20] < -0.2
    columns["subclass"][::2], usable[::2] = "M9", False  # defective,
    columns["subclass"][1::6], columns["snr_r"][1::6] = "M9", 5.0  # faint
    assert zero_point(write(tmp_path / "few.h5", flux, ivar, columns, usable), lines, keys) == pytest.approx(
        -0.4, abs=0.1
    )


def test_one_half_of_the_real_stars_tells_it_for_the_other(shared_data, templates_file, keys, tmp_path):
    """At S/N r above 10, the zero point of each half by the other: median below 0.2, rounded within one for 95 %."""
    with open(shared_data / "labels.csv", newline="") as source:
        stars = [row for row in csv.DictReader(source) if row["is_m"] == "1" and row["class"] == "STAR"]
    stars = [row for row in stars if float(row["snr_r"] or 0) > 10]
    listed = dict.fromkeys(("lmjd", "planid", "spid", "fiberid", "obsid", "class", "subclass", "z"), "") | {"order": 0}
    read = [read_row(listed | {"file": str(shared_data / row["file"])}, 0.5, 3, 5) for row in stars]
    columns = {"subclass": np.array([row["subclass"] for row in stars])}
    columns |= {key: np.array([float(row[key]) for row in stars]) for key in ("z", "snr_r")}
    pixels = []
    for one in read:
        native = one.coeff0 + one.coeff1 * np.arange(len(one.flux))
        flux, ivar, _ = resample(one.flux[None], one.ivar[None], one.mask[None] == 0, native, GRID)
        pixels.append((flux[0], ivar[0]))
    flux, ivar = (np.array(part) for part in zip(*pixels, strict=True))
    tools = block.Tools.read(templates_file, keys)
    half = np.array([int(hashlib.sha256(row["file"].encode()).hexdigest(), 16) % 2 for row in stars])
    typed = np.full(len(stars), np.nan)
    for k in (0, 1):
        tools.zero = zero_point(write(tmp_path / f"{k}.h5", flux, ivar, columns, half != k), tools.lines, keys)
        assert -0.6 < tools.zero < -0.2
        for row in np.flatnonzero(half == k):
            one = read[row]
            found = block.measure(
                *(values[None] for values in (one.flux, one.ivar, one.mask)),
                *(np.array([value]) for value in (one.coeff0, one.coeff1, columns["z"][row])),
                tools,
            )
            typed[row] = found["subtype"][0]
    label = published(columns["subclass"])
    assert len(stars) == 63
    for which in (half == 0, half == 1, half >= 0):
        assert abs(np.nanmedian((typed - label)[which])) < 0.2
    assert (np.abs(np.floor(typed + 0.5) - label) <= 1).mean() >= 0.95
