"""The columns of the catalogue: one list (config/catalogue.schema.json) for every table and format."""

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.common.progress import say

DTYPES = ("text", "i2", "i4", "i8", "f4", "f8")
# an integer, perhaps behind letters ("sp05") or the name of a Gaia release ("Gaia DR3 4915465314359043712")
WHOLE = re.compile(r"(?:Gaia E?DR\d+ |[A-Za-z_ ]*)([-+]?\d{1,19})", re.IGNORECASE)


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
    csv_prefix: str = ""  # before the digits of an identifier in CSV, so that no reader takes it for a number

    @property
    def null(self):
        """The integer that stands for nothing in FITS and VOTable; None for texts and floats."""
        return int(np.iinfo(self.dtype).min) if self.dtype.startswith("i") else None

    @property
    def identifier(self):
        """Whether it is an integer of 64 bits, of which a double would hold only the first 15 to 17 digits."""
        return self.dtype == "i8"


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

    values: (n,) texts or numbers (NaN = null). A text of an integer column that is no integer of that size is null, and
    the log says so.
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
    limits = np.iinfo(column.dtype)
    if values.dtype.kind == "U":
        numbers, null = _whole(column, values.tolist(), limits)
    else:
        null = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
        numbers = np.where(null, 0, values).astype("i8")
        null |= (numbers <= limits.min) | (numbers > limits.max)
    return np.ma.array(np.where(null, column.null, numbers).astype(column.dtype), mask=null, fill_value=column.null)


def _whole(column, texts, limits):
    """((n,) i8, (n,) bool where there is none) of the texts of an integer column."""
    found = [WHOLE.fullmatch(text) for text in texts]
    numbers = [int(match[1]) if match else limits.min for match in found]
    null = np.array([not limits.min < number <= limits.max for number in numbers], dtype=bool)
    lost = [text for text, no in zip(texts, null.tolist(), strict=True) if no and text]
    if lost:
        say(
            f"catalogue: {column.name}: {len(lost):,} values are no whole numbers of 64 bits and left out, the first is {lost[0]!r}"
        )
    return np.array([0 if no else number for number, no in zip(numbers, null, strict=True)], dtype="i8"), null


def with_texts(table):
    """[(Column, values)] with identifiers as texts of digits, empty where null: no integers that may be null."""
    return [_as_text(*pair) if pair[0].identifier else pair for pair in table]


def _as_text(column, values):
    texts = np.where(np.ma.getmaskarray(values), "", np.ma.getdata(values).astype("U"))
    return replace(column, dtype="text"), texts


def table_of(columns, table, values):
    """[(Column, filled values)] of a table, from a dict by key. A key that is not there is an error of the caller."""
    return [(column, filled(column, values[column.key])) for column in columns if table in column.tables]
