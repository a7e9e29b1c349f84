"""Whether P(M) means what it says: its mean against the fraction that is true, in bins of equal count."""

import numpy as np

DOUBTFUL = 0.05  # P(M) above which spectra are judged: below there are thousands, and few true ones
FAR = 2  # sigma, beyond which P(M) of a bin does not agree with the fraction
LEAST = 1e-4  # variance of one spectrum's truth, at least


def bins_of(p, truth, count, source=None):
    """Yield a dict for each of `count` bins of those above DOUBTFUL: bin, n, effective, mean_p, fraction, sigma.

    p, truth: (n,); source: (n,) what each is a copy of, None: each is one by itself. sigma is the binomial error of the
    fraction for `effective` independent spectra: copies of the same star are true together, so g groups of n_g of them tell
    as much as (sum n_g)^2 / sum n_g^2 (Kish 1965).
    """
    rows = np.flatnonzero(p > DOUBTFUL)
    rows = rows[np.argsort(p[rows], kind="stable")]
    for number, part in enumerate(np.array_split(rows, count)):
        if not len(part):
            continue
        sizes = np.ones(len(part)) if source is None else np.unique(source[part], return_counts=True)[1]
        effective = len(part) ** 2 / (sizes**2).sum()
        mean, fraction = float(p[part].mean()), float(truth[part].mean())
        sigma = np.sqrt(max(mean * (1 - mean), LEAST) / effective)
        told = {"n": len(part), "effective": effective, "mean_p": mean, "fraction": fraction, "sigma": sigma}
        yield {"bin": number} | told


def beyond(bins):
    """How many of the bins, dicts of numbers or of texts with mean_p, fraction and sigma, are FAR from the fraction."""
    told = [[float(row[key]) for key in ("mean_p", "fraction", "sigma")] for row in bins]
    return sum(abs(fraction - mean) > FAR * sigma for mean, fraction, sigma in told)
