"""The bytes of a FITS file and its headers, read fast and forgiving.

One file a spectrum and 120 cards a header make parsing the cost of reading a survey, and archives hold cards
that break the standard (blank or garbled values). Only `KEYWORD = value` cards count, and a value is understood
when it is asked for; one that cannot be is noted and taken as missing.
"""

import math
import os
import stat
import zlib
from dataclasses import dataclass, field

from mstarhash.common.status import Rejected

BLOCK = 2880  # bytes of a FITS block
CARD = 80  # bytes of a header card
LARGEST = 1 << 26  # bytes, unpacked too; nothing beyond is one spectrum (the largest of SDSS are about 10 MB)
HEAD = 1 << 15  # bytes that surely hold a LAMOST primary header (about 11,000)


@dataclass
class Header:
    """The cards of a header by keyword, what follows `= ` as bytes; and the keywords that were not understood.

    survey: whose keywords they are, a key of headervalues.KEYWORDS.
    """

    cards: dict = field(default_factory=dict)
    damaged: set = field(default_factory=set)
    survey: str = "LAMOST"

    def get(self, *names):
        """The value (bool, int, float or str) of the first keyword that is there and not blank, or None."""
        for name in names:
            if name not in self.cards:
                continue
            try:
                value = parse_value(self.cards[name].decode("ascii"))
            except ValueError:
                self.damaged.add(name)
                continue
            if value is not None and value != "":
                return value
        return None


@dataclass
class Unit:
    """A header and its data: bytes `start` to `start + size` of the file."""

    header: Header
    start: int
    size: int


def read_bytes(path, most=None):
    """The content of a file, gunzipped where its first two bytes say gzip; at most `most` bytes of it if given.

    Raises Rejected("unreadable").
    """
    try:
        about = os.stat(path)
        if not stat.S_ISREG(about.st_mode):
            raise Rejected("unreadable", "not a regular file")
        if most is None and about.st_size > LARGEST:
            raise Rejected("wrong_shape", f"{about.st_size >> 20} MB is no single spectrum")
        with open(path, "rb") as file:
            data = file.read() if most is None else file.read(most)
    except FileNotFoundError:
        raise Rejected("unreadable", "the file is gone since it was listed") from None
    except PermissionError:
        raise Rejected("unreadable", "no permission to read the file") from None
    except OSError as error:
        raise Rejected("unreadable", f"the file cannot be read: {error.strerror or error}") from None
    if not data:
        raise Rejected("unreadable", "the file is empty")
    return _gunzip(data, most) if data[:2] == b"\x1f\x8b" else data


def _gunzip(data, most):
    """All members of a gzip stream; with `most` an end that is missing does not matter."""
    parts, size = [], 0
    while data[:2] == b"\x1f\x8b":
        member = zlib.decompressobj(31)
        try:
            parts.append(member.decompress(data, (most or LARGEST) - size + 1))
        except zlib.error:
            raise Rejected("unreadable", "the gzip stream is damaged") from None
        size += len(parts[-1])
        if most is not None and (size >= most or not member.eof):
            break
        if size > LARGEST:
            raise Rejected("wrong_shape", f"over {LARGEST >> 20} MB once unzipped is no single spectrum")
        if not member.eof:
            raise Rejected("unreadable", "the gzip stream ends early: the file is cut short")
        data = member.unused_data
    return b"".join(parts)


def parse_header(data, start=0):
    """Header at byte `start`, and the byte after its last block. Raises Rejected if there is no end."""
    header, place = Header(), start
    while True:
        card = data[place : place + CARD]
        if len(card) < CARD:
            raise Rejected("unreadable", "the FITS header has no end: the file is cut short")
        place += CARD
        if card[:8] == b"END     ":
            return header, start + -(-(place - start) // BLOCK) * BLOCK
        if card[8:10] == b"= ":
            header.cards.setdefault(card[:8].decode("latin-1").rstrip(), card[10:])


def parse_value(text):
    """The value in the text after `KEYWORD = `; None where blank. Raises ValueError."""
    text = text.strip()
    if text.startswith("'"):
        inside, place = [], 1
        while True:
            quote = text.find("'", place)
            if quote < 0:
                raise ValueError("no closing quote")
            inside.append(text[place:quote])
            if text[quote + 1 : quote + 2] != "'":
                return "'".join(inside).rstrip()
            place = quote + 2
    text = text.split("/", 1)[0].strip()
    if text in ("", "T", "F"):
        return {"": None, "T": True, "F": False}[text]
    try:
        return int(text)
    except ValueError:
        return float(text.upper().replace("D", "E"))


def check_start(data):
    """Raise Rejected if the bytes are not the start of a FITS file."""
    if data[:10] != b"SIMPLE  = ":
        what = "text" if data[:200].isascii() and b"\0" not in data[:200] else "other data"
        raise Rejected("unreadable", f"not a FITS file: it holds {what}")


def units(data):
    """All header-data units of a file. Raises Rejected."""
    check_start(data)
    found, start = [], 0
    while start < len(data) and (start == 0 or data[start : start + 8] == b"XTENSION"):
        header, begin = parse_header(data, start)
        size = data_size(header)
        if begin + size > len(data):
            have = len(data) - begin
            raise Rejected("unreadable", f"the file is cut short: {have} of {size} bytes of its data are there")
        found.append(Unit(header, begin, size))
        start = begin + -(-size // BLOCK) * BLOCK
    return found


def data_size(header):
    """Bytes of data that a header announces."""
    try:
        shape = axes(header)
        count = math.prod(shape) if shape else 0
        size = abs(header.get("BITPIX")) // 8 * (count + (header.get("PCOUNT") or 0)) * (header.get("GCOUNT") or 1)
    except TypeError:
        size = None
    if not isinstance(size, int) or size < 0:
        raise Rejected("unreadable", "the FITS header does not say how long its data are")
    return size


def axes(header):
    """NAXIS1, NAXIS2 ... of the axes that there are; TypeError if one is missing."""
    found = [header.get(f"NAXIS{axis}") for axis in range(1, min(header.get("NAXIS"), 999) + 1)]
    if not all(isinstance(size, int) and size >= 0 for size in found):
        raise TypeError("NAXISn is no whole number")
    return found


def primary_header(path):
    """The primary header of a file, with as little reading as may do. Raises Rejected."""
    data = read_bytes(path, HEAD)
    check_start(data)
    try:
        return parse_header(data)[0]
    except Rejected:
        return parse_header(read_bytes(path))[0]
