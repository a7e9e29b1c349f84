"""Write config/README.md: a row for each key, from the schema and config/config.yaml."""

import sys
from pathlib import Path

from mstarhash.common.configuration import Parser, read_schema, to_text, types_of

HEAD = """# Keys of the configuration

`config.yaml` holds every key with its default; `config.schema.json` checks them. Put what you change into a file of
your own and pass it with `--configfile`: it is laid over the defaults. After an edit the stage of that name runs
again, with what follows from it. This page is made by `python scripts/config_reference.py`.
"""


def reference(config, schema):
    """The page as text: a table for each section."""
    lines = [HEAD, "## Top level", ""]
    plain = {key: part for key, part in schema["properties"].items() if part.get("type") != "object"}
    lines += _table(plain, config)
    for name, part in schema["properties"].items():
        if part.get("type") == "object":
            lines += ["", f"## {name}", "", *_table(part["properties"], config[name])]
    return "\n".join(lines) + "\n"


def _table(properties, values):
    rows = ["| key | default | type | meaning |", "|---|---|---|---|"]
    for key, part in properties.items():
        kind = " / ".join(map(str, part["enum"])) if "enum" in part else " or ".join(types_of(part))
        value = "null" if values[key] is None else to_text(values[key], part) or "[]"
        rows.append(f"| `{key}` | {value} | {kind} | {part['description'].replace('|', '/')} |")
    return rows


def main(argv=None):
    import yaml

    parser = Parser(description=__doc__)
    parser.add_argument("--config", default="config/config.yaml")
    parser.add_argument("--output", default="config/README.md")
    args = parser.parse_args(argv)
    Path(args.output).write_text(reference(yaml.safe_load(Path(args.config).read_text()), read_schema()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
