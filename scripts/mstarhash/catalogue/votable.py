"""A catalogue table as VOTable 1.4."""

import io
from xml.sax.saxutils import escape

from astropy.io.votable import tree

from mstarhash.catalogue.text import text_rows

UNITS = {"Angstrom": "0.1nm", "km2 s-2": "km**2/s**2"}  # as VOUnits writes them
SYSTEMS = {"pos.eq": "ICRS", "pos.galactic.l": "galactic"}  # part of a UCD: coordinate system of the column
KINDS = {"i2": "short", "i4": "int", "i8": "long", "f4": "float", "f8": "double"}


def write(name, title, table, comments):
    """Write [(Column, values)]; nulls are empty cells."""
    before, after = _frame(title, [column for column, _ in table], comments)
    with open(name, "w", encoding="utf-8") as out:
        out.write(before)
        for row in text_rows(table):
            out.write("<TR><TD>" + escape("\0".join(row)).replace("\0", "</TD><TD>") + "</TD></TR>\n")
        out.write(after)


def _frame(title, columns, comments):
    """The document before and after the rows."""
    document = tree.VOTableFile(version="1.4")
    resource = tree.Resource()
    document.resources.append(resource)
    for system in SYSTEMS.values():
        resource.coordinate_systems.append(tree.CooSys(ID=system.lower(), system=system))
    made = tree.TableElement(document, name=title)
    made.description = " ".join(comments)
    resource.tables.append(made)
    for column in columns:
        kind = {"datatype": "char", "arraysize": "*"}
        kind = kind if column.dtype == "text" else {"datatype": KINDS[column.dtype]}
        if column.unit:
            kind["unit"] = UNITS.get(column.unit, column.unit)
        systems = [system.lower() for part, system in SYSTEMS.items() if part in column.ucd]
        kind |= {"ref": systems[0]} if systems else {}
        one = tree.Field(document, name=column.name, ucd=column.ucd, **kind)
        one.description = column.description
        if column.null is not None:
            one.values.null = column.null
        made.fields.append(one)
    made.create_arrays(1)
    made.array.mask = True
    handle = io.BytesIO()
    document.to_xml(handle)
    text = handle.getvalue().decode()
    before, _, after = text.partition("<TABLEDATA>")
    return before + "<TABLEDATA>\n", "</TABLEDATA>" + after.partition("</TABLEDATA>")[2]
