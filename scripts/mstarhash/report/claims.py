"""Section of the report: the paper's claims beside this run."""

from collections import Counter

from mstarhash.claims import ledger
from mstarhash.report.page import element, join, none, paragraph, table, tiles


def claims(rows):
    """Section: the ledger of the paper's numbers and statements."""
    if not rows:
        return none("No ledger of claims.")
    kind = {"reproduced": "reproduced", "differs": "differs", "cannot": "open"}
    number = Counter(row["status"].split()[0] for row in rows)
    own = sum(row["from"] == ledger.OWN and row["status"] == ledger.REPRODUCED for row in rows)
    parts = [
        tiles([(number["reproduced"], f"reproduced; {own} of them are sums over the paper's own numbers"), (number["differs"], "differ, with the reason"), (number["cannot"], "cannot be tested here, with what is missing")]),
        paragraph("The paper's numbers and statements in other words. `ours` is calculated by the rule from this run's files, or from the paper's own numbers "
                  "where the source is a calculation; the status follows from it, the limit and the tolerance."),
    ]  # fmt: skip
    head = ("claim", "where", "statement", "paper", "ours", "status")
    body = []
    for row in sorted(rows, key=lambda row: place(row["section"])):
        told = element("span", row["status"], kind=kind[row["status"].split()[0]])
        remark = "; ".join(filter(None, [row["from"], row["reason"]]))
        told = join(told, element("div", remark, kind="soft")) if remark else told
        ours = short(row["ours"]) + (f" \u00b1 {float(row['error']):.2g}" if row["error"] else "")
        unit = row["unit"] if row["ours"] else ""
        body.append((row["id"], row["section"], row["statement"], row["paper"], f"{ours} {unit}".strip(), told))
    return join(*parts, table(head, body, "", ("paper", "ours")))


def place(section):
    """Order of the paper's sections: the abstract, the numbered ones, the tables."""
    return (0, "") if section == "abstract" else (2 if section.startswith("Table") else 1, section)


def short(text):
    """A number of the ledger as it is read: thousands parted, four digits."""
    if not text:
        return ""
    value = float(text)
    return f"{int(value):,}" if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"
