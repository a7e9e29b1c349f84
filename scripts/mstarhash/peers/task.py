"""What every peer works on: the training sets of the search, the spectra that it searched, and what it made of both."""

from dataclasses import dataclass

import numpy as np

from mstarhash.learn.set_file import read_set
from mstarhash.peers import accuracy
from mstarhash.peers.baselines import scaled
from mstarhash.search.codes import unpack
from mstarhash.spectra.hdf5 import blocks, open_h5
from mstarhash.spectra.sample import Sample
from mstarhash.spectra.targets import unknown_rows

HELD = 0.2  # share of the families, or of the clusters, that validate


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
