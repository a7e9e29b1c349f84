"""The positive set and its mean spectra, written from the clusters of the released spectra (G19 3.3; FIELD 12)."""

import numpy as np

from mstarhash.common.progress import Progress
from mstarhash.learn.set_file import Writer
from mstarhash.measure.subtype_zero import measured
from mstarhash.spectra.hdf5 import write_columns
from mstarhash.spectra.shards import IDENTITY
from mstarhash.spectra.targets import split_subclass


def write_averages(out, sample, released, clusters, templates):
    """Mean spectra of the kept clusters: `flux`, `ivar` (k, p) normalised to 1 in 6000-8500 A, `cluster`, `giant`,
    `members`, and `group`, the most frequent code target of the members.

    Where few spectra are released, the templates of the class (as from `model_spectra`) follow. In the group `typed` what
    tells the zero point of the subtypes.
    """
    kept = np.flatnonzero(clusters.kept)
    wave = sample.fixed("wave")
    columns = {key: getattr(clusters, key)[kept] for key in ("flux", "ivar", "giant", "members")}
    columns |= {"cluster": kept, "group": most_frequent(groups_of(released.columns["subclass"]), clusters.label)[kept]}
    if clusters.few:
        _, subclasses, flux, ivar = templates
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


def write_positives(out, sample, released, clusters, drawn, templates, copies, noise, rng):
    """The positive set: drawn spectra and templates, each followed by its degraded copies.

    drawn: rows of `released`; templates: as from `model_spectra`; copies: how many of each; noise: Noise they are given.
    """
    writer = Writer(out, sample)
    progress = Progress("positives", len(drawn))
    for where, flux, ivar in released.blocks(sample, drawn):
        rows = drawn[where]
        columns = {name: released.columns[name][rows] for name in (*IDENTITY, "order", "class", "subclass", "snr_r")}
        columns |= {"kind": np.full(len(rows), "drawn"), "cluster": clusters.label[rows]}
        columns["group"] = groups_of(columns["subclass"])
        writer.add(columns, flux, ivar, copies, noise, rng)
        progress.step(len(rows))
    count = len(templates[0])
    number = len(clusters.members) + np.arange(count) if clusters.few else np.full(count, -1)  # few: each is an average
    writer.add_templates(templates, number, groups_of(templates[1]), copies, noise, rng)
    writer.close()


def groups_of(subclasses):
    """Code targets: giant or dwarf, and pairs of subtypes (gM0-1, dM2-3 ...)."""
    out = []
    for text in subclasses:
        prefix, letters, number = split_subclass(text)
        pair = "" if np.isnan(number) else f"{int(number) // 2 * 2}"
        out.append(("g" if prefix == "g" else "d") + letters + pair)
    return np.array(out)
