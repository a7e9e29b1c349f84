"""Neighbours of one spectrum: exact order, copies, the spectrum itself; what goes wrong is one line."""

from types import SimpleNamespace

import h5py
import make_data
import numpy as np
import pytest
import query
from mstarhash.common.errors import InputError, exit_code
from mstarhash.search import querying
from mstarhash.search.codes import pack
from mstarhash.search.model import Model
from mstarhash.spectra.hdf5 import create, write_columns
from mstarhash.spectra.shards import identity_of_name, order_key

BITS = 128


@pytest.fixture(scope="module")
def bits():
    return np.random.default_rng(5).random((400, BITS)) < 0.5


def row_of(name):
    return SimpleNamespace(file=name, order=order_key(identity_of_name(name)))


def name_of(number):
    return f"fits/spec-55859-F5902_sp01-{number:03d}.fits"


def test_unlabelled_are_the_nearest_over_all_shards(bits, tmp_path):
    codes = pack(bits)
    orders = np.array([order_key(identity_of_name(name_of(k))) for k in range(len(bits))], "u8")
    by_order = np.argsort(orders)
    paths = []
    for number, part in enumerate(np.array_split(by_order, 3)):
        paths.append(tmp_path / f"{number:04d}.h5")
        with create(paths[-1], "encode", "") as out:
            write_columns(out, {"file": np.array([name_of(k) for k in part]), "order": orders[part]})
            write_columns(out, {"codes": codes[part], "snr_r": np.full(len(part), 2.0)})
    own = 17
    found = querying.nearest_unlabelled(paths, codes[own], row_of(f"elsewhere/{name_of(own)[5:]}.gz"), 25)
    distance = (bits ^ bits[own]).sum(1)
    order = [k for k in np.lexsort((orders, distance)) if k != own][:25]
    assert [f["file"] for f in found] == [name_of(k) for k in order]
    assert [f["distance"] for f in found] == distance[order].tolist()


def test_a_labelled_spectrum_stands_for_its_copies(bits):
    n = 60
    family = np.repeat(np.arange(n // 3), 3)  # a spectrum and two copies of it each
    table = {
        "codes": pack(bits[:n]), "family": family, "kind": np.tile(["drawn", "copy", "copy"], n // 3),
        "file": np.array([name_of(k) for k in family]), "class": np.full(n, "STAR"), "subclass": np.full(n, "dM2"),
        "order": np.array([order_key(identity_of_name(name_of(k))) for k in family], "u8"),
        "snr_r": np.full(n, 9.0), "wanted": np.full(n, True),
    }  # fmt: skip
    code = pack(bits[399:400])[0]
    found = querying.nearest_labelled(SimpleNamespace(labelled=table), code, row_of(name_of(4)), 30)
    least = (bits[:n] ^ bits[399]).sum(1).reshape(-1, 3)
    order = [k for k in np.argsort(least.min(1), kind="stable") if k != 4]
    assert {f["file"] for f in found} == {name_of(k) for k in order}
    assert [f["distance"] for f in found] == sorted(least.min(1)[order].tolist())
    assert all(f["kind"] == "drawn" for f in found)
    assert [f["copy"] for f in found] == [bool(least[int(f["file"][-8:-5])].argmin()) for f in found]


def results(folder):
    """Rebinned and coded shards without rows, and no model."""
    for step in ("rebin", "encode"):
        (folder / step).mkdir(parents=True)
        with create(folder / step / "0000.h5", step, "") as out:
            out["wave"] = 10 ** np.arange(3.6, 3.95, 1e-4)
            out.attrs.update(noise=16.0, smooth=8.0, scale="robust", thin=4, min_good=0.5, zero_run=3, flat_run=5)
    return folder


def test_recipe_comes_back_as_it_was_written(tmp_path):
    recipe = querying.read_recipe(results(tmp_path) / "rebin" / "0000.h5")
    assert {k: recipe[k] for k in ("smooth", "scale", "thin", "zero_run")} == {
        "smooth": 8.0, "scale": "robust", "thin": 4, "zero_run": 3,
    }  # fmt: skip
    with h5py.File(tmp_path / "rebin" / "0000.h5", "a") as source:
        del source.attrs["zero_run"]
    with pytest.raises(InputError, match="no attribute zero_run; run ingest and rebin again"):
        querying.read_recipe(tmp_path / "rebin" / "0000.h5")


@pytest.mark.parametrize(
    ("make", "options", "said"),
    [
        (None, [], "no such file"),
        (b"", [], "unreadable: the file is empty"),
        (b"no stars here", [], "unreadable: not a FITS file"),
        (None, ["--results", "nowhere"], "nowhere/rebin: no results there"),
        (None, ["--output", "picture.pdf"], "must end in .png"),
        (None, ["--nearest", "0"], "at least 1"),
        (None, ["--model", "lost.h5"], "lost.h5: no such file"),
    ],
)
def test_errors_are_one_line(make, options, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = results(tmp_path / "results")
    (folder / "train").mkdir()
    (folder / "train" / "model.h5").write_bytes(b"not read before the spectrum")
    if make is not None:
        (tmp_path / "one.fits").write_bytes(make)
    assert exit_code(query.main, ["one.fits", *options]) == 2
    text = capsys.readouterr()
    assert said in text.err and text.err.count("\n") == 1 and text.err.startswith("error: ") and not text.out
    assert not list(tmp_path.glob("query.*"))


def test_a_model_that_is_none_is_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = results(tmp_path / "results")
    (folder / "train").mkdir()
    (folder / "train" / "model.h5").write_bytes(b"no HDF5")
    make_data.write(tmp_path / "one.fits", make_data.image(make_data.header(), *make_data.star()))
    assert exit_code(query.main, ["one.fits"]) == 2
    assert "model.h5: not an HDF5 file" in capsys.readouterr().err


def test_a_model_of_other_features_is_refused():
    wave = 10 ** np.arange(3.6, 3.95, 1e-4)
    recipe = {"noise": 16.0, "smooth": 8.0, "scale": "robust", "thin": 4}
    model = SimpleNamespace(wave=wave, recipe=dict(recipe))
    Model.refuse_other(model, "m.h5", wave, recipe)
    with pytest.raises(InputError, match="m.h5 learned .* smooth 3.0 instead of 8.0: set the section rebin"):
        Model.refuse_other(model, "m.h5", wave, recipe | {"smooth": 3.0})
    for other in (wave * 1.02, wave[:-1]):
        with pytest.raises(InputError, match="another grid of wavelengths"):
            Model.refuse_other(model, "m.h5", other, recipe)
