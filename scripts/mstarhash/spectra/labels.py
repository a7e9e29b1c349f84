"""The ledger of inspected spectra: a CSV with the columns `file` and `label`."""

import csv

from mstarhash.common.errors import InputError

WORDS = {word: True for word in ("m", "1", "true", "yes")} | {word: False for word in ("other", "0", "false", "no")}


def read_labels(path):
    """{file: True where the label is M, False where it says otherwise}; {} where there is no ledger.

    Labels are WORDS in any case; rows without one are passed over. Raises InputError where a column is missing, a label
    is none of them, or two rows of a file differ.
    """
    if not path:
        return {}
    out = {}
    try:
        with open(path, newline="", encoding="utf-8-sig") as source:
            reader = csv.DictReader(source)
            missing = {"file", "label"} - set(reader.fieldnames or [])
            if missing:
                raise InputError(f"{path}: no column {' and '.join(sorted(missing))}; input.labels needs file,label")
            for row in reader:
                label = (row["label"] or "").strip()
                if not label:
                    continue
                if label.lower() not in WORDS:
                    raise InputError(f"{path}: line {reader.line_num}: label {label!r}; M or other is wanted")
                wanted = WORDS[label.lower()]
                if out.setdefault(row["file"], wanted) != wanted:
                    raise InputError(f"{path}: line {reader.line_num}: {row['file']} has both labels, M and other")
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a CSV in UTF-8: {error}") from None
    return out
