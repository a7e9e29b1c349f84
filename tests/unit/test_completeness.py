"""The completeness table against closed forms; injected spectra have the S/N and the gaps of those that lend their noise."""

import numpy as np
import pytest
from mstarhash.common.texttables import write_rows
from mstarhash.learn.degrade import noise_of
from mstarhash.learn.template_file import all_models
from mstarhash.mock.library import Library
from mstarhash.quality import fakes
from mstarhash.quality.completeness import (
    CRITERIA,
    completeness,
    fractions,
    read_table,
    recovered,
    table_rows,
)
from mstarhash.quality.fake_shard import donors_of
from mstarhash.spectra.grid import log_grid
from mstarhash.spectra.templates import read_templates

EDGES = [0.5, 1.0, 2.0, 4.0]


def stars(each, rng):
    return fakes.cells(np.geomspace(0.5, 3.99, 60), EDGES, each, rng)


def plane(subtype, snr):
    return 0.3 + 0.04 * np.asarray(subtype) + 0.1 * np.log(snr)


@pytest.fixture
def table(tmp_path):
    """A table as it is written and read, its fractions on a plane in subtype and ln S/N; gM6 is empty."""
    rng = np.random.default_rng(0)
    rows = stars(3, rng)
    rows = rows.only(np.flatnonzero((rows.luminosity != "giant") | (rows.subtype < 6)))
    found = {name: np.zeros(len(rows), bool) for name in CRITERIA}
    made = table_rows(found, rows, np.arange(len(rows)), EDGES, 0.95)
    for row in made:
        if row["n"]:
            row["p_m"] = plane(row["subtype"], np.sqrt(row["snr_low"] * row["snr_high"])) / (
                row["luminosity"] == "giant" or 2
            )
    write_rows(tmp_path / "completeness.csv", list(made[0]), made, 5)
    assert completeness("M2", 1.0, "giant", tmp_path / "completeness.csv") == pytest.approx(plane(2, 1.0), rel=1e-4)
    return read_table(tmp_path / "completeness.csv")


def test_function_is_linear_between_the_cells_and_constant_to_the_edges(table):
    subtype, snr = np.array([0.0, 1.25, 4.5]), np.array([0.8, 1.0, 2.7])
    assert completeness(subtype, snr, "giant", table) == pytest.approx(plane(subtype, snr), rel=1e-4)
    assert completeness(subtype, snr, "dwarf", table) == pytest.approx(plane(subtype, snr) / 2, rel=1e-4)
    mixed = completeness(2, 1.5, np.array(["dwarf", "giant"]), table)
    assert mixed == pytest.approx(plane(2, 1.5) / [2, 1], rel=1e-4)
    assert completeness(9.4, 3.9, "dwarf", table) == pytest.approx(plane(9, np.sqrt(8)) / 2, rel=1e-4)
    assert completeness(-0.5, 0.5, "dwarf", table) == pytest.approx(plane(0, np.sqrt(0.5)) / 2, rel=1e-4)


def test_function_tells_nothing_outside(table):
    assert np.isnan(completeness([-0.6, 9.6, 3, np.nan], [1, 1, 0.49, 1], "dwarf", table)).all()
    assert completeness(3, [4.0, 400.0], "dwarf", table) == pytest.approx([completeness(3, 3.9, "dwarf", table)] * 2)
    for wrong, message in (
        ((3, 1.0, "subgiant"), "subgiant is neither"),
        (("K7", 1.0, "dwarf"), "K7"),
        ((3, 1.0, "dwarf", table, "x"), "x is none"),
    ):
        with pytest.raises(ValueError, match=message):
            completeness(*wrong[:3], table, *wrong[4:])
    assert np.isnan(completeness(3, np.nan, "giant", table))
    assert np.isnan(completeness([5.5, 6.0], 1.0, "giant", table)).all()  # nothing was injected at gM6
    assert np.isfinite(completeness(5.0, 1.0, "giant", table))


def test_a_spectrum_is_within_the_first_of_the_list_where_it_would_stand():
    rng = np.random.default_rng(1)
    listed, score = rng.normal(size=1000).round(2), rng.normal(size=400).round(2) + 1
    found = recovered(rng.random(400), score, 0.5, listed)
    for name, most in (("first_3", 30), ("first_5", 50)):
        rank = 1 + (listed[None] > score[:, None]).sum(1)
        assert (found[name] == (rank <= most)).all() and 20 < found[name].sum() < 380


def test_probability_counts_from_its_limit_on():
    assert recovered([0.49, 0.5, 0.9], [0, 0, 0], 0.5, [1.0, 2.0])["p_m"].tolist() == [False, True, True]


