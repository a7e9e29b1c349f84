"""How well the ranking finds the wanted stars, beside the paper's way and a plain classifier; how good the codes are."""

import sys

from mstarhash import threads
from mstarhash.configuration import section_parser
from mstarhash.errors import exit_code


def build_parser():
    parser = section_parser(__doc__, "evaluate", "retrieve")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--candidates", required=True, help="CSV from candidates.py")
    parser.add_argument("--truth", default="", help="CSV of the mock survey; empty: only held-back labelled spectra")
    parser.add_argument("--spectra", nargs="+", required=True, help="HDF5 from rebin.py, all shards")
    parser.add_argument("--codes", nargs="+", required=True, help="HDF5 from encode.py, all shards")
    parser.add_argument("--positives", required=True, help="HDF5 from positives.py")
    parser.add_argument("--negatives", required=True, help="HDF5 from negatives.py")
    parser.add_argument("--model", required=True, help="HDF5 from train.py")
    for name in ("ranking", "curves", "reliability", "bits"):
        parser.add_argument(f"--{name}", required=True, help="CSV to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    from contextlib import ExitStack

    from mstarhash import evaluation
    from mstarhash.files import replacing

    with ExitStack() as stack:
        name = {
            key: stack.enter_context(replacing(getattr(args, key)))
            for key in ("ranking", "curves", "reliability", "bits")
        }
        scores, truth, p_m = evaluation.unknown_scores(args)
        held, held_truth = evaluation.held_back_scores(args.model)
        evaluation.write_ranking(name["ranking"], name["curves"], scores, truth, held, held_truth, args.seed)
        evaluation.write_reliability(name["reliability"], p_m, truth)
        evaluation.write_bits(name["bits"], args)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
