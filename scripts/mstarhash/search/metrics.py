"""How good a ranking is: average precision, recall within a share of the list, share to inspect for a recall."""

import numpy as np
from sklearn.metrics import average_precision_score

SHARES = (0.01, 0.02, 0.03, 0.05, 0.10)
RECALLS = (0.90, 0.95, 0.99)
MEASURES = ("ap", *(f"recall_{round(100 * x)}" for x in SHARES), *(f"share_{round(100 * x)}" for x in RECALLS))
INTERVAL = (0.16, 0.84)  # quantiles of a bootstrap that stand for one sigma


def average_precision(scores, truth):
    """Mean of precision over the true ones, ties counted together (scikit-learn's definition)."""
    return float(average_precision_score(truth, scores))


def ties_of_true(scores, truth):
    """Of the true ones, best score first: how many spectra are ahead of each one's tie, and how many are in that."""
    scores = np.asarray(scores, float)
    _, inverse, counts = np.unique(-scores, return_inverse=True, return_counts=True)
    mine = np.sort(inverse[np.asarray(truth, bool)])
    return (np.cumsum(counts) - counts)[mine], counts[mine]


def ranks_of_true(scores, truth):
    """Sorted expected 1-based ranks of the true ones, best score first; within a tie everyone's mean rank."""
    return _mean_rank(*ties_of_true(scores, truth))


def _mean_rank(ahead, size):
    return ahead + (size + 1) / 2


def recall_at(scores, truth, share):
    """Expected share of the true ones that is within the first ceil(share n), whatever the order within a tie."""
    return float(_recall(*ties_of_true(scores, truth), share, len(scores)))


def _recall(ahead, size, share, n):
    return np.clip((np.ceil(share * n) - ahead) / size, 0, 1).mean()


def share_for(scores, truth, recall):
    """Share of the list that holds `recall` of the true ones."""
    return float(_share(ranks_of_true(scores, truth), recall, len(scores)))


def _share(ranks, recall, n):
    return ranks[int(np.ceil(recall * len(ranks) - 1e-9)) - 1] / n


def _looked_at(ahead, size, n):
    """MEASURES but the first, of a list of n."""
    ranks = _mean_rank(ahead, size)
    return [*(_recall(ahead, size, x, n) for x in SHARES), *(_share(ranks, x, n) for x in RECALLS)]


def weighted_precision(scores, truth, weights):
    """(draws,) average precision where spectrum i counts weights[draw, i] times; NaN without a true one.

    With whole numbers as weights this is `average_precision` of the repeated spectra.
    """
    scores, truth = np.asarray(scores, float), np.asarray(truth, bool)
    if not truth.any():
        return np.full(len(weights), np.nan)
    order = np.argsort(-scores, kind="stable")
    true = np.flatnonzero(truth[order])
    last = np.flatnonzero(np.r_[np.diff(scores[order]) != 0, True])  # of each tie
    tie = np.searchsorted(last, true)
    new = np.flatnonzero(np.diff(tie, prepend=-1))  # the first true one of a tie; ties without one do not matter
    ends = last[tie[new]] + 1
    weights = np.take(np.asarray(weights, float), order[: ends[-1]], axis=1)
    count = np.cumsum(np.add.reduceat(weights, np.r_[0, ends[:-1]], axis=1), axis=1)
    gain = np.add.reduceat(weights[:, true], new, axis=1)
    found = np.cumsum(gain, axis=1)
    precision = np.divide(found, count, out=np.zeros_like(found), where=count > 0)
    return np.divide((gain * precision).sum(1), found[:, -1], out=np.full(len(weights), np.nan), where=found[:, -1] > 0)


def resampled(count, draws, rng, source=None):
    """Yield (part, count) blocks of how often each of `count` spectra is in a bootstrap sample, `draws` rows in all.

    source: (count,) what each is a copy of, None: each is one by itself. Copies of the same are no independent spectra, so
    they are drawn together.
    """
    place = np.arange(count) if source is None else np.unique(source, return_inverse=True)[1]
    units = len(place) and place.max() + 1
    for first in range(0, draws, 64):
        yield np.array(
            [
                np.bincount(rng.integers(units, size=units), minlength=units)[place]
                for _ in range(min(64, draws - first))
            ]
        )


