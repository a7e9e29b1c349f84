"""Spectra put into the search to see which of them it finds: M stars, look-alikes and nothing at all.

Each gets the noise of an unclassified spectrum as it really is (`degrade`): its inverse variances, sky lines, cosmic
rays, gaps and arm step come along, scaled so that the S/N is that of the spectrum they are taken from.
"""

from dataclasses import dataclass

import numpy as np

from mstarhash.learn.degrade import degraded
from mstarhash.learn.template_file import MODEL_SNR
from mstarhash.mock import faults, models
from mstarhash.mock.sky import ACTIVE, ACTIVE_EW
from mstarhash.mock.spectra import true_spectrum
from mstarhash.spectra.airvac import LIGHT
from mstarhash.spectra.targets import is_target, split_subclass
from mstarhash.spectra.templates import GRID

SUBTYPES = {"dwarf": range(10), "giant": range(7)}  # gM7 and later are neither in the library nor in G19
IMPOSTORS = ("noise", "empty fibre", "arm step", "K7", "K5", "carbon star", "old galaxy", "reddened K")
ENOUGH = 500  # released spectra that no training has seen, from which these are injected rather than models
VELOCITY = 40.0  # km/s, scatter of radial velocities
DUST = {"dwarf": 0.03, "giant": 0.15}  # mean E(B-V) of unclassified M stars [mag]
STEP = (0.4, 1.2)  # size of an arm step that was left [share of the flux]


@dataclass
class Cells:
    """What is injected where: a row a spectrum."""

    luminosity: np.ndarray
    subtype: np.ndarray
    bin: np.ndarray  # bin of S/N r
    donor: np.ndarray  # row of the noise

    def __len__(self):
        return len(self.bin)

    def only(self, rows):
        """Cells of some of the spectra."""
        return Cells(self.luminosity[rows], self.subtype[rows], self.bin[rows], self.donor[rows])


def cells(snr, edges, each, rng):
    """`each` spectra a subtype, luminosity and S/N bin; donors of noise are drawn from those in the bin.

    snr: (m,) S/N r of the donors; edges: of the bins. A bin without donors gets no spectra.
    """
    parts = []
    for luminosity, subtypes in SUBTYPES.items():
        for subtype in subtypes:
            for k in range(len(edges) - 1):
                able = np.flatnonzero((snr >= edges[k]) & (snr < edges[k + 1]))
                if len(able):
                    parts += [(luminosity, subtype, k, donor) for donor in rng.choice(able, each)]
    columns = list(zip(*parts, strict=True)) or [()] * 4
    return Cells(np.array(columns[0], "U5"), *(np.array(column, int) for column in columns[1:]))


def star(library, luminosity, subtype, rng):
    """(flux on GRID at rest, E(B-V)) of an M star within half a subtype."""
    if luminosity == "giant":
        row = {"kind": "giant", "place": subtype + rng.uniform(-0.5, 0.5)}
    else:
        row = {
            "kind": "dwarf", "place": subtype + rng.uniform(-0.5, 0.5), "m": np.clip(rng.normal(0, 0.1), -0.2, 0.3),
            "share": rng.random(), "active": rng.random() < ACTIVE[subtype], "ew_extra": ACTIVE_EW[subtype],
        }  # fmt: skip
    return true_spectrum(library, row, rng)[0], rng.exponential(DUST[luminosity])


def look_alike(library, kind, rng):
    """(flux on GRID, E(B-V)) of a spectrum of one of the IMPOSTORS that shows something."""
    feh = np.clip(rng.normal(-0.2, 0.3), -1.5, 0.5)
    luminosity = "giant" if rng.random() < 0.35 else "dwarf"
    dust = rng.exponential(DUST[luminosity])
    if kind == "K7":
        return library.star(rng.uniform(-1.5, -0.55), feh, luminosity), dust
    if kind == "K5":
        return library.star(rng.uniform(-2.5, -1.5), feh, luminosity), dust
    if kind == "arm step":
        return library.star(rng.uniform(-27, -0.6), feh, luminosity), dust
    if kind == "reddened K":
        return library.star(rng.uniform(-6, -0.6), feh, luminosity), rng.uniform(0.4, 1.5)
    if kind == "carbon star":
        return models.carbon(library.star(-4, -0.5, "giant"), rng.uniform(0.6, 1.5)), dust
    old = library.star(rng.uniform(-6, -2), rng.uniform(-1, 0.4), "giant")
    return models.galaxy(old, old, 0.0, 0.0, rng.uniform(0.02, 0.35)), dust


