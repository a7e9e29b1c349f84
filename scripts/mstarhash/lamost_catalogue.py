"""LAMOST catalogues: class, subclass and z of the files of a survey.

`|`- or `,`-separated text or FITS, gzipped or not, whatever the order of the columns; names without case and
without the `combined_` of query exports.
"""

import csv
import gzip
import io
import re

from mstarhash.errors import InputError
from mstarhash.headervalues import number, text, whole

FOUR = ("lmjd", "planid", "spid", "fiberid")
ROWS = 100_000  # rows of a FITS table taken at a time


def open_catalogue(path):
    """(join columns, rows): the columns files are joined by, and an iterator of (key, obsid, class, subclass, z).

    key: a tuple of four texts, or obsid; z: text, 'nan' where missing, '' where the catalogue has no such column.
    Raises InputError where the file is missing, unreadable or without the columns needed.
    """
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else open(path, "rb") as file:
            start = file.read(9)
    except (OSError, EOFError) as error:
        why = "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
        raise InputError(f"input.catalogue: {path}: {why}") from None
    names, values = _fits(path) if start == b"SIMPLE  =" else _separated(path, packed)
    place = {}
    for column, name in enumerate(names):
        place.setdefault(re.sub(r"^combined_", "", name.strip().lstrip("#").strip().lower()), column)
    join = FOUR if all(name in place for name in FOUR) else ("obsid",)
    missing = [name for name in (*join, "class", "subclass") if name not in place]
    if missing:
        raise InputError(
            f"input.catalogue: {path}: no column {', '.join(missing)}; needed are class, subclass, and lmjd, planid, "
            f"spid, fiberid or else obsid (found: {', '.join(list(place)[:12])})"
        )
    return join, _rows(values, join, place)


def _rows(values, join, place):
    """(key, obsid, class, subclass, z) of each line; a blank class is Unknown."""
    keys = [place[name] for name in join]
    planid = join.index("planid") if "planid" in join else None
    obsid, kind, sub, z = (place.get(name) for name in ("obsid", "class", "subclass", "z"))
    wanted = max(place.values())
    for row in values:
        if len(row) <= wanted:
            row = [*row, *[""] * (wanted + 1 - len(row))]
        key = [text(row[column]) if at == planid else whole(row[column]) for at, column in enumerate(keys)]
        found = "" if z is None else _number_text(row[z])
        label = text(row[kind]), text(row[sub])
        yield (
            tuple(key) if planid is not None else key[0],
            "" if obsid is None else whole(row[obsid]),
            *(label if label[0] else ("Unknown", label[1])),
            found,
        )


def _number_text(value):
    return repr(float(number(value)))


def _separated(path, packed):
    """Names and an iterator of rows of a text catalogue."""
    raw = gzip.open(path) if packed else open(path, "rb")  # noqa: SIM115 - the iterator closes it
    file = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
    try:
        head = file.readline().rstrip("\r\n")
    except (OSError, EOFError) as error:
        raise InputError(f"input.catalogue: {path}: cannot be read ({error})") from None
    sign = max("|,\t;", key=head.count)
    quoting = csv.QUOTE_NONE if sign == "|" else csv.QUOTE_MINIMAL
    names = next(csv.reader([head], delimiter=sign, quoting=quoting), [])

    def rows():
        with file:
            try:
                yield from (row for row in csv.reader(file, delimiter=sign, quoting=quoting) if row)
            except (OSError, EOFError, csv.Error) as error:
                raise InputError(f"input.catalogue: {path}: cannot be read to its end ({error})") from None

    return names, rows()


def _fits(path):
    """Names and an iterator of rows of the first table of a FITS file."""
    from astropy.io import fits

    try:
        with fits.open(path) as units:
            table = next((unit for unit in units if isinstance(unit, fits.BinTableHDU | fits.TableHDU)), None)
            names = [] if table is None else list(table.columns.names)
    except (OSError, ValueError, TypeError, KeyError, IndexError) as error:
        raise InputError(f"input.catalogue: {path}: cannot be read as FITS ({error})") from None

    def rows():
        with fits.open(path) as units:
            table = next(unit for unit in units if isinstance(unit, fits.BinTableHDU | fits.TableHDU))
            columns = [table.data[name] for name in names]
            for first in range(0, len(table.data), ROWS):
                parts = [column[first : first + ROWS].tolist() for column in columns]
                yield from zip(*parts, strict=True)

    return names, rows()
