"""train/model.h5: all that scoring needs - network, thresholds, averages, labelled codes, fusion."""

from dataclasses import dataclass

import h5py
import numpy as np

from mstarhash.matching import prepare
from mstarhash.pil import Network
from mstarhash.shards import IDENTITY
from mstarhash.spectra import read_columns, write_columns

LABELLED = (*IDENTITY, "order", "kind", "family", "class", "subclass", "group", "snr_r")


@dataclass
class Model:
    """A trained search."""

    network: Network
    wanted_groups: np.ndarray  # (groups,) bool; empty with target reconstruct
    labelled: dict  # LABELLED, `wanted` (n,) bool, `codes` (n, bits / 64) uint64, `class_score`, `linear_score` (n,)
    averages: object
    average_names: np.ndarray
    fusion: dict
    linear: tuple  # weights (d,) and intercept of the linear score
    bits: int
    wave: np.ndarray

    @property
    def queries(self):
        """Rows of the labelled spectra that are queries: positives as drawn and templates, no copies."""
        return self.labelled["wanted"] & np.isin(self.labelled["kind"], ["drawn", "template"])

    def coded(self, x):
        """Class score (n,), linear score (n,) and bits (n, bits) of features (n, d)."""
        hidden, linear = self.network.hidden(x), x.astype("f8") @ self.linear[0] + self.linear[1]
        if self.network.beta is None:
            return np.zeros(len(x)), linear, hidden > self.network.thresholds
        outputs = hidden.astype("f8") @ self.network.beta
        bits = self.network.turned(outputs) > self.network.thresholds
        return class_score(outputs, self.wanted_groups), linear, bits


def write_model(out, network, wanted_groups, labelled, averages, average_names, fusion, linear, wave):
    """Into an open HDF5 file; averages: dict with flux, ivar, wanted, cluster, members, limits, bins, order."""
    net = out.create_group("network")
    net["mean"] = network.mean
    net.attrs["offset"] = network.offset
    for number, (w, b) in enumerate(network.layers):
        net[f"w{number}"], net[f"b{number}"] = w, b
    for key in ("beta", "centre", "turn", "thresholds"):
        if getattr(network, key) is not None:
            net[key] = getattr(network, key)
    net["wanted_groups"] = wanted_groups
    write_columns(out.create_group("labelled"), labelled)
    part = out.create_group("averages")
    for key in ("flux", "ivar", "wanted", "cluster", "members"):
        part[key] = averages[key]
    part.attrs.update({key: averages[key] for key in ("limits", "bins", "order")})
    write_columns(part, {"name": np.append(average_names, "featureless")})
    write_columns(out.create_group("fusion"), fusion)
    write_columns(out.create_group("linear"), {"weights": linear[0], "intercept": np.array([linear[1]])})
    out["wave"] = wave


def read_model(path):
    """A Model from model.h5."""
    with h5py.File(path) as source:
        net = source["network"]
        layers = []
        while f"w{len(layers)}" in net:
            layers.append((net[f"w{len(layers)}"][:], net[f"b{len(layers)}"][:]))
        optional = {key: net[key][:] if key in net else None for key in ("beta", "centre", "turn", "thresholds")}
        network = Network(net["mean"][:], layers, float(net.attrs["offset"]), **optional)
        labelled = read_columns(source["labelled"], [*LABELLED, "wanted", "codes", "class_score", "linear_score"])
        part = source["averages"]
        averages = prepare(
            part["flux"][:],
            part["ivar"][:],
            part["wanted"][:],
            part["cluster"][:],
            source["wave"][:],
            part.attrs["limits"],
            int(part.attrs["bins"]),
            int(part.attrs["order"]),
        )
        return Model(
            network,
            net["wanted_groups"][:],
            labelled,
            averages,
            read_columns(part, ["name"])["name"],
            read_columns(source["fusion"], list(source["fusion"])),
            (source["linear/weights"][:], float(source["linear/intercept"][0])),
            len(network.thresholds),
            source["wave"][:],
        )


def class_score(outputs, wanted_groups):
    """(n,) summed class outputs of the wanted groups; 0 where the network has no class targets."""
    return outputs[:, wanted_groups].sum(1)


def rows_of(labelled, identities):
    """For each (file, order) of `identities` its row among the labelled spectra as they are (no copies), or -1."""
    plain = np.flatnonzero(labelled["kind"] != "copy")
    index = {(labelled["file"][row], int(labelled["order"][row])): row for row in plain}
    return np.array([index.get((file, int(key)), -1) for file, key in zip(*identities, strict=True)], dtype=int)