def seen(flux, ebv, wave, rms, rng, step=0.0):
    """A model as the survey would see it but for noise: (p,) on the grid `wave`, of level 1.

    flux: on GRID; ebv: reddening [mag]; rms: of the error of the flux calibration; step: where the arms meet.
    """
    z = rng.normal(0, VELOCITY) / LIGHT
    pixels = np.interp(wave, GRID * (1 + z), flux * models.extinction(ebv))
    curve = np.exp(faults.smooth_curve(rng, rms, 900)) * (1 + step * (faults.BLUE - 0.5))
    pixels = pixels * np.interp(wave, faults.WAVE, curve)
    return (pixels / np.abs(pixels).mean()).astype("f4")


def stars_of_library(library, rows, wave, rms, rng):
    """flux, ivar (n, p) of modelled M stars. rows: Cells."""
    pairs = zip(rows.luminosity, rows.subtype, strict=True)
    flux = [seen(*star(library, *pair, rng), wave, rms, rng) for pair in pairs]
    flux = np.array(flux, "f4").reshape(len(rows), len(wave))
    return flux, np.full_like(flux, MODEL_SNR**2)


def noisy(flux, ivar, noise, pick, wave, rng):
    """flux, ivar (n, p) with the noise `pick` (n,) of either sign; a spectrum stays where it is in wavelength."""
    return degraded(flux, ivar, noise, pick, wave, np.zeros(len(pick), int), rng.choice([-1, 1], len(pick)))[:2]


def impostors(library, kind, wave, rms, noise, pick, rng):
    """flux, ivar (n, p) of one of the IMPOSTORS with the noise `pick` (n,), S/N that of the noise."""
    ivar = noise.ivar[pick]
    if kind == "noise":  # as the inverse variances tell it, nothing else
        sigma = np.divide(1, np.sqrt(ivar), out=np.zeros_like(ivar), where=ivar > 0)
        return (rng.normal(size=ivar.shape) * sigma).astype("f4"), ivar
    if kind == "empty fibre":  # all that is left of a real spectrum, of its own sign: sky lines are left over so
        return noise.residual[pick], ivar
    steps = rng.choice([-1, 1], len(pick)) * rng.uniform(*STEP, len(pick)) * (kind == "arm step")
    flux = np.stack([seen(*look_alike(library, kind, rng), wave, rms, rng, step) for step in steps])
    return noisy(flux, np.full_like(flux, MODEL_SNR**2), noise, pick, wave, rng)


def unseen(columns, target, trained, min_snr):
    """Rows of released spectra of the class that no training set holds, with their subtypes and luminosities.

    columns: file, class, subclass, snr_r of the sample; trained: files of the labelled spectra.
    """
    wanted = is_target(columns["class"], columns["subclass"], target) & (columns["snr_r"] >= min_snr)
    rows = np.flatnonzero(wanted & ~np.isin(columns["file"], list(trained)))
    parts = [split_subclass(text) for text in columns["subclass"][rows]]
    subtype = np.array([number for _, _, number in parts], float)
    return rows, np.floor(subtype), np.array(["giant" if prefix == "g" else "dwarf" for prefix, _, _ in parts], "U5")


def assigned(rows, known, rng):
    """(n,) place in `known` of a released spectrum of each cell's subtype and luminosity, -1 where there is none.

    known: subtype, luminosity (m,) of the spectra that may be injected; one may be drawn again with other noise.
    """
    out = np.full(len(rows), -1)
    for luminosity, subtypes in SUBTYPES.items():
        for subtype in subtypes:
            mine = np.flatnonzero((rows.luminosity == luminosity) & (rows.subtype == subtype))
            able = np.flatnonzero((known[0] == subtype) & (known[1] == luminosity))
            if len(able) and len(mine):
                out[mine] = rng.choice(able, len(mine))
    return out
