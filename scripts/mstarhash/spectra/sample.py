"""All shards of a step seen as one sample, in one order, without holding it in memory."""

import numpy as np

from mstarhash.common.errors import InputError
from mstarhash.spectra.hdf5 import BLOCK, FEATURES, RECIPE, open_h5, read_columns


class Sample:
    """The rows of several HDF5 files of one layout, numbered through in the order of the files.

    Since shards are cut from one order, row numbers do not depend on the number of shards.
    """

    def __init__(self, paths):
        self.files = [open_h5(path) for path in paths]
        counts = [len(file["order"]) for file in self.files]
        self.start = np.concatenate([[0], np.cumsum(counts)]).astype(int)

    def refuse_empty(self):
        """Raise InputError where no file at all gave a spectrum."""
        if not len(self):
            raise InputError(
                "none of the files of input.spectra holds a spectrum that can be used: ingest/*.status.tsv says why of each"
            )

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for file in self.files:
            file.close()

    def __len__(self):
        return int(self.start[-1])

    def columns(self, names):
        """Small per-row columns of the whole sample: a dict of arrays."""
        parts = [read_columns(file, names) for file in self.files]
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def fixed(self, name):
        """A dataset that is the same in every file (the wavelength grid)."""
        return self.files[0][name][:]

    def attribute(self, name):
        """A root attribute that is the same in every file."""
        return self.files[0].attrs[name]

    @property
    def recipe(self):
        """How rebin made the features: a dict with RECIPE."""
        return {key: self.attribute(key) for key in RECIPE}

    @property
    def feature_recipe(self):
        """The keys of scaling.features that these features were made with: a dict with FEATURES."""
        return {key: self.attribute(key) for key in FEATURES}

    def rows(self, name, index):
        """Rows `index` (increasing) of a large dataset."""
        index = np.asarray(index, dtype=int)
        parts = []
        for file, first, last in zip(self.files, self.start[:-1], self.start[1:], strict=True):
            mine = index[(index >= first) & (index < last)] - first
            if len(mine):
                data, lo, hi = file[name], mine[0], mine[-1] + 1
                if hi - lo <= 4 * len(mine):
                    parts.append(data[lo:hi][mine - lo])
                else:
                    parts.append(np.stack([data[row] for row in mine]))
        if not parts:
            data = self.files[0][name]
            return np.empty((0, *data.shape[1:]), data.dtype)
        return np.concatenate(parts)

    def blocks(self, names, index, size=BLOCK):
        """Yield (positions in index, [rows of each dataset]) over `index` in fixed blocks."""
        for first in range(0, len(index), size):
            part = index[first : first + size]
            yield slice(first, first + len(part)), [self.rows(name, part) for name in names]
