"""One page on a run: what was searched, how well, figures, the ledger of the paper's claims, failures and denominators."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import exit_code

TITLE = "M stars among the unclassified spectra"


def build_parser():
    parser = section_parser(__doc__)
    parser.add_argument("--kind", choices=["mock", "lamost"], required=True, help="what the spectra are (input.kind)")
    parser.add_argument("--target", required=True, help="wanted class (target)")
    parser.add_argument("--status", nargs="+", required=True, help="TSV from ingest.py, all shards")
    parser.add_argument("--spectra", nargs="+", required=True, help="HDF5 from rebin.py, all shards")
    parser.add_argument("--summary", required=True, help="CSV of counts from candidates.py")
    parser.add_argument("--ranking", default="", help="CSV from evaluate.py; empty: not evaluated")
    parser.add_argument("--reliability", default="", help="CSV from evaluate.py, likewise")
    parser.add_argument("--more", nargs="*", default=[], help="further CSV tables of evaluate and completeness")
    parser.add_argument(
        "--measure", nargs="*", default=[], help="HDF5 from measure.py, all shards and kinds; none: no stars measured"
    )
    parser.add_argument("--luminosity", default="", help="HDF5 from luminosity.py, likewise")
    parser.add_argument("--boundaries", default="", help="CSV from luminosity.py, likewise")
    parser.add_argument("--fractions", default="", help="CSV from activity.py, likewise")
    parser.add_argument("--claims", default="", help="CSV from claims.py, likewise")
    parser.add_argument("--figures", nargs="*", default=[], help="PNG files")
    parser.add_argument("--files", nargs="*", default=[], help="files that the page leads to")
    parser.add_argument("--output", required=True, help="HTML page to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    from collections import Counter
    from html import escape
    from pathlib import Path

    from mstarhash.common import texttables
    from mstarhash.common.files import replacing
    from mstarhash.common.wording import worded
    from mstarhash.report import accounting, claims, counts, links, page, quality, stars

    with replacing(args.output) as name:
        rows = texttables.rows_of
        folder = Path(args.output).parent
        words, flags = accounting.files(args.status)
        kinds = accounting.classes(args.spectra, args.target)
        summary = {row["quantity"]: row["value"] for row in rows(args.summary)}
        measured, bits = accounting.stars(args.measure, args.luminosity) if args.measure else (Counter(), Counter())
        shown = links.pictures(args.figures, folder)
        ranked = quality.quality(rows(args.ranking), rows(args.reliability), summary)
        others = quality.others(args.more, bool(args.measure))
        sections = [
            ("searched", "What was searched", counts.what(words, kinds, summary, measured)),
            ("quality", "Quality of the ranking", page.join(ranked, shown.pop("ranking", ""))),
            (
                "others",
                "Other methods, robustness, completeness",
                page.join(others, *(shown.pop(key) for key in links.OTHERS if key in shown)),
            ),
            ("stars", "The stars", stars.stellar(rows(args.fractions), rows(args.boundaries))),
            (
                "survey",
                "The run in pictures",
                page.join(*(shown.pop(key) for key in links.SURVEY if key in shown)),
            ),
            ("paper", "The paper's figures on these data", page.join(*shown.values())),
            ("claims", "The paper's claims", claims.claims(rows(args.claims))),
            ("failures", "Failures and denominators", counts.failures(words, flags, bits, measured)),
            ("files", "Files", links.made(args.files, folder)),
        ]
        if not args.measure:
            sections = [part for part in sections if part[0] not in ("stars", "claims")]
        text = page.page(TITLE, subtitle(args.kind, kinds), sections)
        Path(name).write_text(worded(text, escape(args.target)), encoding="utf-8")
    return 0


def subtitle(kind, kinds):
    """What the spectra are."""
    what = {"mock": "A mock LAMOST survey with truth", "lamost": "Spectra given by input.spectra, without truth"}[kind]
    return f"{what}: {sum(kinds.values()):,} spectra, {kinds['unknown']:,} of them unclassified. Beside the search of Guo et al. 2019 (MNRAS 485, 2167)."


if __name__ == "__main__":
    sys.exit(exit_code(main))
