#!/bin/bash
# astropy does not read a VOParquet file whose header gives a text column the VOTable type char, arraysize="*".
#
# Versions: astropy 8.0.2, pyarrow 26.0.1, numpy 2.4.6, pandas 3.1.1 (Python 3.11). Seen 2026-12-01.
# One expects: Table.read(name, format="parquet.votable") reads any file that keeps to the IVOA Note VOParquet 1.0.
#   char with arraysize="*" is the usual VOTable type of texts, and the type for a Parquet string.
# Behaviour: the empty table of the header has dtype object there, the data have dtype str, and stacking both fails. With
#   a fixed arraysize, as astropy itself writes it, the same file is read.
# Output:
#   arraysize="*": TableMergeError: The 'name' columns have incompatible types: ['object', 'str64']
#   arraysize="2": ['ab', 'c'] m
# Therefore: write arraysize="N" of the longest text into the header.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/v"
"$tmp/v/bin/python" -m pip install --quiet astropy==8.0.2 pyarrow==26.0.1 numpy==2.4.6 pandas==3.1.1
"$tmp/v/bin/python" - "$tmp/x.parquet" <<'PY'
import sys
import warnings

import pyarrow
from astropy.table import Table
from pyarrow import parquet

warnings.simplefilter("ignore")
HEAD = """<?xml version="1.0" encoding="utf-8"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><TABLE>
<FIELD ID="name" name="name" datatype="char" arraysize="{}"/>
<FIELD ID="length" name="length" datatype="double" unit="m"/>
</TABLE></RESOURCE></VOTABLE>"""


def attempt(size):
    about = {"IVOA.VOTable-Parquet.version": "1.0", "IVOA.VOTable-Parquet.content": HEAD.format(size)}
    data = pyarrow.table({"name": ["ab", "c"], "length": [1.0, 2.0]}).replace_schema_metadata(about)
    parquet.write_table(data, sys.argv[1])
    try:
        table = Table.read(sys.argv[1], format="parquet.votable")
        return f"{table['name'].tolist()} {table['length'].unit}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


any_length, fixed = attempt("*"), attempt("2")
print(f'arraysize="*": {any_length}')
print(f'arraysize="2": {fixed}')
sys.exit(0 if any_length.startswith("TableMergeError") and fixed == "['ab', 'c'] m" else 1)
PY
