"""Which pixels of an observed spectrum are usable, and its signal-to-noise ratio."""

import numpy as np

from mstarhash.common.status import BIT

RED = (6200.0, 7000.0)  # vacuum A: where S/N r is taken
SEARCHED = (3900.0, 9000.0)  # vacuum A: where a share of usable pixels is asked for


def runs(flags):
    """(n,) length of the run of True that each pixel is in, 0 outside runs."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype("i1"), [0]])))
    length = np.zeros(len(flags), int)
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        length[first:last] = last - first
    return length


def pixel_mask(flux, ivar, andmask, zero_run, flat_run):
    """(n,) uint8 bits of status.MASK for a spectrum as observed.

    Archives fill gaps with 0, and the last pixels beyond 9000 A are 0 with a positive inverse variance; single
    zeros inside are left, at the ends all are taken.
    """
    mask = np.zeros(len(flux), "u1")
    finite = np.isfinite(flux)
    mask[~(andmask == 0)] |= BIT["andmask"]
    mask[~np.isfinite(ivar) | (ivar == 0)] |= BIT["no_ivar"]
    mask[ivar < 0] |= BIT["negative_ivar"]
    mask[~finite] |= BIT["bad_flux"]
    zero = flux == 0
    if zero.any():
        inside = np.flatnonzero(~zero & (mask == 0))
        mask[zero & (runs(zero) >= zero_run)] |= BIT["zero_run"]
        ends = np.ones(len(flux), bool)
        if len(inside):
            ends[inside[0] : inside[-1] + 1] = False
        mask[zero & ends] |= BIT["zero_run"]
    same = np.zeros(len(flux), bool)
    same[1:] = (flux[1:] == flux[:-1]) & ~zero[1:]
    if same.any():
        length = runs(same)  # k equal neighbours are k + 1 equal pixels
        long = length + 1 >= flat_run
        long &= same
        mask[long | np.append(long[1:], False)] |= BIT["flat_run"]
    return mask


def signal_to_noise(wave, flux, ivar, mask):
    """Median of flux * sqrt(ivar) over the usable pixels of 6200-7000 A, NaN without any."""
    good = (mask == 0) & (wave >= RED[0]) & (wave <= RED[1])
    return float(np.median(flux[good] * np.sqrt(ivar[good]))) if good.any() else np.nan


def usable_share(coeff0, coeff1, mask):
    """Usable pixels in 3900-9000 A over the pixels that the grid would have there."""
    log = coeff0 + coeff1 * np.arange(len(mask))
    low, high = np.log10(SEARCHED)
    good = (mask == 0) & (log >= low) & (log <= high)
    return float(good.sum() / ((high - low) / coeff1))
