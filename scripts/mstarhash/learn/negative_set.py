"""The negative set: known spectra of other classes, and unclassified ones inspected as or presumed to be other."""

from dataclasses import dataclass

import numpy as np

from mstarhash.common.progress import Progress, say
from mstarhash.learn.averages import Means
from mstarhash.learn.clustering import fit_pca, kmeans
from mstarhash.learn.set_file import AS_MANY, Writer, at_rest
from mstarhash.spectra.grid import shift_of
from mstarhash.spectra.hdf5 import write_columns
from mstarhash.spectra.scaling import features
from mstarhash.spectra.shards import IDENTITY
from mstarhash.spectra.targets import is_target, is_unknown, split_subclass

OBAFGK = tuple("OBAFGK")


@dataclass
class Others:
    """Rows of known other classes with their groups, and of the unclassified spectra."""

    rows: np.ndarray
    columns: dict  # of all rows of the sample
    groups: np.ndarray
    shifts: np.ndarray
    presumed: np.ndarray  # unclassified, without a label
    inspected: np.ndarray  # unclassified, inspected as not of the wanted class
    wave: np.ndarray

    def blocks(self, sample, index):
        """`at_rest` of some of the known others."""
        return at_rest(sample, self.rows, self.shifts, index)


def group_of(kind, subclass):
    """Code target of a known spectrum: GALAXY, QSO, or its spectral type by halves (A0, A5, F0, K5) or letters (WD)."""
    kind = kind.strip().upper()
    if kind != "STAR":
        return kind
    _, letters, number = split_subclass(subclass)
    if letters in OBAFGK and number == number:
        return f"{letters}{5 * (number >= 5)}"
    return letters if letters else "STAR"


def template_groups(subclasses):
    """Code targets of templates of stars."""
    return [group_of("STAR", subclass) for subclass in subclasses]


def others(sample, target, labels):
    """Known spectra that are not of the wanted class, and the unclassified."""
    columns = sample.columns([*IDENTITY, "order", "class", "subclass", "z", "snr_r"])
    unknown = is_unknown(columns["class"])
    rows = np.flatnonzero(~unknown & ~is_target(columns["class"], columns["subclass"], target))
    verdict = [labels.get(file) for file in columns["file"]]
    inspected = np.flatnonzero(unknown & np.array([v is False for v in verdict], bool))
    presumed = np.flatnonzero(unknown & np.array([v is None for v in verdict], bool))
    wave = sample.fixed("wave")
    step = np.log10(wave[-1] / wave[0]) / (len(wave) - 1)
    groups = np.array([group_of(columns["class"][row], columns["subclass"][row]) for row in rows], dtype=object)
    return Others(rows, columns, groups, shift_of(columns["z"][rows], step), presumed, inspected, wave)


def draw(known, most, few, rng):
    """Numbers of the known others that are drawn, at most `most`, at random: in the shares that they have.

    But the largest group gives no more than the next one, as long as more than AS_MANY times `few` are left: where another
    class is wanted M stars would be all that is learned of others.
    """
    groups = known.groups.astype(str)
    names, sizes = np.unique(groups, return_counts=True)
    kept, order = np.arange(len(groups)), rng.permutation(len(groups))
    if len(names) > 1:
        spare = min(sizes.max() - np.sort(sizes)[-2], max(0, len(groups) - AS_MANY * few))
        kept = np.setdiff1d(kept, order[groups[order] == names[sizes.argmax()]][:spare])
    return np.sort(rng.permutation(kept)[:most])


def write_negatives(out, sample, known, drawn, label, templates, unknowns, copies, noise, rng):
    """The set itself.

    drawn: numbers of known others; label: (n,) cluster of each known other; templates: as from `model_spectra`; unknowns: how many unclassified spectra there
    are to be, all inspected ones first; copies: how many of each known one; noise: Noise they are given.
    """
    writer = Writer(out, sample)
    progress = Progress("negatives", len(drawn))
    for where, flux, ivar in known.blocks(sample, drawn):
        mine = drawn[where]
        columns = {
            name: known.columns[name][known.rows[mine]] for name in (*IDENTITY, "order", "class", "subclass", "snr_r")
        }
        columns |= {"kind": np.full(len(mine), "known"), "cluster": label[mine], "group": known.groups[mine]}
        writer.add(columns, flux, ivar, copies, noise, rng)
        progress.step(len(mine))
    if len(templates[0]):
        number = label.max(initial=-1) + 1 + np.arange(len(templates[0]))
        writer.add_templates(templates, number, template_groups(templates[1]), copies, noise, rng)
    wanted = max(0, unknowns - len(known.inspected))
    presumed = (
        known.presumed if len(known.presumed) <= wanted else np.sort(rng.choice(known.presumed, wanted, replace=False))
    )
    for kind, rows in (("inspected", known.inspected), ("presumed", presumed)):
        for where, (flux, ivar) in sample.blocks(["flux", "ivar"], rows):
            mine = rows[where]
            columns = {name: known.columns[name][mine] for name in (*IDENTITY, "order", "class", "subclass", "snr_r")}
            columns |= {"kind": np.full(len(mine), kind), "cluster": np.full(len(mine), -1)}
            columns["group"] = np.full(len(mine), "unclassified")
            writer.add(columns, flux, ivar, 0, None, rng)
    writer.close()
    say(
        f"negatives: {len(drawn):,} known, {len(templates[0])} templates, {len(known.inspected):,} inspected, "
        f"{len(presumed):,} presumed"
    )


def clusters(sample, known, averages, components, seed):
    """Cluster of each known other (n,), and group of each cluster: each group by K-means on its principal components.

    averages: about how many clusters in all, shared among the groups by the root of their sizes.
    """
    recipe = sample.feature_recipe
    label = np.full(len(known.rows), -1)
    names, total = [], 0
    sizes = {group: int((known.groups == group).sum()) for group in sorted(set(known.groups))}
    for group, size in sizes.items():
        rows = np.flatnonzero(known.groups == group)
        few = rows[:: max(1, size // 20_000)]
        parts = [features(f, w, **recipe) for _, f, w in known.blocks(sample, few)]
        pca = fit_pca(np.concatenate(parts), min(components, len(few)), seed)
        if len(few) < size:
            parts = (features(f, w, **recipe) for _, f, w in known.blocks(sample, rows))
        scores = np.concatenate([pca.transform(part.astype("f8")) for part in parts])
        count = round(averages * (size / len(known.rows)) ** 0.5 / _norm(sizes, len(known.rows)))
        found = kmeans(scores, max(1, min(size // 5, count)), seed)
        label[rows] = total + found
        names += [group] * (found.max() + 1)
        total += found.max() + 1
    return label, names


def write_averages(out, sample, known, label, names, templates):
    """Mean spectra of the clusters, then the templates. label, names: as from `clusters`; templates: as from `model_spectra`."""
    total = len(names)
    means = Means(total, len(known.wave))
    everything = np.arange(len(known.rows))
    for where, flux, ivar in known.blocks(sample, everything):
        means.add(flux, ivar, known.wave, label[everything[where]])
    flux, ivar = means.result()
    flux, ivar = (np.concatenate([part, more]) for part, more in zip((flux, ivar), templates[2:], strict=True))
    out["flux"], out["ivar"] = flux.astype("f4"), ivar.astype("f4")
    members = np.append(means.members, np.zeros(len(templates[0]), means.members.dtype))
    groups = [*names, *template_groups(templates[1])]
    write_columns(out, {"cluster": np.arange(len(flux)), "members": members, "group": groups})


def _norm(sizes, total):
    return sum((size / total) ** 0.5 for size in sizes.values())
