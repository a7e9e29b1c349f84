"""How to get the tables of Gaia, 2MASS and AllWISE sources: a list to upload, queries and commands. Nothing is fetched.

Takes the objects of a finished run's catalogue, of a run without these tables as well, and writes into a folder:
objects.xml (VOTable: object, target_ra, target_dec), NAME.adql for TAP (Gaia DR3, Gaia DR4, 2MASS, AllWISE), and
README.md with commands for STILTS, CDS X-Match, TOPCAT and Python. Just the columns that are read are asked for.

    python scripts/sources.py --results results --output sources
"""

import argparse
import sys

from mstarhash.common import threads
from mstarhash.common.configuration import Parser
from mstarhash.common.errors import InputError, exit_code

WIDEST = 180.0  # radius that CDS X-Match takes [arcsec]
YEARS = 16.0  # from the epoch 2000 of most positions in headers to that of Gaia DR3


def build_parser():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", default="results", help="folder of a finished run (default: %(default)s)")
    parser.add_argument("--output", default="sources", help="folder to write (default: %(default)s)")
    parser.add_argument(
        "--radius", type=float, default=30.0, help="sources within this of an object [arcsec] (default: %(default)s)"
    )
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    from pathlib import Path

    from mstarhash.catalogue import recipes, votable
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say

    if not 0 < args.radius <= WIDEST:
        raise InputError(f"--radius {args.radius:g}: above 0 and at most {WIDEST:g} arcsec, as CDS X-Match takes it")
    table, lost = upload(Path(args.results) / "catalogue" / "objects.csv")
    folder = Path(args.output)
    texts = {f"{name}.adql": recipe.adql(args.radius) for name, recipe in recipes.QUERIES.items()}
    texts["README.md"] = recipes.page(len(table[0][1]), args.radius)
    with replacing(folder / "objects.xml") as name:
        votable.write(name, recipes.UPLOAD, table, ["Objects of the catalogue, positions of their primary spectra."])
    for file, text in texts.items():
        with replacing(folder / file) as name:
            Path(name).write_text(text, encoding="utf-8")
    say(
        f"sources: {len(table[0][1]):,} objects in {folder / 'objects.xml'}, {lost:,} without a position; within "
        f'{args.radius:g}" of them: in {YEARS:g} years stars of up to {args.radius / YEARS:.2g}"/yr stay as near'
    )
    say(f"sources: what to do with it: {folder / 'README.md'}")
    return 0


def upload(path):
    """([(Column, values)] of object, target_ra, target_dec; number of objects without a position) of objects.csv."""
    import csv

    import numpy as np
    from mstarhash.catalogue.columns import Column, filled
    from mstarhash.catalogue.recipes import POSITION

    if not path.is_file():
        raise InputError(f"{path}: no such file; finish a run first, or name its folder with --results")
    with open(path, newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    placed = [row for row in rows if row["ra"] and row["dec"]]
    if not placed:
        raise InputError(f"{path}: no object with a position, so there is nothing to look for")
    columns = [
        Column("object", "object", "i4", "", "meta.id;meta.main", "Number of the object in the catalogue", ()),
        Column(POSITION[0], "ra", "f8", "deg", "pos.eq.ra;meta.main", "Right ascension of the header", ()),
        Column(POSITION[1], "dec", "f8", "deg", "pos.eq.dec;meta.main", "Declination of the header", ()),
    ]
    table = [(column, filled(column, np.array([row[column.key] for row in placed]))) for column in columns]
    return table, len(rows) - len(placed)


if __name__ == "__main__":
    sys.exit(exit_code(main))
