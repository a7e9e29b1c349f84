"""A catalogue table as VOParquet 1.0 (IVOA Note, 2025): Parquet with the header of a VOTable in its metadata.

Unit and description stand there once more as astropy's own reader of Parquet wants them, and for each field.
"""

import numpy as np
import pyarrow
from astropy.table import Table, meta
from pyarrow import parquet

from mstarhash.catalogue import votable
from mstarhash.catalogue.columns import with_texts


def write(name, title, table, comments):
    """Write [(Column, values)]; nulls are nulls, also those of floats; texts are empty (astropy reads no null text).

    Identifiers are texts: astropy and pandas make floats of integers with nulls.
    """
    table = with_texts(table)
    columns = [column for column, _ in table]
    fields, arrays = [], []
    for column, values in table:
        data = np.ma.getdata(values)
        if column.dtype == "text":
            array = pyarrow.array(data.tolist(), pyarrow.string())
        else:
            array = pyarrow.array(data, mask=np.ma.getmaskarray(values) | ~np.isfinite(data))
        about = {"unit": column.unit, "ucd": column.ucd, "description": column.description}
        fields.append(pyarrow.field(column.name, array.type, metadata=about))
        arrays.append(array)
    widths = {c.name: max(2, v.dtype.itemsize // 4) for c, v in table if c.dtype == "text"}
    about = {
        "IVOA.VOTable-Parquet.version": "1.0",
        "IVOA.VOTable-Parquet.content": votable.header(title, columns, comments, widths),
        "comments": "\n".join(comments),
        **_for_astropy(table, widths),
    }
    schema = pyarrow.schema(fields, metadata=about)
    with open(name, "wb") as out:
        parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), out)


def _for_astropy(table, widths):
    """What Table.read(format="parquet") looks for: unit and description of columns, lengths of texts."""
    empty = Table()
    for column, values in table:
        empty[column.name] = np.zeros(0, values.dtype)
        empty[column.name].unit = column.unit or None
        empty[column.name].description = column.description
        empty[column.name].meta = {"ucd": column.ucd}
    lengths = {f"table::len::{name}": str(width) for name, width in widths.items()}
    return {"table_meta_yaml": "\n".join(meta.get_yaml_from_table(empty)), **lengths}
