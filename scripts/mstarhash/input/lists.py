"""The list of a shard's files, `manifest/NNNN.tsv`, as `manifest` writes and `ingest` reads it."""

from mstarhash.common.errors import InputError

COLUMNS = (
    "file", "lmjd", "planid", "spid", "fiberid", "obsid", "order", "size", "mtime_ns", "class", "subclass", "z",
    "candidate",
)  # fmt: skip


def list_text(rows):
    """The text of a list: a header, and a line a file. `class` is empty where no catalogue has the file; then
    the header's class, subclass and z hold. `z` is `nan` where the catalogue has none for it; `candidate` is 1 where
    input.candidates names the file, else 0.
    """
    lines = ["\t".join(COLUMNS), *("\t".join(map(str, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def read_list(path):
    """Rows of a list as dicts of text, in its order; `order` as int."""
    with open(path, encoding="utf-8", newline="\n") as file:
        head, *lines = file.read().removesuffix("\n").split("\n")
    if tuple(head.split("\t")) != COLUMNS:
        raise InputError(f"{path}: not a list of manifest.py (columns {', '.join(COLUMNS)})")
    rows = []
    for place, line in enumerate(lines, 2):
        parts = line.split("\t")
        if len(parts) != len(COLUMNS) or not parts[6].isdigit():
            raise InputError(f"{path}: line {place} does not have {len(COLUMNS)} columns with a whole number as order")
        row = dict(zip(COLUMNS, parts, strict=True))
        rows.append(row | {"order": int(row["order"])})
    return rows
