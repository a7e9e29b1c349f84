"""Every peer trained on the sets of the search and run on the spectra that it searched."""

import csv
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from mstarhash.common.parallel import ordered_map
from mstarhash.common.progress import say
from mstarhash.common.texttables import rows_of
from mstarhash.learn.set_file import read_set
from mstarhash.peers import accuracy, hash_methods
from mstarhash.peers.baselines import PaperSearch, read_plain, scaled
from mstarhash.peers.cnn import Cnn
from mstarhash.peers.scores import PcaBoosting, PcaLogistic, PilClassifier, TemplateMatching
from mstarhash.peers.semantic import SemanticHashing
from mstarhash.search import pil
from mstarhash.search.codes import pack, unpack
from mstarhash.search.metrics import weighted_precision
from mstarhash.search.retrieval import count_distances, cuts, mean_nearest, select
from mstarhash.spectra.hdf5 import blocks, open_h5
from mstarhash.spectra.sample import Sample
from mstarhash.spectra.scaling import fill, relative, smoothed
from mstarhash.spectra.targets import unknown_rows

HELD = 0.2  # share of the families, or of the clusters, that validate
PRIOR = 0.02  # share of the wanted class at which settings are compared
FOLDS = 3  # of the presumed negatives, which are scored by models that did not see them
BITS = ({"bits": 256}, {"bits": 128}, {"bits": 64}, {"bits": 32})

HASHES = {  # name: (class, settings tried; the first ones are run with the published preprocessing)
    "LSH": (hash_methods.RandomHyperplanes, BITS),
    "Spectral Hashing": (hash_methods.SpectralHashing, BITS),
    "ITQ": (hash_methods.IterativeQuantization, BITS),
    "Spherical Hashing": (hash_methods.SphericalHashing, BITS),
    "Semantic Hashing": (SemanticHashing, ({"bits": 128}, {"bits": 64}, {"bits": 128, "epochs": 50})),
    "ML-PIL of G19": (hash_methods.PaperCodes, BITS),
}
SCORES = {
    "PIL classifier": (PilClassifier, ({}, {"layers": (3000,), "ridge": 1e-4}, {"layers": (3000,), "ridge": 1e-2})),
    "PCA + logistic regression, tuned": (
        PcaLogistic,
        [{"components": k, "c": c} for k, c in ((100, 1.0), (50, 1.0), (200, 1.0), (100, 0.01), (200, 0.01))],
    ),
    "PCA + gradient boosting": (
        PcaBoosting,
        ({}, {"components": 50}, {"rate": 0.05, "leaves": 15, "trees": 250}),
    ),
}
CNN = {"1-D CNN": (Cnn, ({"epochs": 8}, {"epochs": 16}, {"epochs": 16, "width": 16}))}


@dataclass
class Task:
    """The training sets as one, and the unclassified spectra in the order of encode's shards."""

    kind: np.ndarray  # (m,) of a training row: drawn, template, copy, known, inspected, presumed
    wanted: np.ndarray  # (m,) bool
    family: np.ndarray  # (m,) one number for a spectrum and its copies
    group: np.ndarray  # (m,) code target
    files: np.ndarray  # (n,) of the unclassified
    own: np.ndarray  # (n,) row of the training sets that is the spectrum itself, or -1
    seed: int
    layers: list  # hidden units of the trained network with class targets; empty: it has none
    bits: int  # length of its code
    suspects: int  # presumed negatives that it keeps out of the negative neighbours

    @property
    def queries(self):
        return self.wanted & (self.kind != "copy")

    @property
    def presumed(self):
        return self.kind == "presumed"

    def validation(self):
        """(m,) bool: the families held back for tuning, a fifth of the wanted, of the known others and of the presumed; and
        those of their rows that look like unclassified ones: copies (without copies: all) and presumed negatives."""
        rng = np.random.default_rng([self.seed, 1])
        held = accuracy.split(self.family, self.wanted, HELD, rng, ~self.presumed)
        held |= accuracy.split(self.family, self.wanted, HELD, rng, self.presumed)
        alike = (self.kind == "copy") | self.presumed if (self.kind == "copy").any() else True
        return held, held & alike


@dataclass
class Run:
    """Scores of the unclassified spectra by one method; for codes also these."""

    method: str
    preprocessing: str  # search: features of the search; published: as its authors would
    scored_by: str
    settings: str
    scores: np.ndarray  # (n,)
    validation_ap: float = np.nan
    train_s: float = np.nan
    score_s: float = np.nan
    codes: tuple = ()  # of the training rows (m, bits), of the unclassified (n, bits), bool


