import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
from mstarhash.catalogue.designations import designation
from mstarhash.stars import astrometry


@pytest.fixture
def sky():
    rng = np.random.default_rng(2)
    ra, dec = rng.uniform(0, 360, 500), np.degrees(np.arcsin(rng.uniform(-1, 1, 500)))
    ra[:4], dec[:4] = (0.0, 359.9999999, 12.0, 200.0), (10.0, -10.0, 89.99999, -89.9999)
    return ra, dec


def test_galactic_is_astropys(sky):
    there = SkyCoord(*sky, unit="deg").galactic
    ours = astrometry.unit_vectors(*astrometry.galactic(*sky))
    assert np.abs(ours - astrometry.unit_vectors(there.l.deg, there.b.deg)).max() < 1.5e-7  # 30 mas: theirs goes by FK5
    assert astrometry.galactic(192.85948, 27.12825)[1] == pytest.approx(90, abs=1e-4)


def test_motion_is_astropys(sky):
    rng = np.random.default_rng(3)
    pm = rng.normal(0, 3000, (2, 500))  # mas/yr
    start = SkyCoord(sky[0] * u.deg, sky[1] * u.deg, pm_ra_cosdec=pm[0] * u.mas / u.yr, pm_dec=pm[1] * u.mas / u.yr,
                     distance=np.full(500, 1.0) * u.pc, radial_velocity=np.zeros(500) * u.km / u.s,
                     obstime=Time(2015.5, format="jyear"))  # fmt: skip
    end = start.apply_space_motion(Time(2000.0, format="jyear"))
    ours = astrometry.moved(*sky, *pm, -15.5)
    there = astrometry.unit_vectors(end.ra.deg, end.dec.deg)
    assert astrometry.separation(ours, there).max() < 1e-3  # arcsec
    assert np.abs(np.linalg.norm(ours, axis=1) - 1).max() < 1e-14


def test_unknown_motion_counts_as_none():
    assert astrometry.moved(10.0, 20.0, np.nan, 5.0, 0) == pytest.approx(astrometry.unit_vectors(10.0, 20.0))
    assert np.isfinite(astrometry.moved(10.0, 20.0, np.nan, np.nan, 10)).all()


@pytest.mark.parametrize("arcsec", [1e-4, 1.0, 300.0])
def test_separation_is_exact_for_small_angles(arcsec):
    one, two = astrometry.unit_vectors([150.0], [30.0]), astrometry.unit_vectors([150.0], [30 + arcsec / 3600])
    assert astrometry.separation(one, two)[0] == pytest.approx(arcsec, rel=1e-7)
    assert np.linalg.norm(one - two) == pytest.approx(astrometry.chord(arcsec), rel=1e-7)


def test_positions_undo_unit_vectors(sky):
    ra, dec = astrometry.positions(3 * astrometry.unit_vectors(*sky))
    assert (np.abs((ra - sky[0] + 180) % 360 - 180) * np.cos(np.radians(dec)) < 1e-9).all()
    assert dec == pytest.approx(sky[1], abs=1e-9) and (ra >= 0).all() and (ra < 360).all()
    assert astrometry.positions(np.array([[1.0, -1e-18, 0.0]]))[0] == 0  # not 360


def test_designations():
    names = designation([13.365946, 0.0, 359.9999999, np.nan, 360 - 3e-9], [39.292626, -0.5, 89.9999, 1.0, 0.0])
    assert list(names[:4]) == ["J005327.82+391733.4", "J000000.00-003000.0", "J235959.99+895959.6", ""]
    assert names[4] == "J000000.00+000000.0"
