"""M giants made from M dwarfs, where no giant of a library is at hand.

Recipe of FIELD 13: the dwarf of equal TiO5 (which in early giants is also that of equal CaOH); CaH and CaOH bands
filled until the indices of library giants are met; Na I and K I mostly filled; Ca II deepened; TiO kept.
Wavelengths are vacuum [Angstrom].
"""

from functools import cache

import numpy as np
from scipy.interpolate import PchipInterpolator

from mstarhash.spectra.airvac import air_to_vacuum
from mstarhash.spectra.templates import GRID, Template

# Pickles 1998 giants, measured (FIELD 5.2): subtype, TiO5, CaH2, CaH3, CaH1, CaOH
GIANTS = np.array(
    [
        (-2, 0.870, 0.987, 0.979, 1.014, 0.864),
        (0, 0.703, 0.867, 0.932, 1.019, 0.697),
        (1, 0.657, 0.819, 0.937, 1.028, 0.644),
        (2, 0.584, 0.739, 0.918, 1.028, 0.603),
        (3, 0.509, 0.657, 0.899, 1.032, 0.531),
        (4, 0.419, 0.533, 0.879, 1.038, 0.494),
        (5, 0.363, 0.445, 0.856, 1.041, 0.480),
        (6, 0.307, 0.392, 0.871, 1.032, 0.461),
    ]
)
NAMES = ("TiO5", "CaH2", "CaH3", "CaH1", "CaOH")
# air [Angstrom], FIELD 2.1; not those of indices.py, so that the survey need not be made anew where one there is edited
WINDOWS = {
    "TiO5": ((7126, 7135), [(7042, 7046)]),
    "CaH2": ((6814, 6846), [(7042, 7046)]),
    "CaH3": ((6960, 6990), [(7042, 7046)]),
    "CaH1": ((6380, 6390), [(6345, 6355), (6410, 6420)]),
    "CaOH": ((6230, 6240), [(6345, 6354)]),
}

# knots [air Angstrom] of the curves that change bands, and the index whose gain each has; None: no change
CURVES = [
    ([6205, 6225, 6245, 6300], [None, "CaOH", "CaOH", None]),
    ([6355, 6378, 6385, 6392, 6410], [None, "CaH1", "CaH1", "CaH1", None]),
    (
        [6720, 6790, 6830, 6870, 6940, 6975, 7000, 7040],
        [None, "CaH2", "CaH2", "CaH2", "CaH3", "CaH3", "CaH3", None],
    ),
]


def giant_indices(subtype):
    """Expected indices of a giant of a subtype (M0 = 0) as a dict."""
    return {name: float(np.interp(subtype, GIANTS[:, 0], GIANTS[:, 1 + i])) for i, name in enumerate(NAMES)}


def band(wave, flux, low, high):
    """Mean flux in an air window on a fine vacuum grid (pixels whose centres lie in it)."""
    low, high = np.searchsorted(wave, _vacuum(low, high))
    return flux[low:high].mean()


@cache
def _vacuum(*wave):
    return air_to_vacuum(wave)


def index(wave, flux, name):
    """A molecular index on a fine, noise-free grid."""
    numerator, denominators = WINDOWS[name]
    return band(wave, flux, *numerator) / np.mean([band(wave, flux, *window) for window in denominators])


@cache
def _shapes(grid):
    """For each of CURVES its slice of a grid (bytes of its float64 wavelengths), and the share (p,) of each gain there.

    Between equal values a monotone cubic is flat, so the curve through the gains is the sum of what each gives alone.
    """
    wave, out = np.frombuffer(grid), []
    for knots, names in CURVES:
        knots = _vacuum(*knots)
        part = slice(*np.searchsorted(wave, knots[[0, -1]]))
        shares = {
            name: PchipInterpolator(knots, [float(name == other) for other in names])(wave[part])
            for name in dict.fromkeys(filter(None, names))
        }
        out.append((part, shares))
    return out


def set_bands(wave, flux, wanted, rounds=3):
    """Multiply the CaH and CaOH bands by smooth curves so that the indices take the values of the dict `wanted`."""
    flux, shapes = flux.copy(), _shapes(np.asarray(wave, "f8").tobytes())
    for _ in range(rounds):
        gain = {name: wanted[name] / index(wave, flux, name) for name in ("CaH1", "CaH2", "CaH3", "CaOH")}
        for part, shares in shapes:
            flux[part] *= 1 + sum((gain[name] - 1) * share for name, share in shares.items())
    return flux


def scale_line(wave, flux, low, high, factor, side=8.0):
    """Depth of a line in a vacuum window times `factor`, below the straight line between its sides."""
    inside = (wave >= low) & (wave <= high)
    left = flux[(wave >= low - side) & (wave < low)].mean()
    right = flux[(wave > high) & (wave <= high + side)].mean()
    line = left + (right - left) * (wave[inside] - low) / (high - low)
    out = flux.copy()
    out[inside] = np.maximum(line + factor * (flux[inside] - line), 0.02 * line)
    return out


def giant_of(wave, flux, wanted, lines=0.25):
    """A giant from the spectrum of a dwarf of equal CaOH; `lines` is the share of Na I and K I that stays."""
    flux = set_bands(wave, flux, wanted)
    for low, high in ((8176, 8206), (7657, 7712), (5883, 5908)):
        flux = scale_line(wave, flux, low, high, lines)
    for centre in (8500.36, 8544.44, 8664.52):
        flux = scale_line(wave, flux, centre - 9, centre + 9, 2.0)
    return flux


def equal_tio5(wave, dwarfs, tio5):
    """The dwarf of a sequence (k, p), ordered by falling TiO5, that has this TiO5: log-interpolated flux."""
    values = [index(wave, flux, "TiO5") for flux in dwarfs]
    k = next((i for i in range(1, len(values)) if values[i] <= tio5), len(values) - 1)
    weight = np.clip((values[k - 1] - tio5) / (values[k - 1] - values[k]), 0, 1)
    low, high = (np.log(np.maximum(dwarfs[i], 1e-3)) for i in (k - 1, k))
    return np.exp((1 - weight) * low + weight * high)


def made_giants(templates, library="bochanski2007", subtypes=range(7)):
    """Templates of giants M0-M6 from the dwarfs of one library, at rest as those are.

    They serve for velocities too: with dwarfs alone, whose CaH bands a giant lacks, giants come out some 15 km/s
    too low in 6500-7600 Angstrom, late ones 5 km/s over the whole range.
    """
    dwarfs = sorted((t for t in templates if t.attrs["library"] == library), key=lambda t: t.attrs["subtype"])[:8]
    if len(dwarfs) < 2:
        return []
    out = []
    for subtype in subtypes:
        wanted = giant_indices(subtype)
        flux = giant_of(GRID, equal_tio5(GRID, [t.flux for t in dwarfs], wanted["TiO5"]), wanted)
        attrs = dict(dwarfs[0].attrs) | {
            "type": f"M{subtype}", "subtype": float(subtype), "place": float(subtype), "luminosity": "giant",
            "metal": "", "activity": "", "library": f"made of {library}", "use": "typing,rv",
        }  # fmt: skip
        out.append(Template(f"giant_M{subtype}", flux, attrs))
    return out
