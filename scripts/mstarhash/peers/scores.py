"""Other ways to score spectra, each with `fit(x, wanted)` and `score(x)`: (n,) larger for the wanted class.

x: (n, d) features, wanted: (n,) bool.
"""

import numpy as np
from scipy.linalg import cho_solve, eigh
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from mstarhash.search import pil
from mstarhash.spectra.hdf5 import blocks
from mstarhash.spectra.scaling import fill


def principal(x, count):
    """Mean (d,), axes (d, count) and variances (count,) of the principal components of x (n, d), largest first."""
    n, d = x.shape
    count, mean = min(count, d, n), x.mean(0, dtype="f8")
    if n < d:  # the same from products of spectra
        x = x - mean.astype("f4")
        variances, parts = eigh((x @ x.T).astype("f8") / n, subset_by_index=(n - count, n - 1))
        axes = x.T @ parts
        axes /= np.maximum(np.linalg.norm(axes, axis=0), 1e-12)
    else:
        scatter = sum((x[rows].T @ x[rows]).astype("f8") for rows in blocks(n, 4096)) / n - np.outer(mean, mean)
        variances, axes = eigh(scatter, subset_by_index=(d - count, d - 1))
    return mean.astype("f4"), axes[:, ::-1].astype("f4"), np.maximum(variances[::-1], 0)


class PilClassifier:
    """A PIL classifier on the last layer of ML-PIL (G19 3.1): ridge solution of H beta = (-1, 1)."""

    def __init__(self, seed, layers=(1024, 512, 256), ridge=1e-6):
        self.seed, self.layers, self.ridge = seed, layers, ridge

    def fit(self, x, wanted):
        rng = np.random.default_rng(self.seed)
        self.network = pil.Network(x.mean(0, dtype="f8").astype("f4"), offset=0.5)
        probe = x[:: max(1, len(x) // 1024)][:1024] - self.network.mean
        for size in self.layers:
            w, b = pil.random_layer(rng, probe.shape[1], size, probe)
            self.network.layers.append((w, b))
            probe = pil.sigmoid(probe @ w + b) - np.float32(0.5)
        share = np.where(wanted, 0.5 / max(wanted.sum(), 1), 0.5 / max((~wanted).sum(), 1))
        normal, right = np.zeros((self.layers[-1] + 1,) * 2), np.zeros(self.layers[-1] + 1)
        for rows in blocks(len(x)):
            h = self.hidden(x[rows])
            normal += (h * share[rows, None]).T @ h
            right += h.T @ (share[rows] * np.where(wanted[rows], 1, -1))
        self.beta = cho_solve(pil.ridge(normal, self.ridge), right)
        return self

    def hidden(self, x):
        """(n, units + 1) outputs of the last layer, and 1."""
        return np.c_[self.network.hidden(x).astype("f8"), np.ones(len(x))]

    def score(self, x):
        return np.concatenate([self.hidden(x[rows]) @ self.beta for rows in blocks(len(x))])


class TemplateMatching:
    """Smallest chi-square of the templates of other classes less that of the wanted class, each at its best amplitude.

    `fit` takes the templates (t, p), `score` spectra (n, p) and their inverse variances; without, all pixels are alike.
    """

    def fit(self, x, wanted):
        self.templates, self.wanted = fill(x, np.isfinite(x)).astype("f8"), wanted
        return self

    def chi2(self, x, weight=None):
        """(n, t) chi-square of each template a t: the minimum over a >= 0 of sum w (f - a t)^2."""
        x = x.astype("f8")
        weight = np.ones_like(x) if weight is None else weight.astype("f8")
        cross = np.maximum((weight * x) @ self.templates.T, 0)
        square = np.maximum(weight @ (self.templates**2).T, 1e-30)
        return (weight * x**2).sum(1)[:, None] - cross**2 / square

    def score(self, x, weight=None):
        parts = []
        for rows in blocks(len(x)):
            chi2 = self.chi2(x[rows], None if weight is None else weight[rows])
            parts.append(chi2[:, ~self.wanted].min(1) - chi2[:, self.wanted].min(1))
        return np.concatenate(parts)


class _OnComponents:
    """A classifier of scikit-learn on principal components in units of the first one's scatter."""

    def fit(self, x, wanted):
        self.mean, self.axes, variances = principal(x, self.components)
        self.axes = self.axes * np.float32(10 / max(variances[0], 1e-30) ** 0.5)
        self.model.fit(self.project(x), wanted)
        return self

    def project(self, x):
        return np.concatenate([(x[rows] - self.mean) @ self.axes for rows in blocks(len(x))])

    def score(self, x):
        return self.model.decision_function(self.project(x))


class PcaLogistic(_OnComponents):
    """Logistic regression on principal components."""

    def __init__(self, seed, components=100, c=1.0):
        self.components = components
        self.model = LogisticRegression(C=c, max_iter=2000, class_weight="balanced", random_state=seed)


class PcaBoosting(_OnComponents):
    """Gradient boosting of trees (Friedman 2001; histograms as in LightGBM) on principal components."""

    def __init__(self, seed, components=100, rate=0.1, leaves=31, trees=150):
        self.components = components
        # classes are not weighted: with weights scikit-learn takes longer to find its bins than to grow the trees
        self.model = HistGradientBoostingClassifier(
            learning_rate=rate, max_leaf_nodes=leaves, max_iter=trees, early_stopping=False, random_state=seed
        )
