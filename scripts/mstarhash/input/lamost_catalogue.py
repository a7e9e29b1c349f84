"""LAMOST catalogues, and other tables of spectra: which row is of which file, and what it says.

Tables in any form that `common.table_file` reads, whatever the order of the columns; names without case and without the
`combined_` of query exports.
"""

import re
from contextlib import contextmanager

from mstarhash.common.errors import InputError
from mstarhash.common.progress import say
from mstarhash.common.table_file import open_table
from mstarhash.input.headervalues import number, whole

FOUR = ("lmjd", "planid", "spid", "fiberid")
OBSID, FILE = ("obsid",), ("file",)
ROWS = 100_000  # rows taken at a time


@contextmanager
def open_catalogue(path, others=()):
    """(join columns, rows): the columns files are joined by, and an iterator of
    (key, obsid, class, subclass, z, {other column: text}); to be used in a `with`.

    others: columns wanted besides, in lower case. key: a tuple of four texts, or obsid; a blank class is Unknown; z:
    text, 'nan' where missing, '' where the catalogue has no such column. Raises InputError where the file is missing,
    unreadable or without the columns needed.
    """
    with open_table(path, "input.catalogue") as table:
        place = columns_of(table)
        join = next((join for join in (FOUR, OBSID) if all(name in place for name in join)), OBSID)
        missing = [name for name in (*join, "class", "subclass") if name not in place]
        if missing:
            raise InputError(
                f"input.catalogue: {path}: no column {', '.join(missing)}; needed are class, subclass, and lmjd, planid, "
                f"spid, fiberid or else obsid (found: {', '.join(list(place)[:12])})"
            )
        missing = [name for name in others if name not in place]
        if missing:
            raise InputError(
                f"input.candidates: {path} has no column {', '.join(missing)} (found: {', '.join(list(place)[:40])})"
            )
        taken = [name for name in (*join, "class", "subclass", "obsid", "z", *others) if name in place]
        words = ", ".join(f"{name} from {place[name]}" for name in dict.fromkeys(taken))
        say("; ".join([f"manifest: {path}, a {table.kind}: {words}", *table.notes]))
        yield join, _rows(table, join, place, others)


def _rows(table, join, place, others):
    """Yield what `open_catalogue` tells of each row."""
    known = [name for name in ("obsid", "z") if name in place]
    for row in rows_of(table, place, dict.fromkeys((*join, "class", "subclass", *known, *others))):
        yield (
            key_of(row, join),
            whole(row.get("obsid", "")),
            " ".join(row["class"].split()) or "Unknown",
            " ".join(row["subclass"].split()),
            repr(number(row["z"])) if "z" in row else "",
            {name: row[name] for name in others},
        )


def columns_of(table):
    """{name in lower case: name in the file} of an open table; of names alike the first."""
    place = {}
    for name in table.names:
        place.setdefault(plain_name(name), name)
    return place


def plain_name(name):
    """A name of a column as it is told by: in lower case, without the `#` of a header line and without `combined_`."""
    return re.sub(r"^combined_", "", name.strip().lstrip("#").strip().lower())


def rows_of(table, place, names):
    """Yield {name: text} of each row of an open table."""
    table.load([place[name] for name in names])
    for first in range(0, table.rows, ROWS):
        block = slice(first, min(first + ROWS, table.rows))
        for values in zip(*(table.text(place[name], block).tolist() for name in names), strict=True):
            yield dict(zip(names, values, strict=True))


def key_of(row, join):
    """What files are joined by: (lmjd, planid, spid, fiberid) or obsid, as headers tell them, or the file's name."""
    if join == FOUR:
        return whole(row["lmjd"]), row["planid"], whole(row["spid"]), whole(row["fiberid"])
    return whole(row["obsid"]) if join == OBSID else row["file"]
