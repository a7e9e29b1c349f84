"""train/model.h5: all that scoring needs - network, thresholds, averages, labelled codes, fusion."""

from dataclasses import dataclass

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.search.calibration import calibrate_mixed
from mstarhash.search.codes import levelled, pack
from mstarhash.search.fusion import evidence, fused
from mstarhash.search.leftover import Leftover
from mstarhash.search.likelihood import all_fits, assembled
from mstarhash.search.matching import prepare
from mstarhash.search.pil import PARTS, Network
from mstarhash.spectra.hdf5 import RECIPE, blocks, open_h5, read_columns, write_columns
from mstarhash.spectra.shards import IDENTITY

LABELLED = (*IDENTITY, "order", "kind", "family", "unit", "class", "subclass", "group", "snr_r", "score", "best_group")
CODES = ("codes", "network_codes")  # of all bits; the same before the first bits told levels of the score
SCORES = ("class_score", "part_scores", "template_score", "likelihood_score")
AVERAGES = ("flux", "ivar", "wanted", "cluster", "members", "unit", "group")
SOLVED = ("beta", "centre", "turn", "thresholds", "parts")  # of the network; an autoencoder has only thresholds
REGRESSIONS = ("classes", "template")  # weights and intercept each
SKY = ("modes", "variance")  # of left-over sky
KNOWN = ("drawn", "template", "known")  # kinds of labelled spectra of known class as they are, no copies
FITTING = ("blue_min", "wave_min", "wave_max")  # section `match`
FITTING += ("bins", "order", "prior", "floor", "refine", "max_shift")


@dataclass
class Model:
    """A trained search."""

    network: Network
    # LABELLED, `wanted` (n,) bool, CODES (n, bits / 64) uint64, SCORES, each as if its unit had been left out
    labelled: dict
    averages: object
    average_names: np.ndarray
    released: object  # likelihood.Released
    fitting: dict  # FITTING, of the fits that it learned from
    fusion: dict
    levels: np.ndarray  # (k,) of the score, that the first k bits tell
    classes: tuple  # weights (groups,) and intercept of the class score; no weights with target reconstruct
    template: tuple  # weights (f,) and intercept of the template score
    bits: int
    wave: np.ndarray
    recipe: dict  # RECIPE: how rebin made the features that it learned from
    target: str  # wanted class that it was trained for

    @property
    def queries(self):
        """Rows of the labelled spectra that are queries: positives as drawn and templates, no copies."""
        return self.labelled["wanted"] & np.isin(self.labelled["kind"], ["drawn", "template"])

    @property
    def hidden(self):
        """(n,) bool of the labelled spectra: presumed others that are more likely of the wanted class than not."""
        presumed = self.labelled["kind"] == "presumed"
        scores, best = (self.labelled[key][presumed] for key in ("score", "best_group"))
        presumed[presumed] = self.calibrated(scores, best)(scores) >= 0.5
        return presumed

    @property
    def stand_ins(self):
        """Rows of the labelled spectra of the wanted class, and of known others, that stand for unclassified ones."""
        rows = as_unclassified(self.labelled["kind"])
        wanted, kind = self.labelled["wanted"][rows], self.labelled["kind"][rows]
        return rows[wanted], rows[~wanted & (kind != "presumed")]

    def calibrated(self, scores, best_group, prior=None):
        """The Calibration of unclassified spectra by labelled ones that stand for them, each judged as if left out.

        scores: (n,); best_group: (n,) group of the average of the wanted class that fits best; prior: see `calibrate`.
        """
        score, (wanted, others) = self.labelled["score"], self.stand_ins
        known = (self.labelled[key][wanted] for key in ("best_group", "group"))
        return calibrate_mixed(scores, best_group, score[wanted], score[others], *known, prior)

    def group_of_average(self, number):
        """(n,) names of the groups of averages (n,) by number."""
        return np.array(self.averages.groups)[self.averages.group[number]]

    def refuse_other(self, path, wave, recipe):
        """Raise InputError where spectra were rebinned otherwise than those that the model of file `path` learned from.

        wave: their grid; recipe: a dict with RECIPE.
        """
        differ = _different(recipe, self.recipe, RECIPE)
        if len(wave) != len(self.wave) or np.abs(wave / self.wave - 1).max() > 1e-9:
            differ.insert(0, "another grid of wavelengths")
        if differ:
            raise InputError(
                f"{path} learned from spectra that rebin made otherwise, these have {', '.join(differ)}: set the section rebin "
                "as for the model, or train another"
            )

    def refuse_fits(self, path, keys):
        """Raise InputError where the config's FITTING, a dict, is not that of the model of file `path`."""
        if differ := _different(keys, self.fitting, FITTING):
            raise InputError(
                f"{path} learned from other fits, the section match has {', '.join(differ)}: set it as for the model, or "
                "train another"
            )

    def fit(self, flux, ivar):
        """`likelihood.all_fits` of spectra (n, p) as in training."""
        prior, floor, refine, reach = (self.fitting[key] for key in ("prior", "floor", "refine", "max_shift"))
        return all_fits(flux, ivar, self.averages, self.released, prior, floor, range(-reach, reach + 1), refine)

    def coded(self, x, fits, snr):
        """SCORES and their fusion `score` as a dict, (n,) but for `part_scores` (n, PARTS), and bits (n, bits), of features
        (n, d), what `match` found, a dict of class_evidence (n, f) and likelihood_score (n,), and S/N r (n,)."""
        hidden = self.network.hidden(x)
        scores = {"class_score": np.zeros(len(x)), "part_scores": np.zeros((len(x), PARTS))}
        scores["likelihood_score"] = fits["likelihood_score"]
        scores["template_score"] = fits["class_evidence"].astype("f8") @ self.template[0] + self.template[1]
        if self.network.beta is None:
            values = hidden
        else:
            outputs = hidden.astype("f8") @ self.network.beta
            weights, intercept = self.classes
            scores["class_score"] = outputs @ weights + intercept
            scores["part_scores"] = self.network.part_outputs(hidden.astype("f8")) @ weights + intercept
            values = self.network.turned(outputs)
        scores["score"] = fused(evidence(scores | {"snr_r": snr}), self.fusion)
        return scores, levelled(scores["score"], self.levels, values > self.network.thresholds)

    def network_codes(self, x, own):
        """Packed codes (n, bits / 64) that the network alone gives features (n, d), without levels of the score.

        own: (n,) row of the labelled spectra that a spectrum is itself, or -1: those keep the code with themselves left out.
        """
        codes = np.empty((len(x), self.labelled["network_codes"].shape[1]), "u8")
        for rows in blocks(len(x)):
            codes[rows] = pack(self.network.values(x[rows]) > self.network.thresholds)
        codes[own >= 0] = self.labelled["network_codes"][own[own >= 0]]
        return codes


