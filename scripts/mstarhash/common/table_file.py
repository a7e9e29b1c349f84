"""Tables that other people write, in any of the usual forms: names, units and columns as they are, nothing chosen.

FITS (binary and ASCII tables), VOTable, Parquet (plain, of astropy, VOParquet), and the forms of text in `table_text`;
all but Parquet may be compressed by gzip. What a file is follows from its first bytes, not from its name.
"""

import gzip
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.common.table_base import TableFile, damaged, true_of
from mstarhash.common.table_text import Refused, text_table, unit_of

START = 1 << 20  # bytes looked at for the kind of a file; ECSV begins with many comments
OTHERS = (  # first bytes of what is no table that is read here
    (b"\x89HDF", "an HDF5 file"),
    (b"PK\x03\x04", "an Excel, NumPy or zip file"),
    (b"\xd0\xcf\x11\xe0", "an Excel file"),
    (b"ARROW1", "an Arrow (Feather) file"),
    (b"FEA1", "a Feather file"),
    (b"\x93NUMPY", "a NumPy file"),
    (b"SQLite format 3", "an SQLite file"),
    (b"#ASDF", "an ASDF file"),
    (b"%PDF", "a PDF"),
    (b"{", "a JSON file"),
    (b"[", "a JSON file"),
)
PACKED = ((b"BZh", "bzip2"), (b"\xfd7zXZ", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"\x1f\x9d", "compress"))


def open_table(path, key):
    """The `TableFile` of a file; it is closed at the end of a `with`.

    key: the config key that names the file, for messages. Raises InputError, in one line, where it is no table.
    """
    path = str(path)
    if not Path(path).is_file():
        raise InputError(f"{key}: {path}: {'a folder' if Path(path).is_dir() else 'no such file'}")
    kind = "file"
    try:
        with open(path, "rb") as source:
            start = source.read(START)
        packed = start[:2] == b"\x1f\x8b"
        if packed:
            kind = "file compressed by gzip"
            with gzip.open(path) as source:
                start = source.read(START)
        reader = _reader(start, packed)
        kind = reader.kind
        return reader(path, key, start, packed)
    except Refused as refusal:
        raise InputError(f"{key}: {path}: {refusal}") from None
    except (InputError, MemoryError):
        raise
    except Exception:
        raise damaged(path, key, kind) from None


