"""The released spectra of the wanted class in clusters, which of them are defective, and which are drawn (G19 3.3; FIELD 12)."""

from dataclasses import dataclass

import numpy as np

from mstarhash.common.progress import Progress, say
from mstarhash.learn.averages import Means
from mstarhash.learn.clustering import birch_groups, fit_pca, kmeans, sub_clusters
from mstarhash.learn.defects import REASONS, defects
from mstarhash.learn.set_file import at_rest
from mstarhash.spectra.grid import shift_of
from mstarhash.spectra.scaling import features
from mstarhash.spectra.shards import IDENTITY
from mstarhash.spectra.targets import is_target, split_subclass


@dataclass
class Released:
    """The released spectra of the wanted class: rows of the sample, and their columns."""

    rows: np.ndarray
    columns: dict
    giant: np.ndarray
    shifts: np.ndarray
    wave: np.ndarray

    def blocks(self, sample, index):
        """`at_rest` of some of the released spectra."""
        return at_rest(sample, self.rows, self.shifts, index)


@dataclass
class Clusters:
    """Cluster of each released spectrum, mean spectra, and which of both are defective."""

    label: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray
    members: np.ndarray
    giant: np.ndarray
    birch: np.ndarray  # (clusters,) BIRCH group of a cluster of dwarfs; -1: giants
    bad: np.ndarray  # (spectra, reasons)
    bad_mean: np.ndarray  # (clusters, reasons)
    few: bool  # so few spectra are released that they are completed, and gaps, which ivar 0 covers, reject none

    @property
    def rejected(self):
        """(spectra,) bool."""
        return _rejected(self.bad, self.few)

    @property
    def kept(self):
        """(clusters,) bool: neither defective nor empty."""
        return ~_rejected(self.bad_mean, self.few) & (self.members > 0)


def released(sample, target, labels):
    """Rows of known class `target` (less those that an inspection rejected), and of the unclassified."""
    columns = sample.columns([*IDENTITY, "order", "class", "subclass", "z", "snr_r"])
    rejected = np.array([labels.get(file, True) is False for file in columns["file"]], bool)
    rows = np.flatnonzero(is_target(columns["class"], columns["subclass"], target) & ~rejected)
    mine = {name: values[rows] for name, values in columns.items()}
    giant = np.array([split_subclass(text)[0] == "g" for text in mine["subclass"]], bool)
    wave = sample.fixed("wave")
    step = np.log10(wave[-1] / wave[0]) / (len(wave) - 1)
    return Released(rows, mine, giant, shift_of(mine["z"], step), wave)


def cluster(sample, released, label, birch, fewest):
    """Clusters of all released spectra.

    label, birch: as from `labels`; fewest: number of released spectra below which they are few, 0: never.
    """
    count = len(released.rows)
    total, everything = len(birch), np.arange(count)
    means = _means(sample, released, label, everything, total)
    flux, ivar = means.result()
    bad = np.zeros((count, len(REASONS)), bool)
    progress = Progress("defects", count)
    for where, f, w in released.blocks(sample, everything):
        bad[where] = defects(released.wave, f, w, released.columns["snr_r"][where], flux[label[where]])
        progress.step(len(f))
    few = count < fewest
    clean = np.flatnonzero(~_rejected(bad, few))
    if len(clean) < count:
        means = _means(sample, released, label, clean, total)
        flux, ivar = means.result()
    giant = birch < 0
    bad_mean = _defects_of_means(flux, ivar, giant, released.wave)
    empty = means.members == 0
    bad_mean[empty] = [reason == "unusable" for reason in REASONS]
    return Clusters(label, flux, ivar, means.members, giant, birch, bad, bad_mean, few)


def labels(scores, giant, groups, subclusters, giant_clusters, seed):
    """(n,) cluster of each spectrum, and (clusters,) BIRCH group of those of dwarfs, which come first, -1 for giants.

    scores: (n, k); giant: (n,) bool. Dwarfs are clustered by BIRCH into at most `groups` and by K-means into `subclusters`
    of each, giants by K-means into at most `giant_clusters`; no group or cluster of giants is for less than five spectra.
    """
    label, birch = np.full(len(scores), -1), np.zeros(0, int)
    dwarfs, giants = np.flatnonzero(~giant), np.flatnonzero(giant)
    if len(dwarfs):
        group = birch_groups(scores[dwarfs], min(groups, max(1, len(dwarfs) // 5)), seed)
        label[dwarfs] = sub_clusters(scores[dwarfs], group, subclusters, seed)
        birch = np.full(label.max() + 1, -1)
        birch[label[dwarfs]] = group
        say(f"positives: {group.max() + 1} groups of dwarfs, {len(birch)} clusters")
    if len(giants):
        own = kmeans(scores[giants], min(giant_clusters, max(1, len(giants) // 5)), seed)
        label[giants] = len(birch) + own
        birch = np.append(birch, np.full(own.max() + 1, -1))
    return label, birch


def _defects_of_means(flux, ivar, giant, wave):
    """(clusters, reasons) bool: of each mean spectrum against the mean of all of its luminosity class."""
    general = np.full((2, len(wave)), np.nan)
    for kind in (0, 1):
        mine = giant == bool(kind)
        if mine.any():
            weight = np.nansum(ivar[mine], 0)
            general[kind] = np.nansum(np.nan_to_num(flux[mine]) * ivar[mine], 0) / np.maximum(weight, 1e-30)
    bad = defects(wave, np.nan_to_num(flux), ivar, np.full(len(flux), np.inf), general[giant.astype(int)])
    bad[:, REASONS.index("arm_step")] = False  # against a general mean, subtypes differ by as much
    return bad


def _rejected(bad, few):
    """Spikes are interpolated by the smoothing; the other defects reject a spectrum, gaps only where many are left."""
    harmless = ("spike", "gap", "unusable") if few else ("spike",)
    return bad[:, [reason not in harmless for reason in REASONS]].any(1)


def scores(sample, released, components, seed):
    """(n, components) principal components of the released spectra's features at rest, learned on at most 50,000."""
    recipe = sample.feature_recipe
    rng = np.random.default_rng(seed)
    count = len(released.rows)
    subset = np.arange(count) if count <= 50_000 else np.sort(rng.choice(count, 50_000, replace=False))
    vectors = np.concatenate([features(f, w, **recipe) for _, f, w in released.blocks(sample, subset)])
    pca = fit_pca(vectors, components, seed)
    if len(subset) == count:
        return pca.transform(vectors.astype("f8"))
    parts = (features(f, w, **recipe) for _, f, w in released.blocks(sample, np.arange(count)))
    return np.concatenate([pca.transform(part.astype("f8")) for part in parts])


def _means(sample, released, label, index, total):
    means = Means(total, len(released.wave))
    for where, flux, ivar in released.blocks(sample, index):
        means.add(flux, ivar, released.wave, label[index[where]])
    return means


def draw(clusters, most, seed):
    """Rows of the released spectra that are drawn, at most `most`, at random from the clusters that are not defective.

    Not evenly over the clusters: the shares of the subtypes would be wrong, and P(M) is told by them.
    """
    kept = clusters.kept
    usable = np.flatnonzero(~clusters.rejected & kept[clusters.label])
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.permutation(usable)[:most])
    say(
        f"positives: {len(clusters.members)} clusters, {int((~kept).sum())} rejected; {len(usable):,} of "
        f"{len(clusters.label):,} spectra without defect, {len(drawn):,} drawn"
    )
    return drawn
