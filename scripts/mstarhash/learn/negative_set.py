"""The negative set: known spectra of other classes, and unclassified ones inspected as or presumed to be other."""

from dataclasses import dataclass

import numpy as np

from mstarhash.common.progress import Progress, say
from mstarhash.learn.averages import Means
from mstarhash.learn.clustering import even_draw, fit_pca, kmeans
from mstarhash.learn.set_file import Writer, at_rest, noise_pool
from mstarhash.spectra.grid import shift_of
from mstarhash.spectra.hdf5 import write_columns
from mstarhash.spectra.scaling import features
from mstarhash.spectra.shards import IDENTITY
from mstarhash.spectra.targets import is_target, is_unknown, split_subclass, unknown_rows

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


def write_negatives(out, sample, known, args):
    """The set itself, in `out`, and the mean spectra of the known others in its group `averages`."""
    rng = np.random.default_rng(args.seed)
    noise = noise_pool(sample, unknown_rows(sample), args.noise, args.templates, rng)
    writer = Writer(out, sample)
    drawn = even_draw(known.groups, min(args.known, len(known.rows)), rng) if len(known.rows) else np.array([], int)
    label = _averages(out.create_group("averages"), sample, known, args)
    copies = args.copies
    if 0 < len(drawn) < args.min_known:
        copies = int(np.ceil(args.copies * args.min_known / len(drawn)))
        say(f"negatives: {len(drawn)} known others are few: {copies} degraded copies of each")
    progress = Progress("negatives", len(drawn))
    for where, flux, ivar in known.blocks(sample, drawn):
        mine = drawn[where]
        columns = {
            name: known.columns[name][known.rows[mine]] for name in (*IDENTITY, "order", "class", "subclass", "snr_r")
        }
        columns |= {"kind": np.full(len(mine), "known"), "cluster": label[mine], "group": known.groups[mine]}
        writer.add(columns, flux, ivar, copies, noise, rng)
        progress.step(len(mine))
    wanted = max(0, args.unknowns - len(known.inspected))
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
    say(f"negatives: {len(drawn):,} known, {len(known.inspected):,} inspected, {len(presumed):,} presumed")


def _averages(out, sample, known, args):
    """Cluster the known others class by class; write the means, return the cluster of each."""
    recipe = sample.feature_recipe
    label = np.full(len(known.rows), -1)
    names, total = [], 0
    sizes = {group: int((known.groups == group).sum()) for group in sorted(set(known.groups))}
    for group, size in sizes.items():
        rows = np.flatnonzero(known.groups == group)
        few = rows[:: max(1, size // 20_000)]
        vectors = np.concatenate([features(f, w, **recipe) for _, f, w in known.blocks(sample, few)])
        pca = fit_pca(vectors, min(args.components, len(vectors)), args.seed)
        parts = (features(f, w, **recipe) for _, f, w in known.blocks(sample, rows))
        scores = np.concatenate([pca.transform(part.astype("f8")) for part in parts])
        count = max(
            1, min(size // 5, round(args.averages * (size / len(known.rows)) ** 0.5 / _norm(sizes, len(known.rows))))
        )
        found = kmeans(scores, count, args.seed)
        label[rows] = total + found
        names += [group] * (found.max() + 1)
        total += found.max() + 1
    means = Means(total, len(known.wave))
    everything = np.arange(len(known.rows))
    for where, flux, ivar in known.blocks(sample, everything):
        means.add(flux, ivar, known.wave, label[everything[where]])
    flux, ivar = means.result()
    out["flux"], out["ivar"] = flux.astype("f4"), ivar.astype("f4")
    write_columns(out, {"cluster": np.arange(total), "members": means.members, "group": names})
    return label


def _norm(sizes, total):
    return sum((size / total) ** 0.5 for size in sizes.values())
