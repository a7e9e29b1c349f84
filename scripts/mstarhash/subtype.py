"""Spectral subtype from molecular indices, in the manner of the Hammer (FIELD 4.2, 4.3), and by template.

Every index of a spectrum is compared with its run along the sequence of standards; the weight of each is its noise
and its intrinsic scatter. Where G19 took the best whole type, this takes the mean of the posterior along the
sequence, so the type has fractions and an error.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from mstarhash.indices import INDICES, SODIUM, Spectra, measure

STEP = 0.05  # subtypes
MIN_USED = 5  # indices without which no type is given
DEFINITIONS = {  # air windows; FIELD 4.3
    **INDICES,
    "na8190": SODIUM["hawley"],
    "vo7434": ([(7430, 7470)], [(7550, 7570)]),
    "vo7912": ([(7900, 7980)], [(8100, 8150)]),
    "tio8440": ([(8440, 8470)], [(8400, 8420)]),
    "color1": ([(8900, 9100)], [(7350, 7550)]),
    "cai4227": ([(4216.7, 4236.7)], [(4236.7, 4256.7)]),
}
SCATTER = {  # star-to-star scatter at one type; FIELD 13 where it has one
    "tio1": 0.03,
    "tio2": 0.03,
    "tio3": 0.03,
    "tio4": 0.03,
    "tio5": 0.03,
    "cah1": 0.03,
    "cah2": 0.03,
    "cah3": 0.02,
    "caoh": 0.04,
    "na8190": 0.03,
    "vo7434": 0.05,
    "vo7912": 0.04,
    "tio8440": 0.03,
    "color1": 0.30,
    "cai4227": 0.15,
}
NAMES = tuple(DEFINITIONS)


@dataclass
class Sequence:
    """Index means along a sequence: subtypes (m,), means (m, len(NAMES)), NaN where no standard has the index."""

    family: str
    subtypes: np.ndarray
    means: np.ndarray


def sequences(standards, log_centres, families=("dwarf", "giant")):
    """A Sequence for each family that has at least three standards of different M or late K type."""
    found = []
    for family in families:
        mine = [s for s in standards if s.typing and s.family == family and np.isfinite(s.subtype)]
        known = sorted({s.subtype for s in mine})
        if len(known) < 3:
            continue
        values = _indices(np.array([s.flux for s in mine]), log_centres)
        of = np.array([s.subtype for s in mine])
        nodes = np.array([_nanmean(values[of == subtype]) for subtype in known])
        fine = np.arange(round(known[0] / STEP), round(known[-1] / STEP) + 1) * STEP
        means = np.full((len(fine), len(NAMES)), np.nan)
        for j in range(len(NAMES)):
            good = np.isfinite(nodes[:, j])
            if good.sum() >= 2:
                means[:, j] = PchipInterpolator(np.array(known)[good], nodes[good, j], extrapolate=False)(fine)
        found.append(Sequence(family, fine, means))
    return found


def _indices(flux, log_centres):
    """(n, len(NAMES)) indices of templates on a logarithmic grid."""
    step = log_centres[1] - log_centres[0]
    spectra = Spectra.of(flux, np.ones(flux.shape), np.zeros(flux.shape, int), log_centres[0], step)
    return np.array([value for value, _ in measure(spectra, DEFINITIONS).values()]).T


def _nanmean(values):
    good = np.isfinite(values)
    total = np.where(good, values, 0).sum(0)
    return np.divide(total, good.sum(0), out=np.full(values.shape[1], np.nan), where=good.any(0))


@dataclass
class Typing:
    """(n,) subtype and error (NaN where refused), reduced chi2 of the best type, number of indices, family number."""

    subtype: np.ndarray
    error: np.ndarray
    chi2: np.ndarray
    used: np.ndarray
    family: np.ndarray
    best: np.ndarray
    refused: np.ndarray


def classify(values, errors, lines, floor, max_chi2):
    """Type (n, len(NAMES)) index values with their errors along some Sequences.

    The prior is flat in subtype. `floor` [subtypes] is added to the width of the posterior in quadrature: it stands
    for the differences between systems of types, and for scatter that several indices share. Refused, NaN: fewer
    than MIN_USED indices, best chi2 per index above `max_chi2`, or a best fit at the end of the sequence.
    """
    n = len(values)
    scatter = np.array([SCATTER[name] for name in NAMES])
    good = np.isfinite(values) & np.isfinite(errors)
    weight = np.divide(1, errors**2 + scatter**2, out=np.zeros(values.shape), where=good)
    value = np.where(good, values, 0)
    nothing = np.full(n, np.nan)
    best = Typing(nothing, nothing, nothing, np.zeros(n, int), np.full(n, -1), nothing, np.ones(n, bool))
    lowest = np.full(n, np.inf)
    for number, line in enumerate(lines):
        chi2 = np.zeros((n, len(line.subtypes)))
        count = np.zeros((n, len(line.subtypes)))
        for j in range(len(NAMES)):
            known = np.isfinite(line.means[:, j])
            mean = np.where(known, line.means[:, j], 0)
            chi2 += np.where(known, weight[:, j, None] * (value[:, j, None] - mean) ** 2, 0)
            count += known & good[:, j, None]
        chi2 = np.where(count >= MIN_USED, chi2 / np.maximum(count, 1), np.inf)
        at = chi2.argmin(1)
        least = chi2[np.arange(n), at]
        mine = least < lowest
        lowest = np.where(mine, least, lowest)
        used = count[np.arange(n), at]
        shape = np.where(np.isfinite(chi2), chi2 - np.where(np.isfinite(least), least, 0)[:, None], np.inf)
        chance = np.exp(-0.5 * shape * used[:, None])
        chance /= np.maximum(chance.sum(1, keepdims=True), 1e-300)
        mean = chance @ line.subtypes
        spread = np.sqrt(np.maximum(chance @ line.subtypes**2 - mean**2, 0) + floor**2)
        end = (at == 0) | (at == len(line.subtypes) - 1)
        refused = ~np.isfinite(least) | (least > max_chi2) | end
        for name, new in (
            ("subtype", np.where(refused, np.nan, mean)),
            ("error", np.where(refused, np.nan, spread)),
            ("chi2", np.where(np.isfinite(least), least, np.nan)),
            ("used", used.astype(int)),
            ("family", np.full(n, number)),
            ("best", np.where(np.isfinite(least), line.subtypes[at], np.nan)),
            ("refused", refused),
        ):
            setattr(best, name, np.where(mine, new, getattr(best, name)))
    return best


def text(subtypes):
    """The nearest whole type as text: 2.6 -> M3, -0.7 -> K7, -2 -> K5; "" for NaN. Halves go up."""
    return np.array(["" if not np.isfinite(s) else _name(int(np.floor(s + 0.5))) for s in subtypes], dtype="U4")


def _name(whole):
    return f"M{whole}" if whole >= 0 else {-1: "K7", -2: "K5"}.get(whole, f"K{max(0, 7 + whole)}")
