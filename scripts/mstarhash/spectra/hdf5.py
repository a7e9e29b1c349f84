"""The HDF5 files of the steps: what each dataset is, and how rows are read and written.

Every file has the root attributes `schema_version`, `config_hash` and `step`, and one row a spectrum, in the
order of DESIGN (hash of the identity, then file). Texts are UTF-8 of fixed length; a missing number is NaN.
"""

import h5py
import numpy as np

from mstarhash.common.errors import InputError

SCHEMA_VERSION = 8  # raised whenever a dataset comes, goes or changes: tests/workflow/test_formats.py
FEATURES = ("smooth", "scale", "thin")  # attributes of rebin's files: keys of scaling.features
RECIPE = ("noise", *FEATURES)  # all that its spectra depend on
READING = ("min_good", "zero_run", "flat_run")  # how ingest read the FITS files before
BLOCK = 1024  # rows of a block of a shard; kernels whose bits matter work block by block


def create(name, step, config_hash):
    """An open HDF5 file with the root attributes of a step."""
    out = h5py.File(name, "w")
    out.attrs["schema_version"] = SCHEMA_VERSION
    out.attrs["config_hash"] = config_hash
    out.attrs["step"] = step
    return out


def open_h5(path, step=None):
    """A step's HDF5 file to read. Raises InputError where it is none, cut short, of another layout or another step."""
    try:
        source = h5py.File(path)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError:
        raise InputError(f"{path}: not an HDF5 file, or cut short; remove it and run again") from None
    known = {key: source.attrs.get(key) for key in ("schema_version", "step")}
    if known["schema_version"] != SCHEMA_VERSION or step not in (None, known["step"]):
        source.close()
        wanted = f"layout {SCHEMA_VERSION}" + (f" of the step {step}" if step else "")
        raise InputError(
            f"{path}: layout {known['schema_version']} of the step {known['step']}, but {wanted} is wanted"
        )
    return source


def write_text(group, name, values):
    """Texts as fixed-length UTF-8 (at least one byte)."""
    encoded = [str(value).encode() for value in values]
    length = max([1, *map(len, encoded)])
    group.create_dataset(name, data=np.array(encoded, dtype=h5py.string_dtype("utf-8", length)))


def read_text(dataset, rows=slice(None)):
    """Texts of a dataset as a numpy array of str."""
    return np.char.decode(dataset[rows].astype("S"), "utf-8") if dataset.shape[0] else np.array([], dtype="U1")


def write_columns(group, columns):
    """Datasets from a dict of arrays; texts by `write_text`. Row order is the caller's."""
    for name, values in columns.items():
        values = np.asarray(values)
        if values.dtype.kind in "UO":
            write_text(group, name, values)
        else:
            group.create_dataset(name, data=values)


def read_columns(group, names, rows=slice(None)):
    """A dict of arrays, texts as str."""
    return {
        name: read_text(group[name], rows) if h5py.check_string_dtype(group[name].dtype) else group[name][rows]
        for name in names
    }


def blocks(count, size=BLOCK):
    """Slices of `size` rows that cover `count` rows."""
    return [slice(first, min(first + size, count)) for first in range(0, count, size)]
