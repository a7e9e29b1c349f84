"""Cluster the released spectra of the wanted class, reject defects, draw the positive set, degrade copies."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import InputError, exit_code


def build_parser():
    parser = section_parser(__doc__, "positives")
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--target", required=True, help="wanted class, a pattern on SUBCLASS")
    parser.add_argument("--spectra", nargs="+", required=True, help="HDF5 from rebin.py, all shards")
    parser.add_argument("--templates", required=True, help="HDF5 from templates.py")
    parser.add_argument("--labels", default="", help="inspection ledger")
    for name in ("positives", "averages", "clusters", "defects", "table1"):
        parser.add_argument(f"--{name}", required=True, help="to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    threads.limit(1)
    from contextlib import ExitStack

    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.learn import positive_clusters, positive_set
    from mstarhash.learn.positive_tables import write_tables
    from mstarhash.learn.set_file import copies_for, noise_pool
    from mstarhash.learn.template_file import model_spectra
    from mstarhash.spectra.hdf5 import create
    from mstarhash.spectra.labels import read_labels
    from mstarhash.spectra.sample import Sample
    from mstarhash.spectra.targets import unknown_rows

    with ExitStack() as stack:
        name = {
            key: stack.enter_context(replacing(getattr(args, key)))
            for key in ("positives", "averages", "clusters", "defects", "table1")
        }
        sample = stack.enter_context(Sample(args.spectra))
        sample.refuse_empty()
        released = positive_clusters.released(sample, args.target, read_labels(args.labels))
        if len(released.rows) < args.min_stars:
            raise InputError(
                f"only {len(released.rows)} released spectra of class '{args.target}', {args.min_stars} are needed: give "
                "their classes by input.catalogue, add files to input.spectra, or change target"
            )
        scores = positive_clusters.scores(sample, released, args.components, args.seed)
        numbers = args.groups, args.subclusters, args.giant_clusters, args.seed
        labels = positive_clusters.labels(scores, released.giant, *numbers)
        fewest = args.min_released if args.complete == "auto" else 0
        clusters = positive_clusters.cluster(sample, released, *labels, fewest)
        drawn = positive_clusters.draw(clusters, args.draw, args.seed)
        write_tables(clusters, drawn, released, args.target, name)
        templates = model_spectra(
            args.templates, released.wave, args.target, None if clusters.few else args.n_templates
        )
        with create(name["averages"], "positives", config_hash(args)) as out:
            positive_set.write_averages(out, sample, released, clusters, templates)
        rng = np.random.default_rng([args.seed, 1])
        noise = noise_pool(sample, unknown_rows(sample), args.noise, args.templates, rng)
        copies = copies_for(len(drawn) + len(templates[0]), args.copies, fewest)
        if clusters.few or copies > args.copies:
            models = ", all models as templates" if clusters.few else ""
            say(f"positives: {len(drawn)} released is few: {copies} degraded copies of each{models}")
        with create(name["positives"], "positives", config_hash(args)) as out:
            out.attrs["target"] = args.target
            positive_set.write_positives(out, sample, released, clusters, drawn, templates, copies, noise, rng)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
