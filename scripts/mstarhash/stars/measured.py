"""The measured stars of all shards as one table, and the steps' files that have its rows."""

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.spectra.hdf5 import create, open_h5, read_columns, read_text, write_columns
from mstarhash.spectra.shards import IDENTITY


def read_measured(paths, names):
    """Columns of measure's files, in the order (hash of the identity, file) whatever the shards.

    Returns a dict of (n,) arrays: the identity, `order` (uint64) and `names`; n may be 0.
    """
    parts = []
    for path in paths:
        with open_h5(path) as source:
            parts.append(_read(path, source, [*IDENTITY, "order", *names]))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rows = np.lexsort((columns["file"], columns["order"]))
    return {name: values[rows] for name, values in columns.items()}


def read_aligned(path, table, names):
    """Columns of a later step's file, whose rows must be those of `table` (from `read_measured`)."""
    with open_h5(path) as source:
        _read(path, source, ["file", *names], empty=True)
        file = read_text(source["file"])
        if not np.array_equal(file, table["file"]):
            raise InputError(f"{path}: its rows are not those of the measured stars; run the step that makes it again")
        return read_columns(source, names)


def write_aligned(name, step, config_hash, table, columns, attributes=None):
    """An HDF5 file of a step with the identity and order of `table` and the step's columns."""
    with create(name, step, config_hash) as out:
        out.attrs.update(attributes or {})
        write_columns(out, {key: table[key] for key in (*IDENTITY, "order")})
        write_columns(out, columns)


def primaries(table):
    """Rows of the primary spectra, in the order of their objects; table: `primary` and `object` (n,) of crossmatch."""
    rows = np.flatnonzero(table["primary"] == 1)
    return rows[np.argsort(table["object"][rows])]


def n_new(table, count):
    """(count,) new spectra of each object; table: `object` and `source` (n,)."""
    return np.bincount(table["object"], table["source"] == "new", count).astype(int)


def source_of(new, spectra):
    """(count,) source of each object: new where all its spectra are, else released."""
    return np.where(new == spectra, "new", "released")


def attribute(path, name):
    """A root attribute of an HDF5 file."""
    with open_h5(path) as source:
        return source.attrs[name]


def _read(path, source, names, empty=False):
    missing = [name for name in names if name not in source]
    if missing:
        raise InputError(f"{path}: no dataset {', '.join(missing)}; run the step that makes it again")
    return {} if empty else read_columns(source, names)
