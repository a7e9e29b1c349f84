"""Tables as text: CSV, TSV, by ; or |, by blanks, ECSV, as VizieR and IRSA send them, AAS machine-readable.

pyarrow reads what is separated by signs, astropy what has columns of fixed width. Columns stay texts until they are asked for as numbers, so
that a column that is not used never stops a table.
"""

import csv
import re

import numpy as np

NULLS = ["", "null", "nan", "none", "na", "n/a", "<na>", "--", "-", "\\n", "..."]  # in any case: nothing is there
BLANKS = " "  # the separator of a table by blanks, however many
DASHES = re.compile(r"[-\s;,|+]*---[-\s;,|+]*")  # a line under the names, or under their units
START = 1 << 20  # bytes of such a table that are looked at together


class Refused(Exception):
    """Why a file or a column is not read and what to do; the name of the file is put before it."""


def unit_of(given):
    """A unit as text; '' where none is meant."""
    text = "" if given is None else str(given).strip()
    return "" if text.strip("- ") == "" else text


def typed(texts):
    """(n,) masked array of U as int64, else as float64, else as it is: numbers where each text is one."""
    import pyarrow

    column = pyarrow.array(np.ma.getdata(texts).tolist(), pyarrow.string(), mask=np.ma.getmaskarray(texts))
    return _numbers(column, texts)


def _numbers(column, texts=None):
    """The same of an Arrow array of texts without blanks around; null is missing. texts: what to give for no numbers."""
    import pyarrow

    mask = column.is_null().to_numpy(zero_copy_only=False)
    if mask.all():
        return np.ma.array(np.full(len(mask), np.nan), mask=mask)
    for kind in (pyarrow.int64(), pyarrow.float64()):
        try:
            values = column.cast(kind).fill_null(0).to_numpy(zero_copy_only=False)
        except pyarrow.ArrowInvalid:
            continue
        return np.ma.array(values, mask=mask | np.isnan(values) if values.dtype.kind == "f" else mask)
    return _texts(column) if texts is None else texts


def _texts(column):
    """(n,) masked array of U of an Arrow array of texts."""
    mask = column.is_null().to_numpy(zero_copy_only=False)
    values = np.array(column.fill_null("").to_pylist(), dtype="U") if len(column) else np.zeros(0, "U1")
    return np.ma.array(values, mask=mask)


def _trimmed(column):
    """An Arrow array of texts without blanks around, null for what stands for nothing."""
    import pyarrow
    import pyarrow.compute as pc

    column = pyarrow.concat_arrays(column.chunks) if isinstance(column, pyarrow.ChunkedArray) else column
    column = pc.utf8_trim_whitespace(column)
    nothing = pc.is_in(pc.utf8_lower(column), value_set=pyarrow.array(NULLS))
    return pc.if_else(nothing, pyarrow.scalar(None, pyarrow.string()), column)


class TextTable:
    """Columns of a text file: `names`, `units` {name: unit}, `doubled` names, `kind`; `rows` is known after `load`."""

    def __init__(self, kind, names, units, doubled=(), read=None):
        """read: function of names that gives {name: Arrow or numpy array of texts}."""
        self.kind, self.names, self.units, self.doubled, self.read = kind, names, units, set(doubled), read
        self.rows, self.columns, self.known = None, {}, {}

    def load(self, names):
        """Read columns that are not there yet, all in one pass."""
        names = [name for name in names if name not in self.columns and name not in self.known]
        if names:
            self._read(names)

    def _read(self, names):
        import pyarrow

        texts = self.read(names)
        for name in names:
            column = texts.pop(name)  # its memory is free when it is trimmed
            self.columns[name] = _trimmed(pyarrow.array(column) if isinstance(column, np.ndarray) else column)
            self.rows = len(self.columns[name])

    def texts(self, name, rows):
        """(k,) masked array of U."""
        if name not in self.columns:
            self._read([name])
        return _texts(self.columns[name][rows] if isinstance(rows, slice) else self.columns[name].take(rows))

    def numbers(self, name):
        """(n,) masked array: int64, float64 or U, one kind for the whole column."""
        if name not in self.known:
            self.known[name] = _numbers(self.columns[name])
            if self.known[name].dtype.kind != "U":
                del self.columns[name]  # read anew where its texts are asked for
        return self.known[name]


