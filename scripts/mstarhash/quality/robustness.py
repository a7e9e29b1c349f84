"""How the ranking changes on a worse survey, and the rankings of many surveys taken together."""

import numpy as np

from mstarhash.common.texttables import read_rows
from mstarhash.quality import reliability
from mstarhash.search import metrics
from mstarhash.spectra.shards import order_key

METHODS = {  # column of a trial's CSV
    "default": "score",
    "retrieval alone": "retrieval",
    "votes of narrow lists": "votes_narrow",
    "votes of these codes": "votes",
    "network's own bits, median rank share": "network_retrieval",
    "network's own bits, votes of narrow lists": "network_votes_narrow",
    "network's own bits, votes": "network_votes",
    "PCA + logistic regression": "logistic",
    "PCA + logistic regression, no copies": "logistic_plain",
}
RULERS = {"ratio": "logistic", "ratio_plain": "logistic_plain"}  # with which the others are compared in pooled.csv
TEXTS = ("file", "source", "half")  # columns of a trial's CSV that are no numbers
WIDE = (0.025, 0.975)  # quantiles of a bootstrap between which a difference or a ratio is told
CHANGES = ("row", "what", "seed", "method", "n", "n_true", "paired", "ap", "ap_low", "ap_high", "change", "change_low", "change_high", "expected_over_true", "bins", "beyond")  # fmt: skip
POOLED = ("seed", "method", "n", "n_true", "ap", *(f"{name}{end}" for name in RULERS for end in ("", "_low", "_high")))
POOLED += tuple(f"share_{round(100 * recall)}{end}" for recall in metrics.RECALLS for end in ("", "_low", "_high"))
POOLED += ("brier_skill", "expected", "expected_over_true", "bins", "beyond")
BINS = 5  # of P(M), a survey
RELIABILITY = ("survey", "seed", "bin", "n", "effective", "mean_p", "fraction", "sigma")


def read_scores(path):
    """A CSV of trial.py as arrays, its rows in the order of a hash of the file: wanted bool, texts, numbers.

    source: what a spectrum is a copy of, or its own file.
    """
    rows = sorted(read_rows(path), key=lambda row: (order_key(row["file"]), row["file"]))
    out = {key: np.array([row[key] for row in rows]) for key in TEXTS if key in rows[0]}
    if "source" in out:
        out["source"] = np.where(out["source"] == "", out["file"], out["source"])
    out["wanted"] = np.array([row["wanted"] == "1" for row in rows])
    out |= {key: np.array([float(row[key] or "nan") for row in rows]) for key in rows[0].keys() - out.keys()}
    near = {key: f"{key.removesuffix('median_share')}retrieval" for key in out if key.endswith("median_share")}
    return out | {name: -out[key] for key, name in near.items()}  # small shares are near


def read_what(path):
    """The first line of an overlay, a comment that says what it changes."""
    with open(path, encoding="utf-8") as source:
        return source.readline().lstrip("# ").strip()


def at_share(truth, share):
    """(n,) weights that make the true ones `share` of the list: 1, and another number for the true ones."""
    count = truth.sum()
    if not 0 < count < len(truth):
        return np.ones(len(truth))
    return np.where(truth, share / (1 - share) * (len(truth) - count) / count, 1.0)


def pooled_change(pairs, key, draws, seed):
    """Average precision by the score `key` over surveys, and its difference to that on the plain surveys: a dict.

    pairs: [(worse survey, plain survey)], each as from `read_scores`. AP is the mean over the surveys, each with the
    weight of its plain survey's true spectra; where the worse survey holds another share of true ones, it is AP at
    the plain one's share. Bootstrap within each survey; paired where both hold the same spectra: then the same ones are
    drawn for both, and what is left is the change.

    Returns n, n_true, paired (1 or 0), ap with its 16-84 %, change with its 2.5-97.5 % interval (`draws` samples).
    """
    rng = np.random.default_rng(seed)
    sums, total, paired = np.zeros((2, draws + 1)), 0.0, True
    for pair in pairs:
        truth = [part["wanted"] for part in pair]
        weights = [at_share(part, truth[1].mean()) for part in truth]
        count, at = truth[1].sum(), 1
        total += count
        scores = [part[key] for part in pair]
        same = len(truth[0]) == len(truth[1]) and (pair[0]["file"] == pair[1]["file"]).all()
        paired &= bool(same)
        for k in (0, 1):
            sums[k, 0] += count * metrics.weighted_precision(scores[k], truth[k], weights[k][None])[0]
        blocks = [metrics.resampled(len(part), draws, rng) for part in (truth[:1] if same else truth)]
        for drawn in zip(*blocks, strict=True):
            columns = slice(at, at + len(drawn[0]))
            for k in (0, 1):
                counts = drawn[0 if same else k] * weights[k]
                sums[k, columns] += count * metrics.weighted_precision(scores[k], truth[k], counts)
            at = columns.stop
    ap, change = sums[0] / total, (sums[0] - sums[1]) / total
    out = {
        "n": sum(len(worse["wanted"]) for worse, _ in pairs),
        "n_true": sum(worse["wanted"].sum() for worse, _ in pairs),
    }
    out |= {"paired": int(paired), "ap": ap[0], "change": change[0]}
    out["ap_low"], out["ap_high"] = np.nanquantile(ap[1:], metrics.INTERVAL)
    out["change_low"], out["change_high"] = np.nanquantile(change[1:], WIDE)
    return out


