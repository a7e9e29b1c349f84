"""Copy the accepted spectra as FITS files with their new class in the header.

Takes the new M stars of a finished run's catalogue (or --source released, all). In each copy CLASS and SUBCLASS are the
new ones, OLDCLASS and OLDSUBCL those of the file, and a few cards hold P(M), velocity and luminosity class; all other
bytes are the original's. A table export.csv lists the copies.

    python scripts/export.py --results results --output export
"""

import argparse
import sys

from mstarhash.common import threads
from mstarhash.common.configuration import Parser
from mstarhash.common.errors import InputError, exit_code

COLUMNS = ("file", "copy", "class", "subclass", "p_m", "status", "reason")
HISTORY = "CLASS, SUBCLASS by mstarhash; those of the file: OLDCLASS, OLDSUBCL"


def build_parser():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", default="results", help="folder of a finished run (default: %(default)s)")
    parser.add_argument("--output", default="export", help="folder to write (default: %(default)s)")
    parser.add_argument("--source", default="new", choices=["new", "released", "all"], help="(default: %(default)s)")
    parser.add_argument("--clean", action="store_true", help="only those with clean = 1 in the catalogue")
    parser.add_argument("--min-p", type=float, default=0.0, help="smallest P(M) of new ones (default: %(default)s)")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import csv
    from pathlib import Path

    from mstarhash.common.files import replacing
    from mstarhash.common.progress import Progress, say
    from mstarhash.common.status import Rejected
    from mstarhash.input.fitscopy import copy

    catalogue = Path(args.results) / "catalogue" / "spectra.csv"
    if not catalogue.is_file():
        raise InputError(f"{catalogue}: no such file; finish a run first, or name its folder with --results")
    with open(catalogue, newline="", encoding="utf-8") as source:
        rows = [row for row in csv.DictReader(source) if accepted(args, row)]
    places = places_of([row["file"] for row in rows])
    for row, place in zip(rows, places, strict=True):
        if (Path(args.output) / place).resolve() == Path(row["file"]).resolve():
            raise InputError(f"--output {args.output}: a copy would replace its original {row['file']}")
    progress, failed = Progress("export", max(len(rows), 1)), 0
    with (
        replacing(Path(args.output) / "export.csv") as listing,
        open(listing, "w", newline="", encoding="utf-8") as out,
    ):
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row, place in zip(rows, places, strict=True):
            status, reason = "ok", ""
            try:
                with replacing(Path(args.output) / place) as name:
                    copy(row["file"], name, cards(row), HISTORY)
            except FileNotFoundError:
                status, reason = "unreadable", "the file is gone since the run"
            except Rejected as error:
                status, reason = error.status, str(error)
            failed += status != "ok"
            subclass = row["subClass"] or "M"
            writer.writerow(
                [row["file"], place if status == "ok" else "", "STAR", subclass, row["p_m"], status, reason]
            )
            progress.step()
    say(
        f"export: {len(rows) - failed:,} spectra copied into {args.output}, {failed:,} could not be (export.csv says why)"
    )
    return 0


def accepted(args, row):
    """Whether a row of the catalogue is to be copied."""
    if args.source != "all" and row["source"] != args.source:
        return False
    return (not args.clean or row["clean"] == "1") and (not row["p_m"] or float(row["p_m"]) >= args.min_p)


def places_of(files):
    """Path of each copy under the folder of output: that of the file without the folders that all have in common."""
    import os

    if not files:
        return []
    shared = os.path.commonpath([os.path.dirname(os.path.abspath(file)) for file in files])
    return [os.path.relpath(os.path.abspath(file), shared) for file in files]


def cards(row):
    """{keyword: (value, comment)} for a row of the catalogue."""

    def number(name):
        return float(row[name]) if row[name] else None

    luminosity = {"1": "giant", "0": "dwarf"}.get(row["giant"], "unknown")
    found = {
        "CLASS": ("STAR", "class found by mstarhash"),
        "SUBCLASS": (row["subClass"] or "M", "subclass found by mstarhash"),
        "OLDCLASS": (row["class_pipeline"], "class of the survey's pipeline"),
        "OLDSUBCL": (row["subclass_pipeline"], "subclass of the survey's pipeline"),
        "P_M": (number("p_m"), "probability to be an M star"),
        "MSUBTYPE": (number("subtype"), "subtype, M0 = 0"),
        "MLUM": (luminosity, "giant, dwarf or unknown"),
        "MRV": (number("rv"), "[km/s] heliocentric velocity"),
        "MRVERR": (number("rv_err"), "[km/s] its error"),
        "MFLAGS": (int(row["flags"]), "bit mask of the catalogue"),
    }
    return {key: pair for key, pair in found.items() if pair[0] is not None}


if __name__ == "__main__":
    sys.exit(exit_code(main))
