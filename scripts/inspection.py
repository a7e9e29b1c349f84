"""Write the page to look at candidates, best first, with keys that label them; it holds all that it shows.

The file is not called inspect.py as its step is: Python's own module of that name would be hidden from every script.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import exit_code

LINES = (("Ha", 6564.6), ("Na", 8191.0))  # marked [vacuum Angstrom]


def build_parser():
    parser = section_parser(__doc__, "inspect")
    parser.add_argument("--frame", required=True, help="HTML of the page, with places to fill")
    parser.add_argument("--candidates", required=True, help="CSV from candidates.py")
    parser.add_argument("--spectra", nargs="+", required=True, help="HDF5 from rebin.py, all shards")
    parser.add_argument("--model", required=True, help="HDF5 from train.py")
    parser.add_argument("--target", required=True, help="wanted class, a pattern on SUBCLASS")
    parser.add_argument("--labels", default="", help="inspection ledger; its rows are not shown again")
    parser.add_argument("--page", required=True, help="HTML to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import re
    from html import escape
    from pathlib import Path

    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.common.wording import is_m, worded
    from mstarhash.figures.spectra import BANDS
    from mstarhash.search import inspecting
    from mstarhash.spectra.labels import read_labels

    with replacing(args.page) as name:
        ledger = read_labels(args.labels)
        rows, chances, counts = inspecting.read_candidates(args.candidates, ledger, args.rows)
        stop = inspecting.stop_after(chances, args.next, args.min_yield)
        rows = rows[: max(stop, args.next)]
        say(f"inspect: {len(rows):,} of {len(chances):,} candidates without a label; stop after {stop:,}")
        label = "" if is_m(args.target) else f"<p>Label M means here: of class {escape(args.target)}.</p>"
        parts = {
            "frame": [inspecting.frame(BANDS if is_m(args.target) else (), LINES)],
            "summary": [inspecting.summary(chances, counts, len(rows), stop, args.min_yield, args.next), label],
            "rows": articles(args, rows, inspecting.expected_next(chances, args.next)),
            "end": [inspecting.end(len(rows), len(chances), stop)],
            "data": [inspecting.data(ledger, args.next)],
        }
        page = re.split(r"<!-- (\w+) -->", Path(args.frame).read_text(encoding="utf-8"))
        with open(name, "w", encoding="utf-8") as out:
            out.write(page[0])
            for key, text in zip(page[1::2], page[2::2], strict=True):
                out.writelines(worded(part, escape(args.target)) for part in parts[key])
                out.write(text)
    return 0


def articles(args, rows, ahead):
    """The candidates as HTML, one after the other; ahead: stars expected after the first 0, 1, ... of them."""
    import numpy as np
    from mstarhash.common.progress import Progress
    from mstarhash.figures.candidates import places_of
    from mstarhash.figures.spectra import fitted, fitting_of, for_the_eye
    from mstarhash.search.inspecting import article, picture
    from mstarhash.spectra.hdf5 import open_h5, read_text
    from mstarhash.spectra.sample import Sample

    progress = Progress("inspect", max(len(rows), 1))
    with Sample(args.spectra) as sample, open_h5(args.model) as model:
        wave = sample.fixed("wave")
        keys = fitting_of(model)
        means = dict(zip(read_text(model["averages/name"]).tolist(), model["averages/flux"][:], strict=False))
        flat = np.ones(len(wave))  # `featureless` has a name and no mean spectrum
        place_of = places_of(sample, [row["file"] for row in rows])
        for place, row in enumerate(rows, 1):
            flux, ivar = (sample.rows(key, [place_of[row["file"]]]) for key in ("flux", "ivar"))
            curves = {
                kind: fitted(flux[0], ivar[0], means.get(name, flat), **keys)
                if (name := row[f"best_{kind}"])
                else np.full(len(wave), np.nan)
                for kind in ("wanted", "other")
            }
            curves["seen"] = np.where(ivar[0] > 0, flux[0], np.nan)
            curves["smooth"] = for_the_eye(flux, ivar, args.smooth)[0]
            yield article(row, place, ahead[place], args.next, picture(wave, curves))
            progress.step()


if __name__ == "__main__":
    sys.exit(exit_code(main))
