"""Space motions on G19's Table 2 (FIELD 8), astropy and draws; dispersions on made samples."""

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from mstarhash.stars import dispersions, height_bins
from mstarhash.stars.astrometry import GALACTIC, galactic
from mstarhash.stars.kinematics import combined, covariance, height, space_motion, to_galactic

# ra, dec, rv, parallax, error, pmra, error, pmdec, error of rows 2, 3 and 5
TABLE2 = np.array(
    [
        (13.213834, 38.825212, -33.14, 0.6844, 0.2827, 5.783, 0.553, 2.885, 0.39),
        (12.538397, 38.44155, -51.63, 2.0459, 0.4649, -0.554, 0.775, -1.613, 0.72),
        (9.3263115, 39.820105, 35.45, 1.2663, 0.1689, 9.599, 0.24, -8.694, 0.299),
    ]
).T


def test_table_2():
    ra, dec, rv, parallax, error, pmra, pmra_err, pmdec, pmdec_err = TABLE2
    distance = 1000 / parallax
    uvw = space_motion(ra, dec, rv, distance, pmra, pmdec)
    assert uvw == pytest.approx(
        np.array([[-21.33, -40.31, 31.97], [27.30, -40.17, 17.96], [-38.95, -0.39, -45.72]]), abs=0.006
    )
    longitude, latitude = galactic(ra, dec)
    assert longitude == pytest.approx([123.2342, 122.6557, 119.9851], abs=6e-5)
    assert latitude == pytest.approx([-24.0457, -24.4295, -22.9708], abs=6e-5)
    assert height(distance, latitude, 0) == pytest.approx([-595.36, -202.15, -308.19], abs=0.01)
    assert height(distance, latitude, 15.0) == pytest.approx([-580.36, -187.15, -293.19], abs=0.01)
    matrix = covariance(
        ra, dec, np.full(3, 10.0), distance, 1000 * error / parallax**2, pmra, pmra_err, pmdec, pmdec_err
    )
    sigma = np.sqrt(np.einsum("nii->ni", matrix))
    assert sigma == pytest.approx(np.array([[16.8, 10.1, 9.0], [5.2, 7.7, 4.5], [5.6, 8.9, 5.9]]), abs=0.05)


def test_astropy_on_random_stars():
    rng = np.random.default_rng(1)
    n = 400
    ra, dec = rng.uniform(0, 360, n), np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    ra[:3], dec[:3] = (0.0, 359.99999, 45.0), (0.0, 10.0, 89.999)
    rv, distance, pmra, pmdec = rng.normal(0, 60, n), rng.uniform(10, 1000, n), *rng.normal(0, 40, (2, n))
    star = SkyCoord(ra * u.deg, dec * u.deg, distance=distance * u.pc, radial_velocity=rv * u.km / u.s,
                    pm_ra_cosdec=pmra * u.mas / u.yr, pm_dec=pmdec * u.mas / u.yr)  # fmt: skip
    theirs = star.galactic.velocity.d_xyz.to_value(u.km / u.s).T
    assert np.abs(space_motion(ra, dec, rv, distance, pmra, pmdec) - theirs).max() < 1e-4


def test_rotations():
    matrices = to_galactic(np.array([10.0, 200.0]), np.array([-40.0, 89.0]))
    assert matrices @ np.swapaxes(matrices, 1, 2) == pytest.approx(np.tile(np.eye(3), (2, 1, 1)), abs=1e-9)
    assert np.linalg.det(GALACTIC) == pytest.approx(1, abs=1e-9)


def test_covariance_against_draws():
    rng = np.random.default_rng(4)
    n = 200_000
    corr = np.array([[1, 0.4, -0.3], [0.4, 1, 0.2], [-0.3, 0.2, 1]])  # parallax, pmra, pmdec
    sigma = np.array([0.05, 0.06, 0.07])
    plx, pmra, pmdec = (
        np.array([5.0, 40.0, -25.0]) + rng.multivariate_normal(np.zeros(3), corr * np.outer(sigma, sigma), n)
    ).T
    rv = 20 + rng.normal(0, 4, n)
    drawn = np.cov(space_motion(np.full(n, 50.0), np.full(n, 30.0), rv, 1000 / plx, pmra, pmdec).T)
    one = [np.array([x]) for x in (50.0, 30.0, 4.0, 200.0, 2.0, 40.0, 0.06, -25.0, 0.07)]
    between = [np.array([x]) for x in (-0.4, 0.3, 0.2)]  # with the distance
    assert covariance(*one, between)[0] == pytest.approx(drawn, abs=0.02 * np.abs(drawn).max())
    assert np.isnan(space_motion([1.0], [1.0], [np.nan], [10.0], [1.0], [1.0])).all()


