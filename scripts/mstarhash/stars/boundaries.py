"""Boundaries between giants and dwarfs learned from the stars that Gaia tells, and how often they are right (FIELD 5.3)."""

import numpy as np
from scipy.special import expit

from mstarhash.common.intervals import wilson
from mstarhash.common.snr_bins import SNR_BINS
from mstarhash.stars import logistic, separators

COARSE = ((0, 1), (2, 3), (4, 6), (7, 9))  # first and last subtype of the bins that are crossed with those of S/N


def learn(plane, values, label, stars, min_labels, folds, ridge):
    """The Boundary of a plane (None with too few labels), its rows of boundaries.csv, its logit out of fold (n,).

    values: (n, 2) along its axes; label: (n,) 1, 0 or NaN; stars: columns of the spectra; min_labels: least objects of
    either class; folds, ridge: as for `logistic.folds` and `logistic.fit`.
    """
    usable, group = separators.learnable(values, label), stars["object"]
    counts = [len(np.unique(group[usable & (label == kind)])) for kind in (0, 1)]
    rows = [
        dict(plane=plane, record="labels", name=kind, value=count, total=len(np.unique(group)))
        for kind, count in zip(("dwarf", "giant"), counts, strict=True)
    ]
    if min(counts) < min_labels:
        x = np.linspace(separators.CAOH_RANGE[0], separators.CAOH_SURE, 10)
        name = ", ".join(separators.PLANES[plane])
        curve = zip(x, separators.provisional_curve(x), strict=True) if plane == separators.SPECTRA else ()
        rows += [dict(plane=plane, record="provisional", name=name, x=one, y=two) for one, two in curve]
        return None, rows, np.full(len(label), np.nan)
    x, y, mine = values[usable], label[usable] == 1, group[usable]
    part = logistic.folds(y, mine, folds)
    tried = {degree: logistic.cross_validated(x, y, part, degree, ridge) for degree in (1, 2)}
    accuracy = {degree: logistic.balanced_accuracy(y, z > 0) for degree, z in tried.items()}
    rows += [
        dict(plane=plane, record="balanced_accuracy", name=f"degree {degree}", value=value)
        for degree, value in accuracy.items()
    ]
    straight = logistic.balanced_accuracy(y, logistic.discriminated(x, y, part) > 0)
    rows.append(dict(plane=plane, record="balanced_accuracy", name="linear discriminant", value=straight))
    degree = 2 if accuracy[2] > accuracy[1] else 1
    boundary = logistic.fit(x, y, degree, ridge)
    rows += described(plane, boundary, x[:, 0])
    blind = np.full(len(label), np.nan)
    blind[usable] = tried[degree]
    return boundary, rows + rates(plane, stars, usable, label, blind > 0), blind


def described(plane, boundary, x):
    """Rows of a Boundary: coefficients, ranges of both axes, and points of its curve over 2-98 % of x (n,)."""
    axes, rows = separators.PLANES[plane], []
    for powers, value in zip(logistic.POWERS[boundary.degree], boundary.coefficients, strict=True):
        words = [word for word, power in zip(axes, powers, strict=True) for _ in range(power)]
        rows.append(dict(plane=plane, record="coefficient", name=" * ".join(words) or "1", value=value))
    for word, low, high in zip(axes, boundary.low, boundary.high, strict=True):
        rows.append(dict(plane=plane, record="range", name=word, low=low, high=high))
    points = boundary.curve(np.linspace(*np.quantile(x, [0.02, 0.98]), 10))
    return rows + [dict(plane=plane, record="curve", name=", ".join(axes), x=one, y=two) for one, two in points]


def rates_without_gaia(stars, label, blind):
    """Rates of the consensus of photometry and spectra alone, for the stars that Gaia tells, told out of fold."""
    voices = [expit(blind[plane]) for plane in (separators.PHOTOMETRY, separators.SPECTRA)]
    said, _ = separators.consensus(np.full(len(label), np.nan), *voices, np.isfinite(voices[1]))
    both = np.isfinite(label) & np.isfinite(said)
    if not both.any():
        return []
    return rates("consensus", stars, both, label, said == 1)


def rates(plane, stars, told, label, said):
    """Completeness and contamination of the giants, told out of fold: all, by S/N, by subtype, and by both crossed.

    stars: columns of the spectra, of which the primary ones count, so that a star counts once; told, (n,) bool: which
    spectra have a class by Gaia (label: 1, 0) and by the plane (said: True for a giant).
    """
    told = told & (stars["primary"] == 1)
    label, said, snr = label[told] == 1, said[told], stars["snr_r"][told]
    whole = np.floor(stars["subtype"][told] + 0.5)
    every = np.ones(len(label), bool)
    single = {f"M{k}": whole == k for k in range(10)}
    coarse = {f"M{first}-M{last}": (whole >= first) & (whole <= last) for first, last in COARSE}
    of_snr = {text: (snr >= low) & (snr < high) for text, (low, high) in SNR_BINS.items()}
    cells = [("all", "all", every)] + [("all", text, inside) for text, inside in of_snr.items()]
    cells += [(kind, "all", inside) for kind, inside in single.items()]
    cells += [(kind, text, a & b) for kind, a in coarse.items() for text, b in of_snr.items()]
    rows = []
    for kind, text, mine in cells:
        both = (mine & label & said).sum()
        for record, total in (("completeness", (mine & label).sum()), ("contamination", (mine & said).sum())):
            count = both if record == "completeness" else total - both
            value, least, most = wilson(count, total, 0.6827)
            rows.append(
                dict(plane=plane, record=record, name="giants", subtype=kind, snr=text, value=value, low=least,
                     high=most, count=count, total=total)
            )  # fmt: skip
    return rows
