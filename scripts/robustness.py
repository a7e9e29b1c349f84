"""Tables of how the ranking does on worse surveys, on real spectra, and on many surveys taken together.

robustness.csv: average precision on the surveys of each overlay of config/robustness and its difference to the plain
survey of the same seed; and a model of the mock survey on real spectra. pooled.csv: the plain surveys of all seeds. aside.csv:
the same of surveys of real spectra and templates, without rows where there are none. pooled_reliability.csv: P(M) of all of
these against the truth. And a figure of all that.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import InputError, exit_code

DPI = 130  # of the figure [pixels an inch]


def build_parser():
    parser = section_parser(__doc__, "robustness")
    parser.add_argument("--trials", nargs="+", required=True, help="CSV from trial.py, named ROW-SEED.csv")
    parser.add_argument("--overlays", nargs="+", required=True, help="YAML of each row, named ROW.yaml")
    parser.add_argument("--real-scores", default="", help="CSV from trial.py on real spectra; empty: none")
    parser.add_argument("--aside", nargs="*", default=[], help="CSV from trial.py, named aside-SEED.csv")
    parser.add_argument("--write-robustness", required=True, help="CSV to write")
    parser.add_argument("--write-pooled", required=True, help="CSV to write")
    parser.add_argument("--write-aside", required=True, help="CSV to write")
    parser.add_argument("--write-reliability", required=True, help="CSV to write")
    parser.add_argument("--write-figure", required=True, help="PNG to write")
    parser.add_argument("--write-numbers", required=True, help="CSV to write: the numbers of the figure")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    from contextlib import ExitStack
    from pathlib import Path

    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.common.texttables import write_rows
    from mstarhash.figures import style, surveys
    from mstarhash.quality import robustness

    rows = ["plain", *args.rows]
    with ExitStack() as stack:
        names = "robustness", "pooled", "aside", "reliability", "figure", "numbers"
        outputs = (getattr(args, f"write_{name}") for name in names)
        table, pooled, aside, bins, picture, numbers = (stack.enter_context(replacing(path)) for path in outputs)
        trials = {}
        for path in map(Path, [*args.trials, *args.aside]):
            row, number = path.stem.rsplit("-", 1)
            trials[row, int(number)] = robustness.read_scores(path)
        what = {"plain": "the mock survey as it is"}
        what |= {Path(path).stem: robustness.read_what(path) for path in args.overlays}
        wanted = {(row, one) for row in rows for one in args.seeds} | {("plain", one) for one in args.pooled_seeds}
        missing = [f"{row}-{one}.csv" for row, one in sorted(wanted - trials.keys())]
        missing += [f"{row}.yaml" for row in rows if row not in what]
        if missing:
            raise InputError(f"robustness.py: not given: {', '.join(missing)}")
        found = list(robustness.change_rows(trials, rows, args.seeds, args.draws, args.seed))
        if args.real_scores:
            scores = robustness.read_scores(args.real_scores)
            found += robustness.real_rows(scores, args.real_min_snr, args.seed, args.draws)
            what |= {f"real_{half}": f"trained on the mock survey alone, ranks real spectra of S/N r above "
                     f"{args.real_min_snr:g}; {half} half" for half in ("quoted", "tuning")}  # fmt: skip
        else:
            say(f"robustness: no real spectra at {args.real or 'robustness.real'}, so no rows of them")
        write_rows(table, robustness.CHANGES, ({"what": what[row["row"]]} | row for row in found), 5)
        found = []
        for name, row, seeds in ((pooled, "plain", args.pooled_seeds), (aside, "aside", args.aside_seeds)):
            known = {one: trials[row, one] for one in seeds if (row, one) in trials}
            write_rows(name, robustness.POOLED, robustness.pooled_rows(known, args.draws, args.seed), 5)
            for one, survey in known.items():
                found += [{"survey": row, "seed": one} | told for told in robustness.judged(survey)]
        write_rows(bins, robustness.RELIABILITY, found, 5)
        figure, points = surveys.draw(style.start(), pooled, aside, table, bins)
        style.save(figure, picture, DPI)
        style.write_numbers(numbers, points)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
