"""Zero point of the subtypes: from the scale of the template sequence to that of the survey's published types.

It is the median of published less typed of single released stars. Their averages serve less well: redshifts that are
off smear the bands, and a mean of published types follows the few that are far off.
"""

import numpy as np

from mstarhash.measure import subtype
from mstarhash.measure.indices import LARGEST_Z, Spectra, measure
from mstarhash.spectra.airvac import LIGHT
from mstarhash.spectra.hdf5 import open_h5, read_columns
from mstarhash.spectra.targets import LATE_K, split_subclass

MIN_SNR = 10.0  # fainter stars are typed late
MOST = 2000  # stars that are kept
LEAST = 20  # stars without which no zero point is learned
COLUMNS = ("values", "errors", "subtype")


def published(subclasses):
    """(n,) subtype of each SUBCLASS: M0 = 0, K7 = -1, K5 = -2; NaN for others and without a number."""
    early = {name: number for number, name in LATE_K.items()}
    parts = [split_subclass(text)[1:] for text in subclasses]
    return np.array([n if letters == "M" else early.get(f"{letters}{n:.0f}", np.nan) for letters, n in parts], float)


def measured(sample, rows, columns, usable):
    """Index values and errors (m, len(subtype.NAMES)) and published subtypes (m,) of at most MOST released stars.

    rows: (n,) of the sample; columns: `subclass`, `z`, `snr_r` (n,) of these; usable: (n,) bool. Each is at rest by
    its redshift.
    """
    number, z = published(columns["subclass"]), columns["z"]
    fit = np.flatnonzero(usable & np.isfinite(number) & (columns["snr_r"] > MIN_SNR) & (np.abs(z) < LARGEST_Z))
    kept = min(MOST, len(fit))
    fit = fit[np.arange(kept) * len(fit) // max(kept, 1)]  # evenly over all
    start = np.log10(sample.fixed("wave")[[0, -1]])
    step = (start[1] - start[0]) / (len(sample.fixed("wave")) - 1)
    out = np.full((2, len(fit), len(subtype.NAMES)), np.nan, "f4")
    for where, (flux, ivar) in sample.blocks(["flux", "ivar"], rows[fit]):
        spectra = Spectra.of(flux, ivar, np.zeros(flux.shape, int), start[0], step, z[fit[where]] * LIGHT)
        out[:, where] = np.moveaxis(list(measure(spectra, subtype.DEFINITIONS).values()), 0, 2)
    return dict(zip(COLUMNS, (*out, number[fit]), strict=True))


def zero_point(path, lines, keys):
    """What is added to types along the Sequences `lines`: `subtype_zero` of the config keys, or learned of the stars
    that averages.h5 or model.h5 keeps [subtypes, whole hundredths]; 0 where these are fewer than LEAST."""
    if keys.subtype_zero is not None:
        return keys.subtype_zero
    if not path:
        return 0.0
    with open_h5(path) as source:
        stars = read_columns(source["typed"], COLUMNS)
    errors = stars["errors"].astype("f8") * keys.noise_scale
    found = subtype.classify(stars["values"].astype("f8"), errors, lines, keys.subtype_floor, keys.subtype_max_chi2)
    apart = stars["subtype"] - found.subtype
    apart = apart[np.isfinite(apart)]
    return round(float(np.median(apart)), 2) if len(apart) >= LEAST else 0.0