def as_unclassified(kind):
    """(m,) rows that stand for the unclassified spectra: copies of known ones (without copies: the originals), and
    unclassified ones inspected or presumed. kind: (n,) texts of set_file.COLUMNS."""
    known = ["copy"] if np.any(kind == "copy") else KNOWN
    return np.flatnonzero(np.isin(kind, [*known, "inspected", "presumed"]))


def _different(found, learned, names):
    return [f"{key} {found[key]} instead of {learned[key]}" for key in names if found[key] != learned[key]]


def write_model(out, model, averages):
    """Into an open HDF5 file; model: dict of the fields of Model, less those that follow from `averages`: a dict with
    AVERAGES, FITTING, name, wave."""
    network = model["network"]
    net = out.create_group("network")
    net["mean"] = network.mean
    net.attrs["offset"] = network.offset
    for number, (w, b) in enumerate(network.layers):
        net[f"w{number}"], net[f"b{number}"] = w, b
    for key in SOLVED:
        if getattr(network, key) is not None:
            net[key] = getattr(network, key)
    write_columns(out.create_group("labelled"), model["labelled"])
    part = out.create_group("averages")
    write_columns(part, {key: averages[key] for key in AVERAGES})
    part.attrs.update({key: averages[key] for key in FITTING})
    write_columns(part, {"name": np.append(averages["name"], "featureless")})
    released, part = model["released"], out.create_group("released")
    groups = np.array(released.groups)[released.group]
    told = {"wanted": released.wanted[:-1], "unit": released.unit[:-1], "group": groups[:-1]}
    write_columns(part, {"flux": released.window.flux} | told)
    write_columns(part, {f"sky_{key}": getattr(released.sky, key) for key in SKY})
    write_columns(out.create_group("fusion"), model["fusion"])
    for key in REGRESSIONS:
        write_columns(out.create_group(key), {"weights": model[key][0], "intercept": np.array([model[key][1]])})
    write_columns(out, {"levels": model["levels"]})
    out["wave"] = averages["wave"]


def read_model(path):
    """A Model from model.h5."""
    with open_h5(path, "train") as source:
        net = source["network"]
        layers = []
        while f"w{len(layers)}" in net:
            layers.append((net[f"w{len(layers)}"][:], net[f"b{len(layers)}"][:]))
        optional = {key: net[key][:] if key in net else None for key in SOLVED}
        network = Network(net["mean"][:], layers, float(net.attrs["offset"]), **optional)
        part = source["averages"]
        columns = read_columns(part, ["flux", "ivar", "wanted", "unit", "group"])
        fitting = {key: part.attrs[key].item() for key in FITTING}
        grid = source["wave"][:], fitting
        averages = prepare(*columns.values(), *grid)
        columns = read_columns(source["released"], ["flux", "wanted", "unit", "group"])
        sky = Leftover(*(source["released"][f"sky_{key}"][:] for key in SKY))
        return Model(
            network=network,
            labelled=read_columns(source["labelled"], [*LABELLED, *SCORES, *CODES, "wanted"]),
            averages=averages,
            released=assembled(*columns.values(), *grid, sky),
            average_names=read_columns(part, ["name"])["name"],
            fitting=fitting,
            fusion=read_columns(source["fusion"], list(source["fusion"])),
            **read_columns(source, ["levels"]),
            **{key: (source[key]["weights"][:], float(source[key]["intercept"][0])) for key in REGRESSIONS},
            bits=len(network.thresholds),
            wave=source["wave"][:],
            recipe={key: source.attrs[key] for key in RECIPE},
            target=source.attrs["target"],
        )


def rows_of(labelled, identities):
    """For each (file, order) of `identities` its row among the labelled spectra as they are (no copies), or -1."""
    plain = np.flatnonzero(labelled["kind"] != "copy")
    index = {(labelled["file"][row], int(labelled["order"][row])): row for row in plain}
    return np.array([index.get((file, int(key)), -1) for file, key in zip(*identities, strict=True)], dtype=int)
