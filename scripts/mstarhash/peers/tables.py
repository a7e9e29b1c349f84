"""peers.csv, peers_bins.csv, bits.csv and hash_properties.csv of the step `evaluate`."""

import csv

import numpy as np

from mstarhash.common.intervals import wilson
from mstarhash.common.texttables import number
from mstarhash.mock.truth import read_truth
from mstarhash.peers import hash_quality, runs
from mstarhash.peers.task import own_codes, read_features, read_task, snr_of
from mstarhash.search.metrics import MEASURES, RECALLS, SHARES, recall_at, share_for, summary, with_intervals
from mstarhash.spectra.targets import split_subclass

SNR_BINS = {"<1.5": (-np.inf, 1.5), "1.5-2.2": (1.5, 2.2), "2.2-3.2": (2.2, 3.2), "3.2 and more": (3.2, np.inf)}
CONFIDENCE = 0.68  # of the Wilson intervals
FEW = 5  # true ones below which a bootstrap tells no error of an average precision


class Table:
    """A CSV whose header is the keys of its first row."""

    def __init__(self, out, columns):
        self.writer = csv.DictWriter(out, columns, lineterminator="\n", restval="")
        self.writer.writeheader()

    def add(self, row):
        self.writer.writerow({key: number(value, 5) for key, value in row.items()})


RANKED = ["n", "n_true", *(f"{name}{end}" for name in MEASURES for end in ("", "_low", "_high"))]
PEERS = ["method", "preprocessing", "scored_by", "settings", "validation_ap", *RANKED, "train_s", "score_s"]
BINS = ["method", "preprocessing", "scored_by", "by", "bin", "n_true", "ap", "ap_low", "ap_high"]
BINS += [f"{name}{end}" for name in MEASURES if name.startswith("recall") for end in ("", "_low", "_high")]
BINS += [name for name in MEASURES if name.startswith("share")]
BITS = ["method", "preprocessing", "sample", "bit", "mean", "dead", "mean_abs_correlation", "max_abs_correlation"]
PROPERTIES = ["method", "preprocessing", "sample", "bits"]
PROPERTIES += ["rank_correlation", "distance_of_copies", "distance_of_wanted", "distance_to_others", "closer"]
PROPERTIES += ["imbalance", "largest_imbalance", "dead", "correlation", "largest_correlation", "independent_bits"]


def write(args, names):
    """All four tables. names: {peers, peers_bins, bits, hash_properties: path}."""
    task = read_task(args)
    truth = read_wanted(args.truth, args.target, task.files)
    snr = snr_of(args.codes)
    with (
        open(names["peers"], "w", newline="") as one,
        open(names["peers_bins"], "w", newline="") as two,
        open(names["bits"], "w", newline="") as three,
        open(names["hash_properties"], "w", newline="") as four,
    ):
        tables = Table(one, PEERS), Table(two, BINS)
        bits, properties = Table(three, BITS), Table(four, PROPERTIES)
        x = read_features(args, "search")[0]
        write_codes(bits, properties, "this search", "search", own_codes(args), x, task)
        own = runs.candidate_runs(args.candidates, task.files, args.benchmarks)
        for run in (*own, *runs.all_runs(args, task)):
            write_run(*tables, run, truth, snr, args.seed)
            if run.codes:
                write_codes(bits, properties, run.method, run.preprocessing, run.codes, x, task)


def read_wanted(path, target, files):
    """Rows of the truth of `files`; none where there is no truth."""
    truth = read_truth(path, target)
    return [truth[file] for file in files] if truth else []


def write_run(peers, bins, run, truth, snr, seed):
    """A row of peers.csv, and those of peers_bins.csv."""
    head = {"method": run.method, "preprocessing": run.preprocessing, "scored_by": run.scored_by}
    row = head | {"settings": run.settings, "validation_ap": run.validation_ap}
    row |= {"train_s": run.train_s, "score_s": run.score_s}
    wanted = np.array([one["wanted"] for one in truth], bool)
    if wanted.any() and not wanted.all():
        row |= with_intervals(run.scores, wanted, seed)
        for by, name, compared, true in parts_of(truth, wanted, snr):
            part = compared | true
            if not true.any() or true[part].all():
                continue
            judged = summary(run.scores[part], true[part], seed)
            line = head | {"by": by, "bin": name, "n_true": judged["n_true"], "ap": judged["ap"]}
            if judged["n_true"] >= FEW:
                line |= {key: judged[key] for key in ("ap_low", "ap_high")}
            bins.add(line | of_the_list(run.scores, true))
    peers.add(row)


def of_the_list(scores, true):
    """Recalls of some true ones (n,) within shares of the whole list, with Wilson intervals, and shares of it that hold a
    part of them."""
    out, count = {}, int(true.sum())
    for share in SHARES:
        found = count * recall_at(scores, true, share)
        name = f"recall_{round(100 * share)}"
        out |= dict(zip((name, f"{name}_low", f"{name}_high"), wilson(found, count, CONFIDENCE), strict=True))
    return out | {f"share_{round(100 * recall)}": share_for(scores, true, recall) for recall in RECALLS}


def parts_of(truth, wanted, snr):
    """(by, bin, others (n,), true ones (n,)): in a bin of S/N both; all others beside a subtype or luminosity class."""
    for name, (low, high) in SNR_BINS.items():
        mine = (snr >= low) & (snr < high)
        yield "snr", name, mine & ~wanted, mine & wanted
    yield "snr", "unknown", np.isnan(snr) & ~wanted, np.isnan(snr) & wanted
    parts = [split_subclass(one["subclass"]) for one in truth]
    subtype = np.array(["" if np.isnan(number) else f"{letters}{number:.0f}" for _, letters, number in parts])
    for name in sorted(set(subtype[wanted]) - {""}):
        yield "subtype", name, ~wanted, wanted & (subtype == name)
    kinds = np.array([one["luminosity"] for one in truth])
    for kind in sorted(set(kinds[wanted]) - {""}):
        yield "luminosity", kind, ~wanted, wanted & (kinds == kind)


def write_codes(bits, properties, method, preprocessing, codes, x, task):
    """Rows of bits.csv and hash_properties.csv of codes of the training sets and of the unclassified spectra."""
    head = {"method": method, "preprocessing": preprocessing}
    for sample, part in zip(("training", "unclassified"), codes, strict=True):
        for bit, row in enumerate(hash_quality.bit_rows(part)):
            bits.add(head | {"sample": sample} | dict(zip(BITS[3:], (bit, *row), strict=True)))
        row = head | {"sample": sample, "bits": part.shape[1]}
        row |= hash_quality.balance(part) | hash_quality.independence(part)
        if sample == "training":
            rng = np.random.default_rng([task.seed, 3])
            row |= hash_quality.similarity(part, x, task.wanted, task.family, rng)
        properties.add(row)