def summary(scores, truth, seed, draws=200, source=None):
    """A dict of all of these, with the 16-84 % interval of the average precision (bootstrap over spectra, see `resampled`)."""
    scores, truth = np.asarray(scores, float), np.asarray(truth, bool)
    parts = resampled(len(truth), draws, np.random.default_rng(seed), source)
    again = np.concatenate([weighted_precision(scores, truth, part) for part in parts])
    low, high = np.nanquantile(again, INTERVAL)
    row = {"n": len(truth), "n_true": int(truth.sum()), "ap": average_precision(scores, truth)}
    row |= {"ap_low": low, "ap_high": high}
    return row | dict(zip(MEASURES[1:], _looked_at(*ties_of_true(scores, truth), len(truth)), strict=True))


def with_intervals(scores, truth, seed, draws=200):
    """`summary`, and the 16-84 % interval (NAME_low, NAME_high) of each recall and share as well."""
    row = summary(scores, truth, seed, draws)
    scores, truth = np.asarray(scores, float), np.asarray(truth, bool)
    rng = np.random.default_rng(seed)
    again = []
    for _ in range(draws):
        rows = rng.integers(len(truth), size=len(truth))
        ahead, size = ties_of_true(scores[rows], truth[rows])
        if len(ahead):
            again.append(_looked_at(ahead, size, len(rows)))
    low, high = np.quantile(again, INTERVAL, axis=0)
    out = {key: row[key] for key in ("n", "n_true", "ap", "ap_low", "ap_high")}
    for k, key in enumerate(MEASURES[1:]):
        out |= {key: row[key], f"{key}_low": low[k], f"{key}_high": high[k]}
    return out


def miss_ratio(surveys, seed, draws=1000, interval=(0.025, 0.975)):
    """Ratio of 1 - AP of a method to that of another on the same spectra, pooled over surveys: a dict.

    surveys: list of (scores, scores of the other method, truth, source), one for each seed or survey. AP is the mean over
    the surveys, each with the weight of its true spectra: every survey is a list of its own, and scores of two lists are
    never compared. Paired bootstrap: spectra are drawn with replacement within each survey, the same ones for both, copies
    of the same `source` together (None: each is one by itself).

    Returns n_true, ap, ap_other, ratio, and low, high: quantiles `interval` of the ratio.
    """
    rng = np.random.default_rng(seed)
    total, sums = 0, np.zeros((2, draws + 1))
    for first, second, truth, source in surveys:
        truth = np.asarray(truth, bool)
        weight, at = int(truth.sum()), 1
        if not weight:
            continue
        pair = [np.asarray(part, float) for part in (first, second)]
        sums[:, 0] += [weight * average_precision(part, truth) for part in pair]
        for counts in resampled(len(truth), draws, rng, source):
            columns = slice(at, at + len(counts))
            sums[:, columns] += [weight * weighted_precision(part, truth, counts) for part in pair]
            at += len(counts)
        total += weight
    miss = 1 - sums / max(total, 1)
    ratio = miss[0] / miss[1]
    low, high = np.nanquantile(ratio[1:], interval)
    return {
        "n_true": total,
        "ap": 1 - miss[0, 0],
        "ap_other": 1 - miss[1, 0],
        "ratio": ratio[0],
        "low": low,
        "high": high,
    }


def curve(scores, truth, points=200):
    """(points, 3) share of the list (logarithmic), recall, precision."""
    order = np.argsort(-np.asarray(scores, float), kind="stable")
    found = np.cumsum(np.asarray(truth, bool)[order])
    cut = np.unique(np.geomspace(1, len(order), points).astype(int))
    return np.c_[cut / len(order), found[cut - 1] / max(1, found[-1]), found[cut - 1] / cut]
