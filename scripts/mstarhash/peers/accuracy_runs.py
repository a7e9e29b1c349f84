"""Fig. 8 of G19 and its like for other codes: many splits of the labelled spectra, each trained on from scratch."""

import csv
from functools import partial

import numpy as np

from mstarhash.common.parallel import ordered_map
from mstarhash.common.progress import Progress
from mstarhash.learn.set_file import read_set
from mstarhash.mock.truth import read_truth
from mstarhash.peers import accuracy, hash_methods
from mstarhash.peers.baselines import scaled
from mstarhash.peers.semantic import SemanticHashing
from mstarhash.peers.task import HELD, class_layers
from mstarhash.peers.tuning import PRIOR
from mstarhash.search import pil
from mstarhash.search.codes import unpack
from mstarhash.search.model import read_model
from mstarhash.spectra.hdf5 import blocks, open_h5

LENGTHS = (32, 64, 128, 256)
METHODS = {
    "LSH": hash_methods.RandomHyperplanes,
    "Spectral Hashing": hash_methods.SpectralHashing,
    "ITQ": hash_methods.IterativeQuantization,
    "Spherical Hashing": hash_methods.SphericalHashing,
    "Semantic Hashing": partial(SemanticHashing, layers=(128,), rbm_epochs=3, epochs=5),  # 88 trainings; no worse here
}
CURVE = ["method", "preprocessing", "bits", "split", "prior", "by", "recall", "accuracy", "low", "high"]
AREA = ["method", "preprocessing", "bits", "split", "prior", "by", "queries", "area", "low", "high"]
INTERVAL = (0.16, 0.84)


def read_labelled(args):
    """The labelled spectra without copies: features of the search and min-max ones, columns.

    Of the columns `codes` are those of the trained model, each spectrum left out; `hidden` are presumed negatives that are
    of the wanted class, as the truth of a mock survey tells; without a truth those that the model holds for such.
    """
    names = ["file", "kind", "family", "cluster", "group"]
    parts, data = [], []
    for path in (args.positives, args.negatives):
        part = read_set(path, names)
        plain = np.flatnonzero(part["kind"] != "copy")
        with open_h5(path) as source:
            search = np.concatenate(
                [source["features"][rows][part["kind"][rows] != "copy"] for rows in blocks(len(part["kind"]))]
            )
            minmax = []
            for rows in blocks(len(part["kind"])):
                keep = part["kind"][rows] != "copy"
                flux, ivar = source["flux"][rows][keep], source["ivar"][rows][keep]
                minmax.append(scaled(flux, ivar))
        parts.append({key: values[plain] for key, values in part.items()})
        data.append((search, np.concatenate(minmax)))
    wanted = np.arange(sum(len(part["kind"]) for part in parts)) < len(parts[0]["kind"])
    columns = {key: np.concatenate([part[key] for part in parts]) for key in names}
    columns["family"] = np.where(wanted, 0, parts[0]["family"].max() + 1) + columns["family"]
    # spectra in no cluster are each on their own; clusters of the two sides are numbered apart
    alone = np.arange(len(wanted)) + 2 * columns["cluster"].max() + 2
    columns["cluster"] = np.where(columns["cluster"] < 0, alone, 2 * columns["cluster"] + wanted)
    x = {name: np.concatenate([part[k] for part in data]) for k, name in enumerate(("search", "published"))}
    model = read_model(args.model)
    plain = model.labelled["kind"] != "copy"
    codes = unpack(model.labelled["codes"][plain], model.bits)
    columns |= {"wanted": wanted, "codes": codes, "hidden": model.hidden[plain]}
    if truth := read_truth(args.truth, args.target):
        presumed = columns["kind"] == "presumed"
        columns["hidden"] = np.array(
            [truth[file]["wanted"] if no else False for file, no in zip(columns["file"], presumed, strict=True)]
        )
    return x, columns, class_layers(model)


class ClassCodes(hash_methods.Hash):
    """Codes of the network of this search alone, with class targets. Spectra that it is trained on get the code they have with
    their family left out, since their own labels must not make them easy to find."""

    def __init__(self, bits, seed, layers, groups, families):
        self.bits, self.seed, self.layers, self.groups, self.families = bits, seed, layers, groups, families

    def fit_encode(self, x):
        self.network, values, *_ = pil.train_classes(
            x, self.groups, self.families, self.layers, self.bits, 1e-2, self.seed, 1
        )
        return values > self.network.thresholds

    def encode(self, x):
        return np.concatenate([self.network.values(x[rows]) > self.network.thresholds for rows in blocks(len(x))])