def text_table(path, start, packed):
    """The `TextTable` of a file by its first bytes, unpacked; packed: it is compressed by gzip."""
    try:
        text, encoding = start.decode("utf-8-sig"), "utf8"
    except UnicodeDecodeError as error:
        if error.end < len(start) - 4:
            text, encoding = start.decode("latin-1"), "latin1"
        else:  # the last letter is cut
            text, encoding = start[: error.start].decode("utf-8-sig"), "utf8"
    lines = re.split(r"\r\n|\n|\r", text)
    if not text.strip():
        raise Refused("an empty file; a header line with the names of the columns is needed")
    first = next((number for number, line in enumerate(lines) if line.strip() and line[0] not in "#\\"), len(lines))
    if all(line.startswith("|") for line in lines[first : first + 2]) and first + 1 < len(lines):
        return _by_astropy(path, "ascii.ipac", "IRSA (IPAC) table")
    if any(line.startswith("Byte-by-byte Description") for line in lines[:2000]):
        return _by_astropy(path, "ascii.mrt", "AAS machine-readable table")
    head = _Head(lines, first)
    return _separated(path, head, packed, encoding)


class _Head:
    """What stands above the rows: `names`, `units`, `separator`, `kind`, `skip`: lines of the file before the first row,
    `empty`: there is no row."""

    def __init__(self, lines, first):
        self.kind, self.units = "table of text", {}
        comments = [number for number in range(min(first, len(lines))) if lines[number][:1] == "#"]
        ecsv = bool(comments) and lines[comments[0]].startswith("# %ECSV")
        vizier = any(lines[number].startswith(("#RESOURCE", "#Table", "#Name: ", "#INFO")) for number in comments)
        if first == len(lines):
            if vizier or not comments:
                raise Refused("holds comments and no row; the archive found nothing, or the table is elsewhere")
            first = comments[-1]
        elif comments and not (ecsv or vizier) and self._named_by(lines[comments[-1]], lines[first]):
            first = comments[-1]
        line = lines[first]
        self.separator = self._sign(line.lstrip("# "))
        self.names = self._cells(line.lstrip("#").strip(" ") if line[0] == "#" else line)
        self.skip = first + 1
        self.empty = not any(line.strip() for line in lines[first + 1 :])
        self._refuse_numbers()
        if ecsv:
            from astropy.table.meta import get_header_from_yaml

            self.kind = "ECSV table"
            header = get_header_from_yaml([lines[number][2:] for number in comments[1:]])
            self.units = {column["name"]: str(column.get("unit") or "") for column in header["datatype"]}
            self.separator = header.get("delimiter", " ")
            self.names = next(csv.reader([line], delimiter=self.separator))
            return
        if len(lines) > first + 2 and DASHES.fullmatch(lines[first + 2]):
            self.units = dict(zip(self.names, self._cells(lines[first + 1]), strict=False))
            self.skip = first + 3
        elif len(lines) > first + 1 and DASHES.fullmatch(lines[first + 1]):
            self.skip = first + 2
        self.kind = "VizieR table" if vizier else self.kind
        self.empty = not any(line.strip() for line in lines[self.skip :])

    def _named_by(self, comment, row):
        """Whether a comment just above the rows holds their names."""
        sign = self._sign(row)
        names = self._split(comment.lstrip("# "), sign)
        cells = self._split(row, sign)
        return len(names) == len(cells) > 1 and any(map(_number, cells)) and not any(map(_number, names))

    def _sign(self, line):
        count = {sign: line.count(sign) for sign in ",|;\t"}
        best = max(count, key=count.get)
        return best if count[best] else BLANKS

    def _split(self, line, sign):
        if sign == BLANKS:
            return line.split()
        return [cell.strip() for cell in next(csv.reader([line], delimiter=sign), [])]

    def _cells(self, line):
        return self._split(line, self.separator)

    def _refuse_numbers(self):
        if all(map(_number, self.names)):
            raise Refused("has numbers in its first line; a header line with the names of the columns is needed")


