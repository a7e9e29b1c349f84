import numpy as np
import pytest
import toy_stars
from mstarhash.measure import subtype, velocity
from mstarhash.measure.indices import Spectra, measure
from mstarhash.measure.standards import read_standards


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    path = tmp_path_factory.mktemp("toy") / "templates.h5"
    toy_stars.write_templates(path)
    grid = velocity.grid()
    return subtype.sequences(read_standards(path, grid), grid)


def typed(lines, stars, floor=0.0, max_chi2=6.0):
    flux, ivar = (np.array(part) for part in zip(*stars, strict=True))
    measured = measure(Spectra.of(flux, ivar, ivar <= 0, 3.5682, 1e-4), subtype.DEFINITIONS)
    value, error = (np.array([pair[k] for pair in measured.values()]).T for k in (0, 1))
    return subtype.classify(value, error, lines, floor, max_chi2)


def test_sequences(lines):
    assert [line.family for line in lines] == ["dwarf", "giant"]
    assert lines[0].subtypes[[0, -1]] == pytest.approx([-2, 9])
    assert lines[0].means.shape == (len(lines[0].subtypes), len(subtype.NAMES))
    assert np.isfinite(lines[0].means).all()


def test_types_and_fractions_without_noise(lines):
    truth = np.array([-1.0, 0.0, 0.5, 2.0, 3.3, 6.0, 8.0])
    found = typed(lines, [toy_stars.observed(s) for s in truth])
    assert found.subtype == pytest.approx(truth, abs=0.15)
    assert (found.family == 0).all() and not found.refused.any()


def test_giants_take_the_giant_sequence(lines):
    found = typed(lines, [toy_stars.observed(s, giant=True) for s in (1.0, 3.0)])
    assert (found.family == 1).all()
    assert found.subtype == pytest.approx([1, 3], abs=0.2)


def test_error_with_noise(lines):
    found = typed(lines, [toy_stars.observed(3.0, 0.0, 15, seed) for seed in range(300)])
    assert abs(np.nanmedian(found.subtype) - 3) < 0.15
    pull = (found.subtype - 3) / found.error
    assert np.diff(np.nanpercentile(pull, [16, 84]))[0] / 2 < 1.2
    with_floor = typed(lines, [toy_stars.observed(3.0, 0.0, 15)], floor=1.0)
    assert with_floor.error[0] == pytest.approx(np.hypot(found.error[0], 1.0))


def test_refusals(lines):
    flux, ivar = toy_stars.observed(3.0)
    blind = ivar.copy()
    blind[2000:] = 0  # nothing red of 5850 A
    odd = np.where(np.arange(len(flux)) % 40 < 20, 0.3, 1.0) * flux
    found = typed(lines, [(flux, blind), (odd, ivar)])
    assert np.isnan(found.subtype).all() and np.isnan(found.error).all() and found.refused.all()
    assert found.used[0] < subtype.MIN_USED <= found.used[1]


def test_early_and_late_ends(lines):
    flat = np.where(np.arange(3909) > 0, 1.0, 0.0)
    found = typed(lines, [(flat, flat * 1e6), toy_stars.observed(9.0)])
    assert found.subtype[1] == pytest.approx(9, abs=0.2)
    assert not found.subtype[0] > -1.5


def test_text():
    assert list(subtype.text([2.6, -0.7, -2.0, 0.49, 9.0, np.nan, 0.5, -3.2])) == [
        "M3", "K7", "K5", "M0", "M9", "", "M1", "K4",
    ]  # fmt: skip
