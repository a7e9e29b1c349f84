"""Spectral subtype from molecular indices, in the manner of the Hammer (FIELD 4.2, 4.3), and by template.

Every index of a spectrum is compared with its run along the sequence of standards; the weight of each is its noise
and its intrinsic scatter. Where G19 took the best whole type, this takes the mean of the posterior along the
sequence, so the type has fractions and an error.
"""

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import PchipInterpolator

from mstarhash.measure.indices import INDICES, SODIUM, Spectra, measure
from mstarhash.spectra.targets import type_name

STEP = 0.05  # subtypes
MIN_USED = 5  # indices without which no type is given
EARLIEST, LATEST = -2.5, 9.5  # K5 to M9 are typed
START = -4.0  # K3: earlier than EARLIEST, so that K3 is not called K5
DEFINITIONS = {  # air windows; FIELD 4.3
    **INDICES,
    "na8190": SODIUM["hawley"],
    "vo7434": ([(7430, 7470)], [(7550, 7570)]),
    "vo7912": ([(7900, 7980)], [(8100, 8150)]),
    "tio8440": ([(8440, 8470)], [(8400, 8420)]),
    "color1": ([(8900, 9100)], [(7350, 7550)]),
    "cai4227": ([(4216.7, 4236.7)], [(4236.7, 4256.7)]),
}
ODDS = {"dwarf": 13.0, "giant": 1.0}  # before an index is seen: released M stars (FIELD 5.3)
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
SHARED = (
    1.3  # scatter of mock M0-M6 at S/N 2-8 over the posterior's width: indices share denominators and response errors
)


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
        mine = [s for s in mine if s.subtype >= START]
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
    """Types of n spectra: subtype and error (NaN where refused), chi2 per index of the best type, indices used, number
    of the sequence, best type on the grid, mean of the posterior whether refused or not, refused (bool)."""

    subtype: np.ndarray
    error: np.ndarray
    chi2: np.ndarray
    used: np.ndarray
    family: np.ndarray
    best: np.ndarray
    mean: np.ndarray
    refused: np.ndarray


def classify(values, errors, lines, floor, max_chi2):
    """Type (n, len(NAMES)) index values with their errors along some Sequences.

    The prior is flat from K7 on and falls by e a subtype before (what was taken for an M star is seldom K3), and ODDS
    between families: the one with the larger evidence types the spectrum.
    The error is the width of the posterior, by SHARED wider since it takes the indices as independent, and `floor`
    [subtypes] in quadrature, which stands for the differences between systems of types. Refused, NaN: fewer than
    MIN_USED indices, best chi2 per index above `max_chi2` (carbon stars, L dwarfs), or earlier than EARLIEST.
    """
    n = len(values)
    scatter = np.array([SCATTER[name] for name in NAMES])
    good = np.isfinite(values) & np.isfinite(errors)
    weight = np.divide(1, errors**2 + scatter**2, out=np.zeros(values.shape), where=good)
    value = np.where(good, values, 0)
    nothing = np.full(n, np.nan)
    out = Typing(nothing, nothing, nothing, np.zeros(n, int), np.zeros(n, int), nothing, nothing, np.ones(n, bool))
    highest = np.full(n, -np.inf)
    for number, line in enumerate(lines):
        least, used, at, mean, spread, evidence = _along(value, weight, good, line)
        evidence += np.log(ODDS.get(line.family, 1.0))
        mine = evidence > highest
        highest = np.where(mine, evidence, highest)
        refused = (least > max_chi2) | (mean < EARLIEST)
        new = {
            "subtype": np.where(refused, np.nan, mean),
            "error": np.where(refused, np.nan, np.hypot(SHARED * spread, floor)),
            "chi2": least,
            "used": used,
            "family": np.full(n, number),
            "best": line.subtypes[at],
            "mean": mean,
            "refused": refused,
        }
        for name, found in new.items():
            setattr(out, name, np.where(mine, found, getattr(out, name)))
    return out


def _along(value, weight, good, line):
    """Posterior of each row along one Sequence.

    Returns (n,) least chi2 per index, indices used there, its place on the grid, mean and width of the posterior,
    log evidence (-inf where fewer than MIN_USED indices are known).
    """
    known = np.isfinite(line.means)
    chi2, count = (np.zeros((len(value), len(line.subtypes))) for _ in range(2))
    for j in range(len(NAMES)):
        part = weight[:, j, None] * (value[:, j, None] - np.where(known[:, j], line.means[:, j], 0)) ** 2
        chi2 += np.where(known[:, j], part, 0)
        count += known[:, j] & good[:, j, None]
    enough = count >= MIN_USED
    chi2 = np.where(enough, chi2 / np.maximum(count, 1), np.inf)
    at = chi2.argmin(1)
    rows = np.arange(len(value))
    some = enough[rows, at]
    least, used = np.where(some, chi2[rows, at], np.nan), np.where(some, count[rows, at], 0).astype(int)
    excess = np.where(enough, chi2, 0) - np.where(some, least, 0)[:, None]
    chance = np.exp(-0.5 * used[:, None] * excess, where=enough, out=np.zeros(chi2.shape))
    chance *= np.exp(np.minimum(line.subtypes + 1, 0))
    total = chance.sum(1)
    chance /= np.where(some, total, 1)[:, None]
    mean = (chance * line.subtypes).sum(1)
    spread = np.sqrt(np.maximum((chance * line.subtypes**2).sum(1) - mean**2, 0))
    evidence = np.where(some, np.log(np.where(some, total, 1) * STEP) - 0.5 * used * np.where(some, least, 0), -np.inf)
    return least, used, at, mean, spread, evidence


def text(subtypes):
    """The nearest whole type as text: 2.6 -> M3, -0.7 -> K7, -2 -> K5; "" for NaN. Halves go up."""
    return np.array(["" if not np.isfinite(s) else type_name(int(np.floor(s + 0.5))) for s in subtypes], dtype="U4")
