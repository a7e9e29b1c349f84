#!/bin/bash
# astropy gives 0 for the nulls of whole numbers in a FITS ASCII table, without a mask.
#
# Version: astropy 8.0.2 from PyPI. Seen 2026-12-01.
# One expects: a field that holds the text of TNULLn is missing: masked, or at least told from a value. In columns of
#   floating point it becomes NaN.
# Behaviour: in columns of whole numbers (TFORMn I...) such a field is read as 0 by astropy.io.fits, like any other 0.
#   Table.read of the same file, which has to know of the null, ends in a TypeError.
# Output:
#   whole numbers: [1, 0, 3]
#   floating point: [1.0, nan, 3.0]
#   Table.read: TypeError
# Therefore: compare the text of the fields (numpy.recarray.field of hdu.data) with TNULLn.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet astropy==8.0.2
"$tmp/v/bin/python" - "$tmp/a.fits" <<'PY'
import sys


def block(cards, fill=b" "):
    text = "".join(card.ljust(80) for card in cards).encode() if isinstance(cards, list) else cards
    return text + fill * (-len(text) % 2880)


def card(key, value):
    return f"{key:<8}= {value:<20}" if isinstance(value, str) else f"{key:<8}= {str(value):>20}"


first = [card("SIMPLE", "                   T"), card("BITPIX", 8), card("NAXIS", 0), "END"]
second = [card("XTENSION", "'TABLE   '"), card("BITPIX", 8), card("NAXIS", 2), card("NAXIS1", 12), card("NAXIS2", 3),
          card("PCOUNT", 0), card("GCOUNT", 1), card("TFIELDS", 2),
          card("TTYPE1", "'n       '"), card("TFORM1", "'I5      '"), card("TBCOL1", 1), card("TNULL1", "'---     '"),
          card("TTYPE2", "'x       '"), card("TFORM2", "'F6.2    '"), card("TBCOL2", 7), card("TNULL2", "'---     '"), "END"]
rows = b"".join(f"{n:>5} {x:>6}".encode() for n, x in (("1", "1.00"), ("---", "---"), ("3", "3.00")))
with open(sys.argv[1], "wb") as out:
    out.write(block(first) + block(second) + block(rows))

from astropy.io import fits
from astropy.table import Table

data = fits.getdata(sys.argv[1])
try:
    Table.read(sys.argv[1])
    third = "read"
except TypeError:
    third = "TypeError"
whole, floating = data["n"].tolist(), data["x"].tolist()
print("whole numbers:", whole)
print("floating point:", floating)
print("Table.read:", third)
sys.exit(0 if whole == [1, 0, 3] and floating[1] != floating[1] and third == "TypeError" else 1)
PY
