"""Active and inactive stars made alike: weights by cells, and a difference that is only one of the mixture."""

import numpy as np
import pytest
from mstarhash.stars.height_bins import GROUPS, compared
from mstarhash.stars.matched import cells, weights


def test_cells():
    found = cells(np.array([2.4, 1.6, 2.4, np.nan, 2.0]), np.array([4.0, 4.9, 8.0, 8.0, 4.0]), [0, 0, 0, 0, 1])
    assert found[0] == found[1] and len({*found.tolist()}) == 4 and found[3] == -1
    assert len(cells(np.zeros(0), np.zeros(0))) == 0


def test_weights_by_hand():
    wanted, other = np.array([0, 0, 0, 1, 3, -1]), np.array([0, 1, 1, 2, -1])
    first, second = weights(wanted, other)
    assert list(first) == [1, 1, 1, 1, 0, 0]
    assert second == pytest.approx([3 / 4 * 3, 1 / 8 * 3, 1 / 8 * 3, 0, 0])  # three to one, in sum 3
    assert weights(wanted, np.array([7]))[0].sum() == 0


NUMBERS = {"min_stars": 10, "bootstrap": 30, "seed": 1}


def sample(rng, count, late, spread):
    """Stars of two subtypes, of which the later ones are slower; `late`: their share."""
    subtype = np.where(rng.random(count) < late, 4.0, 1.0)
    objects = {"subtype": subtype, "snr_r": np.full(count, 20.0), "h_disc": rng.uniform(10, 90, count)}
    objects |= {f"{key}_err": np.full(count, 5.0) for key in "uvw"}
    objects |= {key: np.zeros(count) for key in ("uv_cov", "uw_cov", "vw_cov")}
    sigma = np.where(subtype == 4, spread, 2 * spread)[:, None]
    uvw = sigma * rng.standard_normal((count, 3)) + 5 * rng.standard_normal((count, 3))
    return objects | dict(zip("uvw", uvw.T, strict=True))


@pytest.mark.parametrize("slower", [1.0, 0.7])
def test_the_difference_is_not_that_of_the_types(slower):
    """Late types are slower and more often active: alone that is no difference of active and inactive ones."""
    rng = np.random.default_rng(4)
    one, two = sample(rng, 900, 0.8, 20 * slower), sample(rng, 1200, 0.3, 20)
    objects = {key: np.concatenate([one[key], two[key]]) for key in one}
    rows = [np.arange(900), 900 + np.arange(1200)]
    found = list(compared(objects, rows, np.zeros(2100, int), **NUMBERS))
    assert [row["group"] for row in found] == [group for group in GROUPS for _ in range(3)]
    for row in found[6:]:
        truth = -(1 - slower) * np.sqrt(0.8 * 20**2 + 0.2 * 40**2)
        assert 0.3 < row["dispersion_err"] < 2 and abs(row["dispersion"] - truth) < 3 * row["dispersion_err"]
        assert row["sign"] == ("-" if row["dispersion"] < 0 else "+")
    assert slower == 1 or all(row["sign"] == "-" and row["dispersion"] < -5 for row in found[6:])
    few = list(compared(objects, [rows[0][:5], rows[1]], np.zeros(2100, int), **NUMBERS))
    assert all(np.isnan(row["dispersion"]) and row["sign"] == "" for row in few) and few[6]["total"] == 5
