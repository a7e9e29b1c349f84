"""Lists of every query, exact over all shards: count (a shard), cut (once), select (a shard).

A query is a known spectrum of the class; its list holds the spectra whose codes lie nearest to its own. Two unions of such
lists are made: that of Guo et al. (2019), 10 % of the sample for every query, and a narrow one, of queries that the search
itself takes for the class, with lists as long as the share of the class in the sample allows.
"""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import InputError, exit_code


def build_parser():
    parser = section_parser(__doc__, "retrieve")
    parser.add_argument("part", choices=["count", "cut", "select"])
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--codes", nargs="+", help="count, select: HDF5 from encode.py; cut: of every shard")
    parser.add_argument("--model", help="HDF5 from train.py")
    parser.add_argument("--counts", nargs="+", help="cut: HDF5 of every shard, from count")
    parser.add_argument("--cuts", help="select: HDF5 from cut")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    return parser


NEEDS = {"count": ("codes", "model"), "cut": ("codes", "model", "counts"), "select": ("codes", "model", "cuts")}
NEAREST = 10  # labelled spectra named for each unclassified one


def main(argv=None):
    args = build_parser().parse_args(argv)
    for key in NEEDS[args.part]:
        if not getattr(args, key):
            raise InputError(f"retrieve.py {args.part} needs --{key}")
    threads.limit(1)
    from mstarhash.common.files import replacing
    from mstarhash.spectra.hdf5 import create

    with replacing(args.output) as name, create(name, "retrieve", config_hash(args)) as out:
        {"count": count, "cut": cut, "select": select_shard}[args.part](args, out)
    return 0


def count(args, out):
    from mstarhash.search.model import read_model
    from mstarhash.search.retrieval import count_distances
    from mstarhash.spectra.hdf5 import open_h5

    model = read_model(args.model)
    (path,) = args.codes
    with open_h5(path) as source:
        codes = source["codes"][:]
    out["counts"] = count_distances(model.labelled["codes"][model.queries], codes, model.bits)
    out.attrs["source"] = path


def cut(args, out):
    import numpy as np
    from mstarhash.common.progress import say
    from mstarhash.search.model import read_model
    from mstarhash.search.retrieval import Cuts, completeness_of, cuts, fair_part, narrow_share, smallest_shares
    from mstarhash.spectra.hdf5 import open_h5
    from mstarhash.spectra.sample import Sample

    counts, files = [], []
    for path in args.counts:
        with open_h5(path) as source:
            counts.append(source["counts"][:])
            files.append(source.attrs["source"])
    counts = np.stack(counts)
    distance, ties = cuts(counts, args.share)
    ranks = np.cumsum(counts.sum(0), axis=1)
    model = read_model(args.model)
    with Sample(args.codes) as sample:
        table = sample.columns(["score", "best_group"])
        total = len(table["score"])
        codes = sample.rows("codes", fair_part(total))
    chance = model.calibrated(table["score"], table["best_group"])
    queries = np.flatnonzero(model.queries)
    confident = chance(model.labelled["score"][queries]) >= 0.5
    known, unit = model.labelled["codes"], model.labelled["unit"]
    asked, held = queries[confident], model.stand_ins[0]
    lists = ranks[confident], total
    if args.narrow == "auto":
        narrow = narrow_share(smallest_shares(known[asked], codes, *lists), chance.prior)
    else:
        narrow = args.narrow
    smallest = smallest_shares(known[asked], known[held], *lists, (unit[asked], unit[held]))
    completeness = completeness_of(smallest, narrow, chance.weights, unit[held])
    Cuts(distance, ties, files, ranks, confident, total, args.share, float(narrow), completeness).write(out)
    say(
        f"retrieve: {len(distance):,} queries over {total:,} spectra, each keeps {int(np.ceil(args.share * total - 1e-9)):,}; "
        f"{confident.sum():,} that are taken for the class keep {int(narrow * total + 1e-9):,} in the narrow union"
    )


def select_shard(args, out):
    import numpy as np
    from mstarhash.search.model import read_model
    from mstarhash.search.ranking import NARROW
    from mstarhash.search.retrieval import Cuts, nearest_families, rank_shares, select
    from mstarhash.spectra.hdf5 import blocks, open_h5, read_columns, write_columns
    from mstarhash.spectra.shards import IDENTITY

    model = read_model(args.model)
    (path,) = args.codes
    cuts = Cuts.read(args.cuts)
    with open_h5(path) as source:
        columns = read_columns(source, [*IDENTITY, "order", "labelled_row"])
        codes = source["codes"][:]
    labelled = model.labelled["codes"]
    votes, nearest = select(labelled[model.queries], codes, cuts.cut, cuts.ties_of(args.cuts, path))
    asked = labelled[np.flatnonzero(model.queries)[cuts.confident]]
    smallest, median, narrow = rank_shares(asked, codes, cuts.ranks[cuts.confident], cuts.searched, cuts.narrow)
    own = columns.pop("labelled_row")
    family, first = np.unique(model.labelled["family"], return_index=True)
    mine = np.where(own >= 0, np.searchsorted(family, model.labelled["family"][own]), -1)
    kin = [nearest_families(codes[where], labelled, first, mine[where], NEAREST) for where in blocks(len(codes))] or [
        (np.empty((0, NEAREST), "i4"), np.empty((0, NEAREST), "f4"))
    ]
    rows, distances = (np.concatenate(part) for part in zip(*kin, strict=True))
    columns |= {"votes": votes, "min_distance": nearest}
    columns |= {"union_share": smallest, "median_share": median, "votes_narrow": narrow}
    write_columns(out, columns | {"nearest": first[rows], "nearest_distance": distances})
    out.attrs.update(dict(zip(NARROW, (cuts.narrow, *cuts.completeness), strict=True)))


if __name__ == "__main__":
    sys.exit(exit_code(main))
