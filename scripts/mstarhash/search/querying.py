"""The spectra whose codes lie nearest to that of one spectrum."""

import os
from contextlib import nullcontext

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.input.ingestion import read_row
from mstarhash.input.noise import trusted
from mstarhash.search.codes import hamming, pack
from mstarhash.spectra.grid import resample
from mstarhash.spectra.hdf5 import FEATURES, READING, RECIPE, open_h5, read_columns, read_text
from mstarhash.spectra.scaling import features
from mstarhash.spectra.shards import identity_of_name, order_key, shard_of, stem


def read_recipe(path):
    """How a run read and rebinned its spectra: a dict with RECIPE, READING and the grid `wave`."""
    with open_h5(path) as source:
        missing = [key for key in (*RECIPE, *READING) if key not in source.attrs]
        if missing:
            raise InputError(f"{path}: no attribute {', '.join(missing)}; run ingest and rebin again")
        out = {key: source.attrs[key] for key in (*RECIPE, *READING)}
        return {key: value.item() if hasattr(value, "item") else value for key, value in out.items()} | {
            "wave": source["wave"][:]
        }


def read_one(path, recipe):
    """A FITS file as the run would have it: its Row, and flux, ivar (p,) on the grid, features (1, d).

    Raises InputError where the run would have set the file aside.
    """
    if not os.path.exists(path):
        raise InputError(f"{path}: no such file")
    parts = identity_of_name(path)
    listed = dict.fromkeys(("lmjd", "planid", "spid", "fiberid", "obsid", "class", "subclass", "z"), "")
    listed |= {"file": path, "order": order_key(parts or stem(path))}
    row = read_row(listed, **{key: recipe[key] for key in READING})
    if row.status != "ok":
        raise InputError(f"{path}: {row.status}: {row.reason}")
    old = row.coeff0 + row.coeff1 * np.arange(len(row.flux))
    flux, ivar, _ = resample(row.flux[None], row.ivar[None], row.mask[None] == 0, old, np.log10(recipe["wave"]))
    ivar = trusted(flux, ivar, recipe["noise"])
    return row, flux[0], ivar[0], features(flux, ivar, **{key: recipe[key] for key in FEATURES})


def same_spectrum(file, order, row):
    """Whether a row of the run is the file that is asked for (by identity and name)."""
    return int(order) == row.order and stem(file) == stem(row.file)


def nearest_labelled(model, code, row, count):
    """The nearest labelled spectra, best first: dicts. A spectrum stands for its degraded copies too."""
    table = model.labelled
    distance = hamming(code[None], table["codes"])[0]
    order = np.lexsort((np.arange(len(distance)), distance))
    first = {}
    for place, family in enumerate(table["family"]):
        first.setdefault(int(family), place)
    out, seen = [], set()
    for place in order:
        family = int(table["family"][place])
        own = first[family]
        if family in seen or same_spectrum(table["file"][own], table["order"][own], row):
            continue
        seen.add(family)
        found = {key: table[key][own] for key in ("file", "class", "subclass", "kind", "snr_r", "wanted", "order")}
        out.append({"distance": int(distance[place]), "copy": bool(table["kind"][place] == "copy"), **found})
        if len(out) == count:
            break
    return out


def nearest_unlabelled(paths, code, row, count):
    """The nearest unclassified spectra of the run, best first: dicts; shards are read one after the other."""
    best = []
    for path in paths:
        with open_h5(path) as source:
            codes = source["codes"][:]
            if codes.shape[1] != len(code):
                raise InputError(f"{path}: codes of {64 * codes.shape[1]} bits, the model has {64 * len(code)}")
            distance = hamming(code[None], codes)[0]
            order = source["order"][:]
            keep = np.lexsort((order, distance))[: count + 1]
            columns = read_columns(source, ["file", "snr_r"], np.sort(keep))
            columns |= {"order": order[np.sort(keep)], "distance": distance[np.sort(keep)]}
        rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        best += [found for found in rows if not same_spectrum(found["file"], found["order"], row)]
        best = sorted(best, key=lambda found: (found["distance"], found["order"], found["file"]))[:count]
    return best


def spectrum_of(paths, templates, file, order, wave):
    """flux, ivar (p,) of a file of the run, from the shard that must hold it, or of a template; None without it."""
    if file.startswith("template:"):
        name = file.removeprefix("template:")
        with open_h5(templates) if os.path.exists(templates) else nullcontext({}) as source:
            if name not in source:
                return None
            flux = np.interp(wave, source[name]["wave"][:], source[name]["flux"][:])
        return np.nan_to_num(flux), np.isfinite(flux).astype("f4")
    with open_h5(paths[shard_of(int(order), len(paths))]) as source:
        for place in np.flatnonzero(source["order"][:] == order):
            if read_text(source["file"], slice(place, place + 1))[0] == file:
                return source["flux"][place], source["ivar"][place]
    return None


def one_code(model, flux, ivar, x, snr):
    """Class score and packed code (k,) of one spectrum: flux, ivar (p,), features (1, d) and S/N r."""
    scores, bits = model.coded(x, model.fit(flux[None], ivar[None]), np.array([snr]))
    return float(scores["class_score"][0]), pack(bits)[0]