def read_task(args):
    """A Task from the sets and encode's shards."""
    names = ["kind", "family", "group"]
    yes, no = (read_set(path, names) for path in (args.positives, args.negatives))
    no["family"] = no["family"] + yes["family"].max() + 1
    both = {key: np.concatenate([yes[key], no[key]]) for key in names}
    with Sample(args.codes) as sample:
        columns = sample.columns(["file", "labelled_row"])
    wanted = np.arange(len(both["kind"])) < len(yes["kind"])
    with open_h5(args.model) as source:
        suspects = int(source["labelled/suspect"][:].sum())
    shared = dict(zip(("layers", "bits"), trained_shape(args.model), strict=True)) | {"suspects": suspects}
    return Task(**both, wanted=wanted, files=columns["file"], own=columns["labelled_row"], seed=args.seed, **shared)


def read_features(args, preprocessing):
    """Features (m, d) of the training sets and (n, d) of the unclassified spectra.

    preprocessing: "search" (as the network sees them) or "published" (G19 Eq. 1: min-max of every pixel as it is).
    """

    def of(source, count, rows):
        if preprocessing == "search":
            return source("features", rows)
        return np.concatenate(
            [scaled(source("flux", rows[part]), source("ivar", rows[part])) for part in blocks(count)]
        )

    sets = []
    for path in (args.positives, args.negatives):
        with open_h5(path) as file:
            count = len(file["order"])
            sets.append(of(lambda key, rows, file=file: file[key][rows[0] : rows[-1] + 1], count, np.arange(count)))
    with Sample(args.spectra) as sample:
        rows = unknown_rows(sample)
        unknown = of(sample.rows, len(rows), rows)
    return np.concatenate(sets), unknown


def all_runs(args, task):
    """Yield a Run for each method and preprocessing; hash methods twice, by neighbours and by votes."""
    chosen = {}

    def hashed(name, method, grid):
        if preprocessing == "search":
            chosen[name] = tuned(task, x, method, grid, args.neighbours)
        settings, ap = chosen[name] if preprocessing == "search" else (grid[0], np.nan)
        return list(hash_runs(task, x, unknown, name, preprocessing, method, settings, ap, args))

    def scored(name, method, grid):
        if preprocessing == "search":
            chosen[name] = tuned(task, x, method, grid, None)
        settings, ap = chosen[name] if preprocessing == "search" else (grid[0], np.nan)
        return [score_run(task, x, unknown, name, preprocessing, method, settings, ap)]

    def ours(name):
        return list(hash_runs(task, x, unknown, name, preprocessing, None, {}, np.nan, args))

    yield paper_run(args)
    jobs = [partial(hashed, name, *job) for name, job in HASHES.items()]
    jobs += [partial(scored, name, *job) for name, job in (SCORES | (CNN if args.cnn else {})).items()]
    jobs += [partial(ours, "ML-PIL, class targets")] if task.layers else []
    for preprocessing in ("search", "published"):
        x, unknown = read_features(args, preprocessing)
        if preprocessing == "search":
            yield yardstick(task, x, unknown)
        yield template_run(args, preprocessing)
        for runs in ordered_map(lambda job: job(), jobs, args.threads):
            say(f"evaluate: {runs[0].method}, {preprocessing} preprocessing, {runs[0].settings}")
            yield from runs


def words(settings):
    """Settings as a text."""
    return " ".join(
        f"{key}={'x'.join(map(str, value)) if isinstance(value, tuple) else value}" for key, value in settings.items()
    )


def tuned(task, x, method, grid, neighbours):
    """The settings with the best average precision on the held-back families, wanted ones at the share PRIOR; and that AP.

    neighbours: how many are averaged on each side for codes; None: the method scores. Some of the presumed negatives are
    of the wanted class: so many as the search suspects, those that the method itself puts first, are not judged. Where a
    side has nothing to be judged by, the first settings and NaN.
    """
    held, judged = task.validation()
    truth, presumed = task.wanted[judged], np.flatnonzero(task.presumed[judged])
    if truth.all() or not truth.any():
        return grid[0], np.nan
    suspects = [round(task.suspects * share) for share in (HELD, 1 - HELD)]
    best = (-1.0, None)
    for settings in grid:
        model = method(seed=task.seed, **settings)
        if neighbours is None:
            scores = model.fit(x[~held], task.wanted[~held]).score(x[judged])
        else:
            model.fit(x[~held])
            nothing = np.full(judged.sum(), -1)
            left = task.wanted[~held], task.presumed[~held], suspects[1]
            scores = hash_score(model.encode(x[judged]), model.encode(x[~held]), *left, nothing, neighbours)
        counts = np.ones(len(truth), bool)
        counts[presumed[np.argsort(-scores[presumed], kind="stable")[: suspects[0]]]] = False
        weights = np.where(truth, PRIOR / truth.sum(), (1 - PRIOR) / max((counts & ~truth).sum(), 1)) * counts
        ap = float(weighted_precision(scores, truth, weights[None])[0])
        if ap > best[0]:
            best = ap, settings
    return best[1], best[0]


