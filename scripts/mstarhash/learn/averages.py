"""Mean spectra of clusters, summed block by block."""

import numpy as np


def level(flux, ivar, wave, band=(6000, 8500)):
    """(n,) mean flux of usable pixels in a band [Angstrom], at least a tenth of the mean of |flux|: the scale of a spectrum."""
    red = (wave >= band[0]) & (wave <= band[1])
    good = (ivar > 0) & red
    count = np.maximum(good.sum(1), 1)
    mean = np.where(good, flux, 0).sum(1, dtype="f8") / count
    size = np.where(good, np.abs(flux), 0).sum(1, dtype="f8") / count
    return np.maximum(np.maximum(mean, 0.1 * size), np.finfo("f4").tiny).astype("f4")


class Means:
    """Inverse-variance weighted means of normalised spectra, one a cluster."""

    def __init__(self, clusters, pixels):
        self.value = np.zeros((clusters, pixels))
        self.weight = np.zeros((clusters, pixels))
        self.members = np.zeros(clusters, int)

    def add(self, flux, ivar, wave, labels):
        """flux, ivar (n, pixels), labels (n,) cluster numbers; each spectrum counts at most as S/N 30 a pixel."""
        scale = level(flux, ivar, wave)[:, None].astype("f8")
        weight = np.minimum(ivar * scale**2, 900.0)
        for label in np.unique(labels):
            rows = labels == label
            self.value[label] += (flux[rows] / scale[rows] * weight[rows]).sum(0)
            self.weight[label] += weight[rows].sum(0)
            self.members[label] += rows.sum()

    def result(self):
        """flux (clusters, pixels), NaN where nothing is known, and its inverse variance."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.weight > 0, self.value / self.weight, np.nan), self.weight
