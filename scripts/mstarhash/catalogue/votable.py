"""A catalogue table as VOTable 1.4."""

import io
import re
from xml.sax.saxutils import escape

from astropy.io.votable import tree

from mstarhash.catalogue.text import text_rows

UNITS = {"Angstrom": "0.1nm", "km2 s-2": "km**2/s**2"}  # as VOUnits writes them
SYSTEMS = {"pos.eq": "ICRS", "pos.galactic.l": "galactic"}  # part of a UCD: coordinate system of the column
KINDS = {"i2": "short", "i4": "int", "i8": "long", "f4": "float", "f8": "double"}
DESCRIPTION = re.compile(r"(?<=<DESCRIPTION>)[^<]*(?=</DESCRIPTION>)")  # astropy breaks it into lines


def write(name, title, table, comments):
    """Write [(Column, values)]; nulls are empty cells."""
    before, _, after = _document(title, [column for column, _ in table], comments).partition("<TABLEDATA>")
    with open(name, "w", encoding="utf-8") as out:
        out.write(before + "<TABLEDATA>\n")
        for row in text_rows(table):
            out.write("<TR><TD>" + escape("\0".join(row)).replace("\0", "</TD><TD>") + "</TD></TR>\n")
        out.write(after[after.index("</TABLEDATA>") :])


def header(title, columns, comments, widths):
    """A VOTable document without data, as VOParquet has it: nulls are Parquet's own, and no integer stands for them.

    widths: {name: characters of the longest} of the text columns, at least 2; astropy 8.0.2 reads no VOParquet that
    has "*" there.
    """
    text = _document(title, columns, comments, widths)
    before, _, after = text.partition("<DATA>")
    return before.rstrip() + after.partition("</DATA>")[2]


def _document(title, columns, comments, widths=None):
    """A document of one row. widths: as in `header`, which leaves out the integers that stand for nothing."""
    document = tree.VOTableFile(version="1.4")
    resource = tree.Resource()
    document.resources.append(resource)
    for system in SYSTEMS.values():
        resource.coordinate_systems.append(tree.CooSys(ID=system.lower(), system=system))
    made = tree.TableElement(document, name=title)
    made.description = " ".join(comments)
    resource.tables.append(made)
    for column in columns:
        if column.dtype == "text":
            size = {"datatype": "char", "arraysize": "*"}
            kind = size if widths is None else {"datatype": "unicodeChar", "arraysize": str(widths[column.name])}
        else:
            kind = {"datatype": KINDS[column.dtype]}
        if column.unit:
            kind["unit"] = UNITS.get(column.unit, column.unit)
        systems = [system.lower() for part, system in SYSTEMS.items() if part in column.ucd]
        kind |= {"ref": systems[0]} if systems else {}
        one = tree.Field(document, name=column.name, ucd=column.ucd, **kind)
        one.description = column.description
        if widths is None and column.null is not None:
            one.values.null = column.null
        made.fields.append(one)
    made.create_arrays(1)
    made.array.mask = True
    handle = io.BytesIO()
    document.to_xml(handle)
    return DESCRIPTION.sub(lambda found: " ".join(found[0].split()), handle.getvalue().decode())
