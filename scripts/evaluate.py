"""How well the search finds the wanted stars, in parts.

ranking: the ranking beside the paper's way and a plain classifier; unions of lists of every share. peers: other hash methods and classifiers on the
same spectra, and the bits of all codes. accuracy: accuracy against recall over random splits of the labelled spectra.
draw: figures of both, NAME.png and NAME.csv.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import section_parser
from mstarhash.common.errors import InputError, exit_code

DPI = 130  # of the figures [pixels an inch]
SETS = ("positives", "negatives")
READS = {
    "ranking": ("target", "candidates", "spectra", "codes", "cuts", "model", *SETS),
    "peers": ("target", "candidates", "spectra", "codes", "model", "benchmarks", *SETS),
    "accuracy": ("target", "model", *SETS),
    "draw": ("target", "read_peers", "read_accuracy_recall", "read_accuracy_area", "folder"),
}
WRITES = {
    "ranking": ("ranking", "curves", "reliability", "union"),
    "peers": ("peers", "peers_bins", "bits", "hash_properties"),
    "accuracy": ("accuracy_recall", "accuracy_area"),
    "draw": (),
}


def build_parser():
    parser = section_parser(__doc__, "evaluate", "retrieve")
    parser.add_argument("part", choices=list(READS))
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--target", help="wanted class, a pattern on SUBCLASS")
    parser.add_argument("--candidates", help="CSV from candidates.py")
    parser.add_argument("--truth", default="", help="CSV of the mock survey; empty: only held-back labelled spectra")
    parser.add_argument("--spectra", nargs="+", help="HDF5 from rebin.py, all shards")
    parser.add_argument("--codes", nargs="+", help="HDF5 from encode.py, all shards")
    parser.add_argument("--cuts", help="ranking: HDF5 from retrieve.py cut")
    parser.add_argument("--positives", help="HDF5 from positives.py")
    parser.add_argument("--negatives", help="HDF5 from negatives.py")
    parser.add_argument("--model", help="HDF5 from train.py")
    parser.add_argument("--benchmarks", help="folder of Snakemake's benchmarks, for the times of this search")
    for name in ("peers", "accuracy-recall", "accuracy-area"):
        parser.add_argument(f"--read-{name}", metavar="CSV", help="draw: CSV that another part wrote")
    parser.add_argument("--folder", help="draw: folder of the figures")
    for part, names in WRITES.items():
        for name in names:
            parser.add_argument(f"--write-{name.replace('_', '-')}", metavar="CSV", help=f"{part}: CSV to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    needed = [*READS[args.part], *(f"write_{name}" for name in WRITES[args.part])]
    for key in needed:
        if not getattr(args, key):
            raise InputError(f"evaluate.py {args.part} needs --{key.replace('_', '-')}")
    threads.limit(1)
    from contextlib import ExitStack

    from mstarhash.common.files import replacing

    with ExitStack() as stack:
        names = {name: stack.enter_context(replacing(getattr(args, f"write_{name}"))) for name in WRITES[args.part]}
        {"ranking": ranking, "peers": peers, "accuracy": accuracy, "draw": draw}[args.part](args, names)
    return 0


def ranking(args, names):
    import numpy as np
    from mstarhash.common.progress import say
    from mstarhash.common.texttables import write_rows
    from mstarhash.mock.truth import read_truth
    from mstarhash.quality import evaluation, unions
    from mstarhash.search.model import read_model
    from mstarhash.search.ranking import estimated_share
    from mstarhash.search.retrieval import Cuts

    known, others, wanted, paper = read_truth(args.truth, args.target), {}, None, None
    model, cuts = read_model(args.model), Cuts.read(args.cuts)
    searched = unions.read_searched(args.codes, args.spectra, model, everything=bool(known))
    if known:
        wanted = np.array([known[file]["wanted"] for file in searched.files], bool)
        lists = unions.network_lists(model, cuts, searched.network_codes)
        others = evaluation.network_scores(searched.files, lists)
    if known and args.peers:
        sets, shares = (args.positives, args.negatives), (cuts.share, cuts.narrow)
        found, paper = evaluation.peer_scores(sets, args.spectra, shares, args.seed, args.threads)
        others |= found
    scores, truth, p_m = evaluation.unknown_scores(args.candidates, known, others)
    samples = {"unclassified": (scores, truth, None), "held back": evaluation.held_back_scores(args.model)}
    evaluation.write_ranking(names["ranking"], names["curves"], samples, args.seed)
    evaluation.write_reliability(names["reliability"], p_m, truth)
    say("evaluate: unions of lists of every share")
    marks = {"paper": cuts.share, "prior": estimated_share(args.candidates), "narrow": cuts.narrow}
    rows = unions.union_rows(searched, model, cuts, marks, wanted, paper)
    write_rows(names["union"], unions.COLUMNS, rows, 5)


def peers(args, names):
    from mstarhash.peers import cnn, tables

    if args.cnn:
        cnn.backend()
    tables.write(args, names)


def accuracy(args, names):
    from mstarhash.peers import accuracy_runs

    accuracy_runs.write(args, names)


def draw(args, names):
    from contextlib import ExitStack
    from pathlib import Path

    from mstarhash.common.files import replacing
    from mstarhash.figures import accuracy, peers, style

    plt = style.start()
    figures = {
        "peers": lambda: peers.draw(plt, args.read_peers),
        "fig08": lambda: accuracy.draw(plt, args.read_accuracy_recall, args.read_accuracy_area),
    }
    with ExitStack() as stack:
        paths = {
            (name, kind): stack.enter_context(replacing(Path(args.folder) / f"{name}.{kind}"))
            for name in figures
            for kind in ("png", "csv")
        }
        for name, figure_of in figures.items():
            figure, rows = figure_of()
            style.speak_of(figure, args.target)
            style.save(figure, paths[name, "png"], DPI)
            style.write_numbers(paths[name, "csv"], rows)


if __name__ == "__main__":
    sys.exit(exit_code(main))
