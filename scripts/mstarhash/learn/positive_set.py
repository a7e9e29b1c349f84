"""From the released spectra of the wanted class to the positive set (G19 3.3; FIELD 12)."""

import csv
from dataclasses import dataclass

import numpy as np

from mstarhash.common.progress import Progress, say
from mstarhash.common.snr_bins import SNR_BINS, TABLE1
from mstarhash.common.wording import is_m
from mstarhash.learn.averages import Means
from mstarhash.learn.clustering import birch_groups, even_draw, fit_pca, kmeans, sub_clusters
from mstarhash.learn.defects import REASONS, defects
from mstarhash.learn.set_file import Writer, at_rest, noise_pool
from mstarhash.learn.template_file import model_spectra
from mstarhash.measure.subtype_zero import measured
from mstarhash.spectra.grid import shift_of
from mstarhash.spectra.hdf5 import write_columns
from mstarhash.spectra.scaling import features
from mstarhash.spectra.shards import IDENTITY
from mstarhash.spectra.targets import is_target, split_subclass, unknown_rows


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


def cluster(sample, released, args):
    """Clusters of all released spectra; dwarfs by BIRCH and K-means, giants by K-means."""
    count = len(released.rows)
    scores = _scores(sample, released, args)
    label = np.full(count, -1)
    dwarfs, giants = np.flatnonzero(~released.giant), np.flatnonzero(released.giant)
    if len(dwarfs):
        groups = birch_groups(scores[dwarfs], min(args.groups, max(1, len(dwarfs) // 5)), args.seed)
        label[dwarfs] = sub_clusters(scores[dwarfs], groups, args.subclusters, args.seed)
        say(f"positives: {groups.max() + 1} groups of dwarfs, {label.max() + 1} clusters")
    first = label.max() + 1
    birch = np.full(first, -1)
    if len(dwarfs):
        birch[label[dwarfs]] = groups
    if len(giants):
        label[giants] = first + kmeans(scores[giants], min(args.giant_clusters, max(1, len(giants) // 5)), args.seed)
    total = label.max() + 1
    birch = np.append(birch, np.full(total - first, -1))
    everything = np.arange(count)
    means = _means(sample, released, label, everything, total)
    flux, ivar = means.result()
    bad = np.zeros((count, len(REASONS)), bool)
    progress = Progress("defects", count)
    for where, f, w in released.blocks(sample, everything):
        bad[where] = defects(released.wave, f, w, released.columns["snr_r"][where], flux[label[where]])
        progress.step(len(f))
    few = args.complete == "auto" and count < args.min_released
    clean = np.flatnonzero(~_rejected(bad, few))
    if clean.size < count:
        means = _means(sample, released, label, clean, total)
        flux, ivar = means.result()
    general = np.full((2, len(released.wave)), np.nan)
    giant = np.arange(total) >= first
    for kind in (0, 1):
        mine = giant == bool(kind)
        if mine.any():
            weight = np.nansum(ivar[mine], 0)
            general[kind] = np.nansum(np.nan_to_num(flux[mine]) * ivar[mine], 0) / np.maximum(weight, 1e-30)
    bad_mean = defects(released.wave, np.nan_to_num(flux), ivar, np.full(total, np.inf), general[giant.astype(int)])
    bad_mean[:, REASONS.index("arm_step")] = False  # against a general mean, subtypes differ by as much
    empty = means.members == 0
    bad_mean[empty] = [reason == "unusable" for reason in REASONS]
    return Clusters(label, flux, ivar, means.members, giant, birch, bad, bad_mean, few)


def _rejected(bad, few):
    """Spikes are interpolated by the smoothing; the other defects reject a spectrum, gaps only where many are left."""
    harmless = ("spike", "gap", "unusable") if few else ("spike",)
    return bad[:, [reason not in harmless for reason in REASONS]].any(1)


def _scores(sample, released, args):
    recipe = sample.feature_recipe
    rng = np.random.default_rng(args.seed)
    count = len(released.rows)
    subset = np.arange(count) if count <= 50_000 else np.sort(rng.choice(count, 50_000, replace=False))
    vectors = np.concatenate([features(f, w, **recipe) for _, f, w in released.blocks(sample, subset)])
    pca = fit_pca(vectors, args.components, args.seed)
    if len(subset) == count:
        return pca.transform(vectors.astype("f8"))
    parts = (features(f, w, **recipe) for _, f, w in released.blocks(sample, np.arange(count)))
    return np.concatenate([pca.transform(part.astype("f8")) for part in parts])


def _means(sample, released, label, index, total):
    means = Means(total, len(released.wave))
    for where, flux, ivar in released.blocks(sample, index):
        means.add(flux, ivar, released.wave, label[index[where]])
    return means


def draw(clusters, args):
    """Rows of the released spectra that are drawn, evenly over the clusters that are not defective."""
    kept = clusters.kept
    usable = np.flatnonzero(~clusters.rejected & kept[clusters.label])
    rng = np.random.default_rng(args.seed)
    drawn = usable[even_draw(clusters.label[usable], min(args.draw, len(usable)), rng)]
    say(
        f"positives: {len(clusters.members)} clusters, {int((~kept).sum())} rejected; {len(usable):,} of "
        f"{len(clusters.label):,} spectra without defect, {len(drawn):,} drawn"
    )
    return drawn


def write_averages(out, sample, released, clusters, templates, target):
    """Mean spectra of the kept clusters: `flux`, `ivar` (k, p) normalised to 1 in 6000-8500 A, `cluster`, `giant`,
    `members`, and `group`, the most frequent code target of the members.

    Where few spectra are released, the templates of the class follow. In the group `typed` what tells the zero point of
    the subtypes.
    """
    kept = np.flatnonzero(clusters.kept)
    wave = sample.fixed("wave")
    columns = {key: getattr(clusters, key)[kept] for key in ("flux", "ivar", "giant", "members")}
    columns |= {"cluster": kept, "group": most_frequent(groups_of(released.columns["subclass"]), clusters.label)[kept]}
    if clusters.few:
        _, subclasses, flux, ivar = model_spectra(templates, wave, target)
        number = np.arange(len(flux))
        more = {
            "flux": flux,
            "ivar": ivar,
            "giant": np.char.startswith(subclasses, "g"),
            "group": groups_of(subclasses),
        }
        more |= {"members": 0 * number, "cluster": len(clusters.members) + number}
        columns = {key: np.concatenate([values, more[key]]) for key, values in columns.items()}
    out["wave"] = wave
    write_columns(out, columns | {key: columns[key].astype("f4") for key in ("flux", "ivar")})
    write_columns(out.create_group("typed"), measured(sample, released.rows, released.columns, ~clusters.rejected))


def most_frequent(groups, label):
    """(clusters,) the group that most members have. groups: (n,) texts; label: (n,) cluster numbers, all of 0..max."""
    names, number = np.unique(groups, return_inverse=True)
    counts = np.zeros((label.max() + 1, len(names)), int)
    np.add.at(counts, (label, number), 1)
    return names[counts.argmax(1)]


def write_positives(out, sample, released, clusters, drawn, templates, args):
    """The positive set: drawn spectra and templates, each followed by its degraded copies."""
    rng = np.random.default_rng([args.seed, 1])
    noise = noise_pool(sample, unknown_rows(sample), args.noise, templates, rng)
    writer = Writer(out, sample)
    few, copies = clusters.few, args.copies
    if few:
        copies = int(np.ceil(args.copies * args.min_released / max(1, len(drawn))))
        say(
            f"positives: {len(drawn)} released is few: {copies} degraded copies of each, and all models among the templates"
        )
    progress = Progress("positives", len(drawn))
    for where, flux, ivar in released.blocks(sample, drawn):
        rows = drawn[where]
        columns = {name: released.columns[name][rows] for name in (*IDENTITY, "order", "class", "subclass", "snr_r")}
        columns |= {"kind": np.full(len(rows), "drawn"), "cluster": clusters.label[rows]}
        columns["group"] = groups_of(columns["subclass"])
        writer.add(columns, flux, ivar, copies, noise, rng)
        progress.step(len(rows))
    names, subclasses, flux, ivar = model_spectra(
        templates, released.wave, args.target, None if few else args.n_templates
    )
    if len(names):
        columns = {name: np.full(len(names), "") for name in IDENTITY[1:]}
        columns |= {"file": np.char.add("template:", names), "order": np.zeros(len(names), "u8")}
        columns |= {"class": np.full(len(names), "STAR"), "subclass": subclasses, "snr_r": np.full(len(names), np.nan)}
        columns |= {"kind": np.full(len(names), "template"), "cluster": np.full(len(names), -1)}
        if few:  # each is an average too
            columns["cluster"] = len(clusters.members) + np.arange(len(names))
        columns["group"] = groups_of(subclasses)
        writer.add(columns, flux, ivar, copies, noise, rng)
    writer.close()


def groups_of(subclasses):
    """Code targets: giant or dwarf, and pairs of subtypes (gM0-1, dM2-3 ...)."""
    out = []
    for text in subclasses:
        prefix, letters, number = split_subclass(text)
        pair = "" if np.isnan(number) else f"{int(number) // 2 * 2}"
        out.append(("g" if prefix == "g" else "d") + letters + pair)
    return np.array(out)


def _subtype(text):
    """Subclass without prefix and fraction: M3, WD."""
    _, letters, number = split_subclass(text)
    return letters if np.isnan(number) else f"{letters}{int(number)}"


def write_tables(clusters, drawn, released, target, name):
    """clusters.csv, defects.csv and table1.csv (the counts of G19 Table 1)."""
    number_drawn = np.bincount(clusters.label[drawn], minlength=len(clusters.members))
    kept, rejected = clusters.kept, clusters.rejected
    with open(name["clusters"], "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["cluster", "luminosity", "group", "members", "drawn", "kept"])
        for k in range(len(clusters.members)):
            luminosity = "giant" if clusters.giant[k] else "dwarf"
            group = "" if clusters.giant[k] else clusters.birch[k]
            writer.writerow([k, luminosity, group, clusters.members[k], number_drawn[k], int(kept[k])])
    with open(name["defects"], "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*IDENTITY, "what", "cluster", "rejected", "reasons"])
        for row in np.flatnonzero(clusters.bad.any(1)):
            reasons = " ".join(np.array(REASONS)[clusters.bad[row]])
            identity = [released.columns[key][row] for key in IDENTITY]
            writer.writerow([*identity, "spectrum", clusters.label[row], int(rejected[row]), reasons])
        for k in np.flatnonzero(clusters.bad_mean.any(1)):
            reasons = " ".join(np.array(REASONS)[clusters.bad_mean[k]])
            writer.writerow([""] * len(IDENTITY) + ["cluster", k, int(not kept[k]), reasons])
    with open(name["table1"], "w", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["subtype", "luminosity", *TABLE1, "snr_unknown"])
        subtypes = np.array([_subtype(text) for text in released.columns["subclass"][drawn]], "U16")
        snr, giant = released.columns["snr_r"][drawn], released.giant[drawn]
        for subtype in [f"M{k}" for k in range(10)] if is_m(target) else sorted(set(subtypes)):
            for label, luminosity in (("g", True), ("d", False)):
                mine = (subtypes == subtype) & (giant == luminosity)
                counts = [int((mine & (snr >= low) & (snr < high)).sum()) for low, high in SNR_BINS.values()]
                writer.writerow([subtype, label, *counts, int((mine & np.isnan(snr)).sum())])
