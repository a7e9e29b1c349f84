"""Catalogue tables as CDS publishes them: text of fixed width (.dat), and a ReadMe that describes it byte by byte.

Own writer: cdspyreadme 1.9.2 ends with a TypeError at masked 16-bit integers, takes formats from the data where the
schema has them, and holds the whole table as text. tests/unit/test_products.py reads the files with astropy's reader.
"""

import re
import textwrap

import numpy as np

BLOCK = 2_000  # rows that are text at a time
UNITS = {"Angstrom": "0.1nm", "km2 s-2": "km2/s2", "": "---"}  # as CDS writes them
DIGITS = 7  # of floats with an exponent
WIDTH = 80  # of the ReadMe
RULE = "-" * WIDTH


def layout(table):
    """[(column, first byte, last byte, Fortran format, Python format)] of [(Column, values)]; bytes count from 1."""
    out, first = [], 1
    for column, values in table:
        fortran, python, width = _form(column, values)
        out.append((column, first, first + width - 1, fortran, python))
        first += width + 1
    return out


def write_dat(name, table):
    """Write [(Column, values)] as rows of fixed width, nulls blank. Returns the layout."""
    places = layout(table)
    with open(name, "w", encoding="ascii", newline="\n") as out:
        for start in range(0, len(table[0][1]), BLOCK):
            part = slice(start, start + BLOCK)
            cells = [_cells(values[part], *place) for (_, values), place in zip(table, places, strict=True)]
            out.writelines(" ".join(row) + "\n" for row in zip(*cells, strict=True))
    return places


def write_readme(name, title, files, comments):
    """Write the ReadMe. files: [(file name, what it is, rows, table, layout)]."""
    lines = [title.center(WIDTH).rstrip(), "=" * WIDTH, "Description:"]
    for text in comments:
        lines += textwrap.wrap(text, WIDTH, initial_indent="    ", subsequent_indent="    ")
    lines += ["", "File Summary:", RULE, " FileName      Lrecl   Records  Explanations", RULE]
    lines.append(f" {'ReadMe':<12} {WIDTH:>6} {'.':>9}  This file")
    lines += [f" {file:<12} {places[-1][2]:>6} {rows:>9}  {text}" for file, text, rows, _, places in files]
    lines += [RULE, ""]
    for file, _, _, table, places in files:
        lines += [f"Byte-by-byte Description of file: {file}", RULE]
        lines += ["    Bytes Format Units   Label              Explanations", RULE]
        for (_, values), place in zip(table, places, strict=True):
            lines += _described(values, *place)
        lines += [RULE, ""]
    lines.append("=" * WIDTH)
    with open(name, "w", encoding="ascii", errors="replace", newline="\n") as out:
        out.write("\n".join(lines) + "\n")


def _form(column, values):
    """(Fortran format, Python format, width); a number is longest at one end of its range."""
    if column.dtype == "text":
        width = max([1, *map(len, values.tolist())])
        return f"A{width}", None, width
    known = _known(values)
    ends = [known.min(), known.max()] if len(known) else []
    if column.null is not None:
        width = max([1, *(len(str(end)) for end in ends)])
        return f"I{width}", f"{width}d", width
    if column.decimals is None:
        width = DIGITS + 7
        return f"E{width}.{DIGITS}", f"{width}.{DIGITS}e", width
    width = max([column.decimals + 2, *(len(f"{end:.{column.decimals}f}") for end in ends)])
    return f"F{width}.{column.decimals}", f"{width}.{column.decimals}f", width


def _known(values):
    """Values that are not null."""
    data = np.ma.getdata(values)
    return data[~np.ma.getmaskarray(values) & np.isfinite(data)]


def _cells(values, column, first, last, fortran, python):
    width = last - first + 1
    if column.dtype == "text":
        return [text.encode("ascii", "replace").decode().ljust(width) for text in values.tolist()]
    null = np.ma.getmaskarray(values) | ~np.isfinite(np.ma.getdata(values))
    blank = " " * width
    pairs = zip(np.ma.getdata(values).tolist(), null.tolist(), strict=True)
    return [blank if no else format(value, python) for value, no in pairs]


def _described(values, column, first, last, fortran, python):
    """The lines of one column. A line that goes on never begins with a number, so that it is not taken for a column."""
    text = f"? {column.description}"
    if column.dtype != "text" and column.decimals is not None and len(known := _known(values)):
        low, high = (format(end, python).strip() for end in (known.min(), known.max()))
        text = f"[{low}/{high}]{text}"
    head = f" {first:>4}-{last:>4} {fortran:<6} {UNITS.get(column.unit, column.unit):<7} {column.name:<18} "
    parts = textwrap.wrap(re.sub(r" (?=[\d(])", "\0", text), WIDTH - len(head), break_long_words=False)
    lines = [head + parts[0], *(" " * len(head) + part for part in parts[1:])]
    return [line.replace("\0", " ") for line in lines]
