"""Whether a config is right, and if not, which key is wrong and which was meant."""

import difflib
import re

from jsonschema import Draft202012Validator

from mstarhash.configuration import read_schema
from mstarhash.errors import InputError


def check(config, schema=None):
    """Raise InputError with the first mistake of a config: its key, what is wrong, the nearest right key."""
    schema = schema or read_schema()
    errors = sorted(Draft202012Validator(schema).iter_errors(config), key=lambda error: list(map(str, error.path)))
    if errors:
        raise InputError("config: " + _explain(errors[0]))
    try:
        re.compile(config.get("target", ""))
    except re.error as error:
        raise InputError(f"config: target {config['target']!r} is no regular expression: {error}") from None
    rebin = config.get("rebin", {})
    if rebin.get("wave_min", 0) >= rebin.get("wave_max", 1):
        raise InputError("config: rebin.wave_min must be below rebin.wave_max")


def _explain(error):
    where = ".".join(map(str, error.absolute_path))
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        wrong = next(key for key in error.instance if key not in known)
        name = f"{where}.{wrong}" if where else wrong
        near = difflib.get_close_matches(wrong, known, 1, 0.5) or [None]
        hint = (
            f"; did you mean '{where + '.' if where else ''}{near[0]}'?" if near[0] else f"; known: {', '.join(known)}"
        )
        return f"unknown key '{name}'{hint}"
    if error.validator == "required":
        return f"{where or 'top level'}: {error.message}"
    return f"{where}: {error.message}"