def hash_score(codes, labelled, wanted, presumed, suspects, own, count):
    """`neighbour_score` as the search has it: the presumed negatives that look most like wanted ones by these codes,
    `suspects` of them, are nobody's negative neighbours.

    labelled: (m, bits), wanted, presumed: (m,) bool; the rest as there.
    """
    rows, others = np.flatnonzero(presumed), ~wanted
    looks = neighbour_score(labelled[rows], labelled, (others, wanted), rows, count)
    others[rows[np.argsort(-looks, kind="stable")[:suspects]]] = False
    return neighbour_score(codes, labelled, (others, wanted), own, count)


def neighbour_score(codes, labelled, sides, own, count):
    """(n,) mean distance to the `count` nearest negatives less that to the `count` nearest positives.

    codes: (n, bits) bool; labelled: (m, bits); sides: negatives and positives, (m,) bool; own: (n,) the row that is the
    spectrum itself, or -1, which is not its neighbour.
    """
    a, b = pack(codes), pack(labelled)
    near = []
    for side in sides:
        column = np.where((own >= 0) & side[own], np.cumsum(side)[own] - 1, -1)

        def same(rows, column=column):
            mine = np.flatnonzero(column[rows] >= 0)
            return mine, column[rows][mine]

        near.append(mean_nearest(a, b[side], count, same))
    return near[0] - near[1]


def vote_score(codes, queries, share):
    """(n,) votes: how many queries (q, bits) have each spectrum in their top `share`."""
    a, b = pack(queries), pack(codes)
    distance, ties = cuts(count_distances(a, b, codes.shape[1])[None], share)
    return select(a, b, distance, ties[0])[0].astype("f8")


def hash_runs(task, x, unknown, name, preprocessing, method, settings, ap, args):
    """Two Runs of a hash method: by neighbours, with its codes, and by votes."""
    start = time.thread_time()
    if method is None:  # ours, with class targets; codes of training rows are those with the family left out
        network, values, *_ = pil.train_classes(x, task.group, task.family, task.layers, task.bits, 1e-2, task.seed, 1)
        labelled = values > network.thresholds
    else:
        model = method(seed=task.seed, **settings).fit(x)
        labelled = model.encode(x)
    trained = time.thread_time()
    if method is None:
        codes = np.concatenate([network.values(unknown[rows]) > network.thresholds for rows in blocks(len(unknown))])
        codes[task.own >= 0] = labelled[task.own[task.own >= 0]]
    else:
        codes = model.encode(unknown)
    encoded = time.thread_time()
    sides = task.wanted, task.presumed, task.suspects
    scores = hash_score(codes, labelled, *sides, task.own, args.neighbours)
    neighbours = time.thread_time()
    votes = vote_score(codes, labelled[task.queries], args.share)
    voted = time.thread_time()
    shared = (name, preprocessing)
    times = trained - start, neighbours - trained, encoded - trained + voted - neighbours
    yield Run(*shared, "neighbours", words(settings), scores, ap, times[0], times[1], (labelled, codes))
    yield Run(*shared, "votes", words(settings), votes, np.nan, times[0], times[2])


def score_run(task, x, unknown, name, preprocessing, method, settings, ap):
    """A Run of a trained score; a presumed negative is scored by a model that did not see it."""
    presumed = np.isin(task.kind, ["presumed", "inspected"])
    fold = np.full(len(task.kind), -1)
    fold[presumed] = np.random.default_rng([task.seed, 2]).permutation(presumed.sum()) % FOLDS
    mine = np.where(task.own >= 0, fold[task.own], -1)
    scores, times = np.zeros(len(unknown)), []
    clock = getattr(method, "clock", time.thread_time)
    for part in np.unique(mine):
        rows = mine == part
        use = (fold != part) | (fold < 0)
        start = clock()
        model = method(seed=task.seed, **settings).fit(x[use], task.wanted[use])
        trained = clock()
        scores[rows] = model.score(unknown[rows])
        times.append((trained - start, clock() - trained))
    train, score = np.mean([t for t, _ in times]), sum(s for _, s in times)
    return Run(name, preprocessing, "score", words(settings), scores, ap, train, score)


