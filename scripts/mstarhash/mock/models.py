"""What the mock survey models instead of taking from a library: carbon stars, galaxies, quasars, emission, dust."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mstarhash.mock.library import BALMER, gaussian, sigma_pixels
from mstarhash.spectra.airvac import LIGHT
from mstarhash.spectra.templates import GRID

EV = 1e4 / GRID  # 1 / micrometre
SWAN = (
    (4383, 250, 0.4),
    (4739, 300, 0.8),
    (5167, 420, 1.2),
    (5637, 380, 0.9),
    (6193, 250, 0.5),
)  # degraded to the blue
CN = (
    (6957, 130, 0.35),
    (7090, 160, 0.5),
    (7261, 160, 0.6),
    (7439, 140, 0.4),
    (7878, 140, 0.6),
    (8069, 130, 0.6),
    (8243, 120, 0.35),
)
NARROW = (
    (3728.5, 1.0),
    (4862.7, 0.35),
    (4960.3, 0.2),
    (5008.2, 0.6),
    (6549.9, 0.15),
    (6564.6, 1.0),
    (6585.3, 0.45),
    (6718.3, 0.25),
    (6732.7, 0.2),
)
BROAD = (
    (1215.7, 6.0, 5000),
    (1549.0, 2.5, 5000),
    (1908.7, 1.2, 6000),
    (2798.8, 1.0, 4500),
    (4862.7, 1.0, 4500),
    (6564.6, 3.0, 4500),
)


def _law():
    """A(lambda) / E(B-V) on GRID: O'Donnell's form of the CCM law, R_V = 3.1."""
    y = EV - 1.82
    a = np.polyval([-0.505, 1.647, -0.827, -1.718, 1.137, 0.701, -0.609, 0.104, 1.0], y)
    b = np.polyval([3.347, -10.805, 5.491, 11.102, -7.985, -3.989, 2.908, 1.952, 0.0], y)
    return 3.1 * a + b


LAW = _law()


def extinction(ebv):
    """Transmission on GRID for E(B-V) [mag]."""
    return np.exp(-0.4 * np.log(10) * ebv * LAW)


def level(flux, width=400):
    """Smooth level of a spectrum: means over `width` pixels of GRID, joined by straight lines."""
    means = flux[: len(flux) // width * width].reshape(-1, width).mean(1)
    return np.interp(np.arange(len(flux)), (np.arange(len(means)) + 0.5) * width, means)


def active(flux, ewha):
    """Add Balmer and Ca II emission to a dwarf: `ewha` [Angstrom] more at H-alpha."""
    continuum = level(flux)
    for line, share in zip((*BALMER, 3934.78, 3969.59), (1, 1, 0.8, 0.7, 1.2, 1.5), strict=True):
        flux = flux + continuum * (share * ewha) * gaussian(line, line / 1800 / 2.3548)
    return flux


def carbon(giant, depth):
    """A carbon star from a K giant: C2 Swan bands and CN bands of optical depth about `depth`, violet blanketed."""
    tau = np.zeros_like(GRID)
    for head, width, strength in SWAN:
        x = (head - GRID) / width
        tau += np.where(x > 0, strength * np.exp(-2 * x) * (1 + 0.25 * np.cos(18 * x)), 0)
    for head, width, strength in CN:
        x = (GRID - head) / width
        tau += np.where(x > 0, strength * np.exp(-1.5 * x) * (1 + 0.2 * np.cos(14 * x)), 0)
    tau += 1.2 * np.exp(-0.5 * ((GRID - 3800) / 350) ** 2)
    return giant * np.exp(-depth * gaussian_filter1d(tau, sigma_pixels(1800)))


def at_redshift(flux, z):
    """A rest spectrum on GRID seen at redshift z; the ultraviolet that is missing falls off as a power."""
    rest = GRID / (1 + z)
    first = flux[:200].mean()
    return np.where(rest < GRID[0], first * (rest / GRID[0]) ** 3, np.interp(rest, GRID, flux))


def galaxy(old, young, share, emission, z):
    """An old and a young star mixed, broadened by 180 km/s, with emission of H-alpha EW `emission` [Angstrom]."""
    flux = gaussian_filter1d((1 - share) * old + share * young, sigma_pixels(LIGHT / (180 * 2.3548)))
    continuum = level(flux)
    for line, ratio in NARROW if emission else ():
        flux = flux + continuum * emission * ratio * gaussian(line, line * 110 / LIGHT)
    return at_redshift(flux, z)


def quasar(slope, z, strength):
    """A power law with broad lines at redshift z, absorbed below Lyman alpha."""
    rest = GRID / (1 + z)
    flux = (GRID / 6500) ** slope
    for line, ratio, width in BROAD:
        sigma = line * width / LIGHT / 2.3548
        flux = flux * (1 + strength * ratio * np.exp(-0.5 * ((rest - line) / sigma) ** 2))
    return flux * np.where(rest < 1215.7, 0.45, 1.0)
