"""Draw the negative set: known other classes with degraded copies, unclassified spectra inspected or presumed."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import InputError, exit_code

FEWEST = 5  # spectra of other classes without which nothing tells what is not wanted


def build_parser():
    parser = section_parser(__doc__, "negatives")
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--target", required=True, help="wanted class, a pattern on SUBCLASS")
    parser.add_argument("--spectra", nargs="+", required=True, help="HDF5 from rebin.py, all shards")
    parser.add_argument("--templates", required=True, help="HDF5 from templates.py")
    parser.add_argument("--labels", default="", help="inspection ledger")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.learn import negative_set
    from mstarhash.learn.set_file import copies_for, noise_pool
    from mstarhash.learn.template_file import model_spectra
    from mstarhash.spectra.hdf5 import create
    from mstarhash.spectra.labels import read_labels
    from mstarhash.spectra.sample import Sample
    from mstarhash.spectra.targets import unknown_rows

    with replacing(args.output) as name, Sample(args.spectra) as sample:
        sample.refuse_empty()
        labels = read_labels(args.labels)
        known = negative_set.others(sample, args.target, labels)
        if labels and not labels.keys() & set(known.columns["file"]):
            raise InputError(
                f"{args.labels}: none of its {len(labels):,} files is one of this run's; `file` must be as in candidates.csv"
            )
        if not len(known.presumed) + len(known.inspected):
            raise InputError(
                "no unclassified spectrum (CLASS Unknown or empty) to search: give input.spectra files of that class, or "
                "an input.catalogue that says which they are, or name them by input.candidates"
            )
        if len(known.rows) + len(known.inspected) < FEWEST:
            raise InputError(
                f"only {len(known.rows) + len(known.inspected)} spectra of other classes than '{args.target}', {FEWEST} are "
                "needed: give their classes by input.catalogue, or add files to input.spectra"
            )
        rng = np.random.default_rng(args.seed)
        noise = noise_pool(sample, unknown_rows(sample), args.noise, args.templates, rng)
        drawn = negative_set.draw(known, args.known, args.min_known, rng)
        label, names = negative_set.clusters(sample, known, args.averages, args.components, args.seed)
        few = len(drawn) < args.min_known
        templates = model_spectra(args.templates, known.wave, args.target, None if few else 0, wanted=False)
        copies = copies_for(len(drawn) + len(templates[0]), args.copies, args.min_known)
        if few or copies > args.copies:
            models = ", templates as others too" if few else ""
            say(f"negatives: {len(drawn)} known others are few: {copies} degraded copies of each{models}")
        with create(name, "negatives", config_hash(args)) as out:
            negative_set.write_averages(out.create_group("averages"), sample, known, label, names, templates)
            negative_set.write_negatives(out, sample, known, drawn, label, templates, args.unknowns, copies, noise, rng)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
