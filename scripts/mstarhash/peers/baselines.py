"""The two other ways to rank that every run shows: the paper's search, and the training sets for PCA and regression."""

import numpy as np

from mstarhash.learn.set_file import read_set
from mstarhash.peers.hash_methods import PaperCodes
from mstarhash.search.codes import pack
from mstarhash.search.retrieval import votes
from mstarhash.spectra.scaling import features


class PaperSearch:
    """G19's search: min-max scaling, three random PIL autoencoders, median threshold, votes by the top share."""

    def __init__(self, seed, threads=1, bits=256):
        self.hash = PaperCodes(bits, seed, threads=threads)

    def fit(self, positive, negative):
        """positive, negative: (flux, ivar) on the grid. The positives are the queries."""
        codes = self.hash.fit_encode(np.concatenate([scaled(*part) for part in (positive, negative)]))
        self.queries = pack(codes[: len(positive[0])])
        return self

    def votes(self, flux, ivar, share):
        """(n,) how many queries have each spectrum in their top `share`."""
        return votes(self.queries, pack(self.hash.encode(scaled(flux, ivar))), self.hash.bits, share)


def scaled(flux, ivar):
    """Features (n, p) as published: min-max of every pixel (G19 Eq. 1)."""
    return features(flux, ivar, smooth=0, scale="minmax", thin=1)


def read_training(positives, negatives, copies=True):
    """Features (m, d) of both training sets, with their degraded copies or without, and (m,) bool: of the wanted class."""
    sets = [read_set(path, ["kind", "features"]) for path in (positives, negatives)]
    parts = [part["features"] if copies else part["features"][part["kind"] != "copy"] for part in sets]
    return np.concatenate(parts), np.arange(sum(map(len, parts))) < len(parts[0])


def read_plain(path):
    """(flux, ivar) of the spectra of a training set that are no copies."""
    part = read_set(path, ["kind", "flux", "ivar"])
    plain = part["kind"] != "copy"
    return part["flux"][plain], part["ivar"][plain]
