"""The pattern of the class searched (config key `target`), and words for that class; needs nothing but Python itself."""

import re

PREFIX = r"(?:usd|esd|sd|d|g)?"
OTHERS = [f"{letter}{k}" for letter in "OBAFGKLT" for k in range(10)] + ["WD", "Carbon", "CV"]


def compiled(pattern):
    """The regular expression of a SUBCLASS that starts with `pattern` after an optional prefix d, g, sd, esd or usd."""
    return re.compile(PREFIX + f"(?:{pattern})(?![a-z])")


def is_m(pattern):
    """Whether `pattern` names M stars and no other stars; the steps that measure stars are for those alone."""
    wanted = compiled(pattern)
    return any(wanted.match(f"M{k}") for k in range(10)) and not any(map(wanted.match, OTHERS))


def worded(text, pattern):
    """A text that speaks of M stars, for the class that `pattern` names: "P(M)", "M stars" become "P(WD)", "WD stars"."""
    return text if is_m(pattern) else re.sub(r"\bM(?= stars?\b)|(?<=\bP\()M(?=\))", lambda _: pattern, text)
