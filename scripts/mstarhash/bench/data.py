"""What the benchmark works on: parts of a finished run, and what it needs beyond, drawn with a seed."""

from contextlib import contextmanager
from importlib.util import find_spec

import numpy as np

from mstarhash.input.lists import read_list
from mstarhash.spectra.hdf5 import open_h5


def installed(name):
    """Whether a package is there; the benchmark's extra peers need not be."""
    return find_spec(name) is not None


@contextmanager
def single():
    """BLAS and OpenMP at one thread, as the steps have them; the steps work on several blocks side by side."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def shard_files(lists):
    """The paths of all listed files."""
    return [row["file"] for path in lists for row in read_list(path)]


def first_rows(paths, names, count):
    """The first `count` rows of datasets, from as many files as that takes; shorter rows end in zeros."""
    parts, left = [], count
    for path in paths:
        if left <= 0:
            break
        with open_h5(path) as source:
            parts.append([source[name][:left] for name in names])
        left -= len(parts[-1][0])
    return [_stacked([part[k] for part in parts]) for k in range(len(names))]


def _stacked(parts):
    if parts[0].ndim == 1:
        return np.concatenate(parts)
    width = max(part.shape[1] for part in parts)
    return np.concatenate([np.pad(part, ((0, 0), (0, width - part.shape[1]))) for part in parts])


def drawn_codes(codes, count, rng, flips=8):
    """(count, words) codes drawn from those of a run, a few bits of each flipped so that they differ."""
    out = codes[rng.integers(len(codes), size=count)].copy()
    rows = np.arange(count)
    for _ in range(flips):
        word, bit = rng.integers(out.shape[1], size=count), rng.integers(64, size=count).astype("u8")
        out[rows, word] ^= np.uint64(1) << bit
    return out


def sky(objects, sources, rng):
    """Places [deg] of objects and of sources over a tenth of the sky; each object is near a source of its own.

    Returns (ra, dec) of the objects and of the sources.
    """
    ra, dec = rng.uniform(0, 360, sources), np.degrees(np.arcsin(rng.uniform(0.5, 0.7, sources)))
    own = rng.choice(sources, min(objects, sources), replace=False)
    offset = rng.normal(0, 0.5 / 3600, (2, len(own)))  # degrees
    return (ra[own] + offset[0] / np.cos(np.radians(dec[own])), dec[own] + offset[1]), (ra, dec)
