"""Logarithmic wavelength grids and flux-conserving resampling between them."""

import numpy as np
from scipy import sparse


def log_grid(wave_min, wave_max, step):
    """log10 of the pixel centres: the multiples of `step` [dex] that lie in wave_min..wave_max [Angstrom]."""
    first = int(np.ceil(np.log10(wave_min) / step - 1e-6))
    last = int(np.floor(np.log10(wave_max) / step + 1e-6))
    return np.arange(first, last + 1) * step


def edges(log_centres):
    """(n + 1,) pixel edges [Angstrom] of a logarithmic grid of even step."""
    step = (log_centres[-1] - log_centres[0]) / (len(log_centres) - 1)
    return 10 ** (np.append(log_centres, log_centres[-1] + step) - step / 2)


def overlaps(old, new):
    """Sparse (new pixels, old pixels) matrix: how much of each old pixel lies in each new one [Angstrom].

    old, new: log10 pixel centres of even step.
    """
    old_edges, new_edges = edges(old), edges(new)
    cuts = np.union1d(old_edges, new_edges)
    middle, width = (cuts[1:] + cuts[:-1]) / 2, np.diff(cuts)
    i, j = np.searchsorted(new_edges, middle) - 1, np.searchsorted(old_edges, middle) - 1
    inside = (i >= 0) & (i < len(new)) & (j >= 0) & (j < len(old))
    return sparse.csr_matrix((width[inside], (i[inside], j[inside])), shape=(len(new), len(old)))


def resample(flux, ivar, good, old, new):
    """Flux-conserving resampling of spectra that share one logarithmic grid.

    flux, ivar: (n, p) per Angstrom and its inverse variance; good: (n, p) bool; old: (p,), new: (q,) log10
    centres of even step. A new pixel is the overlap-weighted mean of the good old pixels under it, and is
    usable where they cover half of it.

    Returns flux, ivar (n, q) float32 (0 where not usable) and usable (n, q) bool. Covariance between new
    pixels is not kept.
    """
    step = (old[-1] - old[0]) / (len(old) - 1)
    shift = (new[0] - old[0]) / step
    same_step = abs((new[-1] - new[0]) / (len(new) - 1) / step - 1) < 1e-6
    if same_step and abs(shift - round(shift)) < 1e-3:
        return _copy(flux, ivar, good, round(shift), len(new))
    matrix = overlaps(old, new)
    full = np.diff(edges(new))
    cover = (matrix @ good.T.astype("f8")).T
    usable = cover >= 0.5 * full
    value = (matrix @ np.where(good, flux, 0).T.astype("f8")).T
    variance = (matrix.power(2) @ np.divide(1, ivar, out=np.zeros(ivar.shape), where=good & (ivar > 0)).T).T
    out = np.divide(value, cover, out=np.zeros_like(value), where=usable)
    weight = np.divide(cover**2, variance, out=np.zeros_like(value), where=usable & (variance > 0))
    return out.astype("f4"), weight.astype("f4"), usable


def _copy(flux, ivar, good, shift, length):
    """The same pixels from `shift` on: no resampling where the grids have their pixels in common."""
    source = np.arange(length) + shift
    inside = (source >= 0) & (source < flux.shape[1])
    source = np.clip(source, 0, flux.shape[1] - 1)
    usable = good[:, source] & inside
    return (
        np.where(usable, flux[:, source], 0).astype("f4"),
        np.where(usable, ivar[:, source], 0).astype("f4"),
        usable,
    )


def shift_rows(values, pixels):
    """Each row of (n, p) moved by its own whole number of pixels to the left; 0 (False) enters at the ends."""
    p = values.shape[1]
    out = np.zeros_like(values)
    for row, shift in enumerate(np.clip(np.asarray(pixels, dtype=int), -p, p)):
        if shift >= 0:
            out[row, : p - shift] = values[row, shift:]
        else:
            out[row, -shift:] = values[row, :shift]
    return out


def shift_of(z, step, limit=0.01):
    """Whole pixels by which redshifts z (NaN or beyond `limit`: 0) move a spectrum on a grid of `step` dex."""
    z = np.where(np.isfinite(z) & (np.abs(z) < limit), z, 0.0)
    return np.rint(np.log10(1 + z) / step).astype(int)
