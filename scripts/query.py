"""The labelled and the unclassified spectra of a finished run that look most like one spectrum.

Reads the FITS file as the run read its own (same masks, grid, smoothing and scaling), codes it with the run's model
and compares codes. Prints a table, and writes it as CSV beside a picture.

    python scripts/query.py spec-55859-F5902_sp01-001.fits --results results --nearest 10 --output query.png
"""

import argparse
import sys

from mstarhash.common import threads
from mstarhash.common.configuration import Parser
from mstarhash.common.errors import InputError, exit_code

COLUMNS = ("set", "nearest", "distance", "file", "class", "subclass", "wanted", "kind", "copy", "snr_r", "rank", "p_m")


def build_parser():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="a FITS file of a LAMOST spectrum, gzipped or not")
    parser.add_argument("--results", default="results", help="folder of a finished run (default: %(default)s)")
    parser.add_argument("--model", default="", help="model of that run, where its config names one (train.model)")
    parser.add_argument("--nearest", type=int, default=10, help="neighbours of each kind (default: %(default)s)")
    parser.add_argument(
        "--output", default="query.png", help="picture; the table goes beside it as .csv (default: %(default)s)"
    )
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import csv
    from pathlib import Path

    from mstarhash.common.files import replacing
    from mstarhash.figures import query, style
    from mstarhash.search import querying
    from mstarhash.search.model import read_model

    if args.nearest < 1:
        raise InputError(f"--nearest {args.nearest}: at least 1")
    picture = Path(args.output)
    if picture.suffix.lower() != ".png":
        raise InputError(f"--output {args.output}: the name of a picture must end in .png")
    folder = Path(args.results)
    rebinned, codes = (shards_of(folder, step) for step in ("rebin", "encode"))
    model_file = Path(args.model or folder / "train" / "model.h5")
    if not model_file.is_file():
        raise InputError(f"{model_file}: no such file; name the model of the run with --model")
    recipe = querying.read_recipe(rebinned[0])
    row, flux, ivar, vector = querying.read_one(args.file, recipe)
    model = read_model(model_file)
    model.refuse_other(model_file, recipe["wave"], recipe)
    score, code = querying.one_code(model, flux, ivar, vector, row.values["snr_r"])
    labelled = querying.nearest_labelled(model, code, row, args.nearest)
    unlabelled = querying.nearest_unlabelled(codes, code, row, args.nearest)
    add_chances(unlabelled, folder / "candidates" / "candidates.csv")
    rows = table(labelled, unlabelled)
    with replacing(picture.with_suffix(".csv")) as listing, replacing(picture) as name:
        with open(listing, "w", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows([COLUMNS, *rows])
        templates, wave = folder / "templates" / "templates.h5", recipe["wave"]
        stacks = [
            [
                (caption(f), f.get("wanted"), querying.spectrum_of(rebinned, templates, f["file"], f["order"], wave))
                for f in part
            ]
            for part in (labelled, unlabelled)
        ]
        figure = query.draw(wave, (flux, ivar), heading(row), *stacks)
        style.save(figure, name, 110)
    print_table(rows)
    wanted = sum(bool(found["wanted"]) for found in labelled)
    print(f"\n{heading(row)}: {wanted} of the {len(labelled)} nearest labelled spectra are of the wanted class"
          + (f"; class score {score:.3f}" if len(model.classes[0]) else ""))  # fmt: skip
    print(f"{picture}, {picture.with_suffix('.csv')}")
    return 0


def shards_of(folder, step):
    """The HDF5 files of a step, in the order of the shards."""
    found = sorted((folder / step).glob("[0-9][0-9][0-9][0-9].h5"))
    if not found:
        raise InputError(f"{folder}/{step}: no results there; finish a run first, or name its folder with --results")
    return found


def add_chances(unlabelled, path):
    """Add rank and p_m of candidates.csv, where there is one."""
    import csv

    if not path.is_file():
        return
    wanted = {found["file"]: found for found in unlabelled}
    with open(path, newline="") as source:
        for row in csv.DictReader(source):
            if row["file"] in wanted:
                wanted[row["file"]].update(rank=row["rank"], p_m=row["p_m"])


def table(labelled, unlabelled):
    """Rows of COLUMNS."""
    rows = []
    for kind, part in (("labelled", labelled), ("unclassified", unlabelled)):
        for number, found in enumerate(part, 1):
            values = {key: text(found.get(key, "")) for key in COLUMNS}
            rows.append([(values | {"set": kind, "nearest": str(number)})[key] for key in COLUMNS])
    return rows


def text(value):
    """A cell: no value is empty, truths are 0 and 1."""
    if value is None or value != value:
        return ""
    if type(value).__name__ in ("bool", "bool_"):
        return str(int(value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def caption(found):
    """What a neighbour is, in a line."""
    words = [f"{found['distance']} bits"]
    if "class" in found:
        words.append(found["subclass"] if found["class"] == "STAR" else found["class"] or "?")
    if found["snr_r"] == found["snr_r"]:
        words.append(f"S/N {found['snr_r']:.1f}")
    if "p_m" in found:
        words.append(f"rank {found['rank']}, P(M) {float(found['p_m']):.3f}")
    return "   ".join([*words, short(found["file"])])


def heading(row):
    """Name, class and S/N of the spectrum that is asked for."""
    snr = row.values["snr_r"]
    kind = " ".join(part for part in (row.values["class"], row.values["subclass"]) if part) or "no class"
    return f"{short(row.file)}   {kind}" + (f"   S/N {snr:.1f}" if snr == snr else "")


def short(file):
    from mstarhash.spectra.shards import stem

    return stem(file)


def print_table(rows):
    """The table with aligned columns, without folders."""
    lines = [list(COLUMNS), *([*row[:3], short(row[3]), *row[4:]] for row in rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(COLUMNS))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(exit_code(main))
