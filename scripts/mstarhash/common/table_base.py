"""What every kind of table file gives: names, units, and columns as masked arrays with exact whole numbers."""

from collections import Counter

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.common.table_text import NULLS, Refused, typed


def damaged(path, key, kind):
    """The InputError of a file whose content cannot be read."""
    return InputError(f"{key}: {path}: a {kind} that is damaged or cut short; copy, download or write it again")


class TableFile:
    """A table: `names` and number of `rows`, `doubled`: names that stand twice (`column` gives the first one), `notes`:
    what a user should know. The classes of `table_file` are of one kind of file each."""

    kind = ""

    def __init__(self, path, key, names, rows):
        self.path, self.key, self.names, self.rows, self.notes = str(path), key, list(names), rows, []
        self.doubled = {name for name, count in Counter(self.names).items() if count > 1}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Nothing is open."""

    def load(self, names):
        """Read these columns together; a file of text is gone through once for them."""

    def unit(self, name):
        """The unit as the file tells it, '' where it tells none."""
        return ""

    def raw(self, name, rows):
        """(k,) masked array of whatever kind."""
        raise NotImplementedError

    def column(self, name, rows=slice(None)):
        """(k,) masked array of rows: int64, uint64, float64, bool or U. Whole numbers are exact; texts are numbers where
        each of them is one, and missing where they stand for nothing."""
        values = self._raw(name, rows)
        return typed(values) if values.dtype.kind == "U" else values

    def text(self, name, rows=slice(None)):
        """(k,) U of rows as they stand in the file, without blanks around; '' for what is missing. Whole numbers exactly."""
        values = self._raw(name, rows)
        mask, values = np.ma.getmaskarray(values), np.ma.getdata(values)
        out = values if values.dtype.kind == "U" else values.astype("U")
        return np.where(mask, "", out)

    def _raw(self, name, rows):
        try:
            values = plain(self.raw(name, rows))
            mask = f"{name}.mask"  # astropy writes the mask of a column so, where the form of a file has no nulls
            if mask in self.names:
                values = np.ma.array(values, mask=np.ma.getmaskarray(values) | true_of(plain(self.raw(mask, rows))))
        except Refused as refusal:
            raise InputError(f"{self.key}: {self.path}: column {name} {refusal}") from None
        except (InputError, MemoryError):
            raise
        except Exception:
            raise damaged(self.path, self.key, self.kind) from None
        return values


def true_of(values):
    """(k,) bool of a column that holds a mask."""
    values = np.ma.filled(values, False if values.dtype.kind == "b" else "") if values.dtype.kind in "bU" else values
    return np.char.lower(values) == "true" if values.dtype.kind == "U" else np.asarray(values).astype(bool)


def plain(values):
    """The same masked array as int64, uint64, float64, bool or U; texts that stand for nothing are masked."""
    mask, values = np.ma.getmaskarray(values), np.ma.getdata(values)
    if values.ndim != 1:
        raise Refused("holds arrays, numbers or texts are wanted")
    kind = values.dtype.kind
    if kind == "O":
        missing = np.array([v is None for v in values.tolist()], bool)
        mask = mask | missing
        if all(isinstance(v, int | np.integer) for v in values[~mask].tolist()):
            return np.ma.array(np.where(mask, 0, values).astype("i8"), mask=mask)
        words = (v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values.tolist())
        values, kind = np.array(list(words), dtype="U"), "U"
    if kind == "S":
        values, kind = np.char.decode(values, "utf-8", "replace"), "U"
    if kind == "U":
        values = np.char.strip(values)
        return np.ma.array(values, mask=mask | np.isin(np.char.lower(values), NULLS))
    if kind in "iuf":
        wide = "f8" if kind == "f" else "u8" if values.dtype == np.dtype("u8") else "i8"
        values = values.astype(wide)
    elif kind != "b":
        values = values.astype("U")
    return np.ma.array(values, mask=mask | np.isnan(values) if kind == "f" else mask)
