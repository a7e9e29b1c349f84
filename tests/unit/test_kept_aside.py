"""Surveys of real spectra and templates: what is searched is not what is released, at the S/N asked for."""

from pathlib import Path

import numpy as np
import pytest
from mstarhash.common.errors import InputError
from mstarhash.input.fitsheader import read_bytes
from mstarhash.input.fitsread import read_spectrum
from mstarhash.quality import kept_aside
from mstarhash.quality.kept_aside import RED, Spectrum

WAVE = kept_aside.WAVE


def spectrum(subclass, wanted, flux=1.0, snr=50.0):
    good = np.ones(len(WAVE), bool)
    return Spectrum(
        "a.fits", "STAR", subclass, wanted, snr, np.full(len(WAVE), flux), np.full(len(WAVE), (flux / snr) ** 2), good
    )


def test_halves_share_out_every_subclass():
    spectra = [spectrum(f"{letter}{k % 4}", letter == "M") for letter in "KM" for k in range(16)]
    sides = kept_aside.halves(spectra, np.random.default_rng(1))
    assert sorted(map(id, sides[0] + sides[1])) == sorted(map(id, spectra))
    for side in sides:
        assert {one.subclass for one in side} == {one.subclass for one in spectra} and len(side) == 16


def test_noise_has_the_size_and_the_inverse_variance_that_are_told():
    one, lender = spectrum("M2", True, flux=7.0, snr=1e6), spectrum("K5", False, snr=9.0)
    lender.variance *= np.linspace(0.5, 2, len(WAVE))
    lender.good[100:200] = False
    flux, ivar = kept_aside.degraded(one, lender, 2.0, 0, np.random.default_rng(2))
    assert (ivar[100:200] == 0).all() and (flux[100:200] == 0).all()
    inside = RED & lender.good
    assert np.median(7.0 * np.sqrt(ivar[inside])) == pytest.approx(2.0, rel=0.01)
    pull = (flux - 7.0) * np.sqrt(ivar)
    assert pull[lender.good].std() == pytest.approx(1, abs=4 / np.sqrt(2 * len(WAVE)))


def test_too_few_spectra_are_said_in_one_line(tmp_path):
    (tmp_path / "labels.csv").write_text("file,class,subclass,snr_r,is_m\n")
    with pytest.raises(InputError, match="too few spectra"):
        kept_aside.make(tmp_path, tmp_path / "files", 1, 10, 0.1, 2.2, 0.6)


def test_a_survey_of_the_development_pack(tmp_path, shared_data):
    found = kept_aside.make(shared_data, tmp_path / "files", 3, 200, 0.1, 2.2, 0.6)
    assert len(found) == 200 and sum(one.wanted for one in found.values()) == 20
    assert 10 < len({one.name for one in found.values() if one.wanted}) < 20  # some of them twice
    headers = {path: read_spectrum(read_bytes(path)).header for path in (tmp_path / "files").iterdir()}
    unknown = {path for path, header in headers.items() if header.get("CLASS") == "Unknown"}
    assert unknown == set(map(Path, found)) and len(headers) - len(unknown) > 100
    assert 1.8 < np.median([headers[path].get("SNRR") for path in unknown]) < 2.7
    assert (
        sum(str(headers[path].get("SUBCLASS")).lstrip("dg").startswith("M") for path in headers.keys() - unknown) > 30
    )
    again = kept_aside.make(shared_data, tmp_path / "again", 3, 200, 0.1, 2.2, 0.6)
    assert [one.name for one in found.values()] == [one.name for one in again.values()]
    first = next(iter(found))
    assert Path(first).read_bytes() == (tmp_path / "again" / Path(first).name).read_bytes()
