"""What every peer works on: the training sets of the search, the spectra that it searched, and what it made of both."""

from dataclasses import dataclass

import numpy as np

from mstarhash.learn.set_file import read_set
from mstarhash.peers import accuracy
from mstarhash.peers.baselines import read_training, scaled
from mstarhash.search.codes import unpack
from mstarhash.search.model import read_model
from mstarhash.search.ranking import estimated_share
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
    suspects: int  # presumed negatives that it takes for wanted ones
    prior: float  # share of the wanted class among the unclassified, as the search estimates it

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
    wanted = np.arange(len(both["kind"])) < len(yes["kind"])
    with Sample(args.codes) as sample:
        columns = sample.columns(["file", "labelled_row"])
    model = read_model(args.model)
    shared = {"layers": class_layers(model), "bits": model.bits, "suspects": int(model.hidden.sum())}
    shared["prior"] = estimated_share(args.candidates)
    return Task(**both, wanted=wanted, files=columns["file"], own=columns["labelled_row"], seed=args.seed, **shared)


def read_features(args, preprocessing):
    """Features (m, d) of the training sets and (n, d) of the unclassified spectra.

    preprocessing: "search" (as the network sees them) or "published" (G19 Eq. 1: min-max of every pixel as it is).
    """
    with Sample(args.spectra) as sample:
        rows = unknown_rows(sample)
        if preprocessing == "search":
            return read_training(args.positives, args.negatives)[0], sample.rows("features", rows)
        unknown = [scaled(*(sample.rows(key, rows[part]) for key in ("flux", "ivar"))) for part in blocks(len(rows))]
    known = []
    for path in (args.positives, args.negatives):
        with open_h5(path) as source:
            known += [scaled(source["flux"][part], source["ivar"][part]) for part in blocks(len(source["flux"]))]
    return np.concatenate(known), np.concatenate(unknown)


def snr_of(paths):
    """(n,) S/N r of the unclassified spectra in the order of encode's shards."""
    with Sample(paths) as sample:
        return sample.columns(["snr_r"])["snr_r"]


def class_layers(model):
    """Hidden units of a Model's network with class targets; empty: it has none."""
    return [len(bias) for _, bias in model.network.layers] if model.network.beta is not None else []


def own_codes(args):
    """Codes (m, bits) and (n, bits) of the trained model, those of its labelled spectra each left out."""
    model = read_model(args.model)
    with Sample(args.codes) as sample:
        codes = sample.rows("codes", np.arange(len(sample)))
    return unpack(model.labelled["codes"], model.bits), unpack(codes, model.bits)
