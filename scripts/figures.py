"""Figures of a run, each with the numbers behind it: NAME.png and NAME.csv in one folder."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import InputError, exit_code


def build_parser():
    parser = section_parser(__doc__, "figures")
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--target", required=True, help="wanted class, a pattern on SUBCLASS")
    parser.add_argument("--names", nargs="+", required=True, help="figures to draw")
    parser.add_argument("--candidates", required=True, help="CSV from candidates.py")
    parser.add_argument("--spectra", nargs="+", required=True, help="HDF5 from rebin.py, all shards")
    parser.add_argument("--codes", nargs="+", required=True, help="HDF5 from encode.py, all shards")
    parser.add_argument("--model", required=True, help="HDF5 from train.py")
    parser.add_argument("--averages", default="", help="HDF5 from positives.py; empty: a trained model was given")
    parser.add_argument("--ingested", nargs="+", required=True, help="HDF5 from ingest.py, all shards")
    parser.add_argument("--positives", default="", help="HDF5 from positives.py, likewise")
    parser.add_argument("--clusters", default="", help="CSV from positives.py, likewise")
    parser.add_argument("--defects", default="", help="CSV from positives.py, likewise")
    parser.add_argument("--table1", default="", help="CSV from positives.py, likewise")
    parser.add_argument("--curves", default="", help="CSV from evaluate.py; empty: not evaluated")
    parser.add_argument("--ranking", default="", help="CSV from evaluate.py, likewise")
    parser.add_argument("--reliability", default="", help="CSV from evaluate.py, likewise")
    parser.add_argument("--union", default="", help="CSV from evaluate.py, likewise")
    parser.add_argument("--truth", default="", help="CSV of the mock survey; empty: none")
    parser.add_argument("--field", required=True, help="CSV of published values by subtype")
    parser.add_argument("--measure", nargs="*", default=[], help="HDF5 from measure.py, all shards and kinds")
    parser.add_argument("--crossmatch", default="", help="HDF5 from crossmatch.py; empty: no photometry")
    parser.add_argument("--luminosity", default="", help="HDF5 from luminosity.py; empty: not told")
    parser.add_argument("--boundaries", default="", help="CSV from luminosity.py, likewise")
    parser.add_argument("--activity", default="", help="HDF5 from activity.py; empty: not told")
    parser.add_argument("--fractions", default="", help="CSV from activity.py; empty: not told")
    parser.add_argument("--dispersions", default="", help="CSV from kinematics.py; empty: not told")
    parser.add_argument("--folder", required=True, help="folder of the figures")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(args.threads)
    from contextlib import ExitStack
    from pathlib import Path

    from mstarhash.common.files import replacing
    from mstarhash.common.progress import Progress
    from mstarhash.figures import (
        activity,
        candidates,
        found,
        kinematics,
        luminosity,
        mock,
        neighbours,
        positives,
        positives_spectra,
        ranking,
        style,
        subtypes,
        union,
        unknown,
    )

    figures = {
        "candidates": candidates.draw,
        "ranking": ranking.draw,
        "union": union.draw,
        "positives": positives.draw,
        "mock": mock.draw,
        "subtypes": subtypes.draw,
        "fig02": unknown.draw,
        "fig06": positives_spectra.draw_defects,
        "fig07": positives_spectra.draw_examples,
        "fig09": neighbours.draw_late,
        "fig10": neighbours.draw_early,
        "fig11": found.draw_types,
        "fig12": found.draw_noise,
        "fig13": found.draw_magnitudes,
        "fig14": found.draw_types_beside,
        "fig15": luminosity.draw_early,
        "fig16": luminosity.draw_all,
        "fig17": activity.draw,
        "fig18": kinematics.draw,
    }
    if strange := sorted(set(args.names) - set(figures)):
        raise InputError(f"--names: no figure {', '.join(strange)}; there are {', '.join(figures)}")
    plt = style.start()
    with ExitStack() as stack:
        names = {
            (name, kind): stack.enter_context(replacing(Path(args.folder) / f"{name}.{kind}"))
            for name in args.names
            for kind in ("png", "csv")
        }
        progress = Progress("figures", len(args.names))
        for name in args.names:
            figure, rows = figures[name](plt, args)
            style.speak_of(figure, args.target)
            style.save(figure, names[name, "png"], args.dpi)
            style.write_numbers(names[name, "csv"], rows)
            progress.step()
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
