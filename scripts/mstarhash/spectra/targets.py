"""Which spectra are of the wanted class, which are unclassified, and what a subclass says."""

import re

import numpy as np

from mstarhash.common.wording import compiled

UNKNOWN = {"", "UNKNOWN"}
LATE_K = {-1: "K7", -2: "K5"}  # what comes before M0; there is no K6
PARTS = re.compile(r"^(usd|esd|sd|d|g)?([A-Za-z]+)(\d(?:\.\d)?)?")


def unknown_rows(sample):
    """Rows of the unclassified spectra of a Sample."""
    return np.flatnonzero(is_unknown(sample.columns(["class"])["class"]))


def is_unknown(classes):
    """(n,) bool: spectra that the pipeline did not classify."""
    return np.array([text.strip().upper() in UNKNOWN for text in classes], dtype=bool)


def is_target(classes, subclasses, pattern):
    """(n,) bool: CLASS is STAR and SUBCLASS, after an optional prefix d, g, sd, esd or usd, starts with `pattern`."""
    wanted = compiled(pattern)
    return np.array(
        [
            c.strip().upper() == "STAR" and bool(wanted.match(s.strip()))
            for c, s in zip(classes, subclasses, strict=True)
        ],
        dtype=bool,
    )


def split_subclass(text):
    """(prefix, letters, number or NaN) of a subclass such as gM3, esdM0.5, A5V, WDMagnetic."""
    match = PARTS.match(text.strip())
    if match is None:
        return "", text.strip(), float("nan")
    prefix, letters, number = match.groups()
    return prefix or "", letters, float(number) if number else float("nan")


def type_name(whole):
    """M3 for 3, K7 for -1, K5 for -2, K4 for -3 ... K0 for -7."""
    return f"M{whole}" if whole >= 0 else LATE_K.get(whole, f"K{max(0, 7 + whole)}")
