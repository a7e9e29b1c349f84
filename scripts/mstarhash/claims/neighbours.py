"""What the run's Figs. 9 and 10 have to say to the paper's claims: the order of two queries' lists, and likeness to them."""

import math

import numpy as np

from mstarhash.spectra.targets import split_subclass
from mstarhash.stars.trends import NOTHING

STEPS = np.arange(
    4500.0, 8901.0, 50.0
)  # vacuum Angstrom; medians in them, since spectra are compared and not their noise
LEAST = 3  # pixels of a step that counts
SHOWN = 10  # spectra of Fig. 9
NEAR = 0.1  # part of the list that a query keeps


def of_neighbours(nearest, far):
    """{name: (value, error)} of the rows of fig09.csv and fig10.csv, as dicts of texts; NaN without them."""
    rank, distance, kinds, likeness = read(nearest)
    found = {"nearest_back": NOTHING, "nearest_m": NOTHING, "nearest_alike": NOTHING}
    if len(rank) >= SHOWN:
        found["nearest_back"] = float((np.diff(distance) < 0).sum()), math.nan
        if all(kinds):
            found["nearest_m"] = float(sum(split_subclass(kind)[1] == "M" for kind in kinds)), math.nan
        found["nearest_alike"] = float(np.median(likeness)), math.nan
    rank, distance, _, likeness = read(far)
    found |= {"far_flat": NOTHING, "far_alike": NOTHING}
    if len(rank) > 1:
        found["far_flat"] = float((np.diff(distance) <= 0).sum()), math.nan
        kept = rank <= NEAR * rank[-1]  # the last one shown is the last of the list
        parts = [likeness[mine & np.isfinite(likeness)] for mine in (kept, ~kept)]
        if min(len(part) for part in parts) > 1:
            errors = [part.std(ddof=1) / math.sqrt(len(part)) for part in parts]
            found["far_alike"] = float(parts[1].mean() - parts[0].mean()), float(np.hypot(*errors))
    return found


def read(rows):
    """rank, distance, type ("" where none is known) and correlation with the query of each spectrum of a list."""
    listed, pixels = [], {}
    for row in rows:
        if row["panel"] == "distance":
            listed.append((int(float(row["x"])), float(row["y"]), known_type(row["series"])))
        elif row["panel"] == "flux":
            pixels.setdefault(row["series"], []).append((float(row["x"]), float(row["y"])))
    listed.sort(key=lambda one: one[0])
    query = next((part for series, part in pixels.items() if series.startswith("query")), [])
    likeness = [correlation(query, pixels.get(f"@{rank:,}", [])) for rank, _, _ in listed]
    rank, distance, kinds = zip(*listed, strict=True) if listed else ((), (), ())
    return np.array(rank, float), np.array(distance, float), list(kinds), np.array(likeness, float)


def known_type(text):
    """Type behind the name of a file, "" where there is none."""
    name, _, kind = text.rpartition(" ")
    return kind if name and not kind.endswith((".fits", ".fit", ".gz")) else ""


def correlation(one, other):
    """Pearson's coefficient of two spectra, lists of (wavelength, flux), of their medians in STEPS; NaN if too short."""
    if not one or not other:
        return math.nan
    a, b = (medians(*np.array(part).T) for part in (one, other))
    both = np.isfinite(a) & np.isfinite(b)
    return float(np.corrcoef(a[both], b[both])[0, 1]) if both.sum() > 2 else math.nan


def medians(wave, flux):
    """Median flux of each of STEPS (q - 1,), NaN under LEAST pixels."""
    place = np.digitize(wave, STEPS) - 1
    parts = [flux[place == k] for k in range(len(STEPS) - 1)]
    return np.array([np.median(part) if len(part) >= LEAST else np.nan for part in parts])
