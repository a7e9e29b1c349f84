#!/bin/bash
# astropy takes the nulls of an IRSA (IPAC) table for values as soon as only some columns are asked for.
#
# Version: astropy 8.0.2 from PyPI. Seen 2026-12-01.
# One expects: Table.read(..., include_names=[...]) gives the same columns, masks too, as reading all and keeping these.
# Behaviour: the fourth header line of such a table tells each column's null. With include_names it is forgotten: nothing
#   is masked, and a null that is a number (-9.99) is a value, without a word. A null that is no number (IRSA writes `null`)
#   ends in a ValueError.
# Output:
#   all columns:              masked: [False, True]
#   include_names=['w1mpro']: masked: none, values [1.0, -9.99]
#   the null is `null`:       ValueError
# Therefore: read the whole table and keep columns afterwards.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/pip" install --quiet astropy==8.0.2
cat >"$tmp/number.tbl" <<'TBL'
| cntr | w1mpro | w2mpro |
| int  | double | double |
|      | mag    | mag    |
| -1   | -9.99  | -9.99  |
  1      1.0      2.0
  2      -9.99    3.0
TBL
sed -e 's/-9\.99/null /g' "$tmp/number.tbl" >"$tmp/word.tbl"
"$tmp/v/bin/python" - "$tmp" <<'PY'
import sys

import numpy as np
from astropy.table import Table

number, word = (f"{sys.argv[1]}/{name}.tbl" for name in ("number", "word"))
whole = Table.read(number, format="ascii.ipac")["w1mpro"]
some = Table.read(number, format="ascii.ipac", include_names=["w1mpro"])["w1mpro"]
assert Table.read(word, format="ascii.ipac")["w1mpro"].mask.tolist() == [False, True]
try:
    Table.read(word, format="ascii.ipac", include_names=["w1mpro"])
    third = "read"
except ValueError:
    third = "ValueError"
print("all columns:              masked:", whole.mask.tolist())
print("include_names=['w1mpro']: masked:", "some" if np.ma.is_masked(some) else "none, values", some.tolist())
print("the null is `null`:      ", third)
right = whole.mask.tolist() == [False, True] and not np.ma.is_masked(some) and some.tolist() == [1.0, -9.99]
sys.exit(0 if right and third == "ValueError" else 1)
PY
