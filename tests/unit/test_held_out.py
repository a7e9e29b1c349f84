"""Rows of both training sets, numbered through."""

import numpy as np
import pytest
from mstarhash.learn.held_out import faint_unclassified, spectra_of
from mstarhash.spectra.hdf5 import BLOCK, create


@pytest.fixture
def sets(tmp_path):
    """Two files of 1,500 and 700 spectra of three pixels, each with its number as flux and twice that as inverse variance."""
    numbers, paths = np.arange(2200, dtype="f4")[:, None] * np.ones(3, "f4"), []
    for name, rows in (("positives", slice(0, 1500)), ("negatives", slice(1500, None))):
        paths.append(tmp_path / f"{name}.h5")
        with create(paths[-1], name, "") as out:
            out["flux"], out["ivar"] = numbers[rows], 2 * numbers[rows]
    return paths


@pytest.mark.parametrize("rows", [[0, 7, BLOCK - 1, BLOCK, 1499, 1500, 2199], [2000], []])
def test_spectra_of_both_sets_by_their_numbers(sets, rows):
    flux, ivar = spectra_of(sets, np.array(rows, int))
    assert flux.shape == ivar.shape == (len(rows), 3)
    assert flux[:, 0].tolist() == rows and ivar[:, 2].tolist() == [2 * row for row in rows]


def test_faint_ones_are_unclassified_and_show_something():
    kind = np.array(["presumed", "presumed", "copy", "presumed", "presumed"])
    assert faint_unclassified(kind, np.array([0.1, 2.0, 2.0, 30.0, np.nan])).tolist() == [1]
