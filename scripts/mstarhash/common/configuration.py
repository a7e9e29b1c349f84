"""The config's schema, as it checks a config, as it writes flags, and as it reads them again.

`config/config.schema.json` is the one place that knows each key's type, unit and meaning: the rules turn a
section into `--key=value` words (`flag_list`), and the scripts read those with a parser made from the same
section (`section_parser`).
"""

import argparse
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

SCHEMA_PATH = Path(__file__).resolve().parents[3] / "config" / "config.schema.json"


def read_schema(path=SCHEMA_PATH):
    """The schema as a dict."""
    return json.loads(Path(path).read_text())


def types_of(schema):
    """The JSON types that a key may have; an enum without a type holds strings."""
    kinds = schema.get("type", "string")
    return [kinds] if isinstance(kinds, str) else list(kinds)


def to_text(value, schema):
    """A config value as the text of a flag; 5 and 5.0 are the same number, null is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(to_text(item, schema.get("items", {})) for item in value)
    if isinstance(value, int | float) and "number" in types_of(schema):
        return repr(float(value))
    return str(value)


def from_text(text, schema):
    """The value of a flag's text; the inverse of `to_text`. Raises argparse.ArgumentTypeError."""
    kinds = types_of(schema)
    if "string" in kinds and "pattern" in schema and re.search(schema["pattern"], text):
        return text
    if text == "" and "null" in kinds:
        return None
    if "array" in kinds:
        return [from_text(item, schema.get("items", {})) for item in text.split(",") if item]
    try:
        if "boolean" in kinds:
            return {"true": True, "false": False}[text]
        if "integer" in kinds:
            return int(text)
        if "number" in kinds:
            return float(text)
    except (KeyError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is not of type {' or '.join(kinds)}") from None
    if "enum" in schema and text not in schema["enum"]:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(map(str, schema['enum']))}")
    return text


def flag_list(values, schema):
    """`--key=value` words of a section, in the schema's order."""
    return [f"--{key.replace('_', '-')}={to_text(values[key], part)}" for key, part in schema["properties"].items()]


class Parser(argparse.ArgumentParser):
    """Bad usage is one line and exit code 2."""

    def error(self, message):
        self.exit(2, f"error: {self.prog}: {message}\n")


def section_parser(description, *sections, shared=()):
    """A parser with one required option for each key of one or more sections of the config.

    shared: keys that two of these sections have; the value of the last one counts. Any other such key is an error.
    The paths that a step reads and writes are added by its script.
    """
    parser = Parser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    pairs = _keys(sections)
    counts = Counter(key for key, _ in pairs)
    if wrong := sorted(key for key, count in counts.items() if count > 1 and key not in shared):
        raise ValueError(f"{', '.join(wrong)}: in more than one of the sections {', '.join(sections)}")
    keys = parser.add_argument_group("config keys")
    for key, part in dict(pairs).items():
        keys.add_argument(
            f"--{key.replace('_', '-')}",
            required=True,
            type=lambda text, part=part: from_text(text, part),
            metavar="|".join(map(str, part["enum"])) if "enum" in part else "VALUE",
            help=part["description"].replace("%", "%%"),
        )
    parser.set_defaults(sections=sections)
    return parser


def _keys(sections):
    """[(key, its schema)] of some sections, one after the other."""
    known = read_schema()["properties"]
    return [pair for section in sections for pair in known[section]["properties"].items()]


def config_hash(args):
    """16 hex digits over the flags of the step's own keys."""
    properties = dict(_keys(args.sections))
    words = flag_list({key: getattr(args, key) for key in properties}, {"properties": properties})
    return hashlib.blake2b("\n".join(words).encode(), digest_size=8).hexdigest()
