"""Write docs/code.md: where a change goes, and every module with what it is and the scripts that need it.

python scripts/code_reference.py
"""

import argparse
import ast
import sys
from pathlib import Path

from mstarhash.configuration import Parser
from mstarhash.errors import exit_code
from mstarhash.imports import library_of

FEW = 6  # scripts that are named; more are counted
HEAD = """# The code

`Snakefile` checks the config and takes in `rules/*.smk`: a rule for each step, whose inputs are its script, the modules that the
script imports, and its data. `scripts/STEP.py` reads flags and files, calls functions and writes files; `scripts/mstarhash/`
holds these functions: numpy arrays in, numpy arrays out. A change to a module runs the steps again that need it, so a module
imports no more than it must. This page is written by `python scripts/code_reference.py`.

## Where a change goes

| change | where |
|---|---|
| a config key | `config/config.yaml`, `config/config.schema.json`; then `python scripts/config_reference.py` |
| a kind of FITS file, a header's spelling | `fitsread.py`, `headervalues.py` |
| names and units of columns of source tables | `tables.py` |
| a score of the search | `linear.py`, `matching.py` or `pil.py`; joined in `fusion.py`, trained in `scripts/train.py`, applied in `model.py` |
| a hash method or classifier to compare with | `hash_methods.py` or `peer_scores.py`, and a line in `peer_runs.py` |
| an index | `indices.py` (windows), `subtype.py` (what tells types) |
| a flag | `measure_flags.py` or `star_flags.py`; bits never move (`tests/unit/test_status.py`) |
| a column of the catalogue | `config/catalogue.schema.json`: `key` is the dataset of the step that makes it; then `python scripts/column_reference.py` |
| a dataset of a step's file | its script, `config/formats.csv`, `SCHEMA_VERSION` in `spectra.py`; then `python scripts/format_reference.py` |
| a figure | a module `plots_NAME.py` with `draw(plt, args)`, `captions.py`, `scripts/figures.py`, `FIGURES` in `rules/release.smk` |
| a claim of the paper | `config/claims.csv`; what the run says to it in `claims_run.py` |
| a worse survey | `config/robustness/NAME.yaml`, named in `robustness.rows` |

## Modules

| module | what it is | scripts that need it |
|---|---|---|
"""


def page(folder):
    """The text, from the modules and scripts under `folder`."""
    scripts = {path.stem: library_of(path, folder, "mstarhash") for path in sorted(Path(folder).glob("*.py"))}
    lines = []
    for path in sorted(Path(folder, "mstarhash").glob("*.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if text:
            needed = [name for name, files in scripts.items() if str(path) in files]
            by = f"{len(needed)}" if len(needed) > FEW else ", ".join(needed)
            lines.append(f"| `{path.name}` | {text.split(chr(10) * 2)[0].replace(chr(10), ' ')} | {by} |")
    return HEAD + "\n".join([*lines, ""])


def main(argv=None):
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default="docs/code.md", help="page to write (default: %(default)s)")
    args = parser.parse_args(argv)
    Path(args.output).write_text(page("scripts"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
