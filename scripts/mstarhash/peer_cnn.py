"""A small one-dimensional convolutional network, an optional extra: needs torch (requirements/cnn.in)."""

import importlib

import numpy as np

from mstarhash.errors import InputError
from mstarhash.spectra import blocks


def backend():
    """The module torch. Raises InputError where it is not installed."""
    try:
        return importlib.import_module("torch")
    except ImportError:
        raise InputError(
            "evaluate.cnn is true but torch is not installed: pip install -r requirements/cnn.in"
        ) from None


class Cnn:
    """Three strided convolutions, means over 16 stretches of the spectrum and a linear layer, trained with Adam on balanced cross-entropy."""

    def __init__(self, seed, epochs=8, width=8, rate=2e-3):
        self.seed, self.epochs, self.width, self.rate = seed, epochs, width, rate

    def fit(self, x, wanted):
        torch = backend()
        torch.manual_seed(self.seed)
        torch.set_num_threads(1)
        nn, k = torch.nn, self.width
        self.mean = x.mean(0, dtype="f8").astype("f4")
        self.scale = np.float32(1 / max(float((x - self.mean).std()), 1e-6))
        layers = []
        for first, last, size, stride in ((1, k, 15, 4), (k, 2 * k, 9, 2), (2 * k, 4 * k, 5, 2)):
            layers += [nn.Conv1d(first, last, size, stride=stride, padding=size // 2), nn.ReLU()]
        layers += [nn.AdaptiveAvgPool1d(16), nn.Flatten(), nn.Dropout(0.2), nn.Linear(64 * k, 1)]
        self.network = nn.Sequential(*layers)
        balance = torch.tensor(float((~wanted).sum() / max(wanted.sum(), 1)))
        loss = nn.BCEWithLogitsLoss(pos_weight=balance)
        adam = torch.optim.Adam(self.network.parameters(), lr=self.rate)
        rng = np.random.default_rng(self.seed)
        target = torch.from_numpy(wanted.astype("f4"))
        self.losses = []
        for _ in range(self.epochs):
            self.network.train()
            order, total = rng.permutation(len(x)), 0.0
            for rows in np.array_split(order, max(1, len(x) // 128)):
                adam.zero_grad()
                value = loss(self._run(x[rows]), target[torch.from_numpy(rows)])
                value.backward()
                adam.step()
                total += float(value.detach()) * len(rows)
            self.losses.append(total / len(x))
        return self

    def _run(self, x):
        return self.network(backend().from_numpy((x - self.mean) * self.scale)[:, None])[:, 0]

    def score(self, x):
        torch = backend()
        self.network.eval()
        with torch.no_grad():
            return np.concatenate([self._run(x[rows]).numpy().astype("f8") for rows in blocks(len(x))])
