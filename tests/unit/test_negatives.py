"""The known others that the search learns from."""

from types import SimpleNamespace

import numpy as np
import pytest
from mstarhash.learn.negative_set import draw


@pytest.mark.parametrize(
    ("sizes", "most", "few", "counts"),
    [
        ({"M": 900, "K5": 80, "G0": 60}, 5000, 20, [80, 80, 60]),  # no more M stars than K5 stars
        ({"M": 900, "K5": 80, "G0": 60}, 100, 20, [36, 36, 27]),
        ({"M": 900, "K5": 80, "G0": 60}, 5000, 100, [160, 80, 60]),  # 300 are few
        ({"K5": 90, "G0": 80, "QSO": 2}, 5000, 10, [80, 80, 2]),
        ({"M": 40}, 5000, 100, [40]),
        ({}, 5000, 100, []),
    ],
)
def test_no_group_of_others_outweighs_the_rest(sizes, most, few, counts):
    groups = np.repeat(np.array(list(sizes), object), list(sizes.values()))
    drawn = draw(SimpleNamespace(rows=np.arange(len(groups)), groups=groups), most, few, np.random.default_rng(1))
    assert len(set(drawn)) == len(drawn) and (np.diff(drawn) > 0).all()
    found = sorted((np.sum(groups[drawn] == name) for name in sizes), reverse=True)
    assert found == pytest.approx(counts, abs=4 if most == 100 else 1)
