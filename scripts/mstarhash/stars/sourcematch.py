"""The match of objects to the sources of a table that is read in parts."""

from dataclasses import dataclass

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.stars.astrometry import moved, separation, unit_vectors
from mstarhash.stars.crossmatching import BLOCK, near, one_to_one, pairs

FAST = 1.0  # motion between the epochs of a table's sources above which an object is searched more widely [arcsec]


@dataclass
class Match:
    """For each object: the row of its source in the table (-1: none), their separation, sources within the radius."""

    row: np.ndarray
    separation: np.ndarray
    neighbours: np.ndarray

    @classmethod
    def of(cls, count, one, rows, apart, brightness, tie):
        """From all pairs: number of the object, row of the source, separation [arcsec], magnitude of the source."""
        kept = one_to_one(one, rows, apart, brightness, tie)
        row, away = np.full(count, -1), np.full(count, np.nan)
        row[one[kept]], away[one[kept]] = rows[kept], apart[kept]
        return cls(row, away, np.bincount(one, minlength=count))

    def take(self, values):
        """(m,) values of the matched sources, given those of all rows as a function of row numbers; missing is null."""
        some = self.row >= 0
        got = values(self.row[some])
        out = np.full(len(self.row), "" if got.dtype.kind == "U" else np.nan, got.dtype)
        out[some] = got
        return out


def match_moving(table, objects, epoch, radius, tie):
    """Match of objects (m, 3 at `epoch` [yr]) to a table of stars with motions, brought to that epoch.

    Raises InputError where one source_id stands at places further apart than `radius` [arcsec].
    """
    rows, vectors = _near_rows(table, objects, radius, lambda part: _at(table, part, epoch))
    if "source_id" in table and len(rows):
        kept = _once(table, rows, vectors, radius)
        rows, vectors = rows[kept], vectors[kept]
    one, two, apart = pairs(objects, vectors, radius)
    return Match.of(len(objects), one, rows[two], apart, table.get("g", rows)[two], tie)


def _once(table, rows, vectors, radius):
    """Numbers of the rows without repeats of a source: equal ids at one place. At different places they are damaged."""
    name = table.get("source_id", rows)
    name = np.where(name == "", np.char.add("row ", rows.astype("U")), name)
    _, first, inverse = np.unique(name, return_index=True, return_inverse=True)
    away = separation(vectors, vectors[first[inverse]])
    if (away > radius).any():
        worst = int(np.argmax(away))
        count = len(np.unique(inverse[away > radius]))
        raise InputError(
            f"{table.path}: {count:,} ids of column {table.columns['source_id']} stand at more than one place, {name[worst]} "
            f"at two that are {away[worst]:,.0f} arcsec apart: the ids of the table of {table.key} are damaged (cut or "
            "rounded); take them from the archive's own table, as 64-bit integers or text"
        )
    return np.sort(first)


def match_at_epochs(table, motion, epochs, radius, band, tie):
    """Match of moving objects to a table without motions, each source having its own epoch.

    motion: dict of (m,) ra, dec [deg], pmra, pmdec [mas/yr], epoch [yr] of the objects; epochs: function of row
    numbers of the table that gives their epochs [yr]; band: magnitude that settles ties.
    """
    count = len(motion["ra"])
    known = epochs(np.arange(table.rows)) if table.rows else np.zeros(0)
    low, high = (float(known.min()), float(known.max())) if len(known) else (2000.0, 2000.0)
    middle = (low + high) / 2
    place = _objects_at(motion, np.arange(count), middle)
    speed = np.hypot(*(np.nan_to_num(motion[key]) for key in ("pmra", "pmdec"))) / 1000  # arcsec/yr
    slack = speed * (high - low) / 2
    found = []
    for mine in (slack <= FAST, slack > FAST):
        if not mine.any():
            continue
        wide = radius + slack[mine].max() * 1.001
        some = np.where(mine[:, None], place, np.nan)
        rows, vectors = _near_rows(table, some, wide, lambda part: _fixed(table, part))
        one, two, _ = pairs(some, vectors, wide)
        apart = separation(_objects_at(motion, one, epochs(rows)[two]), vectors[two])
        near_enough = apart <= radius
        found.append((one[near_enough], rows[two[near_enough]], apart[near_enough]))
    one, rows, apart = (np.concatenate(parts) for parts in zip(*found, strict=True)) if found else _NOTHING
    return Match.of(count, one, rows, apart, table.get(band, rows), tie)


_NOTHING = np.zeros(0, int), np.zeros(0, int), np.zeros(0)


def _objects_at(motion, chosen, epoch):
    """(k, 3) of chosen objects at an epoch [yr], one or (k,)."""
    ra, dec, pmra, pmdec, start = (motion[key][chosen] for key in ("ra", "dec", "pmra", "pmdec", "epoch"))
    return moved(ra, dec, pmra, pmdec, epoch - start)


def _at(table, part, epoch):
    """(k, 3) of rows of a table with motions, at `epoch`."""
    start = table.get("ref_epoch", part)
    start = np.where(np.isfinite(start), start, table.epoch)
    return moved(*(table.get(key, part) for key in ("ra", "dec", "pmra", "pmdec")), epoch - start)


def _fixed(table, part):
    return unit_vectors(table.get("ra", part), table.get("dec", part))


def covered(table, objects, radius):
    """How many of the objects (m, 3) have any source of a table within `radius` [arcsec], as its positions stand."""
    some = np.zeros(len(objects), bool)
    for first in range(0, table.rows, BLOCK):
        where = _fixed(table, slice(first, min(first + BLOCK, table.rows)))
        left = np.flatnonzero(~some)
        some[left[near(objects[left], where, radius)]] = True
    return int(some.sum())


def _near_rows(table, objects, radius, place):
    """Rows of a table within `radius` of any object, and their vectors; looked at in blocks. A row that stands again, as
    matches at archives give one row for each object nearby, counts once."""
    rows, vectors = [np.zeros(0, int)], [np.zeros((0, 3))]
    for first in range(0, table.rows, BLOCK):
        part = slice(first, min(first + BLOCK, table.rows))
        where = place(part)
        mine = near(where, objects, radius)
        rows.append(first + mine)
        vectors.append(where[mine])
    rows, vectors = np.concatenate(rows), np.concatenate(vectors)
    kept = _without_repeats(table, rows)
    return rows[kept], vectors[kept]


def _without_repeats(table, rows):
    """Numbers of the rows, without those of the same position and name as an earlier one."""
    names = table.get("source_id" if "source_id" in table.known else "designation", rows)
    labels = np.unique(names, return_inverse=True)[1].astype(float)
    sources = np.stack([table.get("ra", rows), table.get("dec", rows), labels], axis=1)
    return np.sort(np.unique(sources, axis=0, return_index=True)[1])
