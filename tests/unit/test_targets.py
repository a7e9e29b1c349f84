"""The class searched: whether it is M, words for it, the truth by it."""

import csv

import pytest
from mstarhash.common.checking import check
from mstarhash.common.errors import InputError
from mstarhash.common.wording import is_m, worded
from mstarhash.mock.truth import read_truth
from mstarhash.spectra.targets import is_target


@pytest.mark.parametrize(
    ("pattern", "stars"),
    [("M", True), ("M[5-9]", True), ("M0|M1", True), ("WD", False), ("K", False), ("M|K", False), (".", False)],
)
def test_steps_for_stars_run_for_m_alone(pattern, stars):
    assert is_m(pattern) is stars


def test_words_are_those_of_the_class():
    text = "P(M) of M stars: an M star, DM stars, MgM, P(MM)"
    assert worded(text, "M[0-4]") == text
    assert worded(text, r"WD|\d") == r"P(WD|\d) of WD|\d stars: an WD|\d star, DM stars, MgM, P(MM)"


def test_truth_is_that_of_the_target(tmp_path):
    kinds = [
        ("STAR", "dM3"),
        ("STAR", "WD"),
        ("STAR", "gM0"),
        ("Unknown", "Non"),
        ("QSO", "WD"),
        ("STAR", "WDMagnetic"),
    ]
    with open(tmp_path / "truth.csv", "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["file", "is_m", "class", "subclass"])
        writer.writerows([f"{k}.fits", "0", *kind] for k, kind in enumerate(kinds))
    for target, wanted in (("M", [1, 0, 1, 0, 0, 0]), ("WD", [0, 1, 0, 0, 0, 1])):
        found = read_truth(tmp_path / "truth.csv", target)
        assert [found[f"{k}.fits"]["wanted"] for k in range(6)] == [bool(one) for one in wanted]
    assert read_truth("", "M") == {}


def test_a_pattern_that_is_none_is_refused(default_config):
    with pytest.raises(InputError, match="target 'M\\(' is no regular expression"):
        check(default_config | {"target": "M("})
    assert not is_target(["STAR"], ["MgM"], "M")[0]
