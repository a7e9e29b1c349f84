"""Top share of every query, exact over all shards: count (a shard), cut (once), select (a shard)."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import InputError, exit_code


def build_parser():
    parser = section_parser(__doc__, "retrieve")
    parser.add_argument("part", choices=["count", "cut", "select"])
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--codes", help="count, select: HDF5 from encode.py")
    parser.add_argument("--model", help="count, select: HDF5 from train.py")
    parser.add_argument("--counts", nargs="+", help="cut: HDF5 of every shard, from count")
    parser.add_argument("--cuts", help="select: HDF5 from cut")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    return parser


NEEDS = {"count": ("codes", "model"), "cut": ("counts",), "select": ("codes", "model", "cuts")}
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
    with open_h5(args.codes) as source:
        codes = source["codes"][:]
    queries = model.labelled["codes"][model.queries]
    out["counts"] = count_distances(queries, codes, model.bits)
    out.attrs["source"] = args.codes


def cut(args, out):
    import numpy as np
    from mstarhash.common.progress import say
    from mstarhash.search.retrieval import cuts, write_cuts
    from mstarhash.spectra.hdf5 import open_h5

    counts, codes = [], []
    for path in args.counts:
        with open_h5(path) as source:
            counts.append(source["counts"][:])
            codes.append(source.attrs["source"])
    distance, ties = cuts(np.stack(counts), args.share)
    write_cuts(out, distance, ties, codes)
    total = sum(part[:, :].sum(1)[0] for part in counts) if len(distance) else 0
    say(
        f"retrieve: {len(distance):,} queries over {total:,} spectra, each keeps {int(np.ceil(args.share * total - 1e-9)):,}"
    )


def select_shard(args, out):
    import numpy as np
    from mstarhash.common.parallel import ordered_map
    from mstarhash.search.model import read_model
    from mstarhash.search.retrieval import mean_nearest, nearest_families, read_cuts, select
    from mstarhash.spectra.hdf5 import blocks, open_h5, read_columns, write_columns
    from mstarhash.spectra.shards import IDENTITY

    model = read_model(args.model)
    distance, ties = read_cuts(args.cuts, args.codes)
    with open_h5(args.codes) as source:
        columns = read_columns(source, [*IDENTITY, "order", "labelled_row"])
        codes = source["codes"][:]
    labelled = model.labelled["codes"]
    votes, nearest = select(labelled[model.queries], codes, distance, ties)
    own = columns.pop("labelled_row")
    family, first = np.unique(model.labelled["family"], return_index=True)
    mine = np.where(own >= 0, np.searchsorted(family, model.labelled["family"][own]), -1)
    near = {}
    for key, members in zip(("near_positive", "near_negative"), model.sides, strict=True):
        column = np.searchsorted(members, own)
        present = (own >= 0) & (members[np.minimum(column, len(members) - 1)] == own)

        def part(where, members=members, column=column, present=present):
            def same(inner):
                rows = np.flatnonzero(present[where][inner])
                return rows, column[where][inner][rows]

            return mean_nearest(codes[where], labelled[members], args.neighbours, same)

        near[key] = np.concatenate([np.empty(0, "f4"), *ordered_map(part, blocks(len(codes)), args.threads)])
    kin = [nearest_families(codes[where], labelled, first, mine[where], NEAREST) for where in blocks(len(codes))] or [
        (np.empty((0, NEAREST), "i4"), np.empty((0, NEAREST), "f4"))
    ]
    rows, distances = (np.concatenate(part) for part in zip(*kin, strict=True))
    near |= {"nearest": first[rows], "nearest_distance": distances}
    write_columns(out, columns | {"votes": votes, "min_distance": nearest} | near)


if __name__ == "__main__":
    sys.exit(exit_code(main))
