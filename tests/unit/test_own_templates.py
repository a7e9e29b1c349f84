"""Templates of the sample's own averages: at rest, better than the library's, only where the sample is large enough."""

import numpy as np
import pytest
import toy_stars
from mstarhash.learn.averages import Means
from mstarhash.measure import velocity
from mstarhash.measure.indices import LIGHT, Spectra
from mstarhash.measure.own_templates import own_templates, read_averages
from mstarhash.measure.standards import pixel_means
from mstarhash.spectra.hdf5 import create

GRID = velocity.grid()
USED = velocity.used_pixels(GRID, 5000.0, 8950.0, [6864.0, 6950.0, 7590.0, 7700.0])
WAVE = 10 ** (np.log10(3900.0) + 1e-4 * np.arange(3632))
TYPES = np.array([0.0, 2.0, 4.0])
RIPPLE = 1 + 0.3 * np.sin(toy_stars.WAVE / 5.0)  # what the stars have and the library does not


def star(subtype, speed):
    return pixel_means(toy_stars.WAVE * (1 + speed / LIGHT), toy_stars.spectrum(subtype) * RIPPLE, np.log10(WAVE))


@pytest.fixture(scope="module")
def library():
    flux = [velocity.prepare(pixel_means(toy_stars.WAVE, toy_stars.spectrum(s), GRID), GRID) for s in TYPES]
    return velocity.bank(np.array(flux), USED, 1000.0), np.ones(len(TYPES), bool)


@pytest.fixture(scope="module")
def averages():
    """Two clusters of M2 off by 40 and -25 km/s, as catalogue redshifts are, one of M4 with few spectra."""
    rng = np.random.default_rng(1)
    means = Means(3, len(WAVE))
    for cluster, (subtype, speed, count, snr) in enumerate(((2.0, 40.0, 9, 40), (2.0, -25.0, 9, 40), (4.0, 0.0, 3, 5))):
        true = np.nan_to_num(star(subtype, speed))
        sigma = np.median(true) / snr
        flux = true + sigma * rng.standard_normal((count, len(WAVE)))
        means.add(flux, np.where(true > 0, sigma**-2, 0) * np.ones(flux.shape), WAVE, np.full(count, cluster))
    return *means.result(), means.members


def test_at_rest_and_named_after_what_they_are_like(library, averages):
    bank, wins = library
    own, like = own_templates(WAVE, *averages[:2], bank, wins, GRID, USED, 10.0)
    assert list(TYPES[like]) == [2.0]
    off = velocity.correlate(np.where(USED, own, 0), USED * np.full(own.shape, 1e4), np.zeros(1), bank, wins)
    assert abs(off.velocity[0]) < 3 and off.height[0] > 0.5
    truth = velocity.prepare(pixel_means(toy_stars.WAVE, toy_stars.spectrum(2.0) * RIPPLE, GRID), GRID)
    line = USED & (truth != 0)
    assert np.corrcoef(own[0, line], truth[line])[0, 1] > 0.97 > np.corrcoef(bank.templates[1, line], truth[line])[0, 1]
    assert (own[0, ~USED] == bank.templates[1, ~USED]).all()
    many, like = own_templates(WAVE, *averages[:2], bank, wins, GRID, USED, 0.05)
    assert list(TYPES[like]) == [2.0, 4.0] and len(many) == 2
    assert own_templates(WAVE, *averages[:2], bank, wins, GRID, USED, 1e3)[0].shape == (0, len(GRID))


def test_velocities_are_better(library, averages):
    """Stars with lines that the library lacks: less scatter at S/N 3, and an error that is still the scatter."""
    bank, wins = library
    own, _ = own_templates(WAVE, *averages[:2], bank, wins, GRID, USED, 10.0)
    both = velocity.bank(np.concatenate([bank.templates, own]), USED, 1000.0)
    rng, truth = np.random.default_rng(2), np.random.default_rng(3).uniform(-150, 150, 200)
    flux = np.array([np.nan_to_num(star(2.0, speed)) for speed in truth])
    sigma = np.median(flux, axis=1, keepdims=True) / 3
    noisy = flux + sigma * rng.standard_normal(flux.shape)
    block = Spectra.of(noisy, np.where(flux > 0, sigma**-2, 0), flux <= 0, np.log10(WAVE[0]), 1e-4)
    value, weight, phase = velocity.align(
        block.flux, block.variance, block.good, block.coeff0, block.coeff1, GRID
    )  # the grid of the averages begins between two pixels of the working grid
    value, weight = velocity.flatten(value, weight, USED, 0.0)
    found = [velocity.correlate(value, weight, phase, one, np.ones(len(one.templates), bool)) for one in (bank, both)]
    off = [one.velocity - truth for one in found]
    scatter = [1.4826 * np.median(np.abs(values - np.median(values))) for values in off]
    assert scatter[1] < 0.9 * scatter[0]
    assert abs(np.median(off[1])) < 5  # the library's zero, which the ripple moves
    pull = off[1] / found[1].error
    assert 0.85 < np.diff(np.percentile(pull, [16, 84]))[0] / 2 < 1.15
    assert (found[1].best == 3).mean() > 0.9


def test_read_averages(tmp_path):
    """Of a model those of the wanted class alone; templates among the averages, which have no members, never."""
    flux, members = np.arange(12.0).reshape(4, 3), np.array([5, 0, 2, 7])
    with create(tmp_path / "averages.h5", "positives", "") as out:
        out.update({"wave": np.arange(3.0), "flux": flux, "ivar": flux, "members": members})
    with create(tmp_path / "model.h5", "train", "") as out:
        out["wave"] = np.arange(3.0)
        out.create_group("averages").update(
            {"flux": flux, "ivar": flux, "members": members, "wanted": np.array([True, True, True, False])}
        )
    found = {name: read_averages(tmp_path / f"{name}.h5") for name in ("averages", "model")}
    assert (found["averages"][1] == flux[[0, 2, 3]]).all() and (found["model"][2] == flux[[0, 2]]).all()
