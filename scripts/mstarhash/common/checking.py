"""Whether a config is right, and if not, which key is wrong and which was meant."""

import difflib
import math
import re

import yaml
from jsonschema import Draft202012Validator

from mstarhash.common.configuration import read_schema
from mstarhash.common.errors import InputError

ORDERED = (  # section, and two of its keys of which the first must be below the second
    ("rebin", "wave_min", "wave_max"),
    ("match", "blue_min", "wave_min"),
    ("match", "wave_min", "wave_max"),
    ("measure", "rv_low", "rv_high"),
    ("luminosity", "giant_m_g", "dwarf_m_g"),
)


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
    for section, low, high in ORDERED:
        if config[section][low] >= config[section][high]:
            raise InputError(f"config: {section}.{low} must be below {section}.{high}")
    mask = config["measure"]["rv_mask"]
    if len(mask) % 2 or any(low >= high for low, high in zip(mask[::2], mask[1::2], strict=True)):
        raise InputError("config: measure.rv_mask: pairs of low, high are needed, each low below its high")
    edges = config["completeness"]["snr"]
    if any(low >= high for low, high in zip(edges, edges[1:], strict=False)):
        raise InputError("config: completeness.snr: the edges must increase")
    for name, value in _numbers("", config):
        if not math.isfinite(value):
            raise InputError(f"config: {name}: {value} is no number to calculate with")


def refuse_doubles(path):
    """Raise InputError where a key stands twice in one mapping of a YAML file: only the last one would count."""
    with open(path, encoding="utf-8") as source:
        yaml.load(source, type("Loader", (_Once,), {"path": path}))


class _Once(yaml.SafeLoader):
    path = ""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                raise InputError(
                    f"{self.path}: line {line}: key '{key.value}' stands twice; only the last one would count"
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _numbers(name, value):
    """Yield (dotted key, number) of all floats in a config."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _numbers(f"{name}.{key}".lstrip("."), part)
    elif isinstance(value, list):
        for part in value:
            yield from _numbers(name, part)
    elif isinstance(value, float):
        yield name, value


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
    if error.validator == "pattern" and "number" in error.schema.get("type", ""):
        return f"{where}: {error.instance!r} is neither a number nor {error.validator_value.strip('^$')}"
    return f"{where}: {error.message}"
