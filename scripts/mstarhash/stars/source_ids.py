"""Gaia's source_id, exactly: 19 digits, more than the 15 to 17 of floating-point numbers."""

import re

import numpy as np

FIRST = ("source_id", "source", "gaia_source_id", "dr4name", "dr3name")
LIKE = re.compile(r"(gaia)?(source)?(id)?(e?dr[1-4])?(gaia)?(source)?(id|name|designation)?")
PREFIX = re.compile(r"(?:gaia[\s_]*)?(?:e?(dr[1-4])[\s_]*)?(\d{1,19})", re.IGNORECASE)
LARGE = 2**61  # from here on doubles stand 512 and more apart, Gaia's ids 128
FEW = 10  # ids of that size of which not all are multiples of 512 by chance
SMALLEST = 2**32  # that of Gaia DR3 is 4,295,806,720
DOUBLES = 2**53  # whole numbers below are exact in doubles
WHAT_TO_DO = "write the column as 64-bit integers or as text from the archive's own table"


def names_of(names):
    """Those of a table's columns that may hold Gaia's source_id, the likeliest first."""
    lower = {}
    for name in names:
        lower.setdefault(name.lower(), name)
    first = [lower[name] for name in FIRST if name in lower]
    others = []
    for key, name in lower.items():
        short = re.sub(r"[_\s]", "", key)
        if name not in first and LIKE.fullmatch(short) and re.search(r"sourceid|gaia|dr[1-4]", short):
            others.append(name)
    others.sort(key=lambda name: str(release_of_name(name) or ""), reverse=True)
    return first + others + [lower[name] for name in ("designation",) if name in lower]


def release_of_name(name):
    """DR1 ... DR4 where the name of a column tells it, else None."""
    found = re.search(r"dr([1-4])", name.lower())
    return f"DR{found[1]}" if found else None


class Damaged(ValueError):
    """Why a column is no source_id, for the log or for the user."""


def release_of_designation(table):
    """DR1 ... DR4 where a `TableFile` has a column designation with "Gaia DR3 ...", else None."""
    name = next((name for name in table.names if name.lower() == "designation"), None)
    texts = table.text(name, slice(1000)) if name else []
    found = next((match for match in map(PREFIX.fullmatch, texts) if match), None)
    return found[1].upper() if found and found[1] else None


def exact_ids(table, name):
    """((n,) int64, release) of a column of a `TableFile`: 0 where there is none; release: DR1 ... DR4 or None, as the
    ids themselves tell it. Raises Damaged where any id is not to be had exactly."""
    values, release = table.column(name), None
    mask, data = np.ma.getmaskarray(values), np.ma.getdata(values)
    if data.dtype.kind == "b":
        raise Damaged("holds no numbers")
    if data.dtype.kind == "U":
        found = [PREFIX.fullmatch(text) if not null else None for text, null in zip(data.tolist(), mask, strict=True)]
        wrong = next((k for k, match in enumerate(found) if match is None and not mask[k]), None)
        if wrong is not None:
            raise Damaged(f"holds '{data[wrong]}' (row {wrong + 1}), which is no source_id")
        digits = [int(match[2]) if match else 0 for match in found]
        release = next((match[1].upper() for match in found if match and match[1]), None)
        if max(digits, default=0) >= 2**63:
            raise Damaged(f"holds {max(digits)}, which is beyond 64-bit integers")
        data = np.array(digits, dtype=np.int64)
    elif data.dtype.kind == "f":
        there = ~mask & np.isfinite(data) & (data > 0)
        if not there.any():
            return np.zeros(len(data), np.int64), None
        if (data[there] >= DOUBLES).any() or (data[there] % 1 != 0).any() or _with_exponent(table, name, there):
            text = table.text(name, np.flatnonzero(there)[:1])[0]
            raise Damaged(
                f"holds numbers of floating point ({text}): these have 15 to 17 digits, a source_id has 19, so the last "
                f"ones are lost; {WHAT_TO_DO}"
            )
        data = np.where(there, data, 0).astype(np.int64)
    elif data.dtype.kind == "u" and (data[~mask] >= 2**63).any():
        raise Damaged("holds numbers beyond 64-bit integers")
    ids = np.where(mask | (data <= 0), 0, data).astype(np.int64)
    large = np.unique(ids[ids >= LARGE])
    if len(large) >= FEW and not (large % 512).any():
        raise Damaged(
            f"holds ids that were rounded to floating point before ({large[0]} ...: all are multiples of 512); {WHAT_TO_DO}"
        )
    return ids, release


def _with_exponent(table, name, there):
    """Whether any of the numbers is written like 4.03E+15 in a file of text."""
    return any("e" in text.lower() for text in table.text(name, np.flatnonzero(there)).tolist())


def as_texts(ids):
    """(n,) U of ids; '' for 0."""
    return np.where(ids == 0, "", ids.astype("U19"))
