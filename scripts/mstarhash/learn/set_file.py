"""The HDF5 layout of a training set: spectra, each followed by its degraded copies.

Columns of a row: identity and order of the spectrum, `kind` (drawn, known, template, copy, inspected, presumed),
`family` (one number for a spectrum and its copies), class, subclass, group (text: the code target), cluster
(number in the averages, -1 = in none), snr_r, and flux, ivar (n, p), features (n, d) on the common grid. Features of a copy
are those of its flux and a pedestal of left-over sky (degrade.py).
"""

import numpy as np

from mstarhash.learn.degrade import degraded, noise_of
from mstarhash.learn.template_file import all_models
from mstarhash.spectra.grid import shift_rows
from mstarhash.spectra.hdf5 import open_h5, read_columns, write_columns
from mstarhash.spectra.scaling import features, width
from mstarhash.spectra.shards import IDENTITY

COLUMNS = (*IDENTITY, "order", "kind", "family", "class", "subclass", "group", "cluster", "snr_r")
FAINTEST = 0.3  # S/N r of a spectrum whose noise is taken: fainter ones, empty fibres most of them, would make a copy of noise alone
AS_MANY = 3  # times the number below which spectra are few: so many need no more copies of each
MAX_SHIFT = 3  # pixels of 69 km/s: velocities of copies are drawn from -MAX_SHIFT..MAX_SHIFT


def at_rest(sample, rows, shifts, index):
    """Yield (positions in index, flux, ivar) of the spectra rows[index] of a Sample, each moved back by its `shifts`
    (whole pixels, one for each of rows)."""
    for where, (flux, ivar) in sample.blocks(["flux", "ivar"], rows[index]):
        moved = shifts[index[where]]
        yield where, shift_rows(flux, moved), shift_rows(ivar, moved)


class Writer:
    """Appends blocks of spectra and their copies to an open HDF5 file; `close` writes the columns."""

    def __init__(self, out, sample):
        self.out, self.wave = out, sample.fixed("wave")
        self.recipe = sample.feature_recipe
        out["wave"] = self.wave
        out.attrs.update(sample.recipe)
        p = len(self.wave)
        self.data = {
            key: out.create_dataset(key, (0, size), "f4", maxshape=(None, size), chunks=(64, size))
            for key, size in (("flux", p), ("ivar", p), ("features", width(p, int(self.recipe["thin"]))))
        }
        self.columns = {name: [] for name in COLUMNS}
        self.families = 0
        self.queue = np.array([], int)  # of rows of noise: all serve once before one serves again

    def add(self, columns, flux, ivar, copies, noise, rng):
        """One block. columns: arrays of the first rows; copies: how many of each; noise: Noise or None."""
        n = len(flux)
        sets = [(flux, ivar, np.zeros_like(flux), columns["kind"])]
        for _ in range(copies if noise is not None and len(noise) else 0):
            pick = self._next(n, len(noise), rng)
            shifts = rng.integers(-MAX_SHIFT, MAX_SHIFT + 1, size=n)
            signs = rng.choice([-1, 1], size=n)
            sets.append((*degraded(flux, ivar, noise, pick, self.wave, shifts, signs), ["copy"] * n))
        many = len(sets)
        interleave = np.arange(n * many).reshape(many, n).T.ravel()
        flux, ivar, pedestal = (np.concatenate([part[k] for part in sets])[interleave] for k in (0, 1, 2))
        vectors = features(flux + pedestal, ivar, **self.recipe)
        first = len(self.data["flux"])
        for key, values in (("flux", flux), ("ivar", ivar), ("features", vectors)):
            self.data[key].resize(first + len(values), axis=0)
            self.data[key][first:] = values
        for name in COLUMNS:
            if name == "kind":
                values = np.concatenate([part[3] for part in sets])[interleave]
            elif name == "family":
                values = np.repeat(self.families + np.arange(n), many)
            else:
                values = np.repeat(columns[name], many)
            self.columns[name].append(values)
        self.families += n

    def add_templates(self, templates, clusters, groups, copies, noise, rng):
        """Templates as from `model_spectra`, each with its number in the averages and its code target."""
        names, subclasses, flux, ivar = templates
        if not len(names):
            return
        columns = {name: np.full(len(names), "") for name in IDENTITY[1:]}
        columns |= {"file": np.char.add("template:", names), "order": np.zeros(len(names), "u8")}
        columns |= {"class": np.full(len(names), "STAR"), "subclass": subclasses, "snr_r": np.full(len(names), np.nan)}
        columns |= {"kind": np.full(len(names), "template"), "cluster": clusters, "group": groups}
        self.add(columns, flux, ivar, copies, noise, rng)

    def _next(self, n, count, rng):
        """The next n rows of noise, of `count`."""
        while len(self.queue) < n:
            self.queue = np.concatenate([self.queue, rng.permutation(count)])
        pick, self.queue = self.queue[:n], self.queue[n:]
        return pick

    def close(self):
        write_columns(
            self.out,
            {name: np.concatenate(parts) if parts else np.array([], "f8") for name, parts in self.columns.items()},
        )


def noise_pool(sample, unknown, size, templates, rng):
    """Noise of up to `size` unclassified spectra, none of those that show no star (FAINTEST) where there are others.

    templates: path of templates.h5, whose models are taken away.
    """
    shows = ~(sample.columns(["snr_r"])["snr_r"][unknown] < FAINTEST)
    unknown = unknown[shows] if shows.any() else unknown
    rows = unknown if len(unknown) <= size else np.sort(rng.choice(unknown, size, replace=False))
    wave = sample.fixed("wave")
    return noise_of(sample.rows("flux", rows), sample.rows("ivar", rows), wave, all_models(templates, wave))


def copies_for(count, copies, few):
    """Degraded copies of each of `count` spectra: `copies`, or as many in all as AS_MANY times `few` spectra would have."""
    return max(copies, int(np.ceil(copies * AS_MANY * few / max(1, count))))


def read_set(path, names):
    """Datasets of a training set, whole."""
    with open_h5(path) as source:
        return read_columns(source, names)
