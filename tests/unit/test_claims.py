"""The ledger of the paper's claims: statuses follow from the numbers, and the paper's own tables give what FIELD 0 says."""

import csv
import math

import numpy as np
import pytest
from conftest import ROOT
from mstarhash.claims import ledger, neighbours, paper, run
from mstarhash.common.errors import InputError
from mstarhash.stars import trends

CONFIG = ROOT / "config"
CLAIMS = ledger.read_claims(CONFIG / "claims.csv")
TABLE2 = paper.of_table2(CONFIG / "paper_table2.csv")


def claim(**changes):
    empty = dict.fromkeys(CLAIMS[0], "")
    return empty | {"id": "a", "section": "1", "statement": "s", "needs": "run"} | changes


def told(value, error=math.nan, kind="mock", unknown=6000.0, **changes):
    """The status of one claim."""
    row = claim(quantity="q", **changes)
    return ledger.ledger([row], {"q": (value, error), "n_unknown": (unknown, math.nan)}, kind)[0]["status"]


@pytest.mark.parametrize(
    ("test", "holds", "fails"),
    [
        ("near", (10.1, math.nan), (10.6, math.nan)),
        ("agrees", (11.0, 2.5), (11.0, 1.0)),
        ("above", (10.6, 1.0), (9.4, 1.0)),
        ("below", (9.4, 1.0), (10.6, 1.0)),
        ("at_least", (9.6, math.nan), (9.4, math.nan)),
        ("at_most", (10.4, math.nan), (10.6, math.nan)),
    ],
)
def test_another_value_turns_the_status(test, holds, fails):
    words = {"paper": "10", "test": test, "tolerance": "0.5", "because": "of {q}"}
    assert told(*holds, **words) == "reproduced"
    assert told(*fails, **words) == f"differs because of {fails[0]}"


def test_errors_may_leave_a_direction_open():
    assert told(0.5, 1.0, paper="rises", limit="0", test="above", tolerance="2").endswith("a larger sample")
    assert told(0.0, 9.6, paper="2.13", test="agrees", tolerance="2").endswith("a larger sample")
    assert told(-3, 1.0, paper="rises", limit="0", test="above", tolerance="2").startswith("differs because these are")


def test_what_is_missing_is_said():
    words = {"paper": "1", "test": "near"}
    assert told(math.nan, without="input.gaia", **words) == "cannot be tested without input.gaia"
    assert told(1.0, needs="release", **words) == ledger.RELEASE
    assert told(1.0, needs="release", kind="lamost", **words) == ledger.RELEASE
    assert told(1.0, needs="release", kind="lamost", unknown=642_100.0, **words) == "reproduced"
    assert told(2.0, needs="release", kind="lamost", unknown=642_100.0, **words).startswith("differs because")
    assert (
        told(1.0, needs="sky", **words) == ledger.RELEASE
        and told(1.0, needs="sky", kind="lamost", **words) == "reproduced"
    )


def test_sums_are_over_the_paper_s_numbers():
    rows = [claim(id="one", paper="1,080"), claim(id="two", paper="23")]
    rows.append(claim(id="left", paper="1,057", quantity="= one - two", test="near", needs="nothing"))
    assert ledger.ledger(rows, {}, "mock")[-1]["status"] == "reproduced"
    rows[1]["paper"] = "24"
    assert ledger.ledger(rows, {}, "mock")[-1]["status"].startswith("differs")
    with pytest.raises(InputError):
        ledger.evaluated("open(1)", {"open": 1.0})


def test_a_wrong_table_of_claims_is_refused(tmp_path):
    text = (CONFIG / "claims.csv").read_text()
    for old, new in (("\nunknown,", "\ntotal,"), (",near,9017844,", ",nearly,9017844,"), (",n_spectra,", ",,")):
        assert old in text
        (tmp_path / "claims.csv").write_text(text.replace(old, new, 1))
        with pytest.raises(InputError):
            ledger.read_claims(tmp_path / "claims.csv")


