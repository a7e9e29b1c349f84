"""Write the spectra of the step `completeness` in the layout of rebin.py, so that the search takes them for its own."""

import csv

import numpy as np

from mstarhash.common.configuration import config_hash
from mstarhash.common.errors import InputError
from mstarhash.common.progress import Progress, say
from mstarhash.learn.degrade import noise_of
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

ORDER = (
    1  # of the response taken from a spectrum before the rest is its noise; a higher one would take left-over sky too
)


def inject(args, path):
    """Cells of the injected stars and their sources (n,), and kinds (m,): first "" for each star, then IMPOSTORS.

    Stars are released spectra that no training has seen where these are many, else those of the mock's library.
    """
    rng = np.random.default_rng(args.seed)
    with Sample(args.spectra) as sample, create(path, "rebin", config_hash(args)) as out:
        columns, wave = sample.columns(["file", "class", "subclass", "snr_r"]), sample.fixed("wave")
        unknown = np.flatnonzero(is_unknown(columns["class"]))
        donors, counts = donors_of(columns["snr_r"][unknown], args.snr, args.noise, rng)
        if not len(donors):
            raise InputError(
                "no unclassified spectrum within the bins of S/N (completeness.snr): nothing to take noise from"
            )
        donors = unknown[donors]
        flux, ivar = sample.rows("flux", donors), sample.rows("ivar", donors)
        noise = noise_of(flux, ivar, wave, all_models(args.templates, wave), ORDER)
        snr = columns["snr_r"][donors]
        stars = fakes.cells(snr, args.snr, args.each, rng)
        exact, sources, stars = source_of(args, sample, columns, stars, wave, rng)
        say(f"completeness: {len(stars):,} stars, {exact.words}; noise of {len(donors):,} unclassified spectra")
        calm = np.flatnonzero(np.isin(columns["file"][donors], files_below(args.listed, args.min_p)))
        if not len(calm):
            raise InputError(f"every unclassified spectrum has a probability of {args.min_p} or more: no null test")
        bins = np.digitize(snr[calm], args.snr) - 1
        weight = counts[bins] / np.bincount(bins, minlength=len(counts))[bins]
        lenders = rng.choice(calm, args.impostors * len(fakes.IMPOSTORS), p=weight / weight.sum())
        kinds = np.repeat(["", *fakes.IMPOSTORS], [len(stars)] + [args.impostors] * len(fakes.IMPOSTORS))
        pick = np.concatenate([stars.donor, lenders])
        out.attrs.update(sample.recipe)
        recipe = sample.feature_recipe
        many = {"flux": len(wave), "ivar": len(wave), "features": width(len(wave), int(recipe["thin"]))}
        for key, size in many.items():
            out.create_dataset(key, (len(kinds), size), "f4")
        progress = Progress("completeness", len(kinds))
        for part in blocks(len(kinds)):
            flux, ivar = np.empty((2, part.stop - part.start, len(wave)), "f4")
            for kind in dict.fromkeys(kinds[part]):
                mine = np.flatnonzero(kinds[part] == kind)
                where = part.start + mine
                if kind:
                    made = fakes.impostors(exact.library, kind, wave, args.response, noise, pick[where], rng)
                else:
                    made = fakes.noisy(*exact.rows(where), noise, pick[where], wave, rng)
                flux[mine], ivar[mine] = made
            out["flux"][part], out["ivar"][part] = flux, ivar
            out["features"][part] = features(flux, ivar, **recipe)
            progress.step(len(flux))
        write_rows(out, len(kinds), snr[pick], wave)
    return stars, sources, kinds


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
