"""A survey kept aside: real spectra and templates that the mock survey is not made of.

Half of them are released as they are, copies of the other half are unclassified: with noise of the inverse variances of
real faint spectra, at the S/N of the mock survey's. So what is searched is never what was learned from, and no model of
instrument or stars stands behind it but Gaussian noise.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.common.texttables import read_rows
from mstarhash.input.fitsheader import read_bytes
from mstarhash.input.fitsread import read_spectrum
from mstarhash.input.headervalues import number
from mstarhash.mock.faults import COEFF0, COEFF1, WAVE
from mstarhash.mock.fits import card, image_file
from mstarhash.spectra.airvac import air_to_vacuum
from mstarhash.spectra.grid import resample, shift_rows
from mstarhash.spectra.shards import identity_of_name
from mstarhash.spectra.templates import to_grid, wave_and_flux

LMJD = 58000
SEARCHED = (WAVE > 3900) & (WAVE < 9000)
RED = (WAVE > 6200) & (WAVE < 7000)  # where the S/N is told
WHOLE = 0.9  # share of SEARCHED and of RED that must be usable
LIKE_AN_OBSERVATION = 30.0  # S/N of a released template
FAINT = 25.0  # S/N r of the spectra whose noise is lent, at most


@dataclass
class Spectrum:
    """flux, variance (p,) float64 on the mock survey's pixels, good (p,) bool; its file, what its label says; wanted."""

    name: str
    class_: str
    subclass: str
    wanted: bool
    snr: float
    flux: np.ndarray
    variance: np.ndarray
    good: np.ndarray


def read_observed(folder):
    """Spectra of a folder with labels.csv (file, class, subclass, snr_r, is_m), one of each identity: [Spectrum]."""
    found, seen = [], set()
    for row in read_rows(folder / "labels.csv"):
        identity = identity_of_name(row["file"])
        if identity in seen:
            continue
        seen.add(identity)
        read = read_spectrum(read_bytes(folder / row["file"]))
        good = (read.ivar > 0) & np.isfinite(read.flux) & (read.flux != 0)
        old = read.coeff0 + read.coeff1 * np.arange(len(read.flux))
        values = (part.astype("f8")[None] for part in (read.flux, read.ivar))
        flux, ivar, good = (part[0] for part in resample(*values, good[None], old, np.log10(WAVE)))
        good &= ivar > 0
        variance = np.divide(1, ivar, out=np.zeros(len(WAVE)), where=good)
        told = row["file"], row["class"], row["subclass"], row["is_m"] == "1", number(row["snr_r"] or "nan")
        found.append(Spectrum(*told, flux.astype("f8"), variance, good))
    return found


def read_library(folder):
    """Templates of a folder with templates.csv (file, spectral_type, luminosity, wavelength), all wanted: [Spectrum]."""
    listing = folder / "templates/templates.csv"
    found = []
    for row in read_rows(listing) if listing.exists() else []:
        wave, flux = wave_and_flux((folder / row["file"]).read_bytes())
        if row["wavelength"].startswith("air"):
            wave = air_to_vacuum(wave)
        flux = to_grid(wave, flux, WAVE)
        good = np.isfinite(flux) & (flux > 0)
        subtype = min(int(re.search(r"M(\d+)", row["spectral_type"])[1]), 9)
        subclass = ("gM" if row["luminosity"] == "giant" else "dM") + str(subtype)
        told = row["file"], "STAR", subclass, True, np.inf
        found.append(Spectrum(*told, np.where(good, flux, 0), np.zeros(len(WAVE)), good))
    return found


def whole(spectrum):
    """Whether it knows enough of the wavelengths."""
    return min(spectrum.good[part].mean() for part in (SEARCHED, RED)) > WHOLE


def halves(spectra, rng):
    """(released, searched): neighbours in class and subclass go to different halves, by chance."""
    order = rng.permutation(len(spectra))
    order = sorted(order, key=lambda k: (spectra[k].wanted, spectra[k].class_, spectra[k].subclass[-2:]))
    sides = [], []
    for first in range(0, len(order), 2):
        turn = rng.integers(2)
        for place, k in enumerate(order[first : first + 2]):
            sides[(place + turn) % 2].append(spectra[k])
    return sides