def test_combined():
    mean, error, chi2, number = combined(
        np.array([0, 0, 1, 2, 2]), np.array([1.0, 3.0, 5.0, np.nan, 2.0]), np.array([1.0, 1.0, 2.0, 1.0, np.nan]), 3
    )
    assert mean == pytest.approx([2, 5, np.nan], nan_ok=True)
    assert error == pytest.approx([np.sqrt(0.5), 2, np.nan], nan_ok=True)
    assert chi2 == pytest.approx([2, 0, np.nan], nan_ok=True) and list(number) == [2, 1, 0]


def test_dispersions_of_noisy_stars():
    rng = np.random.default_rng(5)
    n = 3000
    true = rng.multivariate_normal([-10, -20, -7], [[900, 100, 0], [100, 400, 0], [0, 0, 225]], n)
    root = rng.normal(0, 12, (n, 3, 3))
    errors = root @ np.swapaxes(root, 1, 2) / 2
    seen = true + np.einsum("nij,nj->ni", np.linalg.cholesky(errors), rng.normal(size=(n, 3)))
    mean, spread = dispersions.most_likely(seen, errors)
    assert mean == pytest.approx([-10, -20, -7], abs=2.5)
    assert np.sqrt(np.diag(spread)) == pytest.approx([30, 20, 15], abs=1.5)
    assert spread[0, 1] == pytest.approx(100, abs=70)
    raw = [dispersions.clipped(seen[:, k])[1] for k in range(3)]
    assert (raw > np.sqrt(np.diag(spread)) + 1).all()  # noise widens the raw ones
    none = np.zeros((n, 3, 3))
    mean, spread = dispersions.most_likely(true, none)
    assert mean == pytest.approx(true.mean(0), abs=1e-3) and spread == pytest.approx(np.cov(true.T, ddof=0), abs=0.02)
    counts = np.zeros(n)
    counts[:50] = 2  # stars left out count for nothing
    mean, spread = dispersions.most_likely(true, none, counts)
    assert spread == pytest.approx(np.cov(true[:50].T, ddof=0), abs=0.02)


def test_bootstrap_of_many_stars_from_few(monkeypatch):
    """Errors from a part of the stars, scaled, are those of a normal distribution: s / sqrt(n), s / sqrt(2 n)."""
    monkeypatch.setattr(height_bins, "MANY", 500)
    rng, n, spread = np.random.default_rng(4), 6000, np.array([40.0, 25.0, 15.0])
    seen, errors = rng.normal(0, spread, (n, 3)), np.tile(1e-6 * np.eye(3), (n, 1, 1))
    best = dispersions.most_likely(seen, errors)
    draws = height_bins.resampled(seen, errors, np.ones(n), best, 200, np.random.default_rng(5))
    assert np.std(draws[:, 0], axis=0) == pytest.approx(spread / np.sqrt(n), rel=0.2)
    assert np.std(draws[:, 1], axis=0) == pytest.approx(spread / np.sqrt(2 * n), rel=0.2)
    assert np.abs(draws.mean(axis=0) - [best[0], np.sqrt(np.diag(best[1]))]).max() < 1.5  # 500 of 6,000 are a bit off


def test_inverse_of_symmetric_matrices():
    rng = np.random.default_rng(6)
    matrices = rng.normal(size=(20, 3, 3))
    matrices = matrices @ np.swapaxes(matrices, 1, 2)
    assert dispersions.inverse(matrices) @ matrices == pytest.approx(np.tile(np.eye(3), (20, 1, 1)), abs=1e-8)


def test_clipping():
    values = np.append(np.tile([-1.0, 1.0], 50), [80.0, np.nan])
    mean, spread, error, used = dispersions.clipped(values)
    assert used == 100 and mean == 0 and spread == pytest.approx(np.sqrt(100 / 99))
    assert error == pytest.approx(spread / np.sqrt(198))
    assert np.isnan(dispersions.clipped(np.array([1.0]))[0])
