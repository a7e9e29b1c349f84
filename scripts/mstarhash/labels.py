"""The ledger of inspected spectra: a CSV with the columns `file` and `label`."""

import csv

from mstarhash.errors import InputError


def read_labels(path):
    """{file: True where the label is M, False where it says otherwise}; {} where there is no ledger.

    `M` and `1` (and true, yes) mean the wanted class. Raises InputError where a column is missing.
    """
    if not path:
        return {}
    with open(path, newline="") as source:
        reader = csv.DictReader(source)
        missing = {"file", "label"} - set(reader.fieldnames or [])
        if missing:
            raise InputError(f"{path}: no column {' and '.join(sorted(missing))}; input.labels needs file,label")
        return {
            row["file"]: row["label"].strip().lower() in {"m", "1", "true", "yes"} for row in reader if row["label"]
        }
