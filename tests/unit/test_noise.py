import numpy as np
import pytest
from mstarhash.input.noise import trusted
from mstarhash.learn import set_file
from mstarhash.learn.degrade import degraded, noise_of, share_of_pedestals
from mstarhash.spectra.hdf5 import create


def test_true_errors_are_believed_and_too_small_ones_are_not():
    rng = np.random.default_rng(0)
    flux = 10 + rng.standard_normal((4, 3000)).astype("f4")
    ivar = np.ones_like(flux)
    ivar[1] = 4.0  # errors half as large as they are
    flux[2, 1500:1560] += 30 * rng.standard_normal(60).astype("f4")  # a sky line
    ivar[3, 100:200] = 0
    found = trusted(flux, ivar, 16.0)
    assert abs(np.median(found[0]) - 1) < 0.1 and (found <= ivar).all()
    assert abs(np.median(found[1]) - 1) < 0.1
    assert found[2, 1500:1560].max() < 0.05 and abs(np.median(found[2, :1400]) - 1) < 0.1
    assert (found[3, 100:200] == 0).all() and abs(np.median(found[3, 300:]) - 1) < 0.1
    assert trusted(flux, ivar, 0) is ivar


def test_noise_of_a_model_is_what_was_added_and_a_copy_has_its_snr():
    rng = np.random.default_rng(1)
    wave = 10 ** np.linspace(np.log10(4000), np.log10(9000), 2000)
    models = np.stack([1 + 0.3 * np.sin(wave / 300), 1 + 0.3 * np.sin(wave / 500)]).astype("f4")
    added = rng.standard_normal((50, 2000)).astype("f4")
    unknown = 4 * models[np.arange(50) % 2] * (1 + 0.1 * np.linspace(-1, 1, 2000)) + added
    noise = noise_of(unknown.astype("f4"), np.ones((50, 2000), "f4"), wave, models)
    size = 1 / np.sqrt(noise.ivar[:, :1])
    assert abs((noise.residual / size).std() - 1) < 0.05  # what is left is the noise: its model is gone
    flux = np.full((50, 2000), 100, "f4")
    copy, ivar, _ = degraded(flux, 1e4 * np.ones_like(flux), noise, np.arange(50), wave, np.zeros(50, int), np.ones(50))
    red = (wave > 6200) & (wave < 7000)
    snr = np.median((copy * np.sqrt(ivar))[:, red], axis=1)
    assert abs(np.median(snr) / np.median(unknown[:, red]) - 1) < 0.1


@pytest.mark.parametrize("amount", [0.0, 0.5])
def test_pedestals_are_told_from_responses(amount):
    """Smooth errors that fall with S/N are given to the copies, those of a response are not."""
    rng, n = np.random.default_rng(4), 1500
    wave = 10 ** np.linspace(np.log10(4000), np.log10(9000), 1000)
    models = np.stack([1 + 0.3 * np.sin(wave / 300), 1 + 0.3 * np.sin(wave / 500)]).astype("f4")
    snr, u = np.exp(rng.normal(1, 0.7, (n, 1))), np.linspace(-1, 1, 1000)
    response = 1 + 0.1 * rng.normal(size=(n, 1)) * u
    left_over = amount * rng.normal(size=(n, 1)) * u**2  # in units of the noise
    flux = snr * models[np.arange(n) % 2] * response + left_over + rng.standard_normal((n, 1000))
    noise = noise_of(flux.astype("f4"), np.ones((n, 1000), "f4"), wave, models)
    assert (noise.residual * snr).std() == pytest.approx(1, abs=0.1)  # the normal noise, none of the smooth errors
    at_end = np.std((noise.pedestal * snr)[:, -50:])
    assert 0.35 < at_end < 0.65 if amount else at_end < 0.2


def test_too_few_spectra_tell_no_pedestal():
    assert (share_of_pedestals(np.ones((500, 3)), np.linspace(1, 9, 500)) == 0).all()


class Spectra:
    """What set_file.py asks of a Sample: spectra of one flux with noise, `snr_r` as given."""

    wave = 10 ** np.linspace(np.log10(4000), np.log10(9000), 400)

    def __init__(self, snr_r):
        self.snr_r = np.array(snr_r)
        self.flux = np.random.default_rng(0).normal(5, 1, (len(snr_r), 400)).astype("f4")

    def fixed(self, name):
        return self.wave

    feature_recipe = {"smooth": 8.0, "scale": "robust", "thin": 4}
    recipe = feature_recipe | {"noise": 16.0}

    def columns(self, names):
        return {"snr_r": self.snr_r}

    def rows(self, name, rows):
        return self.flux[rows] if name == "flux" else np.ones((len(rows), 400), "f4")


def test_noise_is_that_of_spectra_that_show_a_star(monkeypatch):
    monkeypatch.setattr(set_file, "all_models", lambda path, wave: np.ones((1, len(wave)), "f4"))

    def drawn(snr_r, size):
        return len(set_file.noise_pool(Spectra(snr_r), np.arange(len(snr_r)), size, "", np.random.default_rng(1)))

    assert drawn([0.1, -1.0, 0.5, np.nan, 3.0], 10) == 3  # an unknown S/N is no reason to leave one out
    assert drawn([0.1, 0.2], 10) == 2  # where all are faint, theirs it is
    assert drawn([3.0] * 20, 10) == 10


def test_each_noise_serves_as_often_as_another(monkeypatch, tmp_path):
    sample, picked = Spectra([3.0] * 7), []
    noise = noise_of(sample.flux, np.ones_like(sample.flux), sample.wave, np.ones((1, 400), "f4"))

    def record(flux, ivar, noise, pick, *others):
        picked.extend(pick)
        return degraded(flux, ivar, noise, pick, *others)

    monkeypatch.setattr(set_file, "degraded", record)
    with create(tmp_path / "set.h5", "positives", "") as out:
        writer, rng = set_file.Writer(out, sample), np.random.default_rng(2)
        for n in (3, 2, 2):  # blocks that end within a round of the seven
            columns = {name: np.array(["drawn"] * n) for name in set_file.COLUMNS}
            writer.add(columns, np.full((n, 400), 9, "f4"), np.ones((n, 400), "f4"), 2, noise, rng)
        writer.close()
    assert np.bincount(picked).tolist() == [2] * 7 and picked[:7] != sorted(picked[:7])