def _reader(start, packed):
    """The class that reads a file, by its first bytes (unpacked)."""
    head = start[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, what in PACKED:
        if start.startswith(magic):
            raise Refused(f"is compressed by {what}; unpack it first")
    if start[:4] == b"PAR1":
        if packed:
            raise Refused("is a Parquet file compressed by gzip; unpack it first")
        return Parquet
    if start[:6] == b"SIMPLE":
        return Fits
    if b"<VOTABLE" in start[:START].upper():
        return Votable
    if head[:15].lower().startswith((b"<!doctype html", b"<html")):
        raise Refused("is a web page, perhaps an archive's message; download the table again as VOTable or FITS")
    if head.startswith(b"<"):
        raise Refused("is XML without a VOTable; download the table again as VOTable or FITS")
    if head.startswith(b"version https://git-lfs"):
        raise Refused("is a pointer of Git LFS, not the table itself; fetch it by `git lfs pull`")
    for magic, what in OTHERS:
        if start.startswith(magic):
            raise Refused(f"is {what}; write the table as FITS, VOTable, CSV or Parquet")
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Refused("is text of two bytes a letter (UTF-16); write it as UTF-8")
    if b"\0" in start[:4096]:
        raise Refused("is none of FITS, VOTable, Parquet and text")
    return Text


class Fits(TableFile):
    """The first table of a FITS file; columns of binary tables are read when asked for."""

    kind = "FITS file"

    def __init__(self, path, key, start, packed):
        from astropy.io import fits
        from astropy.utils.exceptions import AstropyUserWarning

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", "File may have been truncated", AstropyUserWarning)
            self.file = fits.open(path, memmap=not packed)
            try:
                tables = [
                    hdu for hdu in self.file if type(hdu) in (fits.BinTableHDU, fits.TableHDU) and hdu.columns.names
                ]
                if not tables:
                    raise Refused("holds no table, images alone; name the FITS file of the table")
                self.table = tables[0]
                self.data = self.table.data
            except BaseException:
                self.file.close()
                raise
        self.ascii = isinstance(self.table, fits.TableHDU)
        super().__init__(path, key, self.table.columns.names, int(self.table.header["NAXIS2"]))
        if len(tables) > 1:
            self.notes.append(f"the first of {len(tables)} tables in the file")

    def close(self):
        self.table = self.data = None
        self.file.close()

    def unit(self, name):
        return unit_of(self.table.columns[name].unit)

    def raw(self, name, rows):
        column = self.table.columns[name]
        if self.ascii:  # as text: astropy gives 0 for TNULL and for blanks in whole numbers
            values = np.recarray.field(self.data, self.names.index(name))[rows]
            values = np.char.strip(np.char.decode(values, "ascii", "replace"))
            if column.format.startswith(("D", "E", "F")):
                values = np.char.replace(np.char.upper(values), "D", "E")
            null = str(column.null or "").strip()
            return np.ma.array(values, mask=(values == null.upper()) | (values == null))
        values = np.asarray(self.data[name][rows])
        values = values.astype(values.dtype.newbyteorder("="))
        masked = values == column.null if column.null not in (None, "") and values.dtype.kind in "iu" else False
        return np.ma.array(values, mask=masked)


class Votable(TableFile):
    """The first table of a VOTable."""

    kind = "VOTable"

    def __init__(self, path, key, start, packed):
        from astropy.io.votable import parse

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = parse(path, verify="ignore")
            tables = [table for table in file.iter_tables() if len(table.fields)]
            status = [info for resource in file.resources for info in resource.infos if info.name == "QUERY_STATUS"]
            words = {str(info.value).upper() for info in status}
            if "ERROR" in words:
                said = next((" ".join((info.content or "").split()) for info in status if info.content), "")
                raise Refused(f"is an archive's message of an error, not a table{': ' if said else ''}{said[:200]}")
            if not tables:
                raise Refused("is a VOTable without a table; download it again")
            first = next((table for table in tables if len(table.array)), tables[0])
            self.table = first.to_table(use_names_over_ids=True)
        super().__init__(path, key, self.table.colnames, len(self.table))
        self.doubled = {name for name, count in Counter(field.name for field in first.fields).items() if count > 1}
        if len(tables) > 1:
            self.notes.append(f"the first of {len(tables)} tables in the file")
        if "OVERFLOW" in words:
            self.notes.append(
                "the archive says that it was cut off at its limit of rows (OVERFLOW): sources are missing"
            )

    def unit(self, name):
        return unit_of(self.table[name].unit)

    def raw(self, name, rows):
        return np.ma.asarray(self.table[name])[rows]


class Parquet(TableFile):
    """A Parquet file; columns are read when asked for."""

    kind = "Parquet file"

    def __init__(self, path, key, start, packed):
        from pyarrow import parquet

        self.file = parquet.ParquetFile(path)
        schema = self.file.schema_arrow
        super().__init__(path, key, schema.names, self.file.metadata.num_rows)
        self.units = {
            field.name: field.metadata[b"unit"].decode() for field in schema if b"unit" in (field.metadata or {})
        }
        self.units |= _units_of_metadata(schema.metadata or {})

    def close(self):
        self.file.close()

    def unit(self, name):
        return unit_of(self.units.get(name))

    def raw(self, name, rows):
        return _of_arrow(self.file.read(columns=[name]).column(0))[rows]


def _units_of_metadata(metadata):
    """{column: unit} of what astropy writes into Parquet, or of the VOTable header of VOParquet."""
    units = {}
    if b"table_meta_yaml" in metadata:
        from astropy.table.meta import get_header_from_yaml

        header = get_header_from_yaml(metadata[b"table_meta_yaml"].decode().splitlines())
        units |= {column["name"]: str(column.get("unit") or "") for column in header["datatype"]}
    if b"IVOA.VOTable-Parquet.content" in metadata:
        from xml.etree import ElementTree

        for node in ElementTree.fromstring(metadata[b"IVOA.VOTable-Parquet.content"]).iter():
            if node.tag.endswith("FIELD") and node.get("unit"):
                units[node.get("name")] = node.get("unit")
    return units


def _of_arrow(column):
    """(n,) masked array of an Arrow column; whole numbers with nulls stay whole."""
    import pyarrow
    from pyarrow import types

    column = pyarrow.concat_arrays(column.chunks) if column.num_chunks else pyarrow.array([], column.type)
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    mask = column.is_null().to_numpy(zero_copy_only=False)
    if types.is_null(column.type):
        return np.ma.array(np.full(len(column), np.nan), mask=mask)
    if types.is_decimal(column.type):
        column = column.cast(pyarrow.string())
    if types.is_nested(column.type):
        raise Refused("holds arrays, numbers or texts are wanted")
    if types.is_integer(column.type) or types.is_boolean(column.type):
        column = column.fill_null(False if types.is_boolean(column.type) else 0)
    return np.ma.array(column.to_numpy(zero_copy_only=False), mask=mask)


class Text(TableFile):
    """A table as text, of any form that `table_text` knows."""

    kind = "table of text"

    def __init__(self, path, key, start, packed):
        self.source = text_table(path, start, packed)
        super().__init__(path, key, self.source.names, None)
        self.kind, self.doubled = self.source.kind, self.source.doubled

    @property
    def rows(self):
        """Number of rows; the file is gone through for it where no column has been loaded."""
        if self.source.rows is None:
            self.load(self.names[:1])
        return self.source.rows

    @rows.setter
    def rows(self, _):
        """Known by the columns alone."""

    def load(self, names):
        try:
            self.source.load([name for name in dict.fromkeys(names) if name in self.names])
        except Refused as refusal:
            raise InputError(f"{self.key}: {self.path}: {refusal}") from None
        except (OSError, MemoryError):
            raise
        except Exception:
            raise damaged(self.path, self.key, self.kind) from None

    def unit(self, name):
        return unit_of(self.source.units.get(name))

    def column(self, name, rows=slice(None)):
        mask = f"{name}.mask"
        self.load([name, mask])
        values = self.source.numbers(name)[rows]
        return np.ma.array(values, mask=values.mask | true_of(self.raw(mask, rows))) if mask in self.names else values

    def raw(self, name, rows):
        self.load([name])
        return self.source.texts(name, rows)
