"""Sections of the report: what was searched, how well, with which denominators, and what failed."""

import os
from collections import Counter
from pathlib import Path

from mstarhash.claims import ledger
from mstarhash.common.status import FLAG, FLAGS, STATUS
from mstarhash.common.texttables import rows_of
from mstarhash.figures.captions import FIGURES
from mstarhash.measure import measure_flags
from mstarhash.report.accounting import accounting
from mstarhash.report.page import bar, element, figure, join, none, paragraph, table, tiles
from mstarhash.stars import star_flags

OURS = ("default", "this search")
NAMES = {"default": "this ranking", "G19 votes": "votes as in Guo et al. 2019", "hash alone": "hash neighbours alone"}
FULL = "not in this run: it is made by `snakemake full`"
NO_TRUTH = "No truth: whether the spectra of this run are M stars is not known, so nothing here can be judged by it. "
SURVEY = (
    "candidates",
    "positives",
    "mock",
    "subtypes",
)  # figures of our own, beside those of the ranking and of the paper
OTHERS = ("peers", "completeness")  # figures of `snakemake full`


def percent(value, digits=1):
    """A share in per cent; nothing where there is none."""
    return "" if value in ("", None) else f"{100 * float(value):.{digits}f} %"


def count(value):
    """A whole number with its thousands parted."""
    return f"{int(float(value)):,}"


def what(words, kinds, summary, measured):
    """Section: what was searched, and counts in = counts out."""
    rows, sums = accounting(words, kinds, int(float(summary.get("searched", 0))), measured)
    checks = [
        (name, f"{first:,}", f"{second:,}", element("b", "adds up" if first == second else "DOES NOT ADD UP",
                                                    kind="reproduced" if first == second else "differs"))
        for name, first, second in sums
    ]  # fmt: skip
    told = {key: float(value) for key, value in summary.items()}
    words = [
        (count(told.get("searched", 0)), "unclassified spectra searched"),
        (f"{told.get('expected_wanted', 0):.0f}", "M stars expected among them (sum of P(M))"),
        (count(told.get("p_m_above_half", 0)), "with P(M) of at least a half"),
    ]
    if measured:
        words += [(count(measured[kind]), f"{kind} M stars measured") for kind in ("new", "released")]
    return join(
        tiles(words),
        table(("what", "spectra", ""), [(name, f"{number:,}", text) for name, number, text in rows],
              "Where each file went.", ("spectra",)),
        table(("sum", "left", "right", ""), checks, "Counts in are counts out.", ("left", "right")),
    )  # fmt: skip


def union_text(summary):
    """A sentence on the paper's rule applied to this run."""
    told = {key: float(value) for key, value in summary.items()}
    if not told.get("searched"):
        return ""
    return paragraph(
        f"The paper's rule (each of {count(told['queries'])} queries keeps the nearest part of the sample, and the union is looked at) "
        f"keeps {count(told['in_union'])} of {count(told['searched'])} spectra here, {percent(told['in_union'] / told['searched'])}."
    )