def codings(layers, columns, train):
    """(method, preprocessing, maker of a hash of given bits and seed, bits) of every curve; no maker: the codes that the
    trained model has, for which no split is trained anew."""
    for bits in LENGTHS:
        yield "ML-PIL of G19", "published", hash_methods.PaperCodes, bits
    for bits in LENGTHS:
        yield "ML-PIL of G19", "search", hash_methods.PaperCodes, bits
    for name, maker in METHODS.items():
        for bits in LENGTHS:
            yield name, "search", maker, bits
    if layers:
        of_split = {"groups": columns["group"][train], "families": columns["family"][train]}
        yield "ML-PIL, class targets", "search", partial(ClassCodes, layers=layers, **of_split), LENGTHS[-1]
    yield "this search", "search", None, columns["codes"].shape[1]


def one_split(x, columns, layers, grouping, number, queries, seed):
    """{(method, preprocessing, bits, split, prior, by): (accuracies (100,) or None, area, queries)} of one split of the labelled spectra."""
    rng = np.random.default_rng([seed, number])
    wanted = columns["wanted"]
    held = accuracy.split(columns[grouping], wanted, HELD, rng)
    train = np.flatnonzero(~held)
    asked = np.flatnonzero(held & wanted)
    asked = np.sort(rng.choice(asked, min(queries, len(asked)), replace=False))
    database = np.flatnonzero(~columns["hidden"][train])
    relevant = wanted[train][database]
    few = accuracy.thinned(relevant, PRIOR, rng)
    out, below = {}, {}  # below: what codes of all lengths stand on
    for method, preprocessing, maker, bits in codings(layers, columns, train):
        if maker is None:
            base, codes = columns["codes"][train], columns["codes"][asked]
        else:
            hash, known = maker(bits=bits, seed=seed + number), x[preprocessing][train]
            if (method, preprocessing) not in below:
                below[method, preprocessing] = hash.train_below(known)
            hash.below = below[method, preprocessing]
            base, codes = hash.fit_encode(known), hash.encode(x[preprocessing][asked])
        base = base[database]
        for prior, keep in (("as labelled", slice(None)), (f"{PRIOR:g}", few)):
            counts, good = accuracy.distance_counts(codes, base[keep], relevant[keep])
            for by, curve in (("rank", accuracy.by_rank), ("radius", accuracy.by_radius)):
                values = accuracy.on_grid(curve(counts, good))
                out[method, preprocessing, bits, grouping, prior, by] = values, values.mean(), len(asked)
            mean = accuracy.expected_precision(counts, good).mean()
            out[method, preprocessing, bits, grouping, prior, "mean average precision"] = None, mean, len(asked)
    return out


def write(args, names):
    """accuracy_recall.csv and accuracy_area.csv: means over the splits, and the 16-84 % band of a bootstrap over them."""
    x, columns, layers = read_labelled(args)
    found = {}
    jobs = [("family", n) for n in range(args.splits)] + [("cluster", n) for n in range(args.cluster_splits)]
    progress = Progress("splits", len(jobs))

    def work(job):
        return one_split(x, columns, layers, *job, args.queries, args.seed)

    for part in ordered_map(work, jobs, args.threads):
        for key, values in part.items():
            found.setdefault(key, []).append(values)
        progress.step()
    with open(names["accuracy_recall"], "w", newline="") as one, open(names["accuracy_area"], "w", newline="") as two:
        curves, areas = (csv.writer(out, lineterminator="\n") for out in (one, two))
        curves.writerow(CURVE)
        areas.writerow(AREA)
        for key, values in found.items():
            rng = np.random.default_rng(args.seed)
            draws = rng.integers(len(values), size=(1000, len(values)))
            area = np.array([value for _, value, _ in values])
            band = np.quantile(area[draws].mean(1), INTERVAL)
            asked = sum(count for _, _, count in values)
            areas.writerow([*key, asked, *(f"{v:.4f}" for v in (area.mean(), *band))])
            if values[0][0] is not None:
                lines = np.array([line for line, _, _ in values])
                low, high = np.quantile(lines[draws].mean(1), INTERVAL, axis=0)
                for recall, *point in zip(accuracy.RECALLS, lines.mean(0), low, high, strict=True):
                    curves.writerow([*key, f"{recall:.2f}", *(f"{v:.4f}" for v in point)])
