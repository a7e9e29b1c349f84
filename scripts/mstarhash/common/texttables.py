"""Tables as text: numbers of their cells, rows of a CSV."""

import csv
import math
from pathlib import Path

import numpy as np


def number(value, digits=6):
    """A number with `digits` significant digits, whole ones without a point; text as it is, NaN as nothing."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer):
        return str(int(value))
    return "" if not math.isfinite(value) else f"{value:.{digits}g}"


def write_rows(path, columns, rows, digits=6):
    """A CSV of dicts, cells as `number` tells; empty where a row lacks a column."""
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: number(value, digits) for key, value in row.items()} for row in rows)


def rows_of(path):
    """As `read_rows`, for a table that need not be there: none where there is no file."""
    return read_rows(path) if path and Path(path).is_file() else []


def read_rows(path):
    """Rows of a CSV (.tsv: by tabs) as dicts of texts; raises OSError where there is no file."""
    with open(path, newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source, delimiter="\t" if str(path).endswith(".tsv") else ","))
