"""A catalogue table as Parquet; unit, UCD and description stand in the metadata of each field."""

import numpy as np
import pyarrow
from pyarrow import parquet


def write(name, table, comments):
    """Write [(Column, values)]; nulls are nulls, also those of texts and floats."""
    fields, arrays = [], []
    for column, values in table:
        data = np.ma.getdata(values)
        null = data == "" if column.dtype == "text" else np.ma.getmaskarray(values) | ~np.isfinite(data)
        array = pyarrow.array(data.tolist() if column.dtype == "text" else data, mask=null)
        kind = pyarrow.string() if column.dtype == "text" else array.type
        about = {"unit": column.unit, "ucd": column.ucd, "description": column.description}
        fields.append(pyarrow.field(column.name, kind, metadata=about))
        arrays.append(array.cast(kind))
    schema = pyarrow.schema(fields, metadata={"comments": "\n".join(comments)})
    with open(name, "wb") as out:
        parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), out)
