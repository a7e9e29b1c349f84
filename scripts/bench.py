"""Time the heavy parts of the chain beside other software, on the data of a finished run.

Ours and the peer run in turn in one process, a process for each row; the best of a few counts. `ratio` is the peer's
time over ours: above 1 ours is the faster.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import exit_code

COLUMNS = ("what", "n", "ours_s", "peer", "peer_n", "peer_s", "ratio", "floor_s", "rss_mb")
CASES = {  # what: (module of bench/, function)
    "read": ("pixels", "read"),
    "rebin": ("pixels", "rebin"),
    "scale": ("pixels", "scale"),
    "positives": ("search", "positives"),
    "train": ("search", "train"),
    "encode": ("search", "encode"),
    "retrieve": ("search", "retrieve"),
    "neighbours": ("search", "neighbours"),
    "match": ("search", "match"),
    "crossmatch_small": ("stars", "crossmatch_small"),
    "crossmatch_large": ("stars", "crossmatch_large"),
    "measure": ("stars", "measuring"),
    "snakemake": ("stars", "snakemake"),
}
SECTIONS = ("train", "positives", "retrieve", "measure", "crossmatch", "bench")
SHARED = ("components", "seed")  # the first as in `positives`: no case needs that of `train`


def build_parser():
    parser = section_parser(__doc__, *SECTIONS, shared=SHARED)
    parser.add_argument("--threads", type=int, default=1, help="of ours and of the peers")
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES), help="rows to time; all")
    parser.add_argument("--manifest", nargs="+", required=True, help="lists from manifest.py, all shards")
    parser.add_argument("--ingested", nargs="+", required=True, help="HDF5 from ingest.py, all shards")
    parser.add_argument("--rebinned", nargs="+", required=True, help="HDF5 from rebin.py, all shards")
    parser.add_argument("--encoded", nargs="+", required=True, help="HDF5 from encode.py, all shards")
    parser.add_argument("--positives", required=True, help="HDF5 from positives.py")
    parser.add_argument("--negatives", required=True, help="HDF5 from negatives.py")
    parser.add_argument("--trained", required=True, help="HDF5 from train.py")
    parser.add_argument("--templates", required=True, help="HDF5 from templates.py")
    parser.add_argument("--configfiles", nargs="*", default=[], help="those of the run, for its dry run")
    parser.add_argument("--output", required=True, help="CSV to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(args.threads)
    import csv

    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say

    with replacing(args.output) as name, open(name, "w", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for what in CASES:
            if what not in args.only:
                continue
            row = {"what": what} | alone(what, args)
            writer.writerow({key: f"{v:.4g}" if isinstance(v, float) else v for key, v in row.items()})
            words = (f"{row[key]:.3g} s {text}" for key, text in (("ours_s", "ours"), ("peer_s", "peer")) if key in row)
            say(f"bench: {what}, n = {row['n']:,}: " + ", ".join(words))
    return 0


def alone(what, args):
    """A row of the table, timed in a process of its own, so that memory is what this case needs."""
    from multiprocessing import get_context

    with get_context("spawn").Pool(1) as pool:
        return pool.apply(one, (what, args))


def one(what, args):
    """The row without `what`."""
    from mstarhash.bench.timing import run

    module, function = CASES[what]
    if module == "pixels":  # only what the row needs, as its memory is told
        from mstarhash.bench import pixels as cases
    elif module == "search":
        from mstarhash.bench import search as cases
    else:
        from mstarhash.bench import stars as cases
    return run(getattr(cases, function)(args), args.repeats)


if __name__ == "__main__":
    sys.exit(exit_code(main))
