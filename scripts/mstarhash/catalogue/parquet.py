"""A catalogue table as Parquet; unit, UCD and description stand in the metadata of each field."""

import numpy as np
import pyarrow
from pyarrow import parquet


def write(name, table, comments):
    """Write [(Column, values)]; nulls are nulls, also those of floats; texts are empty (astropy reads no null text)."""
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
    schema = pyarrow.schema(fields, metadata={"comments": "\n".join(comments)})
    with open(name, "wb") as out:
        parquet.write_table(pyarrow.Table.from_arrays(arrays, schema=schema), out)
