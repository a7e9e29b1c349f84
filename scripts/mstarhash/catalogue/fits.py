"""A catalogue table as FITS: units, TNULL, TUCD, comments of columns, CHECKSUM, and no date."""

import textwrap

import numpy as np
from astropy.io import fits

CODES = {"i2": "I", "i4": "J", "i8": "K", "f4": "E", "f8": "D"}


def write(name, extname, table, comments):
    """Write [(Column, values)] as the first extension of the file `name`; comments: texts of COMMENT cards."""
    made = fits.BinTableHDU.from_columns([_column(column, values) for column, values in table], name=extname)
    for number, (column, _) in enumerate(table, 1):
        made.header.comments[f"TTYPE{number}"] = _short(column.description)
        after = next(f"{key}{number}" for key in ("TNULL", "TUNIT", "TFORM") if f"{key}{number}" in made.header)
        made.header.set(f"TUCD{number}", column.ucd, after=after)
        made.header.set(f"TCOMM{number}", column.description, after=f"TUCD{number}")
    for line in [line for text in comments for line in textwrap.wrap(text, 72)]:
        made.header.add_comment(line)
    first = fits.PrimaryHDU()
    for unit in (first, made):
        unit.add_datasum(when="data unit checksum")
        unit.add_checksum(when="HDU checksum", override_datasum=True)
    with open(name, "wb") as handle:  # into the file that is there, not another of its name
        fits.HDUList([first, made]).writeto(handle)


def _column(column, values):
    if column.dtype == "text":
        encoded = np.array([text.encode("ascii", "replace") for text in values.tolist()], dtype="S")
        width = max(1, encoded.dtype.itemsize)
        return fits.Column(column.name, f"{width}A", unit=column.unit or None, array=encoded.astype(f"S{width}"))
    array = values.filled(column.null) if column.null is not None else values
    unit = column.unit or None
    return fits.Column(column.name, CODES[column.dtype], unit=unit, null=column.null, array=array)


def _short(text):
    """What fits beside a TTYPE card."""
    return text if len(text) <= 45 else text[:42] + "..."