def yardstick(task, x, unknown):
    """PCA + logistic regression as in ranking.csv: no tuning, presumed negatives scored as they are."""
    start = time.thread_time()
    model = PcaLogistic(task.seed).fit(x, task.wanted)
    trained = time.thread_time()
    scores = model.score(unknown)
    times = trained - start, time.thread_time() - trained
    return Run("PCA + logistic regression", "search", "score", "components=100 c=1.0", scores, np.nan, *times)


def paper_run(args):
    """G19's search to the letter: trained on the spectra without copies, ranked by votes."""
    sets = [read_plain(path) for path in (args.positives, args.negatives)]
    with Sample(args.spectra) as sample:
        rows = unknown_rows(sample)
        flux, ivar = sample.rows("flux", rows), sample.rows("ivar", rows)
    start = time.thread_time()
    model = PaperSearch(args.seed).fit(*sets)
    trained = time.thread_time()
    votes = model.votes(flux, ivar, args.share).astype("f8")
    times = trained - start, time.thread_time() - trained
    return Run("search of G19", "published", "votes", "bits=256 layers=1024x512", votes, np.nan, *times)


def template_run(args, preprocessing):
    """Chi-square template matching against the mean spectra of both sides."""
    with open_h5(args.model) as source:
        part = source["averages"]
        flux, ivar, wanted = part["flux"][:], part["ivar"][:], part["wanted"][:].astype(bool)
    with Sample(args.spectra) as sample:
        rows = unknown_rows(sample)
        smooth, thin = (sample.attribute(key) for key in ("smooth", "thin"))
        unknown, weight = sample.rows("flux", rows), sample.rows("ivar", rows)
    if preprocessing == "search" and smooth > 0:  # smoothed and thinned as for the features; the fit finds the scale
        known = np.isfinite(flux) & (ivar > 0)
        flux = smoothed(fill(flux, known), known.astype("f4"), smooth)[0][:, ::thin]
        scale = weight.max(1) / np.maximum(relative(weight).max(1), 1e-30)  # that `relative` divides by
        unknown, weight = (part[:, ::thin] for part in smoothed(unknown, relative(weight), smooth))
        weight = weight * scale[:, None]
    start = time.thread_time()
    model = TemplateMatching().fit(flux, wanted)
    trained = time.thread_time()
    scores = model.score(unknown, weight)
    took = time.thread_time() - trained
    return Run("template matching", preprocessing, "score", "", scores, np.nan, trained - start, took)


def candidate_runs(path, files, benchmarks):
    """Runs of the search itself, from candidates.csv, in the order of `files`.

    Times are CPU times of its steps, all that each does, as Snakemake measured them in the folder `benchmarks`; NaN for
    the training of a model from elsewhere.
    """
    names = {"this search": "score", "this search, hash alone": "hash_score"}
    with open(path, newline="") as source:
        rows = {row["file"]: row for row in csv.DictReader(source)}
    times = step_seconds(benchmarks, ["train"]), step_seconds(benchmarks, ["match", "encode", "retrieve"])
    for name, column in names.items():
        scores = np.array([float(rows[file][column]) for file in files])
        yield Run(name, "search", "score" if column == "score" else "neighbours", "", scores, np.nan, *times)


def step_seconds(folder, steps):
    """CPU seconds of some steps together, all their shards; NaN where one of them left no benchmark."""
    found = [[rows_of(path)[0] for path in sorted((Path(folder) / step).glob("*.tsv"))] for step in steps]
    return sum(float(row["cpu_time"]) for rows in found for row in rows) if all(found) else np.nan


def snr_of(paths):
    """(n,) S/N r of the unclassified spectra in the order of encode's shards."""
    with Sample(paths) as sample:
        return sample.columns(["snr_r"])["snr_r"]


def trained_shape(path):
    """Hidden units of the trained network with class targets (empty: it has none), and the length of its code."""
    with open_h5(path) as source:
        net = source["network"]
        sizes = [net[f"b{k}"].shape[0] for k in range(sum(key.startswith("w") and key[1:].isdigit() for key in net))]
        return (sizes if "beta" in net else []), net["thresholds"].shape[0]


def own_codes(args):
    """Codes (m, bits) and (n, bits) of the trained model."""
    labelled = labelled_codes(args.model)
    with Sample(args.codes) as sample:
        return labelled, unpack(sample.rows("codes", np.arange(len(sample))), labelled.shape[1])


def labelled_codes(path):
    """Codes (m, bits) that a trained model has for its labelled spectra, each left out."""
    with open_h5(path) as source:
        return unpack(source["labelled/codes"][:], trained_shape(path)[1])
