"""Write docs/code.md: where a change goes, and every folder and module with what it is and the scripts that need it.

python scripts/code_reference.py
"""

import argparse
import ast
import sys
from pathlib import Path

from mstarhash.common.configuration import Parser
from mstarhash.common.errors import exit_code
from mstarhash.common.imports import library_of

FEW = 6  # scripts that are named; more are counted
FOLDERS = ("common", "spectra", "input", "measure", "stars", "search", "learn", "mock", "peers", "quality", "catalogue",
           "claims", "figures", "report", "bench")  # each needs none that stands behind it  # fmt: skip
HEAD = """# The code

`Snakefile` checks the config and takes in `rules/*.smk`: a rule for each step, whose inputs are its script, the modules that the
script imports, and its data. `scripts/STEP.py` reads flags and files, calls functions and writes files; `scripts/mstarhash/`
holds these functions, a folder for each subject: numpy arrays in, numpy arrays out. A change to a module runs the steps again
that need it, so a module imports no more than it must, and nothing from a folder further down this page. The page is written by
`python scripts/code_reference.py`.

## Where a change goes

| change | where |
|---|---|
| a config key | `config/config.yaml`, `config/config.schema.json`; then `python scripts/config_reference.py` |
| a kind of FITS file, a header's spelling | `input/fitsread.py`, `input/headervalues.py` |
| a form of table | `common/table_file.py`, `common/table_text.py` |
| names, units and limits of columns of source tables | `stars/source_columns.py`; Gaia's ids and epochs `stars/source_ids.py`, `stars/gaia_epoch.py`; where to get them: `catalogue/recipes.py` |
| a score of the search | `search/linear.py`, `search/matching.py` or `search/pil.py`; joined in `search/fusion.py`, trained in `scripts/train.py`, applied in `search/model.py` |
| a hash method or classifier to compare with | `peers/hash_methods.py` or `peers/scores.py`, and a line in `peers/runs.py` |
| an index | `measure/indices.py` (windows), `measure/subtype.py` (what tells types) |
| a flag | `measure/measure_flags.py` or `stars/star_flags.py`; bits never move (`tests/unit/test_status.py`) |
| a column of the catalogue | `config/catalogue.schema.json`: `key` is the dataset of the step that makes it; then `python scripts/column_reference.py` |
| a dataset of a step's file | its script, `config/formats.csv`, `SCHEMA_VERSION` in `spectra/hdf5.py`; then `python scripts/format_reference.py` |
| a figure | a module `figures/NAME.py` with `draw(plt, args)`, `figures/captions.py`, `scripts/figures.py`, `FIGURES` in `rules/release.smk` |
| a claim of the paper | `config/claims.csv`; what the run says to it in `claims/run.py` |
| a worse survey | `config/robustness/NAME.yaml`, named in `robustness.rows` |

"""


def page(folder):
    """The text, from the modules and scripts under `folder`."""
    scripts = {path.stem: library_of(path, folder) for path in sorted(Path(folder).glob("*.py"))}
    lines = []
    for name in FOLDERS:
        package = Path(folder, "mstarhash", name)
        lines += [
            f"## {name}/",
            "",
            what(package / "__init__.py"),
            "",
            "| module | what it is | scripts that need it |",
            "|---|---|---|",
        ]
        for path in sorted(set(package.glob("*.py")) - {package / "__init__.py"}):
            needed = [script for script, files in scripts.items() if str(path) in files]
            by = f"{len(needed)}" if len(needed) > FEW else ", ".join(needed)
            lines.append(f"| `{path.name}` | {what(path)} | {by} |")
        lines.append("")
    return HEAD + "\n".join(lines)


def what(path):
    """The first paragraph of a module's docstring, on one line."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    return text.split("\n\n")[0].replace("\n", " ")


def main(argv=None):
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", default="docs/code.md", help="page to write (default: %(default)s)")
    args = parser.parse_args(argv)
    Path(args.output).write_text(page("scripts"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