def quality(ranking, reliability, summary):
    """Section: how good the ranking is, ours beside the paper's way."""
    rows = {row["method"]: row for row in ranking if row["sample"] == "unclassified"}
    parts = [union_text(summary)]
    if not rows:
        parts.append(none(NO_TRUTH + "Below: the labelled spectra, degraded and held back." if ranking else NO_TRUTH))
    else:
        first = next(iter(rows.values()))
        head = ("ranking", "average precision", "68 % interval", "", "recall in the first 3 %", "5 %", "10 %",
                "to look at for 90 %", "for 95 %")  # fmt: skip
        shown = sorted(rows, key=lambda name: -float(rows[name]["ap"]))
        body = [ranking_row(NAMES.get(name, name), rows[name]) for name in shown]
        marks = {place: "ours" for place, name in enumerate(shown) if name in OURS}
        caption = (f"{count(first['n_true'])} M stars among {count(first['n'])} unclassified spectra, by the truth of the mock survey. "
                   "Intervals: bootstrap over the spectra.")  # fmt: skip
        parts.append(table(head, body, caption, head[1:3] + head[4:], marks))
        if "default" in rows and "G19 votes" in rows:
            parts.append(beside(rows["default"], rows["G19 votes"]))
    held = [row for row in ranking if row["sample"] == "held back"]
    if held:
        head = ("score", "average precision", "68 % interval", "")
        caption = f"Labelled spectra degraded to the noise of the unclassified, each family held back: {count(held[0]['n_true'])} of {count(held[0]['n'])} are M stars."
        body = [
            (NAMES.get(row["method"], row["method"]), f"{float(row['ap']):.3f}", interval(row, "ap"), one_bar(row))
            for row in held
        ]
        parts.append(
            table(head, body, caption, head[1:3], {k: "ours" for k, row in enumerate(held) if row["method"] in OURS})
        )
    parts.append(calibration(reliability))
    return join(*parts)


def ranking_row(name, row):
    """A row of the table of rankings."""
    return (name, f"{float(row['ap']):.3f}", interval(row, "ap"), one_bar(row), *(percent(row[f"recall_{k}"]) for k in (3, 5, 10)),
            percent(row["share_90"]), percent(row["share_95"]))  # fmt: skip


def interval(row, key):
    """The ends of an interval."""
    return f"{float(row[f'{key}_low']):.3f}-{float(row[f'{key}_high']):.3f}"


def one_bar(row):
    """A bar of the average precision."""
    return bar(*(float(row[key]) for key in ("ap", "ap_low", "ap_high")))