def change_rows(trials, rows, seeds, draws, seed):
    """Rows of CHANGES: every row of the table over all seeds, then for each seed. trials: {(row, seed): scores}."""
    for part in [seeds, *([one] for one in seeds)]:
        for row in rows:
            for method, key in METHODS.items():
                pairs = [(trials[row, one], trials["plain", one]) for one in part]
                found = pooled_change(pairs, key, draws, seed)
                if method == "default":
                    sums = probabilities([worse for worse, _ in pairs])
                    found |= {name: sums[name] for name in ("expected_over_true", "bins", "beyond")}
                if row == "plain":
                    found |= dict.fromkeys(("paired", "change", "change_low", "change_high"), "")
                yield {"row": row, "seed": "all" if part is seeds else part[0], "method": method} | found
        if len(seeds) == 1:
            return


def real_rows(scores, min_snr, seed, draws):
    """Rows of CHANGES of a model of the mock survey on real spectra above an S/N: quoted half, half for tuning."""
    for half in ("quoted", "tuning"):
        mine = (scores["half"] == half) & (scores["snr_r"] > min_snr)
        if not 0 < scores["wanted"][mine].sum() < mine.sum():
            continue
        for method, key in METHODS.items():
            if key in scores:
                found = metrics.summary(scores[key][mine], scores["wanted"][mine], seed, draws)
                kept = {name: found[name] for name in ("n", "n_true", "ap", "ap_low", "ap_high")}
                yield {"row": f"real_{half}", "method": method} | kept


def inspected(surveys, key, seed, draws):
    """Share of the lists to inspect for some recalls, all lists cut at the same share: {share_90: ..., with _low, _high}.

    The 16-84 % interval is that of a bootstrap over the true spectra, copies of the same source together.
    """
    places = [metrics.ranks_of_true(part[key], part["wanted"]) / len(part["wanted"]) for part in surveys]
    sources = [np.char.add(f"{k} ", part["source"][part["wanted"]]) for k, part in enumerate(surveys)]
    places, sources = np.concatenate(places), np.concatenate(sources)
    order = np.argsort(places, kind="stable")
    places = places[order]
    drawn = metrics.resampled(len(places), draws, np.random.default_rng(seed), sources[order])
    found = np.cumsum(np.concatenate([np.ones((1, len(places)), int), *drawn]), axis=1)
    out = {}
    for recall in metrics.RECALLS:
        enough = np.ceil(recall * found[:, -1:] - 1e-9)
        shares, name = places[(found >= enough).argmax(1)], f"share_{round(100 * recall)}"
        out[name] = shares[0]
        out[f"{name}_low"], out[f"{name}_high"] = np.quantile(shares[1:], metrics.INTERVAL)
    return out


def probabilities(surveys):
    """Brier skill of P(M) against each list's own share of true ones, the expected number of them over the true one, bins of
    P(M) and how many of these do not agree with the fraction, as a dict."""
    errors = plain = expected = true = 0.0
    bins = [row for part in surveys for row in judged(part)]
    for part in surveys:
        truth, p = part["wanted"], part["p_m"]
        errors += ((p - truth) ** 2).sum()
        plain += len(truth) * truth.mean() * (1 - truth.mean())
        expected, true = expected + p.sum(), true + truth.sum()
    out = {"brier_skill": 1 - errors / plain, "expected": expected, "expected_over_true": expected / true}
    return out | {"bins": len(bins), "beyond": reliability.beyond(bins)}


def judged(survey):
    """Bins of P(M) of a survey, as from `reliability.bins_of`."""
    return reliability.bins_of(survey["p_m"], survey["wanted"], BINS, survey["source"])


def pooled_rows(surveys, draws, seed):
    """Rows of POOLED: all surveys together, then each; none without surveys. surveys: {seed: scores}."""
    groups = {"all": list(surveys.values())} if surveys else {}
    groups |= {name: [part] for name, part in surveys.items()}
    for name, group in groups.items():
        for method, key in METHODS.items():
            row = {"seed": name, "method": method, "n": sum(len(part["wanted"]) for part in group)}
            for ratio, ruler in RULERS.items():
                if key == ruler:
                    continue
                parts = [tuple(p[name] for name in (key, ruler, "wanted", "source")) for p in group]
                told = metrics.miss_ratio(parts, seed, draws, WIDE)
                row |= {"n_true": told["n_true"], "ap": told["ap"]}
                row |= {ratio: told["ratio"], f"{ratio}_low": told["low"], f"{ratio}_high": told["high"]}
            row |= inspected(group, key, seed, draws)
            yield row | (probabilities(group) if method == "default" else {})
