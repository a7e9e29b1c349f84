"""Every peer trained on the sets of the search and run on the spectra that it searched."""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from mstarhash.common.parallel import ordered_map
from mstarhash.common.progress import say
from mstarhash.common.texttables import read_rows
from mstarhash.peers import hash_methods
from mstarhash.peers.baselines import PaperSearch, read_plain
from mstarhash.peers.cnn import Cnn
from mstarhash.peers.scores import PcaBoosting, PcaLogistic, PilClassifier, TemplateMatching
from mstarhash.peers.semantic import SemanticHashing
from mstarhash.peers.task import read_features
from mstarhash.peers.tuning import hash_score, tuned
from mstarhash.search import pil
from mstarhash.search.codes import pack
from mstarhash.search.retrieval import list_scores
from mstarhash.spectra.hdf5 import blocks, open_h5
from mstarhash.spectra.sample import Sample
from mstarhash.spectra.scaling import fill, relative, smoothed
from mstarhash.spectra.targets import unknown_rows

FOLDS = 3  # of the presumed negatives, which are scored by models that did not see them
BITS = ({"bits": 256}, {"bits": 128}, {"bits": 64}, {"bits": 32})

HASHES = {  # name: (class, settings tried; the first ones are run with the published preprocessing)
    "LSH": (hash_methods.RandomHyperplanes, BITS),
    "Spectral Hashing": (hash_methods.SpectralHashing, BITS),
    "ITQ": (hash_methods.IterativeQuantization, BITS),
    "Spherical Hashing": (hash_methods.SphericalHashing, BITS),
    "Semantic Hashing": (SemanticHashing, [{"bits": 128, "layers": layers} for layers in ((128,), (256, 128), ())]),
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


def all_runs(args, task):
    """Yield a Run for each method and preprocessing; of hash methods one by neighbours and those of `of_lists`."""

    def chosen(method, grid, neighbours):
        return tuned(task, x, method, grid, neighbours) if preprocessing == "search" else (grid[0], np.nan)

    def hashed(name, method, grid):
        settings = chosen(method, grid, args.neighbours)
        return list(hash_runs(task, x, unknown, name, preprocessing, method, *settings, args))

    def scored(name, method, grid):
        return [score_run(task, x, unknown, name, preprocessing, method, *chosen(method, grid, None))]

    def ours(name):
        return list(hash_runs(task, x, unknown, name, preprocessing, None, {}, np.nan, args))

    yield from paper_runs(args, task)
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
        f"{key}={('x'.join(map(str, value)) or 'none') if isinstance(value, tuple) else value}"
        for key, value in settings.items()
    )


def hash_runs(task, x, unknown, name, preprocessing, method, settings, ap, args):
    """Runs of a hash method: by neighbours, with its codes, and those of `of_lists`."""
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
    lists = of_lists(pack(labelled[task.queries]), pack(codes), codes.shape[1], (args.share, task.prior))
    listed = time.thread_time()
    shared = (name, preprocessing)
    times = trained - start, neighbours - trained, encoded - trained + listed - neighbours
    yield Run(*shared, "neighbours", words(settings), scores, ap, times[0], times[1], (labelled, codes))
    for scored_by, found in lists.items():
        yield Run(*shared, scored_by, words(settings), found, np.nan, times[0], times[2])


def of_lists(queries, codes, bits, shares):
    """{scored_by: scores (n,)} of packed codes by the lists of all queries: votes at both `shares`, the median rank share."""
    found = list_scores(queries, codes, bits, shares)
    votes, at_prior = (found[key].astype("f8") for key in ("votes", "votes_narrow"))
    return {"votes": votes, "votes at the prior": at_prior, "rank shares": -found["median_share"]}  # near: small shares


def score_run(task, x, unknown, name, preprocessing, method, settings, ap):
    """A Run of a trained score; a presumed negative is scored by a model that did not see it."""
    presumed = np.isin(task.kind, ["presumed", "inspected"])
    fold = np.full(len(task.kind), -1)
    fold[presumed] = np.random.default_rng([task.seed, 2]).permutation(presumed.sum()) % FOLDS
    mine = np.where(task.own >= 0, fold[task.own], -1)
    scores, times = np.zeros(len(unknown)), []
    for part in np.unique(mine):
        rows, use = mine == part, (fold != part) | (fold < 0)
        model = method(seed=task.seed, **settings)
        scores[rows], *took = timed(
            partial(model.fit, x[use], task.wanted[use]),
            partial(model.score, unknown[rows]),
            getattr(method, "clock", time.thread_time),
        )
        times.append(took)
    train, score = np.mean([t for t, _ in times]), sum(s for _, s in times)
    return Run(name, preprocessing, "score", words(settings), scores, ap, train, score)


def timed(fit, score, clock=time.thread_time):
    """What `score` gives after `fit`, and the seconds that each takes."""
    start = clock()
    fit()
    trained = clock()
    return score(), trained - start, clock() - trained


def yardstick(task, x, unknown):
    """PCA + logistic regression as in ranking.csv: no tuning, presumed negatives scored as they are."""
    model = PcaLogistic(task.seed)
    scores, *times = timed(partial(model.fit, x, task.wanted), partial(model.score, unknown))
    return Run("PCA + logistic regression", "search", "score", "components=100 c=1.0", scores, np.nan, *times)


def paper_runs(args, task):
    """The codes of Guo et al. (2019) to the letter, trained on the spectra without copies; Runs of `of_lists`."""
    sets = [read_plain(path) for path in (args.positives, args.negatives)]
    with Sample(args.spectra) as sample:
        rows = unknown_rows(sample)
        flux, ivar = sample.rows("flux", rows), sample.rows("ivar", rows)
    model = PaperSearch(args.seed)

    def listed():
        return of_lists(model.queries, model.codes(flux, ivar), model.bits, (args.share, task.prior))

    lists, *times = timed(partial(model.fit, *sets), listed)
    for scored_by, found in lists.items():
        yield Run("search of G19", "published", scored_by, "bits=256 layers=1024x512", found, np.nan, *times)


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
    model = TemplateMatching()
    scores, *times = timed(partial(model.fit, flux, wanted), partial(model.score, unknown, weight))
    return Run("template matching", preprocessing, "score", "", scores, np.nan, *times)


def candidate_runs(path, files, benchmarks):
    """Runs of the search itself, from candidates.csv, in the order of `files`.

    Times are CPU times of its steps, all that each does, as Snakemake measured them in the folder `benchmarks`; NaN for
    the training of a model from elsewhere.
    """
    names = {"this search": "score", "this search, retrieval alone": "median_share"}
    rows = {row["file"]: row for row in read_rows(path)}
    times = step_seconds(benchmarks, ["train"]), step_seconds(benchmarks, ["match", "encode", "retrieve"])
    for name, column in names.items():
        scores = np.array([float(rows[file][column]) for file in files])
        if column == "median_share":  # small shares are near
            yield Run(name, "search", "rank shares", "", -scores, np.nan, *times)
        else:
            yield Run(name, "search", "score", "", scores, np.nan, *times)


def step_seconds(folder, steps):
    """CPU seconds of some steps together, all their shards; NaN where one of them left no benchmark."""
    found = [[read_rows(path)[0] for path in sorted((Path(folder) / step).glob("*.tsv"))] for step in steps]
    return sum(float(row["cpu_time"]) for rows in found for row in rows) if all(found) else np.nan
