"""The paper's numbers and statements, each beside what this run or a calculation gives."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import exit_code


def build_parser():
    parser = section_parser(__doc__)
    parser.add_argument("--kind", choices=["mock", "lamost"], required=True, help="what the spectra are (input.kind)")
    parser.add_argument("--claims", required=True, help="CSV of the paper's claims and how each is tested")
    parser.add_argument("--table1", required=True, help="CSV of the paper's Table 1")
    parser.add_argument("--table2", required=True, help="CSV of the paper's Table 2")
    parser.add_argument("--status", nargs="+", required=True, help="TSV from ingest.py, all shards")
    parser.add_argument("--ingested", nargs="+", required=True, help="HDF5 from ingest.py, all shards")
    parser.add_argument("--candidates", required=True, help="CSV from candidates.py")
    parser.add_argument("--summary", required=True, help="CSV of counts from candidates.py")
    parser.add_argument("--model", required=True, help="HDF5 from train.py")
    parser.add_argument("--encoded", nargs="+", required=True, help="HDF5 from encode.py, all shards")
    parser.add_argument("--positives", default="", help="HDF5 from positives.py; empty: a trained model was given")
    parser.add_argument("--negatives", default="", help="HDF5 from negatives.py, likewise")
    parser.add_argument("--clusters", default="", help="CSV from positives.py, likewise")
    parser.add_argument("--defects", default="", help="CSV from positives.py, likewise")
    parser.add_argument("--drawn", default="", help="CSV of positives by subtype from positives.py, likewise")
    parser.add_argument("--ranking", default="", help="CSV from evaluate.py; empty: not evaluated")
    parser.add_argument("--area", default="", help="CSV of areas under accuracy-recall curves, likewise")
    parser.add_argument("--properties", default="", help="CSV of properties of hash methods, likewise")
    parser.add_argument("--measure", nargs="+", required=True, help="HDF5 from measure.py, all shards and kinds")
    parser.add_argument("--crossmatch", required=True, help="HDF5 from crossmatch.py")
    parser.add_argument("--luminosity", required=True, help="HDF5 from luminosity.py")
    parser.add_argument("--boundaries", required=True, help="CSV from luminosity.py")
    parser.add_argument("--activity", required=True, help="HDF5 from activity.py")
    parser.add_argument("--dispersions", required=True, help="CSV from kinematics.py")
    parser.add_argument("--nearest", default="", help="CSV of Fig. 9 from figures.py; empty: not drawn")
    parser.add_argument("--far", default="", help="CSV of Fig. 10, likewise")
    parser.add_argument("--train-time", default="", help="benchmark of the rule train; empty: nothing was trained")
    parser.add_argument("--output", required=True, help="CSV to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    from mstarhash.claims import ledger
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say

    with replacing(args.output) as name:
        rows = ledger.ledger(ledger.read_claims(args.claims), quantities(args), args.kind)
        ledger.write(name, rows)
        words = ("reproduced", "differs", "cannot be tested")
        counts = [sum(row["status"].startswith(word) for row in rows) for word in words]
        own = sum(row["from"] == ledger.OWN for row in rows)
        told = ", ".join(f"{count} {word}" for count, word in zip(counts, words, strict=True))
        say(f"claims: {told}; {own} are sums over the paper's own numbers")
    return 0


def quantities(args):
    """{name: (value, error)} of all that a claim may be compared with."""
    from mstarhash.claims import neighbours, paper, run
    from mstarhash.common import texttables
    from mstarhash.stars import trends

    rows = texttables.rows_of
    counts = {row["quantity"]: float(row["value"]) for row in rows(args.summary)}
    found, likely = run.of_candidates(args.candidates, counts.get("queries", 0))
    found |= paper.of_table1(args.table1) | paper.of_table2(args.table2) | paper.of_the_text()
    found |= run.of_lists(args.status) | run.of_ingest(args.ingested)
    found |= run.of_colours(args.ingested, likely)
    found |= run.of_model(args.model, args.encoded) | run.of_benchmark(args.train_time)
    found |= run.of_positives(args.drawn, args.clusters, args.defects, args.positives, args.negatives)
    found |= run.of_evaluate(rows(args.ranking), rows(args.area), rows(args.properties))
    found |= run.of_stars(args.measure, args.crossmatch, args.luminosity, args.activity)
    found |= run.of_boundaries(rows(args.boundaries)) | trends.of_dispersions(rows(args.dispersions))
    found |= neighbours.of_neighbours(rows(args.nearest), rows(args.far))
    return found


if __name__ == "__main__":
    sys.exit(exit_code(main))