def test_every_printed_sum_is_reproduced():
    rows = [row for row in CLAIMS if row["quantity"].startswith("=")]
    printed = {row["id"]: float(row["paper"].replace(",", "")) for row in CLAIMS if ledger.is_number(row["paper"])}
    assert len(rows) == 10
    for row in rows:
        value = ledger.evaluated(row["quantity"][1:].strip(), printed)
        assert ledger.verdict(
            row["test"], value, math.nan, float(row["limit"] or row["paper"]), float(row["tolerance"])
        ), row


def test_table_1_adds_up():
    found = paper.of_table1(CONFIG / "paper_table1.csv")
    assert [found[f"table1_{key}"][0] for key in ("total", "giants", "dwarfs", "kinds")] == [6737, 1401, 5336, 20]
    with open(CONFIG / "paper_table1.csv", newline="") as source:
        rows = list(csv.DictReader(line for line in source if not line.startswith("#")))
    bins = [sum(int(row[key]) for row in rows) for key in paper.TABLE1]
    assert bins == [1772, 1120, 1551, 2294]  # FIELD 0.8


def test_table_2_is_as_field_says():
    value = {key: number for key, (number, _) in TABLE2.items()}
    assert value["table2_u_sign"] == pytest.approx(-1, abs=1e-3) and value["table2_motion"] < 0.006
    assert abs(value["table2_solar_v"]) < 0.01 and abs(value["table2_solar_w"]) < 0.01
    assert value["table2_place_of_motions"] < 5e-6 and value["table2_place"] > 30
    assert value["table2_height_least"] == pytest.approx(660.10 - 595.36 + 15, abs=0.02)  # row 2; the Sun 15 pc up
    assert [value[f"table2_{key}"] for key in ("copied_errors", "zeta_rows", "poor_distances", "leaked", "giants_by_index")] == [5, 5, 2, 1, 1]  # fmt: skip
    assert value["table2_zeta_error"] < 0.035 and value["table2_distance"] < 1e-5


def test_slopes_are_those_of_a_straight_line():
    z = np.array([50.0, 150, 250, 50, 150])
    rows = [
        {"group": group, "h_mean": str(x), "mean": str(level - 3 * x / 100), "mean_err": str(error)}
        for group, x, level, error in zip(["a", "a", "a", "b", "b"], z, [5, 5, 5, 9, 9], [1, 2, 1, 1, 3], strict=True)
    ]
    assert trends.slope(rows, "mean")[0] == pytest.approx(-3)
    alone = [row | {"mean_err": "1"} for row in rows[:3]]
    assert trends.slope(alone, "mean")[1] == pytest.approx(1 / math.sqrt(2))  # 1 / sqrt(sum (x - mean)^2), x in 100 pc
    assert math.isnan(trends.slope(rows[:1], "mean")[0])


def test_active_minus_inactive_is_weighted_over_common_bins():
    rows = [
        {"group": group, "h_low": low, "h_mean": low, "component": "W", "mean": "0", "mean_err": "1",
         "dispersion": str(value), "dispersion_err": str(error), "raw_mean": "0", "raw_dispersion": str(10 + float(low) / 50),
         "raw_dispersion_err": "1", "raw_total": "100"}
        for group, low, value, error in (
            ("active", "0", 10, 0.6), ("inactive", "0", 20, 0.8), ("active", "100", 14, 3), ("inactive", "100", 20, 4),
            ("inactive", "200", 99, 1))
    ]  # fmt: skip
    value, error = trends.of_dispersions(rows)["dispersion_w_active"]
    assert trends.of_dispersions(rows)["dispersion_w_slope"][0] == pytest.approx(2)  # of the clipped samples, in 100 pc
    assert value == pytest.approx((-10 / 1 - 6 / 25) / (1 + 1 / 25)) and error == pytest.approx(1 / math.sqrt(1.04))
    assert all(math.isnan(value) for value, _ in trends.of_dispersions([]).values())
    alike = {
        "group": "difference",
        "component": "W",
        "h_low": "0",
        "dispersion": "-4",
        "dispersion_err": "2",
        "mean": "",
    }
    found = trends.of_dispersions([*rows, alike | {"h_high": "300"}, alike | {"h_high": "100", "dispersion": "9"}])
    assert found["dispersion_w_active"] == (-4, 2) and found["mean_w_active"][0] == 0  # samples made alike come first


