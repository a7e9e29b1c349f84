"""What changed since an earlier release: rows of two tables of spectra, matched by identity."""

import csv
from collections import Counter

import numpy as np
from astropy.io import fits

from mstarhash.common.errors import InputError
from mstarhash.spectra.shards import stem

IDENTITY = ("lmjd", "planID", "spID", "fiberID", "obsid", "file")
KEY = ("lmjd", "planID", "spID", "fiberID")
NOT_COMPARED = {"object", "file"}  # a number that shifts with every new star; a path
SAME = 1e-5  # relative difference of two floats below which they are the same but for rounding


def read_earlier(path):
    """{name: values} of the table of spectra of an earlier release (FITS): texts, floats, masked integers."""
    try:
        with fits.open(path, memmap=False) as file:
            data, header = file[1].data, file[1].header
            nulls = {header[f"TTYPE{k}"]: header.get(f"TNULL{k}") for k in range(1, header["TFIELDS"] + 1)}
            table = {name: _plain(data[name], nulls[name]) for name in data.names}
    except (OSError, IndexError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"catalogue.earlier: {path}: not a FITS table of spectra: {error}") from None
    missing = [name for name in IDENTITY if name not in table]
    if missing:
        raise InputError(f"catalogue.earlier: {path}: no column {', '.join(missing)}")
    return table


def _plain(values, null):
    values = np.asarray(values)
    if values.dtype.kind in "US":
        return np.char.rstrip(values.astype("U"))
    values = values.astype(values.dtype.newbyteorder("="))
    return np.ma.masked_equal(values, null) if null is not None else values


def identities(table):
    """(n,) list of texts that name each spectrum: night, plate, spectrograph, fibre, name of the file without folders.

    Files of one name and identity are numbered in the order of the rows.
    """
    parts = [np.ma.filled(table[name].astype("O"), "").tolist() for name in KEY]
    names = [" ".join([*map(str, row), stem(file)]) for *row, file in zip(*parts, table["file"].tolist(), strict=True)]
    seen, out = Counter(), []
    for name in names:
        seen[name] += 1
        out.append(f"{name} {seen[name]}")
    return out


def compare(table, earlier):
    """({new, removed: row numbers; changed: [(row, columns)]}, {column: counts}, (columns added, columns dropped)).

    table, earlier: {name: values}. New and changed rows are numbers of `table`, removed ones of `earlier`.
    counts: rows changed, rows that became null and known, median absolute change of numbers known in both.
    """
    back = {name: row for row, name in enumerate(identities(earlier))}
    found = np.array([back.pop(name, -1) for name in identities(table)], dtype=int)
    mine = np.flatnonzero(found >= 0)
    both = [name for name in table if name in earlier and name not in NOT_COMPARED]
    changed, counts = [[] for _ in mine], {}
    for name in both:
        now, before = table[name][mine], earlier[name][found[mine]]
        null_now, null_before = _null(now), _null(before)
        differ = ~_same(now, before) & ~(null_now & null_before)
        for k in np.flatnonzero(differ):
            changed[k].append(name)
        if differ.any():
            sizes = _sizes(now, before)[differ & ~null_now & ~null_before]
            counts[name] = {
                "rows": int(differ.sum()),
                "lost": int((null_now & ~null_before).sum()),
                "found": int((~null_now & null_before).sum()),
                "median": float(np.median(sizes)) if len(sizes) else np.nan,
            }
    rows = {
        "new": np.flatnonzero(found < 0).tolist(),
        "changed": [(int(row), names) for row, names in zip(mine, changed, strict=True) if names],
        "removed": sorted(back.values()),
    }
    added = [name for name in table if name not in earlier]
    return rows, counts, (added, [name for name in earlier if name not in table])


def write(name, table, earlier, rows):
    """changes.csv: a row a spectrum that is new, changed or removed; `columns`: those that changed."""
    with open(name, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["change", *IDENTITY, "columns"])
        writer.writerows(["new", *_identity(table, row), ""] for row in rows["new"])
        writer.writerows(["changed", *_identity(table, row), " ".join(names)] for row, names in rows["changed"])
        writer.writerows(["removed", *_identity(earlier, row), ""] for row in rows["removed"])


def _identity(table, row):
    values = [table[name][row] for name in IDENTITY]
    return ["" if value is np.ma.masked else str(value) for value in values]


def _null(values):
    data = np.ma.getdata(values)
    if data.dtype.kind == "U":
        return data == ""
    return np.ma.getmaskarray(values) | (~np.isfinite(data) if data.dtype.kind == "f" else False)


def _same(now, before):
    now, before = np.ma.getdata(now), np.ma.getdata(before)
    if now.dtype.kind != before.dtype.kind:
        return now.astype("U") == before.astype("U")
    if now.dtype.kind != "f":
        return now == before
    with np.errstate(invalid="ignore"):
        return np.abs(now - before) <= SAME * np.maximum(np.abs(now), np.abs(before))


def _sizes(now, before):
    now, before = np.ma.getdata(now), np.ma.getdata(before)
    if now.dtype.kind not in "if" or before.dtype.kind not in "if":
        return np.full(len(now), np.nan)
    return np.abs(now.astype("f8") - before.astype("f8"))
