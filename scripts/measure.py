"""Measure the stars of one shard on their observed pixels: indices, zeta, H-alpha, subtype, velocity, with errors.

`--kind released` takes the spectra that the pipeline classified as the target; `--kind candidates` takes those
unclassified ones that the search or an inspection called stars of the target class.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import InputError, exit_code

BLOCK = 256  # spectra measured at a time; fixed, so that no bit depends on the number of threads
HEADER = ("designation", "obsdate", "mjd", "ra", "dec", "z", "z_err", "snru", "snrg", "snrr", "snri", "snrz", "snr_r",
          "mag1", "mag2", "mag3", "mag4", "mag5", "mag6", "mag7", "magtype", "release", "duplicate_of")  # fmt: skip
RENAMED = {"class": "class_pipeline", "subclass": "subclass_pipeline", "flags": "flags_ingest"}


def build_parser():
    parser = section_parser(__doc__, "measure")
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--kind", required=True, choices=["released", "candidates"], help="which spectra of the shard")
    parser.add_argument("--target", required=True, help="wanted class, a pattern on SUBCLASS")
    parser.add_argument("--spectra", required=True, help="HDF5 from ingest.py")
    parser.add_argument("--templates", required=True, help="HDF5 from templates.py")
    parser.add_argument(
        "--averages",
        default="",
        help="HDF5 from positives.py or train.py; empty: velocities and types by templates alone",
    )
    parser.add_argument("--candidates", default="", help="CSV from candidates.py; needed by --kind candidates")
    parser.add_argument("--labels", default="", help="inspection ledger (CSV: file, label); kind candidates only")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    if args.kind == "candidates" and not args.candidates:
        raise InputError("--kind candidates needs --candidates, the table from candidates.py")
    threads.limit(1)
    import json

    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.parallel import ordered_map
    from mstarhash.common.progress import Progress, say
    from mstarhash.measure import measure_flags
    from mstarhash.measure.block import Tools, measure
    from mstarhash.spectra.hdf5 import create, open_h5, read_columns, write_columns
    from mstarhash.spectra.shards import IDENTITY

    with replacing(args.output) as name, open_h5(args.spectra) as source:
        tools = Tools.read(args.templates, args, args.averages)
        if not tools.wins.any() or not tools.lines:
            raise InputError(
                f"{args.templates}: no template for velocities or no sequence of dwarfs for types; "
                "see the column `use` of config/templates.csv"
            )
        rows, chance = choose(args, read_columns(source, ["file", "class", "subclass"]))
        grids = {key: source[key][:] for key in ("coeff0", "coeff1", "z")}

        def read():
            for first in range(0, len(rows), BLOCK):
                part = rows[first : first + BLOCK]
                pixels = [source[key][part] for key in ("flux", "ivar", "mask")]
                yield (*pixels, *(values[part] for values in grids.values()))

        progress = Progress(f"measure {args.kind}", len(rows))
        parts = []
        for columns in ordered_map(lambda item: measure(*item, tools), read(), args.threads):
            parts.append(columns)
            progress.step(len(columns["flags"]))
        if not parts:  # no such star in this shard: the same columns, empty
            empty = (np.zeros((0, 1), kind) for kind in ("f4", "f4", "u1"))
            parts.append(measure(*empty, *(values[:0] for values in grids.values()), tools))
        header = read_columns(source, [*IDENTITY, "order", *HEADER, *RENAMED])
        with create(name, "measure", config_hash(args)) as out:
            out.attrs["rv_offset"] = args.rv_offset
            out.attrs["subtype_zero"] = tools.zero
            out.attrs["noise_scale"] = args.noise_scale
            out.attrs["flag_bits"] = json.dumps({key: [bit, text] for key, (bit, text) in measure_flags.BITS.items()})
            write_columns(out, {RENAMED.get(key, key): values[rows] for key, values in header.items()})
            origin = "released" if args.kind == "released" else "new"
            write_columns(out, {"source": np.full(len(rows), origin), "p_m": chance})
            write_columns(out, {key: np.concatenate([part[key] for part in parts]) for key in parts[0]})
        say(
            f"measure {args.kind}: {len(rows)} of {len(header['file'])} spectra of the shard; zero point of the subtypes "
            f"{tools.zero:+.2f}"
        )
    return 0


def choose(args, columns):
    """Row numbers of the shard that are measured (increasing) and their p_m (NaN for released stars)."""
    import numpy as np
    from mstarhash.spectra.labels import read_labels
    from mstarhash.spectra.targets import is_target

    if args.kind == "released":
        rows = np.flatnonzero(is_target(columns["class"], columns["subclass"], args.target))
        return rows, np.full(len(rows), np.nan)
    labels = read_labels(args.labels)
    searched = read_chances(args.candidates)
    found = [searched.get(file, (np.nan, False)) for file in columns["file"]]
    chance = np.array([p for p, _ in found], dtype=float)
    wanted = [
        file in searched and labels.get(file, p >= args.min_p and inside)
        for file, (p, inside) in zip(columns["file"], found, strict=True)
    ]
    rows = np.flatnonzero(np.array(wanted, dtype=bool))
    return rows, chance[rows]


def read_chances(path):
    """{file: (p_m, whether the narrow union holds it)} of candidates.csv."""
    import csv

    with open(path, newline="") as source:
        reader = csv.DictReader(source)
        if not {"file", "p_m", "in_narrow_union"} <= set(reader.fieldnames or []):
            raise InputError(
                f"{path}: no column file, p_m and in_narrow_union; it must be the table from candidates.py"
            )
        return {row["file"]: (float(row["p_m"] or "nan"), row["in_narrow_union"] == "1") for row in reader}


if __name__ == "__main__":
    sys.exit(exit_code(main))
