import numpy as np
import pytest
from mstarhash.airvac import air_to_vacuum, vacuum_to_air


@pytest.mark.parametrize(
    "air, vacuum", [(6562.80, 6564.613), (7046.0, 7047.943), (7135.0, 7136.967), (8194.82, 8197.073)]
)
def test_published_values(air, vacuum):
    assert air_to_vacuum(air) == pytest.approx(vacuum, abs=6e-4)


def test_round_trip():
    wave = np.linspace(6230, 8195, 200)
    assert np.abs(vacuum_to_air(air_to_vacuum(wave)) - wave).max() < 1e-4


def test_shift_is_82_to_83_km_s():
    wave = np.linspace(6230, 8195, 200)
    shift = (air_to_vacuum(wave) / wave - 1) * 299792.458
    assert shift.min() > 82.3
    assert shift.max() < 83.0
