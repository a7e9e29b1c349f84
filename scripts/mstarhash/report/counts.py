"""Sections of the report: what was searched, counts in = counts out, and what failed."""

from mstarhash.common.status import FLAG, FLAGS, STATUS
from mstarhash.measure import measure_flags
from mstarhash.report.accounting import accounting
from mstarhash.report.page import count, element, join, percent, table, tiles
from mstarhash.stars import star_flags


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
