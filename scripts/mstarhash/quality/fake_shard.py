"""Write the spectra of the step `completeness` in the layout of rebin.py, so that the search takes them for its own."""

from dataclasses import dataclass

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.common.progress import Progress
from mstarhash.learn.degrade import Noise, noise_of
from mstarhash.learn.template_file import all_models
from mstarhash.quality import fakes
from mstarhash.spectra.hdf5 import blocks, write_columns
from mstarhash.spectra.scaling import features, width
from mstarhash.spectra.shards import IDENTITY
from mstarhash.spectra.targets import is_unknown

# of the response taken from a spectrum before the rest is its noise; a higher one would take left-over sky too
ORDER = 1


@dataclass
class Lent:
    """Unclassified spectra that lend their noise: names of their files, S/N r, and what is left of each."""

    file: np.ndarray
    snr: np.ndarray
    noise: Noise


def borrowed(sample, columns, templates, edges, most, rng):
    """Lent, and how many unclassified spectra each bin of S/N has.

    columns: `file`, `class`, `snr_r` of the Sample; templates: path of templates.h5; edges: of the bins; most: spectra.
    """
    unknown = np.flatnonzero(is_unknown(columns["class"]))
    rows, counts = donors_of(columns["snr_r"][unknown], edges, most, rng)
    if not len(rows):
        raise InputError(
            "no unclassified spectrum within the bins of S/N (completeness.snr): nothing to take noise from"
        )
    rows, wave = unknown[rows], sample.fixed("wave")
    flux, ivar = sample.rows("flux", rows), sample.rows("ivar", rows)
    noise = noise_of(flux, ivar, wave, all_models(templates, wave), ORDER)
    return Lent(columns["file"][rows], columns["snr_r"][rows], noise), counts


def calm_lenders(lent, counts, edges, listed, min_p, many, rng):
    """(many,) numbers of Lent whose own P is below `min_p`, as frequent a bin of S/N as in the survey (`counts`).

    listed: rows of candidates.csv as dicts.
    """
    calm = np.flatnonzero(np.isin(lent.file, [row["file"] for row in listed if float(row["p_m"]) < min_p]))
    if not len(calm):
        raise InputError(f"every unclassified spectrum has a probability of {min_p} or more: no null test")
    bins = np.digitize(lent.snr[calm], edges) - 1
    weight = counts[bins] / np.bincount(bins, minlength=len(counts))[bins]
    return rng.choice(calm, many, p=weight / weight.sum())


def write_spectra(out, kinds, made, sample):
    """flux, ivar and features of spectra, as rebin has them. kinds: (n,); made: of a kind and rows, flux and ivar."""
    wave, recipe = sample.fixed("wave"), sample.feature_recipe
    out.attrs.update(sample.recipe)
    many = {"flux": len(wave), "ivar": len(wave), "features": width(len(wave), int(recipe["thin"]))}
    for key, size in many.items():
        out.create_dataset(key, (len(kinds), size), "f4")
    progress = Progress("completeness", len(kinds))
    for part in blocks(len(kinds)):
        flux, ivar = np.empty((2, part.stop - part.start, len(wave)), "f4")
        for kind in dict.fromkeys(kinds[part]):
            mine = np.flatnonzero(kinds[part] == kind)
            flux[mine], ivar[mine] = made(kind, part.start + mine)
        out["flux"][part], out["ivar"][part] = flux, ivar
        out["features"][part] = features(flux, ivar, **recipe)
        progress.step(len(flux))


def donors_of(snr, edges, most, rng):
    """Rows whose noise is used, about equally many a bin of S/N, and how many rows each bin has."""
    bins = np.digitize(snr, edges) - 1  # NaN comes last
    able = [np.flatnonzero(bins == k) for k in range(len(edges) - 1)]
    few = max(1, most // len(able))
    chosen = [rows if len(rows) <= few else rng.choice(rows, few, replace=False) for rows in able]
    return np.sort(np.concatenate(chosen)), np.array([len(rows) for rows in able])


class Modelled:
    """M stars of the mock's library; each is made anew."""

    words = "of the library"

    def __init__(self, library, stars, wave, rms, rng):
        self.library, self.made = library, (stars, wave, rms, rng)

    def rows(self, where):
        """flux, ivar (n, p)."""
        stars, wave, rms, rng = self.made
        return fakes.stars_of_library(self.library, stars.only(where), wave, rms, rng)


class Released:
    """Released spectra, as observed."""

    words = "released and not trained on"

    def __init__(self, sample, sources):
        self.sample, self.sources = sample, sources

    def rows(self, where):
        """flux, ivar (n, p)."""
        index, back = np.unique(self.sources[where], return_inverse=True)
        return self.sample.rows("flux", index)[back], self.sample.rows("ivar", index)[back]


def unseen_source(sample, columns, stars, target, trained, min_snr, least, rng):
    """Released with (n,) rows of the source of each star and the Cells that have one; None where fewer than `least` spectra
    of S/N r above `min_snr` are in no training. trained: files that are."""
    rows, *known = fakes.unseen(columns, target, trained, min_snr)
    if len(rows) >= least:
        place = fakes.assigned(stars, known, rng)
        there = np.flatnonzero(place >= 0)
        sources = rows[place[there]]
        return Released(sample, sources), sources, stars.only(there)
    return None


def write_rows(out, count, snr, wave):
    """All datasets that are no spectra."""
    empty = np.full(count, "")
    columns = {"file": [f"injected/{k:06d}" for k in range(count)]} | dict.fromkeys(IDENTITY[1:], empty)
    columns |= {"order": np.arange(count, dtype="u8"), "class": np.full(count, "Unknown"), "subclass": empty}
    write_columns(out, columns | {"z": np.full(count, np.nan), "snr_r": snr})
    out["wave"] = wave