def test_fractions_of_a_row():
    found = {name: np.arange(20) < 6 for name in CRITERIA}
    row = fractions(found, np.arange(20) < 10, 0.95)
    assert (row["n"], row["p_m_found"], row["p_m"]) == (10, 6, 0.6)
    assert (row["p_m_low"], row["p_m_high"]) == pytest.approx((0.3127, 0.8318), abs=1e-4)  # Wilson (1927), 6 of 10
    empty = fractions(found, np.zeros(20, bool), 0.95)
    assert empty["n"] == 0 and np.isnan([empty["p_m"], empty["p_m_low"]]).all()


def test_noise_is_drawn_evenly_over_the_bins():
    snr = np.r_[np.full(5, 0.7), np.full(500, 1.5), np.full(80, 3.0), [0.1, 9.0, np.nan]]
    rows, counts = donors_of(snr, EDGES, 90, np.random.default_rng(0))
    assert counts.tolist() == [5, 500, 80]
    assert np.bincount(np.digitize(snr[rows], EDGES), minlength=5).tolist() == [0, 5, 30, 30, 0]
    assert len(set(rows.tolist())) == 65


@pytest.fixture(scope="module")
def lent(templates_file):
    """The library, a grid, and noise of 40 flat spectra of S/N 3 with a gap."""
    wave = 10 ** log_grid(3900, 9000, 1e-4)
    rng = np.random.default_rng(2)
    sigma = 0.5 + rng.random(len(wave))
    flux = (3 + rng.normal(size=(40, len(wave))) * sigma).astype("f4")
    ivar = np.tile(1 / sigma**2, (40, 1)).astype("f4")
    ivar[:, 1000:1100] = 0
    noise = noise_of(flux, ivar, wave, all_models(templates_file, wave), order=1)
    band = (wave > 6200) & (wave < 7000)
    return Library(read_templates(templates_file, "mock")), wave, noise, band, 3 / np.sqrt(np.mean(sigma[band] ** 2))


def ratio(flux, ivar, band):
    """Mean flux in a band over its rms noise by ivar, spectrum by spectrum."""
    return flux[:, band].mean(1) / np.sqrt((1 / ivar[:, band]).mean(1))


def test_injected_stars_have_the_s_n_and_the_gaps_of_their_noise(lent):
    library, wave, noise, band, wanted = lent
    rng = np.random.default_rng(3)
    rows = fakes.Cells(np.array(["dwarf", "giant"] * 20), np.arange(40) % 7, np.zeros(40, int), np.arange(40))
    flux, ivar = fakes.noisy(*fakes.stars_of_library(library, rows, wave, 0.1, rng), noise, rows.donor, wave, rng)
    assert (ivar[:, 1000:1100] == 0).all() and (ivar[:, :1000] > 0).all()
    assert ratio(flux, ivar, band) == pytest.approx(np.full(40, wanted), rel=0.08)


@pytest.mark.parametrize("kind", fakes.IMPOSTORS)
def test_impostors_are_as_faint_as_told(lent, kind):
    library, wave, noise, band, wanted = lent
    flux, ivar = fakes.impostors(library, kind, wave, 0.1, noise, np.arange(40), np.random.default_rng(4))
    assert (ivar[:, 1000:1100] == 0).all() and np.isfinite(flux).all()
    empty = kind in ("noise", "empty fibre")
    assert ratio(flux, ivar, band).mean() == pytest.approx(0 if empty else wanted, rel=0.05, abs=0.05)
    step = np.diff(flux[:, band]) / np.sqrt(1 / ivar[:, band][:, 1:] + 1 / ivar[:, band][:, :-1])  # of pixel to pixel
    assert step.std() == pytest.approx(1.0, abs=0.05)


def test_released_spectra_that_were_trained_on_are_not_injected():
    columns = {
        "file": np.array(["a", "b", "c", "d", "e"]), "class": np.array(["STAR"] * 5), "snr_r": np.array([20, 20, 5, 30, 40.0]),
        "subclass": np.array(["dM3", "gM2", "M1", "K7", "M4.5"]),
    }  # fmt: skip
    rows, subtype, luminosity = fakes.unseen(columns, "M", {"a"}, 10)
    assert rows.tolist() == [1, 4] and subtype.tolist() == [2, 4] and luminosity.tolist() == ["giant", "dwarf"]
    place = fakes.assigned(stars(2, np.random.default_rng(0)), (subtype, luminosity), np.random.default_rng(0))
    assert set(place) == {-1, 0, 1}
