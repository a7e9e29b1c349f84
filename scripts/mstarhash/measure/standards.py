"""Template spectra as standards of type and velocity: pixel means on a logarithmic grid."""

from dataclasses import dataclass

import numpy as np

from mstarhash.spectra.grid import edges
from mstarhash.spectra.hdf5 import open_h5
from mstarhash.spectra.targets import split_subclass


@dataclass
class Standard:
    """One template. flux: (p,) float64 on the asked grid, NaN outside its real (not extrapolated) range."""

    name: str
    kind: str
    subtype: float  # M0 = 0, K7 = -1, K5 = -2; NaN for other classes
    family: str  # dwarf, giant, subdwarf, ...
    library: str
    typing: bool
    velocity: bool
    flux: np.ndarray


def pixel_means(wave, flux, log_centres):
    """Means of the linear interpolant of (wave, flux) over the pixels of a logarithmic grid; NaN beyond its ends."""
    edge = edges(log_centres)
    points = np.union1d(wave, edge)
    values = np.interp(points, wave, flux)
    area = np.concatenate([[0], np.cumsum(np.diff(points) * (values[1:] + values[:-1]) / 2)])
    mean = np.diff(area[np.searchsorted(points, edge)]) / np.diff(edge)
    return np.where((edge[:-1] >= wave[0]) & (edge[1:] <= wave[-1]), mean, np.nan)


def read_standards(path, log_centres):
    """The templates whose `use` holds typing or rv, by name."""
    found = []
    with open_h5(path) as source:
        for name, group in source.items():
            use = [word.strip() for word in str(group.attrs["use"]).split(",")]
            if not {"typing", "rv"} & set(use):
                continue
            wave, flux = group["wave"][:].astype("f8"), group["flux"][:].astype("f8")
            real = (wave >= float(group.attrs["wave_min"])) & (wave <= float(group.attrs["wave_max"]))
            kind, family = str(group.attrs["type"]), str(group.attrs["luminosity"])
            if family == "dwarf" and str(group.attrs["metal"]) not in ("", "d"):
                family = "subdwarf"
            found.append(
                Standard(
                    name,
                    kind,
                    float(group.attrs["subtype"]),
                    family,
                    str(group.attrs["library"]),
                    "typing" in use,
                    "rv" in use,
                    pixel_means(wave[real], flux[real], log_centres),
                )
            )
    return sorted(found, key=lambda standard: standard.name)


def letters(standard):
    """The class letter of a standard: M for M3, gM0 and esdM5."""
    return split_subclass(standard.kind)[1]
