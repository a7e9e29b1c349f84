"""Write the spectra of the step `completeness` in the layout of rebin.py, so that the search takes them for its own."""

import csv
from dataclasses import dataclass

import numpy as np

from mstarhash.common.configuration import config_hash
from mstarhash.common.errors import InputError
from mstarhash.common.progress import Progress, say
from mstarhash.learn.degrade import Noise, noise_of
from mstarhash.learn.template_file import all_models
from mstarhash.mock.library import Library
from mstarhash.quality import fakes
from mstarhash.search.model import read_model
from mstarhash.spectra.hdf5 import blocks, create, write_columns
from mstarhash.spectra.sample import Sample
from mstarhash.spectra.scaling import features, width
from mstarhash.spectra.shards import IDENTITY
from mstarhash.spectra.targets import is_unknown
from mstarhash.spectra.templates import read_templates

# of the response taken from a spectrum before the rest is its noise; a higher one would take left-over sky too
ORDER = 1


def inject(args, path):
    """Cells of the injected stars and their sources (n,), and kinds (m,): first "" for each star, then IMPOSTORS.

    Stars are released spectra that no training has seen where these are many, else those of the mock's library.
    """
    rng = np.random.default_rng(args.seed)
    with Sample(args.spectra) as sample, create(path, "rebin", config_hash(args)) as out:
        columns, wave = sample.columns(["file", "class", "subclass", "snr_r"]), sample.fixed("wave")
        lent, counts = borrowed(args, sample, columns, rng)
        stars = fakes.cells(lent.snr, args.snr, args.each, rng)
        exact, sources, stars = source_of(args, sample, columns, stars, wave, rng)
        say(f"completeness: {len(stars):,} stars, {exact.words}; noise of {len(lent.snr):,} unclassified spectra")
        lenders = calm_lenders(args, lent, counts, args.impostors * len(fakes.IMPOSTORS), rng)
        kinds = np.repeat(["", *fakes.IMPOSTORS], [len(stars)] + [args.impostors] * len(fakes.IMPOSTORS))
        pick = np.concatenate([stars.donor, lenders])

        def made(kind, rows):
            if kind:
                return fakes.impostors(exact.library, kind, wave, args.response, lent.noise, pick[rows], rng)
            return fakes.noisy(*exact.rows(rows), lent.noise, pick[rows], wave, rng)

        write_spectra(out, kinds, made, sample)
        write_rows(out, len(kinds), lent.snr[pick], wave)
    return stars, sources, kinds


@dataclass
class Lent:
    """Unclassified spectra that lend their noise: names of their files, S/N r, and what is left of each."""

    file: np.ndarray
    snr: np.ndarray
    noise: Noise


def borrowed(args, sample, columns, rng):
    """Lent, and how many unclassified spectra each bin of S/N has."""
    unknown = np.flatnonzero(is_unknown(columns["class"]))
    rows, counts = donors_of(columns["snr_r"][unknown], args.snr, args.noise, rng)
    if not len(rows):
        raise InputError(
            "no unclassified spectrum within the bins of S/N (completeness.snr): nothing to take noise from"
        )
    rows, wave = unknown[rows], sample.fixed("wave")
    flux, ivar = sample.rows("flux", rows), sample.rows("ivar", rows)
    noise = noise_of(flux, ivar, wave, all_models(args.templates, wave), ORDER)
    return Lent(columns["file"][rows], columns["snr_r"][rows], noise), counts


def calm_lenders(args, lent, counts, many, rng):
    """(many,) numbers of Lent whose own P is below args.min_p, as frequent a bin of S/N as in the survey (`counts`)."""
    calm = np.flatnonzero(np.isin(lent.file, files_below(args.listed, args.min_p)))
    if not len(calm):
        raise InputError(f"every unclassified spectrum has a probability of {args.min_p} or more: no null test")
    bins = np.digitize(lent.snr[calm], args.snr) - 1
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


def files_below(path, limit):
    """Files of the list with a probability below the limit."""
    with open(path, newline="") as source:
        return [row["file"] for row in csv.DictReader(source) if float(row["p_m"]) < limit]


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

    def __init__(self, library, sample, sources):
        self.library, self.sample, self.sources = library, sample, sources

    def rows(self, where):
        """flux, ivar (n, p)."""
        index, back = np.unique(self.sources[where], return_inverse=True)
        return self.sample.rows("flux", index)[back], self.sample.rows("ivar", index)[back]


def source_of(args, sample, columns, stars, wave, rng):
    """Modelled or Released, a number of the source of each star, and the Cells that have one."""
    library = Library(read_templates(args.templates, "mock"))
    if args.source != "models":
        trained = read_model(args.model).labelled["file"]
        rows, *known = fakes.unseen(columns, args.target, trained, args.min_snr)
        if args.source == "released" or len(rows) >= fakes.ENOUGH:
            place = fakes.assigned(stars, known, rng)
            there = np.flatnonzero(place >= 0)
            sources = rows[place[there]]
            return Released(library, sample, sources), sources, stars.only(there)
    return Modelled(library, stars, wave, args.response, rng), np.arange(len(stars)), stars


def write_rows(out, count, snr, wave):
    """All datasets that are no spectra."""
    empty = np.full(count, "")
    columns = {"file": [f"injected/{k:06d}" for k in range(count)]} | dict.fromkeys(IDENTITY[1:], empty)
    columns |= {"order": np.arange(count, dtype="u8"), "class": np.full(count, "Unknown"), "subclass": empty}
    write_columns(out, columns | {"z": np.full(count, np.nan), "snr_r": snr})
    out["wave"] = wave
