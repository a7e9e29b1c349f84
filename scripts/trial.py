"""Run the search once more, on a survey of its own, and keep only what it says of each unclassified spectrum.

mock: the workflow on the mock survey of another config (an overlay and a seed), trained on it; with PCA and logistic
regression on the same training sets beside it. aside: the same on a survey of real spectra and templates that the mock
survey is not made of. real: a trained model on real spectra whose labels are hidden from it. own: what the run itself
found on its mock survey, for a trial of that one would only repeat it.
"""

import argparse
import sys

from mstarhash.common import threads
from mstarhash.common.configuration import Parser
from mstarhash.common.errors import InputError, exit_code

NEEDS = {  # parts, each a function of quality.trial_runs
    "mock": ("source", "survey_seed", "templates", "target"),
    "aside": ("source", "real", "survey_seed", "templates"),
    "real": ("source", "model", "real"),
    "own": ("results", "target"),
}


def build_parser():
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=list(NEEDS))
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
    parser.add_argument("--settings", default="{}", help="JSON laid over the default config: what the run itself has")
    parser.add_argument("--source", help="mock, aside, real: folder or wheel of template spectra")
    parser.add_argument("--software", default="", help="options of snakemake that say where software is from")
    parser.add_argument("--overlay", help="mock: YAML laid over the config (default: none)")
    parser.add_argument("--survey-seed", type=int, help="mock, aside: seed of the survey")
    parser.add_argument("--templates", help="mock, aside: HDF5 from templates.py")
    parser.add_argument("--target", help="mock, own: pattern of the wanted class, by which the truth is judged")
    parser.add_argument("--seed", type=int, default=1, help="mock, aside, own: seed of PCA")
    parser.add_argument("--model", help="real: HDF5 from train.py")
    parser.add_argument("--real", help="real, aside: folder with labels.csv and the spectra that it lists")
    parser.add_argument("--results", help="own: folder of the run's results")
    parser.add_argument("--output", required=True, help="NAME.csv to write, a row a spectrum; searched in NAME/")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    for key in NEEDS[args.part]:
        if getattr(args, key) is None:
            raise InputError(f"trial.py {args.part} needs --{key.replace('_', '-')}")
    threads.limit(1)
    import shutil
    from pathlib import Path

    from mstarhash.common.files import replacing
    from mstarhash.quality import trial_runs

    args.folder = Path(args.output).with_suffix("")  # removed when all went well
    with replacing(args.output) as name:
        trial_runs.write(name, getattr(trial_runs, args.part)(args))
        if args.folder.exists():
            shutil.rmtree(args.folder)
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
