"""Fit the mean and the released spectra of both sides, times a smooth response, to the unclassified spectra of one shard."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import exit_code


def build_parser():
    parser = section_parser(__doc__, "match")
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--spectra", required=True, help="HDF5 from rebin.py")
    parser.add_argument("--model", required=True, help="HDF5 from train.py")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.parallel import ordered_map
    from mstarhash.common.progress import Progress
    from mstarhash.search.model import read_model
    from mstarhash.spectra.hdf5 import create, write_columns
    from mstarhash.spectra.sample import Sample
    from mstarhash.spectra.shards import IDENTITY
    from mstarhash.spectra.targets import is_unknown

    with replacing(args.output) as name, Sample([args.spectra]) as sample:
        model = read_model(args.model)
        model.refuse_other(args.model, sample.fixed("wave"), sample.recipe)
        model.refuse_fits(args.model, vars(args))
        columns = sample.columns([*IDENTITY, "order", "class"])
        rows = np.flatnonzero(is_unknown(columns.pop("class")))
        columns = {key: values[rows] for key, values in columns.items()}

        def work(item):
            where, (flux, ivar) = item
            return model.fit(flux, ivar) | {"good_pixels": (ivar > 0).mean(1)}

        nothing = [sample.rows(key, []) for key in ("flux", "ivar")]
        parts, progress = [work((slice(0), nothing))], Progress("match", len(rows))  # an empty shard has columns too
        for part in ordered_map(work, sample.blocks(["flux", "ivar"], rows), args.threads):
            parts.append(part)
            progress.step(len(part["good_pixels"]))
        found = {key: np.concatenate([part[key] for part in parts]) for key in FOUND}
        found["best_average"] = found["best_wanted"]
        for key in ("best_wanted", "best_other"):
            found[key] = model.average_names[found[key]]
        with create(name, "match", config_hash(args)) as out:
            write_columns(out, columns | found)
    return 0


FOUND = (
    "difference",
    "chi2",
    "gain_wanted",
    "gain_other",
    "best_wanted",
    "best_other",
    "class_evidence",
    "likelihood_score",
    "good_pixels",
)


if __name__ == "__main__":
    sys.exit(exit_code(main))