def degraded(spectrum, lender, snr, pixels, rng):
    """Flux and inverse variance (p,) of a copy moved by whole pixels, with a lender's noise scaled to an S/N in RED."""
    moved = [shift_rows(part[None], [pixels])[0] for part in (spectrum.flux, spectrum.variance, spectrum.good)]
    good = moved[2] & lender.good
    both = good & RED
    noise = np.sqrt(lender.variance) * np.median(moved[0][both]) / snr / np.median(np.sqrt(lender.variance[both]))
    flux = np.where(good, moved[0] + noise * rng.normal(size=len(noise)), 0)
    return flux, np.divide(1, moved[1] + noise**2, out=np.zeros(len(noise)), where=good)


def make(source, folder, seed, counts, share, snr_median, snr_sigma, min_snr=10.0):
    """Write a survey of `counts` unclassified spectra of which `share` are wanted, as FITS files in `folder`.

    source: folder as of `read_observed` and `read_library`; spectra of S/N r above `min_snr` are released or copied.
    Returns {file: Spectrum that it is a copy of} of the unclassified ones. Raises InputError where there are too few.
    """
    rng = np.random.default_rng(seed)
    observed = read_observed(Path(source))
    lenders = [one for one in observed if whole(one) and 0 < one.snr < FAINT]
    known = [one for one in [*observed, *read_library(Path(source))] if whole(one)]
    released, searched = halves([one for one in known if one.snr > min_snr and one.class_ != "Unknown"], rng)
    stars, others = ([one for one in searched if one.wanted is wanted] for wanted in (True, False))
    if min(len(stars), len(others), len(lenders)) < 5:
        raise InputError(f"{source}: too few spectra of S/N r above {min_snr:g} for a survey kept aside")
    files, copies = [], {}
    for one in released:
        flux, ivar = one.flux, np.divide(1, one.variance, out=np.zeros(len(WAVE)), where=one.good & (one.variance > 0))
        if not one.variance.any():
            flux, ivar = degraded(one, lenders[rng.integers(len(lenders))], LIKE_AN_OBSERVATION, 0, rng)
        files.append((one.class_, one.subclass, flux, ivar, None))
    is_wanted = rng.permutation(np.arange(counts) < round(share * counts))
    snr = np.exp(rng.normal(np.log(snr_median), snr_sigma, counts))
    for k in range(counts):
        from_ = stars if is_wanted[k] else others
        one, lender = from_[rng.integers(len(from_))], lenders[rng.integers(len(lenders))]
        files.append(("Unknown", "Non", *degraded(one, lender, snr[k], rng.integers(-2, 3), rng), one))
    folder = Path(folder)
    folder.mkdir(parents=True)
    for k, place in enumerate(rng.permutation(len(files))):
        *values, copied = files[place]
        path = write(folder, k, *values)
        if copied is not None:
            copies[str(path)] = copied
    return copies


def write(folder, number, class_, subclass, flux, ivar):
    """One file in DR5's form, named and told apart by a number; its path."""
    plate, fibre = divmod(number, 4000)
    spid, fiberid = fibre // 250 + 1, fibre % 250 + 1
    plan = f"ASIDE{plate}"
    path = folder / f"spec-{LMJD}-{plan}_sp{spid:02d}-{fiberid:03d}.fits"
    noise = np.sqrt(np.where(ivar > 0, ivar, np.nan))[RED]
    told = float(np.nanmedian(flux[RED] * noise)) if np.isfinite(noise).any() else -9999.0
    cards = [
        card("FILENAME", path.name), card("OBSID", number + 1), card("DATA_V", "LAMOST DR5"), card("LMJD", LMJD),
        card("MJD", LMJD - 1), card("PLANID", plan), card("SPID", spid), card("FIBERID", fiberid),
        card("COEFF0", COEFF0), card("COEFF1", COEFF1), card("CLASS", class_), card("SUBCLASS", subclass),
        card("Z", -9999.0 if class_ == "Unknown" else 0.0), card("SNRR", round(told, 2)),
    ]  # fmt: skip
    path.write_bytes(image_file(np.array([flux, ivar, WAVE, ivar * 0, ivar * 0]), cards))
    return path
