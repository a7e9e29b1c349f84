"""Code the unclassified spectra of one shard."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import InputError, exit_code


def build_parser():
    parser = section_parser(__doc__)
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--target", required=True, help="wanted class, a pattern on SUBCLASS")
    parser.add_argument("--spectra", required=True, help="HDF5 from rebin.py")
    parser.add_argument("--match", required=True, help="HDF5 from match.py")
    parser.add_argument("--model", required=True, help="HDF5 from train.py")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.parallel import ordered_map
    from mstarhash.search.codes import pack
    from mstarhash.search.model import SCORES, read_model, rows_of
    from mstarhash.search.pil import PARTS
    from mstarhash.spectra.hdf5 import create, open_h5, write_columns
    from mstarhash.spectra.sample import Sample
    from mstarhash.spectra.shards import IDENTITY
    from mstarhash.spectra.targets import is_unknown

    with replacing(args.output) as name, Sample([args.spectra]) as sample:
        model = read_model(args.model)
        if model.target != args.target:
            raise InputError(
                f"{args.model} was trained for target {model.target}, the config says {args.target}: change target, or "
                "train.model to a model of that class"
            )
        model.refuse_other(args.model, sample.fixed("wave"), sample.recipe)
        columns = sample.columns([*IDENTITY, "order", "class", "snr_r"])
        rows = np.flatnonzero(is_unknown(columns.pop("class")))
        columns = {key: values[rows] for key, values in columns.items()}
        with open_h5(args.match) as source:
            fits = {key: source[key][:] for key in ("class_evidence", "likelihood_score")}
            best_group = model.group_of_average(source["best_average"][:])
        shape = {"part_scores": (len(rows), PARTS)}
        scores = {key: np.zeros(shape.get(key, len(rows))) for key in (*SCORES, "score")}
        bits = np.zeros((len(rows), model.bits), bool)

        def work(item):
            where, (x,) = item
            return where, *model.coded(x, {key: values[where] for key, values in fits.items()}, columns["snr_r"][where])

        for where, found, part in ordered_map(work, sample.blocks(["features"], rows), args.threads):
            bits[where] = part
            for key in scores:
                scores[key][where] = found[key]
        coded = {"codes": pack(bits), "best_group": best_group} | scores
        # a spectrum that was a presumed negative in training keeps the code it has with itself left out
        own = rows_of(model.labelled, (columns["file"], columns["order"]))
        seen = own >= 0
        for key, values in coded.items():
            values[seen] = model.labelled[key][own[seen]]
        with create(name, "encode", config_hash(args)) as out:
            write_columns(out, columns | coded | {"labelled_row": own})
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
