import numpy as np
import pytest
from mstarhash.spectra.grid import edges, log_grid, overlaps, resample, shift_of, shift_rows


def test_default_grid_has_3632_pixels_on_the_survey_s_own():
    grid = log_grid(3900, 9000, 1e-4)
    assert len(grid) == 3632
    assert grid[0] == pytest.approx(3.5911) and grid[-1] == pytest.approx(3.9542)


def test_same_step_is_a_copy():
    old = 3.5682 + 1e-4 * np.arange(3909)
    new = log_grid(3900, 9000, 1e-4)
    flux = np.arange(3909, dtype="f4")[None]
    out, ivar, usable = resample(flux, np.ones_like(flux), np.ones(flux.shape, bool), old, new)
    assert usable.all() and (ivar == 1).all()
    assert np.array_equal(out[0], np.arange(229, 229 + 3632))


@pytest.mark.parametrize("step, start", [(1e-4, 3.59995), (3e-4, 3.6), (7.3e-5, 3.6001)])
def test_flux_is_conserved(step, start):
    rng = np.random.default_rng(0)
    old = 3.59 + 1e-4 * np.arange(1000)
    new = start + step * np.arange(int(0.07 / step))
    flux = rng.uniform(1, 2, (3, 1000))
    matrix = overlaps(old, new)
    inside = matrix.sum(1)
    assert np.allclose(np.asarray(inside).ravel(), np.diff(edges(new)))
    out, _, usable = resample(flux, np.ones(flux.shape), np.ones(flux.shape, bool), old, new)
    assert usable.all()
    total = (out * np.diff(edges(new))).sum(1)
    part = (matrix @ flux.T).sum(0)
    assert np.allclose(total, part, rtol=1e-6)


def test_constant_stays_constant_around_masked_pixels_and_variance_averages():
    old = 3.59 + 1e-4 * np.arange(1000)
    new = 3.6 + 4e-4 * np.arange(200)
    good = np.ones((1, 1000), bool)
    good[0, 300:302] = False
    good[0, 500:540] = False
    flux = np.where(good, 2.5, 1e6)
    out, ivar, usable = resample(flux, np.full(flux.shape, 4.0), good, old, new)
    assert np.allclose(out[usable], 2.5)
    assert not usable.all() and (ivar[~usable] == 0).all()
    assert np.median(ivar) == pytest.approx(4 * 16 / (3 + 2 / 4))  # three whole pixels and two halves


def test_shift_rows_and_redshift():
    values = np.arange(10.0)[None].repeat(3, 0)
    moved = shift_rows(values, [0, 2, -1])
    assert moved[1, :3].tolist() == [2, 3, 4] and moved[1, -1] == 0
    assert moved[2, :3].tolist() == [0, 0, 1]
    assert shift_of(np.array([0.0, np.nan, 0.5, 200 / 299792.458]), 1e-4).tolist() == [0, 0, 0, 3]