def beside(ours, theirs):
    """A sentence that holds the two searches side by side."""
    return paragraph(
        f"To find 90 % of the M stars a person looks at {percent(ours['share_90'])} of the list ranked here, and at "
        f"{percent(theirs['share_90'])} of it ranked by the paper's votes."
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
    parts = []
    known = {
        Path(path).stem if "completeness" not in Path(path).parent.name else f"completeness: {Path(path).stem}": path
        for path in tables
    }
    peers = [row for row in rows_of(known.pop("peers", "")) if row.get("ap")]
    if peers:
        peers.sort(key=lambda row: -float(row["ap"]))
        head = (
            "method",
            "features",
            "scored by",
            "average precision",
            "68 % interval",
            "",
            "recall in the first 5 %",
            "to look at for 90 %",
        )
        body = [
            (row["method"], row["preprocessing"], row["scored_by"], f"{float(row['ap']):.3f}", interval(row, "ap"), one_bar(row),
             percent(row["recall_5"]), percent(row["share_90"]))
            for row in peers
        ]  # fmt: skip
        caption = f"Other methods on the same {count(peers[0]['n'])} spectra, {count(peers[0]['n_true'])} of them M stars, best first."
        parts.append(
            table(
                head,
                body,
                caption,
                (head[3], head[4], head[6], head[7]),
                {k: "ours" for k, row in enumerate(peers) if row["method"] in OURS},
            )
        )
    else:
        parts.append(none(f"Other methods on the same spectra: {FULL} (`evaluate/peers.csv`)."))
    if stars and not any(key.startswith("completeness") for key in known):
        parts.append(none(f"Completeness by injection and recovery: {FULL} (`completeness/`)."))
    for name, path in known.items():
        parts.append(plain_table(name.replace("_", " "), path))
    return join(*parts)


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


def stellar(fractions, boundaries):
    """Section: giants and dwarfs, and activity, each with its denominators."""
    parts = [element("h3", "Giants from dwarfs")]
    rows = [
        row for row in boundaries if row["subtype"] == "all" and row["snr"] == "all" and row["total"] not in ("", "0")
    ]
    names = {"caoh_cah1": "CaH1, CaOH", "jk_h": "H, J - K", "tio5_cah23": "CaH2 + CaH3, TiO5 (Zhong 2015)", "w12_jk": "J - K, W1 - W2 (Zhong 2015)",
             "hk_jh": "J - H, H - K", "bprp_hg": "reduced proper motion", "gr_mg2": "Mg2, g - r (Covey 2008)", "consensus": "consensus without Gaia"}  # fmt: skip
    table_ = {}
    for row in rows:
        if row["record"] in ("completeness", "contamination"):
            table_.setdefault(row["plane"], {})[row["record"]] = row
    if table_:
        head = (
            "plane",
            "giants found",
            "share",
            "68 % interval",
            "dwarfs among its giants",
            "share ",
            "68 % interval ",
        )
        body = []
        for plane, kinds in table_.items():
            cells = [names.get(plane, plane)]
            for kind in ("completeness", "contamination"):
                row = kinds.get(kind)
                cells += (
                    [f"{count(row['count'])} of {count(row['total'])}", percent(row["value"]), f"{percent(row['low'])} - {percent(row['high'])}"]
                    if row else ["", "", ""]
                )  # fmt: skip
            body.append(cells)
        parts.append(
            table(head, body, "Told out of fold for the stars that Gaia's parallax tells, at any S/N.", head[1:])
        )
    else:
        parts.append(none("No giants and dwarfs that Gaia tells apart: it takes `input.gaia`, and enough of both."))
    parts.append(element("h3", "Magnetic activity"))
    rows = [
        row
        for row in fractions
        if (row["sample"], row["rule"], row["snr"]) == ("all", "g19", "all") and int(row["total"])
    ]
    if not rows:
        return join(*parts, none("No dwarf whose activity can be told."))
    head = ("subtype", "active", "of", "share", "68 % interval", "corrected for noise")
    body = [
        (row["subtype"], count(row["active"]), count(row["total"]), percent(row["fraction"]), f"{percent(row['low'])} - {percent(row['high'])}", percent(row["corrected"]))
        for row in rows
    ]  # fmt: skip
    caption = "Dwarfs with H-alpha wider than the limit of `activity.min_ew`, of those with continuum S/N above `activity.min_snr`.".replace(
        "`", ""
    )
    return join(*parts, table(head, body, caption, head[1:]))


def pictures(paths, folder):
    """{name: figure} of the PNGs that are there."""
    out = {}
    for path in paths:
        name = Path(path).stem
        title, text = FIGURES.get(name, (name, ""))
        numbers = Path(path).with_suffix(".csv")
        out[name] = figure(path, title, text.replace("`", ""), link_to(numbers, folder) if numbers.is_file() else "")
    return out


def link_to(path, folder):
    """A relative link from a folder."""
    return Path(os.path.relpath(path, folder)).as_posix()


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


def failures(words, flags, bits, measured):
    """Section: what failed or is flagged, each with its denominator."""
    listed, total = sum(words.values()), measured["released"] + measured["new"]
    rows = [
        (f"set aside: {word}", words[word], listed, "files listed", text)
        for word, text in STATUS.items()
        if word != "ok"
    ]
    rows += [(name, flags[name], words["ok"], "spectra kept", text) for name, text in FLAGS.items() if name in FLAG]
    known = measure_flags.BITS | star_flags.BITS if measured else {}
    rows += [(name, bits[name], total, "stars measured", text) for name, (_, text) in known.items()]
    body = [(name, f"{n:,}", f"{of:,}", what, percent(n / of) if of else "", text) for name, n, of, what, text in rows]
    head = ("what", "number", "of", "these", "share", "meaning")
    return table(
        head, body, "Files set aside, flags of the files, flags of the measured stars.", ("number", "of", "share")
    )


def made(paths, folder):
    """Section: files to go on with."""
    return element(
        "ul", join(*(element("li", element("a", link_to(path, folder), href=link_to(path, folder))) for path in paths))
    )
