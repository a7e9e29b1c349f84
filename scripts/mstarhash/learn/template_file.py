"""Template spectra among positives and negatives: models of a class on the common grid."""

import numpy as np

from mstarhash.spectra.hdf5 import open_h5
from mstarhash.spectra.targets import is_target

MODEL_SNR = 100.0  # a pixel's S/N that is given to a template


def model_spectra(path, wave, target, most=None, wanted=True):
    """Templates of the wanted class, or of the other ones, that cover 4000 A to the end of the grid, up to `most` of them.

    path: templates.h5; wave: (p,) vacuum [Angstrom]. Those that the mock survey is not made of come first.
    Returns names (k,), subclasses (k,) with a prefix g for giants, flux, ivar (k, p) float32.
    """
    found = []
    with open_h5(path) as source:
        for name, group in source.items():
            kind = str(group.attrs["type"])
            if is_target(["STAR"], [kind], target)[0] != wanted:
                continue
            w, f = group["wave"][:], group["flux"][:]
            if w[0] > 4000 or w[-1] < wave[-1] - 100:
                continue
            giant = str(group.attrs["luminosity"]) == "giant" and not kind.startswith("g")
            flux = np.interp(wave, w, f, left=np.nan, right=np.nan).astype("f4")
            made_of = "mock" in str(group.attrs["use"]).split(",")
            found.append((made_of, name, ("g" if giant else "") + kind, flux))
    found.sort(key=lambda item: item[:2])
    found = found[:most]
    flux = np.array([item[3] for item in found], "f4").reshape(len(found), len(wave))
    known = np.isfinite(flux) & (flux > 0)
    flux = np.where(known, flux, 0)
    typical = np.array([np.median(row[good]) if good.any() else 1 for row, good in zip(flux, known, strict=True)], "f4")
    ivar = np.where(known, (MODEL_SNR / np.maximum(typical, 1e-30))[:, None] ** 2, 0).astype("f4")
    names, subclasses = (np.array([item[k] for item in found], str) for k in (1, 2))
    return names, subclasses, flux, ivar


def all_models(path, wave):
    """(k, p) flux of every template on the grid, NaN beyond its range; those that cover 4000 A to the end of the grid."""
    with open_h5(path) as source:
        pairs = [(group["wave"][:], group["flux"][:]) for group in source.values()]
    long = [(w, f) for w, f in pairs if w[0] <= 4000 and w[-1] >= wave[-1] - 100]
    return np.array([np.interp(wave, w, f, left=np.nan, right=np.nan) for w, f in long], "f4").reshape(-1, len(wave))
