"""The ledger of the paper's claims: each beside what a run or a calculation gives, with a status that follows by code."""

import ast
import csv
import math
import operator

from mstarhash.common.errors import InputError
from mstarhash.common.texttables import number

FIELDS = ("id", "section", "statement", "paper", "ours", "error", "unit", "test", "limit", "tolerance", "from", "status",
          "reason")  # fmt: skip
TESTS = ("near", "agrees", "above", "below", "at_least", "at_most")
REPRODUCED = "reproduced"
OWN = "the paper's own numbers"  # source of a sum over printed numbers
RELEASE = "cannot be tested without the release"
RELEASE_SIZE, RELEASE_PART = 642_178, 0.05  # unclassified spectra of DR5 V1, and by how much a run of it may differ
OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def read_claims(path):
    """Rows of claims.csv as dicts of texts; raises InputError on what it cannot use."""
    with open(path, newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(line for line in source if not line.startswith("#")))
    seen = set()
    for row in rows:
        if row["id"] in seen:
            raise InputError(f"{path}: {row['id']} stands twice")
        seen.add(row["id"])
        if row["test"] not in ("", *TESTS) or row["needs"] not in ("nothing", "run", "sky", "release"):
            raise InputError(f"{path}: {row['id']}: test {row['test']!r}, needs {row['needs']!r}")
        if bool(row["test"]) != bool(row["quantity"]):
            raise InputError(f"{path}: {row['id']}: a test needs a quantity, and a quantity a test")
    return rows


def evaluated(text, values):
    """Value of an expression of + - * / over numbers and names in the dict `values`."""

    def part(node):
        if isinstance(node, ast.Constant):
            return float(node.value)
        if isinstance(node, ast.Name):
            return values[node.id]
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](part(node.left), part(node.right))
        raise InputError(f"claims: cannot read {text!r}")

    return part(ast.parse(text, mode="eval").body)


def ours(row, quantities, printed):
    """(value, error) of a claim: a quantity's, or of an expression (after =) over the paper's numbers of other rows."""
    if not row["quantity"]:
        return math.nan, math.nan
    if row["quantity"].startswith("="):
        return evaluated(row["quantity"][1:].strip(), printed), math.nan
    return quantities[row["quantity"]]


def verdict(test, value, error, limit, tolerance):
    """True, False, or None where the errors leave it open.

    near: within the tolerance; agrees: within that many errors, unless these exceed the limit; above, below: by more than that many errors;
    at_least, at_most: beyond the limit, with the tolerance as margin.
    """
    apart = value - limit
    if test == "near":
        return abs(apart) <= tolerance
    if test in ("at_least", "at_most"):
        return apart >= -tolerance if test == "at_least" else apart <= tolerance
    sigma = error if math.isfinite(error) else 0.0
    if test == "agrees":
        return None if tolerance * sigma > abs(limit) else abs(apart) <= tolerance * sigma
    if abs(apart) <= tolerance * sigma:
        return None
    return apart > 0 if test == "above" else apart < 0


def status(row, value, error, kind, is_release):
    """What became of a claim. kind: mock or lamost; is_release: whether the run is of the paper's own spectra."""
    needs = row["needs"]
    if (needs == "release" and not is_release) or (needs == "sky" and kind == "mock"):
        return RELEASE
    if not row["test"]:
        return f"cannot be tested without {row['without'] or 'the release'}"
    if not math.isfinite(value):
        return f"cannot be tested without {row['without'] or 'a larger sample'}"
    limit = float(row["limit"] or row["paper"])
    held = verdict(row["test"], value, error, limit, float(row["tolerance"] or 0))
    if held is None:
        return "cannot be tested without a larger sample"
    if held:
        return REPRODUCED
    sample = {"mock": "these are spectra of a mock survey", "lamost": "these are other spectra"}[kind]
    return f"differs because {row['because'] or sample}"


def ledger(claims, quantities, kind):
    """[row of claims.csv] with values, status and reason."""
    values = {name: value for name, (value, _) in quantities.items()}
    printed = {row["id"]: float(row["paper"].replace(",", "")) for row in claims if is_number(row["paper"])}
    unknown = values.get("n_unknown", math.nan)
    is_release = kind == "lamost" and abs(unknown / RELEASE_SIZE - 1) < RELEASE_PART
    out = []
    for row in claims:
        value, error = ours(row, quantities, printed)
        filled = {key: row[key].format_map(values) for key in ("statement", "because", "remark")}
        limit = row["limit"] or (row["paper"].replace(",", "") if row["test"] else "")
        told = status(row | filled | {"limit": limit}, value, error, kind, is_release)
        remark = filled["remark"]
        if row["mock"] and (kind == "mock" or told != REPRODUCED):
            made = "put into the mock survey: the steps find it again"
            remark = "; ".join(filter(None, [remark, made if told == REPRODUCED else "it depends on the sample"]))
        source = {"mock": "mock survey", "lamost": "own spectra"}[kind]
        if row["needs"] == "nothing":
            source = OWN if row["quantity"].startswith("=") else "calculation"
        out.append(
            {key: row[key] for key in ("id", "section", "paper", "unit", "test", "tolerance")}
            | {"statement": filled["statement"]}
            | {"ours": number(value), "error": number(error), "limit": limit, "from": source if row["test"] else ""}
            | {"status": told, "reason": remark}
        )
    return out


def is_number(text):
    """Whether a text is a number, with commas between thousands or not."""
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def write(path, rows):
    """claims.csv."""
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
