"""Sections of the report: how good the ranking is, beside the paper's and others."""

from pathlib import Path

from mstarhash.common.texttables import rows_of
from mstarhash.report.page import bar, count, element, join, none, paragraph, percent, table

OURS = ("default", "this search")
NAMES = {
    "default": "this ranking",
    "G19 votes": "votes as in Guo et al. 2019",
    "retrieval alone": "retrieval alone (median rank share)",
}
FULL = "not in this run: it is made by `snakemake full`"
NO_TRUTH = "No truth: whether the spectra of this run are M stars is not known, so nothing here can be judged by it. "


def quality(ranking, reliability, summary):
    """Section: how good the ranking is, ours beside the paper's way."""
    rows = [row for row in ranking if row["sample"] == "unclassified"]
    held = [row for row in ranking if row["sample"] == "held back"]
    if rows:
        told = join(rankings(rows), beside({row["method"]: row for row in rows}))
    else:
        told = none(NO_TRUTH + "Below: the labelled spectra, degraded and held back." if ranking else NO_TRUTH)
    return join(union_text(summary), told, held_back(held) if held else "", calibration(reliability))


def rankings(rows):
    """The rankings of the unclassified spectra, best first."""
    head = ("ranking", "average precision", "68 % interval", "", "recall in the first 3 %", "5 %", "10 %",
            "to look at for 90 %", "for 95 %")  # fmt: skip
    rows = sorted(rows, key=lambda row: -float(row["ap"]))
    caption = (f"{count(rows[0]['n_true'])} M stars among {count(rows[0]['n'])} unclassified spectra, by the truth of the mock survey. "
               "Intervals: bootstrap over the spectra.")  # fmt: skip
    columns = [f"recall_{k}" for k in (3, 5, 10)] + ["share_90", "share_95"]
    body = [(named(row), *precision(row), *(percent(row[key]) for key in columns)) for row in rows]
    return table(head, body, caption, head[1:3] + head[4:], ours(rows))


def held_back(rows):
    """The rankings of labelled spectra, each judged as if left out."""
    head = ("score", "average precision", "68 % interval", "")
    caption = f"Labelled spectra degraded to the noise of the unclassified, each family held back: {count(rows[0]['n_true'])} of {count(rows[0]['n'])} are M stars."
    body = [(named(row), *precision(row)) for row in rows]
    return table(head, body, caption, head[1:3], ours(rows))


def union_text(summary):
    """Two sentences on the paper's rule and the narrow union of this run."""
    told = {key: float(value) for key, value in summary.items()}
    if not told.get("searched"):
        return ""
    return paragraph(
        f"The paper's rule (each of {count(told['queries'])} queries keeps the nearest part of the sample, and the union is looked at) "
        f"keeps {count(told['in_union'])} of {count(told['searched'])} spectra here, {percent(told['in_union'] / told['searched'])}: "
        "where few spectra are of the class, a list of a tenth of the sample is mostly others. The narrow union, of queries that "
        f"the search itself takes for the class with lists of {percent(told['narrow_share'], 1)} of the sample, keeps "
        f"{count(told['in_narrow_union'])}, {percent(told['narrow_size'], 1)}, and with them {percent(told['narrow_completeness'], 1)} "
        f"({percent(told['narrow_completeness_low'], 1)} to {percent(told['narrow_completeness_high'], 1)}) of the class, as degraded "
        "copies of released spectra tell. These are the candidates."
    )


def named(row):
    """The name of a ranking."""
    return NAMES.get(row["method"], row["method"])


def precision(row):
    """Three cells: average precision, its interval, both as a bar."""
    ap, low, high = (float(row[key]) for key in ("ap", "ap_low", "ap_high"))
    return f"{ap:.3f}", f"{low:.3f}-{high:.3f}", bar(ap, low, high)


def beside(rows):
    """A sentence that holds this search and the paper's side by side, where both are in {method: row}."""
    if not {"default", "G19 votes"} <= set(rows):
        return ""
    share, theirs = (percent(rows[method]["share_90"]) for method in ("default", "G19 votes"))
    return paragraph(
        f"To find 90 % of the M stars a person looks at {share} of the list ranked here, and at "
        f"{theirs} of it ranked by the paper's votes."
    )


def calibration(rows):
    """Whether P(M) means what it says."""
    whole = {row["bin"]: row for row in rows}
    if "all" not in whole:
        return none(NO_TRUTH + "P(M) is calibrated on labelled spectra that are held back.")
    bins = [row for row in rows if row["bin"].isdigit()]
    body = [
        (row["n"], f"{float(row['mean_p']):.3f}", f"{float(row['fraction']):.3f}", f"{float(row['sigma']):.3f}")
        for row in bins
    ]
    caption = (f"P(M) of the spectra above 0.05, in bins of equal count. All {count(whole['all']['n'])}: mean P(M) {percent(whole['all']['mean_p'], 2)}, "
               f"M stars {percent(whole['all']['fraction'], 2)}; Brier skill {float(whole['brier skill']['mean_p']):.2f}.")  # fmt: skip
    head = ("spectra", "mean P(M)", "share of M stars", "error of the fraction")
    return join(element("h3", "Reliability of P(M)"), table(head, body, caption, head))


def others(tables, stars=True):
    """Section: other methods, robustness and completeness, from those tables that are there. stars: whether completeness is told."""
    known = {
        Path(path).stem if "completeness" not in Path(path).parent.name else f"completeness: {Path(path).stem}": path
        for path in tables
    }
    parts = [methods(rows_of(known.pop("peers", "")))]
    if stars and not any(key.startswith("completeness") for key in known):
        parts.append(none(f"Completeness by injection and recovery: {FULL} (`completeness/`)."))
    return join(*parts, *(plain_table(name.replace("_", " "), path) for name, path in known.items()))


def methods(rows):
    """The other methods of peers.csv, best first."""
    peers = sorted((row for row in rows if row.get("ap")), key=lambda row: -float(row["ap"]))
    if not peers:
        return none(f"Other methods on the same spectra: {FULL} (`evaluate/peers.csv`).")
    head = ("method", "features", "scored by", "average precision", "68 % interval", "", "recall in the first 5 %",
            "to look at for 90 %")  # fmt: skip
    body = [
        (row["method"], row["preprocessing"], row["scored_by"], *precision(row), *(percent(row[key]) for key in ("recall_5", "share_90")))
        for row in peers
    ]  # fmt: skip
    caption = f"Other methods on the same {count(peers[0]['n'])} spectra, {count(peers[0]['n_true'])} of them M stars, best first."
    return table(head, body, caption, (*head[3:5], *head[6:]), ours(peers))


def ours(rows):
    """Marks of the rows of this search, for `table`."""
    return {place: "ours" for place, row in enumerate(rows) if row["method"] in OURS}


def plain_table(name, path, most=60):
    """A CSV as it is, folded; its first rows where it is long."""
    rows = rows_of(path)
    if not rows:
        return none(f"{name}: the table is empty.")
    head = list(rows[0])
    numbers = [key for key in head if all(is_number(row[key]) for row in rows[:most])]
    caption = f"{path}: " + (f"the first {most} of {len(rows):,} rows" if len(rows) > most else f"{len(rows):,} rows")
    body = table(head, [list(row.values()) for row in rows[:most]], caption, numbers)
    return element("details", join(element("summary", name), body))


def is_number(text):
    """Whether a text is a number or nothing."""
    try:
        float(text or 0)
    except ValueError:
        return False
    return True
