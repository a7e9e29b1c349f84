import numpy as np
import pytest
from mstarhash.spectra.airvac import air_to_vacuum


@pytest.mark.parametrize(
    "air, vacuum", [(6562.80, 6564.613), (7046.0, 7047.943), (7135.0, 7136.967), (8194.82, 8197.073)]
)
def test_published_values(air, vacuum):
    assert air_to_vacuum(air) == pytest.approx(vacuum, abs=6e-4)


def test_inverse_of_ciddor():
    """Ciddor (1996), from vacuum to air."""
    wave = np.linspace(3800, 9200, 200)
    vacuum = air_to_vacuum(wave)
    s2 = (1e4 / vacuum) ** 2
    air = vacuum / (1 + 5.792105e-2 / (238.0185 - s2) + 1.67917e-3 / (57.362 - s2))
    assert np.abs(air - wave).max() < 1e-4


def test_shift_is_82_to_83_km_s():
    wave = np.linspace(6230, 8195, 200)
    shift = (air_to_vacuum(wave) / wave - 1) * 299792.458
    assert shift.min() > 82.3
    assert shift.max() < 83.0
