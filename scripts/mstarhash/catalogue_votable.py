"""A catalogue table as VOTable 1.4."""

import numpy as np
from astropy.io.votable import tree

UNITS = {"Angstrom": "0.1nm", "km2 s-2": "km**2/s**2"}  # as VOUnits writes them


def write(name, title, table, comments):
    """Write [(Column, values)]; nulls are masked, floats NaN."""
    document = tree.VOTableFile(version="1.4")
    resource = tree.Resource()
    document.resources.append(resource)
    made = tree.TableElement(document, name=title)
    made.description = " ".join(comments)
    resource.tables.append(made)
    kinds = {"i2": "short", "i4": "int", "i8": "long", "f4": "float", "f8": "double"}
    for column, _ in table:
        kind = {"datatype": "char", "arraysize": "*"} if column.dtype == "text" else {"datatype": kinds[column.dtype]}
        if column.unit:
            kind["unit"] = UNITS.get(column.unit, column.unit)
        one = tree.Field(document, name=column.name, ucd=column.ucd, **kind)
        one.description = column.description
        if column.null is not None:
            one.values.null = column.null
        made.fields.append(one)
    made.create_arrays(len(table[0][1]))
    for (column, values), field in zip(table, made.fields, strict=True):
        made.array[field.ID] = np.ma.getdata(values) if column.dtype != "text" else values.astype(object)
        made.array.mask[field.ID] = np.ma.getmaskarray(values)
    with open(name, "wb") as handle:
        document.to_xml(handle)
