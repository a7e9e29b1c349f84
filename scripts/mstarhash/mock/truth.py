"""The truth of a mock survey; only steps that judge the search, or draw it, read it."""

from mstarhash.common.texttables import read_rows
from mstarhash.spectra.targets import is_target


def read_truth(path, target):
    """{file: its row of truth.csv, with `wanted`: whether it is of the class searched}; {} where there is no truth."""
    if not path:
        return {}
    rows = read_rows(path)
    wanted = is_target([row["class"] for row in rows], [row["subclass"] for row in rows], target)
    return {row["file"]: row | {"wanted": bool(mine)} for row, mine in zip(rows, wanted, strict=True)}
