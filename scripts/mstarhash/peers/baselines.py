"""The two other ways to rank that every run shows: the paper's search, and the training sets for PCA and regression."""

import numpy as np

from mstarhash.learn.set_file import read_set
from mstarhash.peers.hash_methods import PaperCodes
from mstarhash.peers.scores import PcaLogistic
from mstarhash.search.codes import pack
from mstarhash.spectra.scaling import features


class PaperSearch:
    """Codes of Guo et al. (2019): min-max scaling, three random PIL autoencoders, median threshold; positives are queries."""

    def __init__(self, seed, threads=1, bits=256):
        self.hash = PaperCodes(bits, seed, threads=threads)

    def fit(self, positive, negative):
        """positive, negative: (flux, ivar) on the grid. `queries`: packed codes of the positives."""
        codes = self.hash.fit_encode(np.concatenate([scaled(*part) for part in (positive, negative)]))
        self.queries = pack(codes[: len(positive[0])])
        return self

    @property
    def bits(self):
        return self.hash.bits

    def codes(self, flux, ivar):
        """Packed codes (n, bits / 64) of spectra."""
        return pack(self.hash.encode(scaled(flux, ivar)))


def scaled(flux, ivar):
    """Features (n, p) as published: min-max of every pixel (G19 Eq. 1)."""
    return features(flux, ivar, smooth=0, scale="minmax", thin=1)


def read_training(positives, negatives):
    """Of both training sets: features (m, d); (m,) bool, of the wanted class; (m,) bool, a degraded copy."""
    sets = [read_set(path, ["kind", "features"]) for path in (positives, negatives)]
    x, kind = (np.concatenate([part[key] for part in sets]) for key in ("features", "kind"))
    return x, np.arange(len(x)) < len(sets[0]["kind"]), kind == "copy"


def logistic_scores(positives, negatives, unknown, seed):
    """Scores (n,) of features (n, d) by PCA and logistic regression on both training sets, and without degraded copies."""
    x, wanted, copy = read_training(positives, negatives)
    return [PcaLogistic(seed).fit(x[rows], wanted[rows]).score(unknown) for rows in (slice(None), ~copy)]


def read_plain(path):
    """(flux, ivar) of the spectra of a training set that are no copies."""
    part = read_set(path, ["kind", "flux", "ivar"])
    plain = part["kind"] != "copy"
    return part["flux"][plain], part["ivar"][plain]
