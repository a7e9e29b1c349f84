"""A catalogue table as CSV, and the paper's text table of the new stars."""

import csv

import numpy as np
import pyarrow

BLOCK = 2_000  # rows that are text at a time
NOTHING = "-9999"
# decimals of m_etable.txt, as in the paper's Table 2
DECIMALS = {
    **dict.fromkeys(("ra", "dec", "l", "b"), 6),
    **dict.fromkeys(("parallax", "parallax_error"), 4),
    **dict.fromkeys(("zetaerr", "pmra", "pmra_error", "pmdec", "pmdec_error"), 3),
}
ERRORS, OTHERS = 3, 2  # of the names in Err, of those not named here


def texts(column, values):
    """(n,) list of texts that read back as the same values, as short as may be; null is empty."""
    if column.dtype == "text":
        return values.tolist()
    null = np.ma.getmaskarray(values) | ~np.isfinite(np.ma.getdata(values))
    return pyarrow.array(np.ma.getdata(values), mask=null).cast(pyarrow.string()).fill_null("").to_pylist()


def _csv_texts(column, values):
    """The same for CSV: of digits with blanks between pandas, R and spreadsheets make floats, so a prefix tells a text."""
    found = texts(column, values)
    return [text and column.csv_prefix + text for text in found] if column.csv_prefix else found


def text_rows(table, texts=texts):
    """The rows of [(Column, values)] as tuples of texts, a block at a time."""
    for first in range(0, len(table[0][1]), BLOCK):
        part = slice(first, first + BLOCK)
        yield from zip(*(texts(column, values[part]) for column, values in table), strict=True)


def write_csv(name, table):
    """Write [(Column, values)] with a line of names."""
    with open(name, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.name for column, _ in table])
        writer.writerows(text_rows(table, _csv_texts))


def write_etable(name, table, order, other):
    """The columns `order` of [(Column, values)] as text with blanks between, -9999 for nulls.

    other: {name: (n,) values} that stand here instead of the table's.
    """
    columns = {column.name: (column, values) for column, values in table}
    cells = []
    for name_of in order:
        column, values = columns[name_of]
        cells.append([name_of, *_cells(column, other.get(name_of, values))])
    widths = [max(map(len, one)) for one in cells]
    with open(name, "w", encoding="utf-8") as out:
        for row in zip(*cells, strict=True):
            out.write(" ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() + "\n")


def _cells(column, values):
    if column.dtype == "text":
        found = ["_".join(text.split()) for text in values.tolist()]
        found = [text.partition("T")[0] for text in found] if column.name == "obsDate" else found
        return [text or NOTHING for text in found]
    if column.null is not None:
        return [text or NOTHING for text in texts(column, values)]
    digits = DECIMALS.get(column.name, ERRORS if column.name.endswith("Err") else OTHERS)
    return [NOTHING if not np.isfinite(v) else f"{v:.{digits}f}" for v in np.asarray(values).tolist()]
