#!/bin/bash
# astropy rounds 64-bit integers of a Parquet column as soon as one row is null, without a word.
#
# Versions: astropy 8.0.2, pyarrow 26.0.1, numpy 2.4.6, pandas 3.1.1 (Python 3.11). Seen 2026-12-01.
# One expects: a masked integer column, as Table.read gives for the same column in FITS (TNULL), VOTable and ECSV.
# Behaviour: Table.read(format="parquet") gives a plain float64 column, NaN for null. A Gaia source_id has 19 digits, a
#   double holds 15 to 17, so it becomes the id of no source, or of another. No warning. Without a null it is exact.
# Output:
#   no null: int64 [4915465314359043713, 6917528997577384321]
#   null:    float64 Column [4915465314359044096, 6917528997577383936]
# Therefore: write identifiers that may be null as text into Parquet; check ids read from other people's Parquet.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/python" -m pip install --quiet astropy==8.0.2 pyarrow==26.0.1 numpy==2.4.6 pandas==3.1.1
"$tmp/v/bin/python" -W error - "$tmp/x.parquet" <<'PY'
import sys

import pyarrow
from astropy.table import Table
from pyarrow import parquet

IDS = [4915465314359043713, 6917528997577384321]


def read(ids):
    parquet.write_table(pyarrow.table({"source_id": pyarrow.array(ids, pyarrow.int64())}), sys.argv[1])
    return Table.read(sys.argv[1], format="parquet")["source_id"]


whole, gap = read(IDS), read([*IDS, None])
print("no null:", whole.dtype, whole.tolist())
print("null:   ", gap.dtype, type(gap).__name__, [int(value) for value in gap[:2]])
sys.exit(0 if whole.tolist() == IDS and gap.dtype.kind == "f" and [int(v) for v in gap[:2]] != IDS else 1)
PY
