"""Template difference: chi-square fits of mean spectra times a cubic response.

For each spectrum f with inverse variances w and each mean spectrum T the model is T(lambda) P(u), P a polynomial
in u = -1..1 over the window of wavelengths. The gain of a fit is its drop of chi-square from zero flux. The
polynomial's higher terms have a prior, so that a response may bend a spectrum but not make another of it.

The difference is a log ratio of evidences: the mean of exp(gain / 4 t^2), the root of a likelihood, over the averages of the
wanted class against that over the others, with t the reduced chi-square of the best fit of all where that is above 1 (see
`believed`). So more averages on one side are no advantage, and a spectrum that nothing fits speaks for neither side. It is
told by the red arm, where M stars have their flux.

`class_evidence` tells the same of each group of averages (pairs of subtypes, other classes), for a regression that learns
which groups are mistaken for which: of the red arm; of the blue arm, fitted for itself since the two are calibrated each for
itself; and of both together.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from mstarhash.spectra.hdf5 import blocks

CHUNK = 64  # rows that stay in a core's cache from one step of a kernel to the next
PASS = 256  # rows whose products are held at once
COARSER = 2  # times the bins of the red arm, in the blue one: half the time, and nothing is lost
LOW = 20.0  # below which evidence of a group is as good as none


@dataclass
class Window:
    """Mean spectra in a window of wavelengths, binned for the fits, with powers of u multiplied in."""

    inside: slice  # pixels of the grid that are fitted
    bins: int  # pixels of the grid in a bin
    flux: np.ndarray  # (t, p) float32
    terms: list  # T u^k, k = 0..order
    squares: list  # T^2 u^k, k = 0..2 order

    @classmethod
    def of(cls, small, inside, bins, order):
        """Of mean spectra in bins (t, p), for a polynomial of `order`."""
        u = np.linspace(-1, 1, small.shape[1], dtype="f4")
        terms = [small * u**k for k in range(order + 1)]
        return cls(inside, bins, small, terms, [small**2 * u**k for k in range(2 * order + 1)])


@dataclass
class Averages:
    """What is known of each mean spectrum, and its windows, one an arm."""

    wanted: np.ndarray  # (t,) bool
    unit: np.ndarray  # (t,) number of what it was made of, see train.number_apart; -1: nothing
    group: np.ndarray  # (t,) number of its group
    groups: list  # their names
    red: Window
    blue: Window | None  # None: the grid has no such wavelengths


def binned(flux, ivar, bins):
    """Inverse-variance weighted means over `bins` pixels: flux, ivar (n, p // bins) float32."""
    n, p = flux.shape
    cut = p // bins * bins
    w = ivar[:, :cut].reshape(n, p // bins, bins)
    weighted = flux[:, :cut].reshape(n, p // bins, bins) * w
    # term by term: numpy's sums over a short last axis take five times as long
    total, mean = (sum(part[:, :, k] for k in range(bins)) for part in (w, weighted))
    return np.divide(mean, total, out=np.zeros_like(mean), where=total > 0), total


def softened(flux, ivar, floor):
    """ivar (n, p) with an error of `floor` times the spectrum's mean |flux| added: means and responses are no better."""
    out = np.empty(ivar.shape, "f4")
    for rows in blocks(len(ivar), CHUNK):
        w, good = ivar[rows], ivar[rows] > 0
        level = np.where(good, np.abs(flux[rows]), 0).sum(1, keepdims=True) / np.maximum(good.sum(1, keepdims=True), 1)
        out[rows] = w / (1 + w * (floor * level) ** 2)
    return out


def within(window, flux, ivar, floor):
    """Flux and softened inverse variance in a window, of spectra (n, P) on the grid."""
    flux, ivar = flux[:, window.inside], ivar[:, window.inside]
    return flux, softened(flux, ivar, floor)


def leave_out(gain, left_out, unit):
    """In place: no gain (n, t) where the unit (t,) of an average is `left_out` (n,); None and -1: nothing is."""
    if left_out is not None:
        gain[(left_out[:, None] == unit) & (left_out >= 0)[:, None]] = 0


def prepare(flux, ivar, wanted, unit, group, wave, keys):
    """Averages from mean spectra (t, P) on the grid `wave` (P,); keys: a dict with bins, order, and the arms [Angstrom]:
    blue_min to wave_min, and wave_min to wave_max.

    group: (t,) texts. A featureless spectrum is added to the others.
    """
    first, join, last = arms(wave, keys)
    bins, order = keys["bins"], keys["order"]
    blue = join - first >= COARSER * bins
    windows = [window_of(flux, ivar, slice(join, last), bins, order)]
    windows.append(window_of(flux, ivar, slice(first, join), COARSER * bins, order) if blue else None)
    return Averages(*told_of(wanted, unit, group), *windows)


def told_of(wanted, unit, group):
    """wanted, unit, group (t + 1,) numbered and the groups' names of spectra (t,) and a featureless one, which is none's."""
    names, number = np.unique(np.append(np.asarray(group, str), "featureless"), return_inverse=True)
    return np.append(np.asarray(wanted, bool), False), np.append(np.asarray(unit), -1), number, names.tolist()


def arms(wave, keys):
    """First pixels of the blue and of the red arm, and the end of that; a grid without such wavelengths is one red arm."""
    first, join, last = np.searchsorted(
        wave, (keys["blue_min"], keys["wave_min"], np.nextafter(keys["wave_max"], np.inf))
    ).tolist()
    return (first, join, last) if join < last else (0, 0, len(wave))


def window_of(flux, ivar, inside, bins, order):
    """Window `inside` (slice of pixels) of mean spectra (t, P) and a featureless one."""
    return Window.of(binned_spectra(flux, ivar, inside, bins), inside, bins, order)


def binned_spectra(flux, ivar, inside, bins):
    """(t + 1, p) mean spectra (t, P) in bins of the pixels `inside` and a featureless one, each of mean |flux| 1.

    Where one knows nothing, its neighbours in wavelength are used.
    """
    flux, ivar = flux[:, inside], ivar[:, inside]
    known = np.isfinite(flux) & (ivar > 0)
    pixels = np.arange(flux.shape[1])
    full = np.stack(
        [np.interp(pixels, pixels[k], f[k]) if k.any() else np.zeros(len(f)) for f, k in zip(flux, known, strict=True)]
        + [np.ones(len(pixels))]
    )
    small, _ = binned(full.astype("f4"), np.ones_like(full, "f4"), bins)
    return small / np.maximum(np.abs(small).mean(1, keepdims=True), 1e-30)


def gains(flux, ivar, window, prior, sky=None):
    """(n, t) drop of chi-square of each average times its best polynomial.

    flux, ivar: (n, P) in the window, ivar 0 = unusable; prior: sigma of the higher coefficients in units of the
    zeroth (of the fit without them); sky: Leftover of the window, with whose covariance chi-square is. Negative levels are no
    detection: gain 0.
    """
    f, w = _scaled(flux, ivar, window.bins)
    out = np.empty((len(f), len(window.flux)))
    for rows in blocks(len(out), PASS):
        out[rows] = _gains(f[rows], w[rows], window, prior, sky)
    return out


def _gains(f, w, window, prior, sky):
    """`gains` of binned flux and ivar (n, p)."""
    order = len(window.terms) - 1
    root = np.sqrt(w)
    data = w * f if sky is None else root * sky.weighed(root * f)
    right = [data @ term.T for term in window.terms]
    moments = [w @ square.T for square in window.squares]
    modes = () if sky is None else zip(sky.modes.T, np.sqrt(sky.share), strict=True)
    taken = [[(root * (size * mode)) @ term.T for term in window.terms] for mode, size in modes]
    out = np.empty(right[0].shape)
    for rows in blocks(len(out), CHUNK):
        a = [[moments[i + j][rows] for j in range(i + 1)] for i in range(order + 1)]
        for i in range(order + 1):
            for j in range(i + 1):
                swallowed = sum(parts[i][rows] * parts[j][rows] for parts in taken)
                a[i][j] = (a[i][j] - swallowed).astype("f8")
        out[rows] = _gain(a, [term[rows].astype("f8") for term in right], prior)
    return out


def fitted(flux, ivar, window, prior):
    """Best fits of spectra (n, P); window: one with bins = 1 of the whole grid.

    Returns the best average of all at its level (n, P), and the coefficients of u, u^2 ... of its polynomial in units of
    the zeroth (n, order).
    """
    t = window.flux[gains(flux, ivar, window, prior).argmax(1)]
    scale = np.abs(flux).mean(1, keepdims=True) + 1e-30
    f, w = flux / scale, ivar * scale**2
    order = len(window.terms) - 1
    u = np.linspace(-1, 1, t.shape[1], dtype="f4")
    moments = [(w * t**2 * u**k).sum(1, dtype="f8") for k in range(2 * order + 1)]
    right = np.array([(w * f * t * u**k).sum(1, dtype="f8") for k in range(order + 1)])
    normal = np.array([[moments[i + j] for j in range(order + 1)] for i in range(order + 1)])
    _penalise(normal, right, prior)
    found = np.linalg.solve(normal.transpose(2, 0, 1), right.T[..., None])[..., 0]
    return (scale * t * found[:, :1]).astype("f4"), found[:, 1:] / found[:, :1]


def _scaled(flux, ivar, bins):
    """Binned flux and ivar in units of each spectrum's typical error, so that sums of float32 keep their digits."""
    f, w = binned(flux, ivar, bins)
    scale = np.sqrt(np.maximum(w, 0)).mean(1, keepdims=True)
    scale = np.where(scale > 0, scale, 1)
    return f * scale, w / scale**2


def _penalise(a, r, prior):
    """Add the prior of the higher coefficients to the normal equations, in place; returns the level of the fit.

    a[i][j], r[i]: arrays of one shape. 1e-9 and 1e-30 keep the systems of rounded sums and of empty spectra solvable; where
    the level is all but zero the prior is 1e-6 of its error.
    """
    lead = np.maximum(a[0][0], 1e-30)
    level = r[0] / lead
    penalty = 1 / np.maximum((prior * level) ** 2, 1e-12 / lead)
    for k in range(len(r)):
        a[k][k] = a[k][k] * (1 + 1e-9) + (penalty if k else 0) + 1e-30
    return level


def _gain(a, r, prior):
    """Drop of chi-square of the best coefficients; 0 where the level is negative, which is no detection."""
    level = _penalise(a, r, prior)
    return np.where(level > 0, sum(part**2 for part in _forward(a, r)), 0.0)


def _forward(a, r):
    """Solve L y = r with A = L L' for many small systems at once; a[i][j], r[i] are arrays of one shape."""
    n = len(r)
    lower = [[None] * n for _ in range(n)]
    y = []
    for i in range(n):
        for j in range(i + 1):
            value = a[i][j]
            for k in range(j):
                value = value - lower[i][k] * lower[j][k]
            lower[i][j] = np.sqrt(np.maximum(value, 1e-30)) if i == j else value / lower[j][j]
        value = r[i]
        for k in range(i):
            value = value - lower[i][k] * y[k]
        y.append(value / lower[i][i])
    return y


def misfit(gain, flux, ivar, bins, sky=None):
    """Reduced chi-square of the best fit (n,), and how many bins know something (n,).

    gain: (n, t); flux, ivar: (n, P) that was fitted; sky: Leftover that was taken for it.
    """
    f, w = (part.astype("f8") for part in binned(flux, ivar, bins))
    y, count = f * np.sqrt(w), (w > 0).sum(1)
    square = y * (y if sky is None else sky.weighed(y))
    return (square.sum(1) - gain.max(1)) / np.maximum(count, 1), count


def believed(gain, reduced):
    """Gains (n, t) as far as the misfit lets one believe them: over t^2, t the reduced chi-square (n,) where above 1, once for
    the scale of the errors and again for their correlation along the spectrum."""
    return gain / np.maximum(reduced, 1)[:, None] ** 2


def log_ratio(gain, reduced, wanted):
    """(n,) log evidence of the wanted averages against the others.

    gain: (n, t); reduced: (n,) reduced chi-square of the best fit; wanted: (t,) bool.
    """
    evidence = believed(gain, reduced) / 4
    sides = [logsumexp(evidence[:, side], axis=1) - np.log(side.sum()) for side in (wanted, ~wanted)]
    return sides[0] - sides[1]


def class_evidence(gain, reduced, count, group):
    """(n, 2 groups + 3) what each group of averages has to say, for a regression.

    gain: (n, t); reduced: (n,) reduced chi-square of the best fit; count: (n,) bins that know something; group: (t,)
    numbers. First the log share of each group in the evidence (mean over its averages, scaled as in `log_ratio`), at
    least -LOW; then minus the root of what its best average gains less than the best of all, in errors as the misfit
    tells them; then log reduced, log of the gain a bin, log count.
    """
    order = np.argsort(group, kind="stable")
    first, members = np.flatnonzero(np.diff(group[order], prepend=-1)), np.bincount(group)
    gain = gain[:, order]
    best = np.maximum.reduceat(gain, first, axis=1)
    top = best.max(1, keepdims=True)
    # less than exp(-LOW) of the whole is cut below, so nothing is lost where exp gives 0
    parts = np.add.reduceat(np.exp(believed(gain - top, reduced) / 4), first, axis=1) / members
    shares = np.log(np.maximum(parts / parts.sum(1, keepdims=True), np.exp(-LOW)))
    behind = np.sqrt((top - best) / (2 * np.maximum(reduced, 1))[:, None])
    level = np.log(1 + top[:, 0] / np.maximum(count, 1))
    rest = np.c_[np.log(np.maximum(reduced, 1e-3)), level, np.log(1 + count)]
    return np.c_[shares, -np.minimum(behind, LOW), rest].astype("f4")


def fit(flux, ivar, averages, prior, floor, shifts, refine, left_out=None):
    """Evidence for the wanted class, velocities tried for the best few averages in the red arm.

    flux, ivar: (n, P) on the grid; floor: see `softened`; shifts: whole pixels tried, 0 among them; refine: how many
    of the best averages are tried at them; left_out: (n,) unit whose averages a row may not use (its own), -1 = none.

    Returns a dict of (n,) arrays: difference, chi2 (reduced, of the best fit), gain_wanted, gain_other,
    best_wanted, best_other (indices of averages), all of the red arm; and class_evidence (n, f).
    """
    sides = [np.flatnonzero(averages.wanted), np.flatnonzero(~averages.wanted)]
    found = []
    for window in (averages.red, averages.blue):
        if window is None:
            continue
        seen = within(window, flux, ivar, floor)
        gain = gains(*seen, window, prior)
        leave_out(gain, left_out, averages.unit)
        if window is averages.red:
            top = np.concatenate([_best(gain, columns, refine) for columns in sides], axis=1)
            for shift in shifts:
                if shift:
                    _refine(gain, *(np.roll(part, -shift, 1) for part in seen), window, prior, top)
        found.append((gain, *misfit(gain, *seen, window.bins)))
    gain, reduced, _ = found[0]
    best = [columns[gain[:, columns].argmax(1)] for columns in sides]
    rows = np.arange(len(gain))
    if averages.blue is not None:
        together = sum(believed(gain, reduced) for gain, reduced, _ in found)
        found.append((together, np.ones(len(gain)), sum(count for *_, count in found)))
    return {
        "difference": log_ratio(gain, reduced, averages.wanted),
        "chi2": reduced,
        "gain_wanted": gain[rows, best[0]],
        "gain_other": gain[rows, best[1]],
        "best_wanted": best[0],
        "best_other": best[1],
        "class_evidence": np.concatenate([class_evidence(*part, averages.group) for part in found], axis=1),
    }


def _best(gain, columns, few):
    """(n, few) of the columns, those of the highest gain; all where they are no more."""
    few = min(few, len(columns))
    if few == 0:
        return np.empty((len(gain), 0), int)
    return columns[np.argpartition(-gain[:, columns], few - 1, axis=1)[:, :few]]


def _refine(gain, flux, ivar, window, prior, top):
    """Raise gain[row, column] for the columns `top` (n, few) to that of the shifted spectrum, where better."""
    order = len(window.terms) - 1
    f, w = _scaled(flux, ivar, window.bins)
    powers = np.stack([np.linspace(-1, 1, f.shape[1], dtype="f4") ** k for k in range(2 * order + 1)]).T
    rows, wf = np.arange(len(f)), w * f
    for column in top.T:
        t = window.flux[column]
        # row by row: the bytes of one product of matrices would depend on the number of rows
        moments = list(((w * t**2)[:, None] @ powers)[:, 0].astype("f8").T)
        r = list(((wf * t)[:, None] @ powers[:, : order + 1])[:, 0].astype("f8").T)
        a = [[moments[i + j].copy() for j in range(i + 1)] for i in range(order + 1)]
        gain[rows, column] = np.maximum(gain[rows, column], _gain(a, r, prior))
