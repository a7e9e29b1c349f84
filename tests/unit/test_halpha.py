import numpy as np
import pytest
from mstarhash.measure.halpha import equivalent_width, peak_snr
from mstarhash.measure.indices import LIGHT, Spectra


def block(flux, snr=100.0, mask=None, velocity=0.0, coeff0=3.78):
    flux = np.atleast_2d(flux)
    ivar = np.full(flux.shape, snr**2)
    return Spectra.of(flux, ivar, np.zeros(flux.shape, int) if mask is None else mask, coeff0, 1e-4, velocity)


WAVE = 10 ** (3.78 + 1e-4 * np.arange(700))


def line(sigma, width, velocity=0.0):
    centre = 6564.61 * (1 + velocity / LIGHT)
    return 1 + width / (sigma * np.sqrt(2 * np.pi)) * np.exp(-0.5 * ((WAVE - centre) / sigma) ** 2)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("width", [5.0, -3.0])
def test_gaussian(sigma, width):
    value, error, snr = equivalent_width(block(line(sigma, width)))
    assert value[0] == pytest.approx(width, abs=0.01)
    assert snr[0] == pytest.approx(100, rel=1e-6)
    assert 0 < error[0] < 0.1


def test_emission_is_positive_and_level_does_not_matter():
    for level in (1e-3, 1e5):
        value, *_ = equivalent_width(block(level * line(1.5, 2.0), snr=100 / level))
        assert value[0] == pytest.approx(2.0, abs=0.01)


def test_rest_frame():
    moved, *_ = equivalent_width(block(line(1.5, 5.0, 300.0), velocity=300.0))
    assert moved[0] == pytest.approx(5.0 * (1 + 0 * 300 / LIGHT), abs=0.02)


def test_error_against_monte_carlo():
    rng = np.random.default_rng(4)
    flux = line(1.5, 4.0) + rng.standard_normal((1000, len(WAVE))) / 8
    value, error, _ = equivalent_width(block(flux, snr=8.0))
    assert 0.93 < np.std(value) / np.median(error) < 1.07
    assert abs(np.mean(value) - 4.0) < 0.1


def test_missing():
    mask = np.zeros((3, len(WAVE)), int)
    mask[0, (WAVE > 6560) & (WAVE < 6568)] = 1  # line gone
    mask[1, (WAVE > 6500) & (WAVE < 6540)] = 1  # most of one continuum gone
    flux = np.repeat(line(1.5, 1.0)[None], 3, 0)
    flux[2] *= -1
    value, error, snr = equivalent_width(block(flux, mask=mask))
    assert np.isnan(value).all() and np.isnan(error).all()
    assert np.isfinite(snr[0]) and np.isnan(snr[1:]).all()


def test_peak_over_the_scatter_of_the_continuum():
    """A slope is no noise; the quoted inverse variance does not matter."""
    rng = np.random.default_rng(5)
    sigma, tilt = 0.05, 1 + 2e-3 * (WAVE - 6564.61)
    flux = tilt * line(2.5, 5.0) + sigma * rng.standard_normal((400, len(WAVE)))
    height = 5.0 / (2.5 * np.sqrt(2 * np.pi))
    found = peak_snr(block(flux, snr=777.0))
    assert np.median(found) == pytest.approx(height / sigma, rel=0.1)
    quiet = peak_snr(block(tilt + sigma * rng.standard_normal((400, len(WAVE)))))
    assert (quiet > 3).mean() < 0.05 and 1 < np.median(quiet) < 2  # highest of nine draws


def test_peak_missing():
    mask = np.zeros((3, len(WAVE)), int)
    mask[0, (WAVE > 6560) & (WAVE < 6568)] = 1
    mask[1, (WAVE > 6500) & (WAVE < 6540)] = 1
    flux = np.repeat(line(1.5, 1.0)[None], 3, 0)
    flux[2] = 1.0  # no scatter at all
    assert np.isnan(peak_snr(block(flux, mask=mask))).all()
    assert len(peak_snr(block(np.zeros((0, len(WAVE)))))) == 0
