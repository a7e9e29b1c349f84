"""What `ingest` writes: an HDF5 row for each file that is kept, a status line for every file."""

import numpy as np

from mstarhash.common.status import BIT, FLAGS, MASK, flag_names
from mstarhash.spectra.hdf5 import write_columns
from mstarhash.spectra.shards import IDENTITY

TEXTS = ("designation", "obsdate", "magtype", "class", "subclass", "release")
DOUBLES = ("mjd", "ra", "dec", "z", "z_err", "snru", "snrg", "snrr", "snri", "snrz", "snr_r")
MAGNITUDES = tuple(f"mag{place}" for place in range(1, 8))
FILLS = {"flux": ("f4", np.nan), "ivar": ("f4", 0), "mask": ("u1", BIT["padding"])}
TILE = (32, 1024)  # rows, pixels of an HDF5 chunk


class Output:
    """The open HDF5 file of a shard: pixels go in block by block, columns at the end."""

    def __init__(self, out, listed):
        self.out, self.count, self.width = out, 0, 0
        tile = (min(TILE[0], max(1, listed)), TILE[1])
        for name, (kind, fill) in FILLS.items():
            out.create_dataset(name, (0, 0), kind, maxshape=(None, None), chunks=tile, fillvalue=fill)

    def add(self, rows):
        """Append the pixels of rows, and let go of them. Shorter spectra end in the fill value."""
        if not rows:
            return
        width = max(len(row.flux) for row in rows)
        self.width = max(self.width, width)
        block = slice(self.count, self.count + len(rows))
        self.count = block.stop
        for name, (kind, fill) in FILLS.items():
            self.out[name].resize((self.count, self.width))
            values = np.full((len(rows), width), fill, kind)
            for place, row in enumerate(rows):
                pixels = getattr(row, name)
                values[place, : len(pixels)] = pixels
            self.out[name][block, :width] = values
        for row in rows:
            row.values["npix"] = len(row.flux)
            row.flux = row.ivar = row.mask = None

    def finish(self, rows):
        """Write the other columns of all rows that were added, in the same order."""
        columns = {"file": _texts(row.file for row in rows)}
        for place, name in enumerate(IDENTITY[1:]):
            columns[name] = _texts(row.identity[place] for row in rows)
        columns["order"] = np.array([row.order for row in rows], "u8")
        columns |= {name: _texts(row.values[name] for row in rows) for name in TEXTS}
        columns |= {name: np.array([row.values[name] for row in rows], "f8") for name in DOUBLES}
        columns |= {name: np.array([row.values[name] for row in rows], "f4") for name in MAGNITUDES}
        columns["flags"] = np.array([row.flags for row in rows], "u4")
        columns["duplicate_of"] = _texts(row.duplicate_of for row in rows)
        columns["coeff0"] = np.array([row.coeff0 for row in rows], "f8")
        columns["coeff1"] = np.array([row.coeff1 for row in rows], "f8")
        columns["npix"] = np.array([row.values["npix"] for row in rows], "i4")
        write_columns(self.out, columns)
        for name, bits in (("flags", FLAGS), ("mask", MASK)):
            self.out[name].attrs["bits"] = ",".join(bits)  # names of the bits 1, 2, 4 ...


def _texts(values):
    return np.array([value.replace("\0", "") for value in values], dtype=object)


def status_text(rows):
    """The status table of all rows of a shard: identity, status, reason, flags."""
    lines = ["\t".join([*IDENTITY, "status", "reason", "flags"])]
    for row in rows:
        words = [row.file, *row.identity, row.status, row.reason, flag_names(row.flags)]
        lines.append("\t".join(" ".join(word.split()) if word is not row.file else word for word in words))
    return "\n".join(lines) + "\n"
