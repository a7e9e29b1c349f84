"""Train ML-PIL in closed form, code the labelled spectra, fit the fusion on them as if each had been left out."""

import sys

from mstarhash import threads
from mstarhash.configuration import config_hash, section_parser
from mstarhash.errors import InputError, exit_code


def build_parser():
    parser = section_parser(__doc__, "train", "retrieve", "match")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--positives", required=True, help="HDF5 from positives.py")
    parser.add_argument("--averages", required=True, help="HDF5 from positives.py")
    parser.add_argument("--negatives", required=True, help="HDF5 from negatives.py")
    parser.add_argument("--output", required=True, help="HDF5 to write")
    return parser


def main(argv=None):
    args = build_parser().parse_args(argv)
    if args.model is not None:
        raise InputError(f"train.model is {args.model}: that model is used and nothing is trained")
    threads.limit(1)
    import h5py
    import numpy as np
    from mstarhash import pil
    from mstarhash.codes import pack
    from mstarhash.files import replacing
    from mstarhash.fusion import fit_fusion
    from mstarhash.held_out import held_out_evidence
    from mstarhash.linear import train_linear
    from mstarhash.model import class_score, write_model
    from mstarhash.progress import say
    from mstarhash.spectra import create
    from mstarhash.training import COLUMNS, read_set

    with replacing(args.output) as name:
        sets = [read_set(path, [*COLUMNS, "features"]) for path in (args.positives, args.negatives)]
        sets[1]["family"] = sets[1]["family"] + sets[0]["family"].max() + 1
        labelled = {key: np.concatenate([part.pop(key) for part in sets]) for key in [*COLUMNS, "features"]}
        x = labelled.pop("features")
        with h5py.File(args.positives) as source:
            wave, count = source["wave"][:], len(source["order"])
        wanted = np.arange(len(x)) < count
        groups = merge_small(labelled["group"], wanted)
        say(f"train: {len(x):,} spectra of {x.shape[1]:,} values, {int(wanted.sum()):,} positive")
        if args.target == "classes":
            network, values, outputs = pil.train_classes(
                x, groups, labelled["family"], args.layers, args.bits, args.ridge, args.seed, args.threads
            )
            wanted_groups = np.isin(sorted(set(groups)), list(set(groups[wanted])))
            score = class_score(outputs, wanted_groups)
        else:
            network, values, _ = pil.train_reconstruct(
                x, args.layers, args.bits, args.encoder, args.ridge, args.seed, args.threads
            )
            wanted_groups, score = np.array([], bool), np.zeros(len(x))
        *linear, odds = train_linear(x, wanted, labelled["family"], args.components)
        labelled |= {
            "linear_score": odds,
            "codes": pack(values > network.thresholds),
            "wanted": wanted,
            "class_score": score,
        }
        averages, names = read_averages(args)
        say("train: evidence of the labelled spectra, each family left out")
        values, rows = held_out_evidence(args, labelled, averages, wanted)
        fusion = fit_fusion(values, wanted[rows], labelled["kind"][rows] == "presumed")
        with create(name, "train", config_hash(args)) as out:
            write_model(out, network, wanted_groups, labelled, averages, names, fusion, linear, wave)
            out["fusion_evidence"], out["fusion_rows"] = values, rows
    return 0


def merge_small(groups, wanted, least=20):
    """Code targets with fewer than `least` rows join the others of their side in one group."""
    import numpy as np

    out = np.array(groups, dtype=object)
    for group in set(groups):
        mine = groups == group
        if mine.sum() < least:
            out[mine] = "wanted, rare" if wanted[mine].any() else "other, rare"
    return out.astype(str)


def read_averages(args):
    """Mean spectra of both sides as one set, and a name of each."""
    import h5py
    import numpy as np
    from mstarhash.spectra import read_columns

    with h5py.File(args.averages) as yes, h5py.File(args.negatives) as other:
        no = other["averages"]
        names = np.concatenate(
            [
                [
                    f"{'giant' if giant else 'dwarf'} {k}"
                    for giant, k in zip(yes["giant"][:], yes["cluster"][:], strict=True)
                ],
                [f"{g} {k}" for g, k in zip(read_columns(no, ["group"])["group"], no["cluster"][:], strict=True)],
            ]
        )
        parts = {key: np.concatenate([yes[key][:], no[key][:]]) for key in ("flux", "ivar", "cluster", "members")}
        wanted, wave = np.arange(len(parts["cluster"])) < len(yes["cluster"]), yes["wave"][:]
    window = {"wave": wave, "limits": (args.wave_min, args.wave_max), "bins": args.bins, "order": args.order}
    return parts | {"wanted": wanted} | window, names


if __name__ == "__main__":
    sys.exit(exit_code(main))
