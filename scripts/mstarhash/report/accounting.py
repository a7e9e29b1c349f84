"""Counts of a run for its report: what became of each file, spectrum and star."""

import csv
from collections import Counter

import numpy as np

from mstarhash.common.status import STATUS
from mstarhash.measure import measure_flags
from mstarhash.spectra.hdf5 import open_h5, read_text
from mstarhash.spectra.targets import is_target, is_unknown
from mstarhash.stars import star_flags


def files(paths):
    """(words of the status tables, their flags), counted."""
    words, flags = Counter(), Counter()
    for path in paths:
        with open(path, newline="", encoding="utf-8") as source:
            for row in csv.DictReader(source, delimiter="\t"):
                words[row["status"]] += 1
                flags.update(name for name in row["flags"].split(",") if name)
    return words, flags


def classes(paths, target):
    """How many of the kept spectra are unclassified, of the wanted class, or others."""
    out = Counter()
    for path in paths:
        with open_h5(path) as source:
            kind, sub = read_text(source["class"]), read_text(source["subclass"])
        unknown = is_unknown(kind)
        wanted = is_target(kind, sub, target) & ~unknown
        out += Counter(unknown=int(unknown.sum()), wanted=int(wanted.sum()), other=int((~unknown & ~wanted).sum()))
    return out


def stars(measured, luminosity):
    """Measured stars: counts by source, of giants and dwarfs, and of each flag."""
    out, bits = Counter(), Counter()
    for path in measured:
        with open_h5(path) as source:
            out.update(read_text(source["source"]).tolist())
            count_bits(bits, source["flags"][:], measure_flags.BITS)
    with open_h5(luminosity) as source:
        giant = source["giant"][:]
        count_bits(bits, source["flags"][:], star_flags.BITS)
    out.update(giants=int((giant == 1).sum()), dwarfs=int((giant == 0).sum()), undecided=int(np.isnan(giant).sum()))
    return out, bits


def count_bits(bits, values, known):
    """Add to a Counter how often each named bit is set."""
    for name, (place, _) in known.items():
        bits[name] += int((values >> place & 1).sum())


def accounting(words, kinds, searched, measured):
    """What went in and where it went: [(row of the table)], and whether all adds up. measured: empty where nothing was."""
    listed, kept = sum(words.values()), words["ok"]
    away = [
        (f"set aside: {word}", number, STATUS.get(word, "")) for word, number in sorted(words.items()) if word != "ok"
    ]
    rows = [("files listed", listed, "")]
    rows += [("kept", kept, STATUS["ok"]), *(away or [("set aside", 0, "no file was")])]
    sums = [("kept + set aside = listed", kept + sum(row[1] for row in away), listed)]
    rows += [
        ("kept: unclassified", kinds["unknown"], "searched"),
        (
            "kept: released, of the wanted class",
            kinds["wanted"],
            "learned from, and measured" if measured else "learned from",
        ),
        ("kept: released, other classes", kinds["other"], "learned from"),
    ]
    sums.append(("unclassified + wanted + others = kept", sum(kinds.values()), kept))
    sums.append(("ranked = unclassified", searched, kinds["unknown"]))
    if not measured:
        return rows, sums
    sums.append(("measured as released = released of the wanted class", measured["released"], kinds["wanted"]))
    rows += [
        ("measured: released", measured["released"], ""),
        ("measured: new", measured["new"], "P(M) above the limit, or inspected"),
    ]
    total = measured["giants"] + measured["dwarfs"] + measured["undecided"]
    rows += [(f"measured: {key}", measured[key], "") for key in ("giants", "dwarfs", "undecided")]
    sums.append(("giants + dwarfs + undecided = measured", total, measured["released"] + measured["new"]))
    return rows, sums