def test_variable_stars_are_told_from_their_visits():
    group, width = np.array([0, 0, 1, 1, 2]), np.array([1.0, 9.0, 2.0, 2.5, 5.0])
    value, _ = run.varying(group, width, np.full(5, 1.0), np.ones(5, bool))
    assert value == 50.0  # of two seen twice
    assert math.isnan(run.varying(group, width, np.full(5, 1.0), np.zeros(5, bool))[0])


def test_shares_have_binomial_errors():
    assert run.share(12, 100, 100) == pytest.approx((12.0, 100 * math.sqrt(13 * 89 / 102**2 / 100)))
    assert run.share(0, 10)[1] > 0 and math.isnan(run.share(0, 0)[0])
    assert trends.difference((5, 3), (1, 4)) == (4, 5)


WAVE = np.arange(4000.0, 9000.0, 5.0)


def shown(distances, kinds, spectra, ranks):
    """Rows of fig09.csv or fig10.csv: a query and the spectra at these ranks."""
    rows = [
        {"panel": "distance", "series": f"a {rank}.fits {kind}".strip(), "x": str(rank), "y": str(distance)}
        for rank, distance, kind in zip(ranks, distances, kinds, strict=True)
    ]
    named = {"query: dM6": QUERY} | {f"@{rank:,}": flux for rank, flux in zip(ranks, spectra, strict=True)}
    pairs = [(name, x, y) for name, flux in named.items() for x, y in zip(WAVE, flux, strict=True)]
    return rows + [{"panel": "flux", "series": name, "x": str(x), "y": str(y)} for name, x, y in pairs]


QUERY = 1 + (WAVE - 4000) / 1000 + np.sin(WAVE / 200)
OTHER = np.cos(WAVE / 37) - (WAVE - 4000) / 1000


def test_neighbours_of_the_figures():
    """Order, types and likeness of the lists that Figs. 9 and 10 show."""
    noise = np.random.default_rng(1).normal(0, 0.3, (10, len(WAVE)))
    spectra, ranks = 5 * QUERY + noise, range(1, 11)
    kinds = ["dM6"] * 7 + ["gM0", "K7", "esdM3"]
    late = shown([3, 4, 4, 6, 5, 7, 8, 9, 9, 9], kinds, spectra, ranks)
    far_ranks = (1, 10, 100, 1000, 2000)
    far = shown([3, 5, 5, 9, 9], [""] * 5, [QUERY, 2 * QUERY, QUERY, -QUERY, 3 - QUERY], far_ranks)
    value = neighbours.of_neighbours(late[::-1], far)
    assert value["nearest_back"][0] == 1 and value["nearest_m"][0] == 9
    assert 0.99 < value["nearest_alike"][0] < 1
    assert value["far_flat"][0] == 2 and value["far_alike"] == pytest.approx((-2, 0), abs=1e-9)
    half = neighbours.of_neighbours([], shown([1, 2, 3, 4], [""] * 4, [QUERY, OTHER, QUERY, OTHER], (1, 10, 100, 200)))
    apart = 1 - neighbours.correlation(
        np.c_[WAVE, QUERY].tolist(), np.c_[WAVE, OTHER].tolist()
    )  # one of each on both sides: no difference, with the error of two such means
    assert half["far_alike"] == pytest.approx((0, apart / math.sqrt(2)), abs=1e-9)


def test_neighbours_that_cannot_be_told():
    late = shown(range(10), [""] * 10, [QUERY] * 10, range(1, 11))
    assert math.isnan(neighbours.of_neighbours(late, [])["nearest_m"][0])  # no truth
    foreign = [row for row in late if not row["series"].startswith("query")]  # a model from elsewhere
    found = neighbours.of_neighbours(foreign, foreign)
    assert math.isnan(found["nearest_alike"][0]) and math.isnan(found["far_alike"][0])
    assert found["nearest_back"][0] == 0
    assert all(math.isnan(value) for value, _ in neighbours.of_neighbours(late[:9], late[:1]).values())
