"""Which spectra are of the wanted class, which are unclassified, and the groups used as code targets."""

import re

import numpy as np

UNKNOWN = {"", "UNKNOWN"}
PREFIX = r"(?:usd|esd|sd|d|g)?"
PARTS = re.compile(r"^(usd|esd|sd|d|g)?([A-Za-z]+)(\d(?:\.\d)?)?")


def is_unknown(classes):
    """(n,) bool: spectra that the pipeline did not classify."""
    return np.array([text.strip().upper() in UNKNOWN for text in classes], dtype=bool)


def is_target(classes, subclasses, pattern):
    """(n,) bool: CLASS is STAR and SUBCLASS, after an optional prefix d, g, sd, esd or usd, starts with `pattern`."""
    wanted = re.compile(PREFIX + f"(?:{pattern})(?![a-z])")
    return np.array(
        [
            c.strip().upper() == "STAR" and bool(wanted.match(s.strip()))
            for c, s in zip(classes, subclasses, strict=True)
        ],
        dtype=bool,
    )


def is_m(pattern):
    """Whether `pattern` names M stars and no other stars; the steps that measure stars are for those alone."""
    kinds = {letter: [f"{letter}{k}" for k in range(10)] for letter in "MOBAFGKLT"} | {"": ["WD", "Carbon", "CV"]}
    found = {letter: is_target(["STAR"] * len(names), names, pattern).any() for letter, names in kinds.items()}
    return bool(found.pop("M")) and not any(found.values())


def worded(text, pattern):
    """A text that speaks of M stars, for the class that `pattern` names: "P(M)", "M stars" become "P(WD)", "WD stars"."""
    return text if is_m(pattern) else re.sub(r"\bM(?= stars?\b)|(?<=\bP\()M(?=\))", lambda _: pattern, text)


def split_subclass(text):
    """(prefix, letters, number or NaN) of a subclass such as gM3, esdM0.5, A5V, WDMagnetic."""
    match = PARTS.match(text.strip())
    if match is None:
        return "", text.strip(), float("nan")
    prefix, letters, number = match.groups()
    return prefix or "", letters, float(number) if number else float("nan")
