"""Rank every unclassified spectrum that was searched: unions, votes, rank shares, template difference, P(M)."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import exit_code


def build_parser():
    parser = section_parser(__doc__, "candidates")
    parser.add_argument("--retrieved", nargs="+", required=True, help="HDF5 of every shard, from retrieve.py select")
    parser.add_argument("--codes", nargs="+", required=True, help="HDF5 of every shard, from encode.py")
    parser.add_argument("--match", nargs="+", required=True, help="HDF5 of every shard, from match.py")
    parser.add_argument("--model", required=True, help="HDF5 from train.py")
    parser.add_argument("--calibrated", default="", help="CSV of the calibration of another list; empty: find one")
    parser.add_argument("--labels", default="", help="inspection ledger")
    parser.add_argument("--output", required=True, help="CSV to write")
    parser.add_argument("--summary", required=True, help="CSV of counts to write")
    parser.add_argument("--calibration", required=True, help="CSV of P by log odds to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import csv
    from contextlib import ExitStack

    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.search.calibration import Calibration
    from mstarhash.search.model import SCORES, read_model
    from mstarhash.search.ranking import (
        COLUMNS,
        NARROW,
        NEAREST,
        RETRIEVED,
        nearest_words,
        rank_rows,
        stability,
        summary_rows,
    )
    from mstarhash.spectra.labels import read_labels
    from mstarhash.spectra.sample import Sample
    from mstarhash.spectra.shards import IDENTITY

    with ExitStack() as stack:
        name, summary, calibration = (
            stack.enter_context(replacing(path)) for path in (args.output, args.summary, args.calibration)
        )
        model = read_model(args.model)
        with Sample(args.retrieved) as a, Sample(args.codes) as b, Sample(args.match) as c:
            table = a.columns([*IDENTITY, "order", *RETRIEVED, *NEAREST])
            table |= b.columns([*SCORES, "score", "best_group", "snr_r"])
            narrow = {key: a.attribute(key) for key in NARROW}
            table |= c.columns(
                ["difference", "chi2", "gain_wanted", "gain_other", "best_wanted", "best_other", "good_pixels"]
            )
        odds, best_group = table.pop("score"), table.pop("best_group")
        chance = (
            Calibration.read(args.calibrated) if args.calibrated else model.calibrated(odds, best_group, args.prior)
        )
        chance.write(calibration)
        table |= {
            "p_m": chance(odds),
            "stability": stability(table, model.fusion, chance(odds).sum()),
            "nearest": nearest_words(*(table.pop(key) for key in NEAREST), model.labelled),
            "in_union": (table["votes"] > 0).astype(int),
            "in_narrow_union": (table["votes_narrow"] > 0).astype(int),
            "score": {
                "fused": odds,
                "retrieval": -table["median_share"],
                "votes": table["votes"].astype("f8"),
            }[args.ranking],
        }
        labels = read_labels(args.labels)
        table["label"] = np.array([{True: "M", False: "other"}.get(labels.get(file), "") for file in table["file"]])
        if labels:
            say(
                f"candidates: {(table['label'] != '').sum():,} of the {len(labels):,} labels are of spectra searched here"
            )
        table = rank_rows(table)
        with open(name, "w", newline="") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(zip(*(texts(table[key]) for key in COLUMNS), strict=True))
        with open(summary, "w", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows(
                summary_rows(table, chance, narrow, len(model.labelled["codes"]), int(model.queries.sum()))
            )
    return 0


def texts(values):
    """A column as it stands in the CSV: nulls empty, floats with seven digits."""
    if values.dtype.kind == "f":
        return ["" if value != value else f"{value:.7g}" for value in values]
    return values.tolist()


if __name__ == "__main__":
    sys.exit(exit_code(main))
