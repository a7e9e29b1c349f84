"""Two samples made alike in what selects them: weights by cells."""

import numpy as np

from mstarhash.common.snr_bins import SNR_EDGES


def cells(subtype, snr, *more):
    """(n,) number of the cell of each star: whole subtype, bin of S/N, and whole numbers `more`; -1: a value is missing."""
    known = np.isfinite(subtype) & np.isfinite(snr)
    whole = np.floor(np.where(known, subtype, 0) + 0.5).astype(int)
    place = np.digitize(np.where(known, snr, 0), SNR_EDGES)
    columns = np.stack([whole, place, *(np.asarray(values, int) for values in more)], axis=1)
    _, number = np.unique(columns, axis=0, return_inverse=True)
    return np.where(known, number.ravel(), -1)


def weights(wanted, other):
    """Weights (n,) and (m,) that give `other` the shares of the cells of `wanted`; 0 in cells that one of them lacks.

    Those of `wanted` are 0 or 1; those of `other` have a sum of the number of its stars that count.
    """
    common = np.intersect1d(wanted[wanted >= 0], other[other >= 0])
    first, second = np.isin(wanted, common).astype(float), np.isin(other, common)
    if not len(common):
        return first, second.astype(float)
    size = max(wanted.max(), other.max()) + 1
    have, need = (np.bincount(values[values >= 0], minlength=size) for values in (other, wanted))
    ratio = np.divide(need, have, out=np.zeros(size), where=have > 0)
    out = np.where(second, ratio[np.maximum(other, 0)], 0.0)
    return first, out * second.sum() / out.sum()
