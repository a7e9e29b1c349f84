"""LAMOST catalogues: class, subclass and z of the files of a survey.

`|`- or `,`-separated text or FITS, gzipped or not, whatever the order of the columns; names without case and
without the `combined_` of query exports.
"""

import contextlib
import csv
import gzip
import re
import warnings

from mstarhash.common.errors import InputError
from mstarhash.input.headervalues import number, text, whole

FOUR = ("lmjd", "planid", "spid", "fiberid")
ROWS = 100_000  # rows of a FITS table taken at a time


def open_catalogue(path):
    """(join columns, rows): the columns files are joined by, and an iterator of (key, obsid, class, subclass, z).

    key: a tuple of four texts, or obsid; a blank class is Unknown; z: text, 'nan' where missing, '' where the
    catalogue has no such column. Raises InputError where the file is missing, unreadable or without the columns
    needed.
    """
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else open(path, "rb") as file:
            start = file.read(9)
    except (OSError, EOFError) as error:
        raise _cannot(path, error) from None
    names, read = _fits(path) if start == b"SIMPLE  =" else _separated(path, packed)
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
    return join, _rows(read, join, place)


def _cannot(path, error):
    """The InputError of a catalogue that cannot be read."""
    why = "no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
    return InputError(f"input.catalogue: {path}: {why}")


def _rows(read, join, place):
    """Yield (key, obsid, class, subclass, z) of each line."""
    wanted = [*join, "class", "subclass", *(name for name in ("obsid", "z") if name in place)]
    at = {name: column for column, name in enumerate(wanted)}
    obsid, z = at.get("obsid"), at.get("z")
    for row in read([place[name] for name in wanted]):
        key = (whole(row[0]), text(row[1]), whole(row[2]), whole(row[3])) if len(join) == 4 else whole(row[0])
        yield (
            key,
            "" if obsid is None else whole(row[obsid]),
            " ".join(text(row[at["class"]]).split()) or "Unknown",
            " ".join(text(row[at["subclass"]]).split()),
            "" if z is None else repr(number(row[z])),
        )


def _separated(path, packed):
    """Names, and a function that yields some columns of each row, of a text catalogue."""

    def opened():
        return (gzip.open if packed else open)(path, "rt", encoding="utf-8-sig", errors="replace", newline="")

    try:
        with opened() as file:
            head = file.readline().rstrip("\r\n")
    except (OSError, EOFError) as error:
        raise _cannot(path, error) from None
    sign = max("|,\t;", key=head.count)
    quoting = csv.QUOTE_NONE if sign == "|" else csv.QUOTE_MINIMAL
    names = next(csv.reader([head], delimiter=sign, quoting=quoting), [])

    def rows(columns):
        last = max(columns)
        try:
            with opened() as file:
                file.readline()
                for row in csv.reader(file, delimiter=sign, quoting=quoting):
                    if row:
                        row += [""] * (last + 1 - len(row))
                        yield [row[column] for column in columns]
        except (OSError, EOFError, csv.Error) as error:
            raise _cannot(path, error) from None

    return names, rows


def _fits(path):
    """Names, and a function that yields some columns of each row, of the first table of a FITS file."""
    from astropy.io import fits
    from astropy.utils.exceptions import AstropyWarning

    wrong = OSError, EOFError, ValueError, TypeError, KeyError, IndexError

    def table_of(units):
        return next((unit for unit in units if isinstance(unit, fits.BinTableHDU | fits.TableHDU)), None)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AstropyWarning)  # of cards and lengths; what matters fails below
        try:
            with fits.open(path) as units:
                table = table_of(units)
                names = None if table is None else list(table.columns.names)
        except wrong as error:
            raise _cannot(path, error) from None
    if names is None:
        raise _cannot(path, "no table in this FITS file, or it is cut short")

    def rows(columns):
        try:
            with contextlib.ExitStack() as stack:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", AstropyWarning)
                    table = table_of(stack.enter_context(fits.open(path))).data
                    parts = [table.field(column) for column in columns]
                for first in range(0, len(table), ROWS):
                    yield from zip(*(part[first : first + ROWS].tolist() for part in parts), strict=True)
        except wrong as error:
            raise _cannot(path, error) from None

    return names, rows
