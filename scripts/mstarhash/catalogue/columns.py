"""The columns of the catalogue: one list (config/catalogue.schema.json) for every table and format."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mstarhash.common.errors import InputError

DTYPES = ("text", "i2", "i4", "i8", "f4", "f8")


@dataclass(frozen=True)
class Column:
    """One column: its name, the steps' name of it, dtype, unit, UCD, description, the tables that have it."""

    name: str
    key: str
    dtype: str
    unit: str
    ucd: str
    description: str
    tables: tuple
    decimals: int | None = None  # of a float in the .dat files

    @property
    def null(self):
        """The integer that stands for nothing in FITS and VOTable; None for texts and floats."""
        return int(np.iinfo(self.dtype).min) if self.dtype.startswith("i") else None


@dataclass(frozen=True)
class Schema:
    """The list of columns, names of those of m_etable.txt, names of the flags that a clean row has not."""

    version: int
    columns: list
    etable: list
    clean: list


def read_schema(path):
    """The Schema of a file like config/catalogue.schema.json."""
    known = json.loads(Path(path).read_text())
    columns = [Column(**(item | {"tables": tuple(item["tables"])})) for item in known["columns"]]
    wrong = [column.name for column in columns if column.dtype not in DTYPES]
    if wrong:
        raise InputError(f"{path}: unknown dtype of column {', '.join(wrong)}")
    return Schema(known["version"], columns, known["etable"], known["clean"])


def filled(column, values):
    """The values of a column: text array, float array with NaN, or masked integer array.

    values: (n,) texts or numbers (NaN = null); texts of an integer column are whole numbers, alone or behind words
    ("Gaia DR3 123", "sp03"); all else is null, and no digit is cut off.
    """
    values = np.asarray(values)
    if column.dtype == "text":
        return (
            values
            if values.dtype.kind == "U"
            else np.array(["" if v is None else str(v) for v in values.tolist()], dtype="U")
        )
    if column.dtype.startswith("f"):
        return values.astype(column.dtype)
    if values.dtype.kind == "U":
        found = [re.fullmatch(r"(?:.*\s|[A-Za-z]+(?=\d))?([-+]?\d{1,19})", text) for text in values.tolist()]
        whole = [int(match[1]) if match else None for match in found]
        null = np.array([value is None or abs(value) >= 2**63 for value in whole], dtype=bool)
        numbers = np.array([0 if no else value for value, no in zip(whole, null, strict=True)], dtype="i8")
    else:
        null = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
        numbers = np.where(null, 0, values).astype("i8")
    limits = np.iinfo(column.dtype)
    null |= (numbers <= limits.min) | (numbers > limits.max)
    return np.ma.array(np.where(null, column.null, numbers).astype(column.dtype), mask=null, fill_value=column.null)


def table_of(columns, table, values):
    """[(Column, filled values)] of a table, from a dict by key. A key that is not there is an error of the caller."""
    return [(column, filled(column, values[column.key])) for column in columns if table in column.tables]
