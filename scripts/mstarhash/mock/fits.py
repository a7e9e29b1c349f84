"""LAMOST's FITS layouts, written card by card: the image of DR5 (5 rows) and the one-row table of DR9.

Thousands of small files: a header is formatted here once per file in a few microseconds per card.
"""

import gzip
import io

import numpy as np

BLOCK = 2880


def card(key, value=None, comment=""):
    """One 80-byte card. Texts are quoted and padded to 8; None makes a COMMENT card."""
    if value is None:
        text = f"{key:<8s}{comment}"
    elif isinstance(value, bool):
        text = f"{key:<8s}= {'T' if value else 'F':>20s} / {comment}"
    elif isinstance(value, str):
        quoted = f"'{value:<8s}'"
        text = f"{key:<8s}= {quoted:<20s} / {comment}"
    elif isinstance(value, int | np.integer):
        text = f"{key:<8s}= {int(value):>20d} / {comment}"
    else:
        text = f"{key:<8s}= {number(float(value)):>20s} / {comment}"
    return f"{text:<80.80s}"


def number(value):
    """A float as FITS wants it: with a point, at most 20 characters."""
    text = repr(round(value, 8)).upper()
    return text if "." in text or "E" in text else text + "."


def header(cards):
    """Bytes of a header: cards, END, padded to a block."""
    text = "".join(cards) + f"{'END':<80s}"
    return text.ljust(-(-len(text) // BLOCK) * BLOCK).encode("ascii")


def padded(data):
    """Data padded with zeros to whole blocks."""
    return data + b"\0" * (-len(data) % BLOCK)


def image_file(rows, cards):
    """DR5 form. rows: (5, p) flux, ivar, wavelength, andmask, ormask."""
    rows = np.ascontiguousarray(rows, ">f4")
    first = [
        card("SIMPLE", True, "Primary Header"),
        card("BITPIX", -32),
        card("NAXIS", 2, "Number of array dimensions"),
        card("NAXIS1", rows.shape[1]),
        card("NAXIS2", rows.shape[0]),
        card("EXTEND", True),
    ]
    return header(first + cards) + padded(rows.tobytes())


def table_file(columns, cards):
    """DR9 form: an empty primary unit, then a table COADD of one row whose cells are vectors. columns: name -> (p,)."""
    first = [card("SIMPLE", True, "Primary Header"), card("BITPIX", 16), card("NAXIS", 0), card("EXTEND", True)]
    length = len(next(iter(columns.values())))
    unit = [
        card("XTENSION", "BINTABLE", "Binary table"),
        card("BITPIX", 8),
        card("NAXIS", 2),
        card("NAXIS1", 4 * length * len(columns), "Number of bytes per row"),
        card("NAXIS2", 1),
        card("PCOUNT", 0),
        card("GCOUNT", 1),
        card("TFIELDS", len(columns)),
        card("EXTNAME", "COADD"),
    ]
    for k, name in enumerate(columns, 1):
        unit += [card(f"TTYPE{k}", name), card(f"TFORM{k}", f"{length}E")]
    data = b"".join(np.asarray(values).astype(">f4").tobytes() for values in columns.values())
    return header(first + cards) + header(unit) + padded(data)


def squeezed(data):
    """gzip at level 1, without time and name, so that the same data give the same bytes."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, compresslevel=1, mtime=0) as handle:
        handle.write(data)
    return out.getvalue()
