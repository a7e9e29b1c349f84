"""Train ML-PIL in closed form, code the labelled spectra, fit the fusion on them as if each had been left out."""

import sys

from mstarhash.common import threads
from mstarhash.common.configuration import config_hash, section_parser
from mstarhash.common.errors import InputError, exit_code


def build_parser():
    parser = section_parser(__doc__, "train", "match")
    parser.add_argument("--threads", type=int, default=1, help="to use (default: %(default)s)")
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
    import numpy as np
    from mstarhash.common.files import replacing
    from mstarhash.common.progress import say
    from mstarhash.learn.set_file import COLUMNS, read_set
    from mstarhash.search.model import write_model
    from mstarhash.spectra.hdf5 import RECIPE, create, open_h5, read_columns, write_columns

    with replacing(args.output) as name:
        sets = [read_set(path, [*COLUMNS, "features"]) for path in (args.positives, args.negatives)]
        averages = read_averages(args)
        number_apart(sets, averages)
        labelled = {key: np.concatenate([part.pop(key) for part in sets]) for key in [*COLUMNS, "unit", "features"]}
        x = labelled.pop("features")
        with open_h5(args.positives) as source:
            averages["wave"], count = source["wave"][:], len(source["order"])
            learned = {key: source.attrs[key] for key in ("target", *RECIPE)}
        labelled["wanted"] = np.arange(len(x)) < count
        say(f"train: {len(x):,} spectra of {x.shape[1]:,} values, {count:,} positive")
        model = train(args, x, labelled, averages)
        with create(name, "train", config_hash(args)) as out:
            write_model(out, model, averages)
            out.attrs.update(learned)
            with open_h5(args.averages) as source:
                write_columns(out.create_group("typed"), read_columns(source["typed"], list(source["typed"])))
    return 0


def number_apart(sets, averages):
    """Families of positives and negatives numbered through; `unit` of spectra and averages, what is left out together
    where a spectrum is judged as if it had not been used: its cluster, or where it is in none its family. In place."""
    import numpy as np

    sets[1]["family"] = sets[1]["family"] + sets[0]["family"].max() + 1
    wanted = averages["wanted"]
    first = max([*sets[0]["cluster"], *averages["cluster"][wanted]]) + 1
    averages["unit"] = averages["cluster"] + np.where(wanted, 0, first)
    alone = max([*averages["unit"], *(sets[1]["cluster"] + first)]) + 1
    for part, start in zip(sets, (0, first), strict=True):
        part["unit"] = np.where(part["cluster"] >= 0, part["cluster"] + start, alone + part["family"])


def train(args, x, labelled, averages):
    """The fields of a Model that are not of the averages."""
    import numpy as np
    from mstarhash.common.progress import say
    from mstarhash.learn import held_out
    from mstarhash.search import codes, likelihood
    from mstarhash.search.fusion import evidence, fit_fusion, fused
    from mstarhash.search.linear import train_columns
    from mstarhash.search.matching import prepare
    from mstarhash.search.model import KNOWN, as_unclassified

    wanted, unit, presumed = labelled["wanted"], labelled["unit"], labelled["kind"] == "presumed"
    network, values, outputs, of_parts = train_network(args, x, labelled)
    rows = as_unclassified(labelled["kind"])
    copies = rows[~presumed[rows]]  # the regressions need no presumed ones, of which some are of the wanted class
    classes = np.zeros(0), 0.0
    labelled["class_score"] = np.zeros(len(x))
    if outputs.shape[1]:
        *classes, labelled["class_score"] = train_columns(outputs, wanted, unit, copies)
    labelled["part_scores"] = of_parts @ classes[0] + classes[1]
    say("train: fits of the averages to the labelled spectra")
    keys = ("flux", "ivar", "wanted", "unit", "group", "wave")
    shifts = range(-args.max_shift, args.max_shift + 1)
    fitting = args.prior, args.floor, shifts, args.refine, args.threads
    sets = args.positives, args.negatives
    prepared = prepare(*(averages[key] for key in keys), averages)
    known = np.isin(labelled["kind"], KNOWN)
    mine = likelihood.chosen(known, wanted, labelled["group"], labelled["snr_r"])
    told = wanted[mine], unit[mine], labelled["group"][mine]
    released = likelihood.prepare(*held_out.spectra_of(sets, mine), *told, averages["wave"], averages)
    faint = held_out.spectra_of(sets, held_out.faint_unclassified(labelled["kind"], labelled["snr_r"]))
    released.sky = likelihood.sky_of(released, *faint, args.floor, args.threads)
    by_class, labelled["likelihood_score"], best = held_out.labelled_fits(sets, unit, prepared, released, *fitting)
    labelled["best_group"] = np.array(prepared.groups)[prepared.group[best]]
    *template, labelled["template_score"] = train_columns(by_class, wanted, unit, copies)
    stacked = evidence(labelled)
    fusion = fit_fusion(stacked[rows], wanted[rows], presumed[rows])
    score = labelled["score"] = fused(stacked, fusion)
    levels = codes.score_levels(score[rows], min(args.levels, args.bits) if args.target == "classes" else 0)
    bits = values > network.thresholds
    labelled["network_codes"] = codes.pack(bits)
    labelled["codes"] = codes.pack(codes.levelled(score, levels, bits))
    fields = {"network": network, "labelled": labelled, "released": released, "fusion": fusion, "levels": levels}
    return fields | {"classes": classes, "template": template}


def train_network(args, x, labelled):
    """The network; code values (n, bits), class outputs (n, groups) and those of its parts (n, k, groups), each unit left
    out. An autoencoder has no groups."""
    import numpy as np
    from mstarhash.search import pil

    if args.target == "reconstruct":
        network, values = pil.train_reconstruct(
            x, args.layers, args.bits, args.encoder, args.ridge, args.seed, args.threads
        )
        return network, values, np.zeros((len(x), 0)), np.zeros((len(x), pil.PARTS, 0))
    wanted = labelled["wanted"]
    groups = merge_small(labelled["group"], wanted)
    return pil.train_classes(x, groups, labelled["unit"], args.layers, args.bits, args.ridge, args.seed, args.threads)


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
    """Mean spectra of both sides as one set, with a name of each and the window of the fits."""
    import numpy as np
    from mstarhash.search.model import FITTING
    from mstarhash.spectra.hdf5 import open_h5, read_columns

    keys = ("flux", "ivar", "cluster", "members", "group")
    with open_h5(args.averages) as yes, open_h5(args.negatives) as other:
        parts = read_columns(yes, [*keys, "giant"]), read_columns(other["averages"], keys)
    titles = np.where(parts[0].pop("giant"), "giant", "dwarf"), parts[1]["group"]
    out = {key: np.concatenate([part[key] for part in parts]) for key in keys}
    out["name"] = np.array([f"{a} {k}" for a, k in zip(np.concatenate(titles), out["cluster"], strict=True)])
    out["wanted"] = np.arange(len(out["cluster"])) < len(parts[0]["cluster"])
    return out | {key: getattr(args, key) for key in FITTING}


if __name__ == "__main__":
    sys.exit(exit_code(main))