def _number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def _separated(path, head, packed, encoding):
    """A table by one sign, by pyarrow."""
    import pyarrow
    from pyarrow import csv as arrow_csv

    names, doubled = _unique(head.names)
    quoted = head.separator != "|"
    blanks = head.separator == BLANKS
    wrong = []  # what pyarrow's handler raised would be lost

    def odd_row(row):
        if row.text.startswith("#") and not row.text.startswith(("#Table", "#RESOURCE", "#Column")):
            return "skip"
        wrong.append(_odd(row, head))
        return "error"

    def read(wanted):
        if head.empty:
            return {name: pyarrow.array([], pyarrow.string()) for name in wanted}
        try:
            return parsed(wanted)
        except pyarrow.ArrowInvalid:
            if not wrong:
                raise
            raise Refused(wrong[0]) from None

    def parsed(wanted):
        with pyarrow.input_stream(path, compression="gzip" if packed else None) as source:
            table = arrow_csv.read_csv(
                pyarrow.PythonFile(_Tabbed(source), mode="r") if blanks else source,
                read_options=arrow_csv.ReadOptions(
                    skip_rows=head.skip, column_names=names, use_threads=False, encoding=encoding
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter="\t" if blanks else head.separator,
                    quote_char='"' if quoted else False,
                    newlines_in_values=quoted,
                    invalid_row_handler=odd_row,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=dict.fromkeys(wanted, pyarrow.string()),
                    include_columns=wanted,
                    strings_can_be_null=False,
                ),
            )
        return {name: table.column(name) for name in wanted}

    return TextTable(head.kind, names, head.units, doubled, read)


def _odd(row, head):
    """What is to be said of a row whose number of cells is not the header's."""
    if row.text.startswith("#"):
        return "holds several tables, as VizieR sends them together; save the one that is wanted alone"
    line = "" if row.number is None else f"line {row.number}: "
    first = ", ".join(head.names[:3]) + (", ..." if len(head.names) > 3 else "")
    if head.separator == BLANKS:
        return (
            f"{line}{row.actual_columns} cells between blanks, the header line ({first}) has {row.expected_columns}; save the "
            "table as CSV, or write null in empty cells and put cells with blanks in quotes"
        )
    sign = "a tab" if head.separator == "\t" else f"'{head.separator}'"
    return (
        f"{line}{row.actual_columns} cells, the header line ({first}) has {row.expected_columns}; cells that hold {sign} must be "
        "in quotes, and no line may be cut"
    )


class _Tabbed:
    """A binary file to read, whose runs of blanks are one tab each; those in quotes stay."""

    def __init__(self, source):
        self.source, self.ready, self.rest, self.closed = source, b"", b"", False

    def read(self, size):
        while len(self.ready) < size:
            part = self.source.read(START)
            lines = self.rest + part
            cut = lines.rfind(b"\n") + 1 if part else len(lines)
            self.ready, self.rest = self.ready + self._tabbed(lines[:cut]), lines[cut:]
            if not part:
                break
        out, self.ready = self.ready[:size], self.ready[size:]
        return out

    def _tabbed(self, lines):
        lines = re.sub(rb"(?m)^[ \t]+|[ \t\r]+$", b"", lines)
        if b'"' in lines:
            return re.sub(rb'("[^"\n]*")|[ \t]+', lambda match: match[1] or b"\t", lines)
        return re.sub(rb"[ \t]+", b"\t", lines)

    def close(self):
        self.closed = True


def _by_astropy(path, form, kind):
    """A table whose header tells where its columns are. It is read at once: astropy 8.0 loses the nulls of such tables
    where only some columns are asked for."""
    from astropy.table import Table

    try:
        table = Table.read(path, format=form)
    except (OSError, MemoryError):
        raise
    except Exception:
        raise Refused(f"looks like an {kind} and is none that can be read; take it as VOTable, FITS or CSV") from None
    units = {name: unit_of(table[name].unit) for name in table.colnames}
    return TextTable(kind, table.colnames, units, (), lambda wanted: {name: _as_texts(table[name]) for name in wanted})


def _as_texts(column):
    mask, values = np.ma.getmaskarray(column), np.ma.getdata(column)
    return np.where(mask, "", values.astype("U"))


def _unique(names):
    """Names of which none stands twice (a number is put behind the later ones), and those that did."""
    seen, out = {}, []
    for place, name in enumerate(names):
        name = name or f"column {place + 1}"
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return out, {name for name, count in seen.items() if count > 1}
