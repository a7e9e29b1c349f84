import numpy as np
import pytest
import toy_stars
from mstarhash.measure import velocity
from mstarhash.measure.indices import LIGHT, Spectra
from mstarhash.measure.standards import pixel_means

GRID = velocity.grid()
USED = velocity.used_pixels(GRID, 5000.0, 8950.0, [5570.0, 5590.0, 6864.0, 6950.0, 7590.0, 7700.0])
TYPES = np.array([-1.0, 0.0, 2.0, 4.0, 6.0])


@pytest.fixture(scope="module")
def bank():
    templates = [velocity.prepare(pixel_means(toy_stars.WAVE, toy_stars.spectrum(s), GRID), GRID) for s in TYPES]
    return velocity.bank(np.array(templates), USED, 1000.0)


def run(stars, bank, mismatch=0.0, coeff0=None, coeff1=1e-4):
    flux, ivar = (np.array(part) for part in zip(*stars, strict=True))
    block = Spectra.of(flux, ivar, ivar <= 0, 3.5682 if coeff0 is None else coeff0, coeff1)
    aligned, weight, phase = velocity.align(block.flux, block.variance, block.good, block.coeff0, block.coeff1, GRID)
    flat, weight = velocity.flatten(aligned, weight, USED, mismatch)
    return velocity.correlate(flat, weight, phase, bank, np.ones(len(bank.templates), bool))


def test_no_noise(bank):
    """Any sub-pixel shift is found to a fraction of a km/s, in the right direction."""
    truth = np.r_[np.linspace(-500, 500, 21), -13.0, 34.5]
    found = run([toy_stars.observed(2.0, v) for v in truth], bank)
    assert np.abs(found.velocity - truth).max() < 1.0
    assert (found.best == 2).all() and not found.edge.any()
    assert (found.height > 0.98).all() and (found.r > 10).all()


def test_within_3_km_s_at_snr_30(bank):
    truth = np.random.default_rng(1).uniform(-300, 300, 60)
    found = run([toy_stars.observed(1.0, v, 30, seed) for seed, v in enumerate(truth)], bank)
    off = found.velocity - truth
    assert abs(np.median(off)) < 1
    assert 1.4826 * np.median(np.abs(off)) < 3


@pytest.mark.parametrize("snr", [5, 10])
def test_formal_error_is_the_scatter(bank, snr):
    truth = np.random.default_rng(2).uniform(-200, 200, 300)
    found = run([toy_stars.observed(2.0, v, snr, seed) for seed, v in enumerate(truth)], bank)
    pull = (found.velocity - truth) / found.error
    assert abs(np.median(pull)) < 0.2
    assert 0.85 < np.diff(np.percentile(pull, [16, 84]))[0] / 2 < 1.15
    assert found.chi2 == pytest.approx(1, abs=0.15)


def test_phase_of_the_pixels_and_other_steps(bank):
    """The same star on grids of other phase, start or step has the same velocity."""
    for coeff0 in (3.5682, 3.56823, 3.56825, 3.56827, 3.5840):
        found = run([toy_stars.observed(2.0, 77.0, coeff0=coeff0, pixels=3800)], bank, coeff0=coeff0)
        assert found.velocity[0] == pytest.approx(77.0, abs=1.0), coeff0
    step, pixels = 0.8e-4, 4800
    grid = 3.5682 + step * np.arange(pixels)
    flux = np.nan_to_num(pixel_means(toy_stars.WAVE * (1 + 77 / LIGHT), toy_stars.spectrum(2.0), grid))
    found = run([(flux, (flux > 0) * 1e4)], bank, coeff1=step)
    assert found.velocity[0] == pytest.approx(77.0, abs=2.0)


def test_spikes_and_gaps_do_not_matter(bank):
    flux, ivar = toy_stars.observed(2.0, 50.0, 20)
    bad = np.random.default_rng(3).integers(1400, 3700, 40)
    spiked = flux.copy()
    spiked[bad] += 30 * np.median(flux)
    gapped, none = ivar.copy(), ivar.copy()
    gapped[2200:2500] = 0
    none[:] = 0
    found = run([(spiked, ivar), (flux, gapped), (flux, none)], bank)
    assert found.velocity[:2] == pytest.approx(50.0, abs=8.0)
    assert np.isnan([found.velocity[2], found.error[2], found.r[2]]).all() and found.best[2] == -1


def test_edge_and_noise(bank):
    """A star beyond the searched range peaks at the edge; pure noise has a low r."""
    fast = run([toy_stars.observed(2.0, 1250.0, 50)], bank)
    assert fast.edge[0]
    noise = np.random.default_rng(5).standard_normal((40, 3909)) + 3
    found = run([(row, np.ones(3909)) for row in noise], bank)
    assert np.median(found.r) < 3
    star = run([toy_stars.observed(2.0, 10.0, 10)], bank)
    assert star.r[0] > 4


def test_best_subtype(bank):
    stars = [toy_stars.observed(s, 20.0, 50) for s in (0.0, 1.0, 2.0, 3.0, 4.0)]
    found = run(stars, bank)
    subtype, error = velocity.best_subtype(found.gains, TYPES)
    assert subtype == pytest.approx([0, 1, 2, 3, 4], abs=0.2) and (error < 0.2).all()
    assert np.isnan(velocity.best_subtype(np.zeros((2, 5)), TYPES)).all()
    assert np.isnan(velocity.best_subtype(found.gains, np.full(5, np.nan))).all()


def test_error_of_the_subtype_by_template(bank):
    found = run([toy_stars.observed(2.0, 20.0, 4, seed) for seed in range(200)], bank)
    subtype, error = velocity.best_subtype(found.gains, TYPES)
    assert abs(np.nanmedian(subtype) - 2) < 0.2  # the shift is taken to a whole pixel
    assert 0.7 < np.nanstd(subtype) / np.nanmedian(error) < 1.3


def test_running_mean_keeps_a_constant_over_gaps():
    weight = np.ones((1, 1000))
    weight[0, 300:400] = 0
    flux = np.where(weight > 0, 2.0, 99.0)
    assert velocity.running_mean(flux, weight)[0] == pytest.approx(2.0)
