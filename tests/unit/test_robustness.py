"""Arithmetic of the tables of worse and of pooled surveys, against scikit-learn and closed forms."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import robustness as script
from mstarhash.common.configuration import flag_list, read_schema
from mstarhash.quality import reliability, robustness, trial_runs
from sklearn.metrics import average_precision_score

SCORES = ("score", "retrieval", "votes_narrow", "votes", "logistic", "p_m")
FOUND = dict.fromkeys(trial_runs.OWN, "1") | {"p_m": "0.5"}  # what a row of candidates.csv says


def survey(rng, count=1500, share=0.05, shift=3.0):
    truth = rng.random(count) < share
    out = {"file": np.array([f"f{k:05d}" for k in range(count)]), "wanted": truth}
    out["source"] = out["file"]
    score = rng.standard_normal(count) + shift * truth
    odds = np.exp(np.clip(shift * score - shift**2 / 2, -30, 30)) * share / (1 - share)
    return out | {"score": score, "p_m": odds / (1 + odds)}  # P(M) by Bayes


def test_a_worse_survey_is_compared_with_its_own_plain_one():
    rng = np.random.default_rng(1)
    plain = [survey(rng) for _ in range(2)]
    worse = [one | {"score": one["score"] - 0.7 * one["wanted"]} for one in plain]
    found = robustness.pooled_change(list(zip(worse, plain, strict=True)), "score", 200, 1)
    weight = [one["wanted"].sum() for one in plain]
    ap = [
        np.average([average_precision_score(one["wanted"], one["score"]) for one in part], weights=weight)
        for part in (worse, plain)
    ]
    assert found["ap"] == pytest.approx(ap[0]) and found["change"] == pytest.approx(ap[0] - ap[1])
    assert found["n_true"] == sum(weight) and found["paired"] == 1
    assert found["change_low"] < found["change"] < found["change_high"] < 0
    # paired, the change is known better than where other spectra stand in the list
    apart = [one | {"file": np.char.add("other-", one["file"])} for one in worse]
    loose = robustness.pooled_change(list(zip(apart, plain, strict=True)), "score", 200, 1)
    assert loose["paired"] == 0 and loose["change"] == pytest.approx(found["change"])
    assert loose["change_high"] - loose["change_low"] > 1.3 * (found["change_high"] - found["change_low"])
    same = robustness.pooled_change(list(zip(plain, plain, strict=True)), "score", 50, 1)
    assert same["change"] == same["change_low"] == same["change_high"] == 0


def test_another_share_of_true_ones_is_not_a_change():
    """A list with each true spectrum three times, at the plain one's share, has the plain one's precision."""
    one = survey(np.random.default_rng(2))
    rows = np.r_[np.arange(1500), *[np.flatnonzero(one["wanted"])] * 2]
    more = {key: values[rows] for key, values in one.items()}
    assert average_precision_score(more["wanted"], more["score"]) > 0.02 + average_precision_score(
        one["wanted"], one["score"]
    )
    assert robustness.pooled_change([(more, one)], "score", 20, 1)["change"] == pytest.approx(0, abs=1e-12)


def test_shares_to_inspect_are_of_all_lists_cut_alike():
    truth = np.arange(100) < 10
    part = {"score": -np.arange(100.0), "source": np.arange(100).astype(str)}
    first = part | {"wanted": truth}  # true ones at the top: 1 % ... 10 %
    second = part | {"wanted": truth[::-1]}  # at the end: 91 % ... 100 %
    found = robustness.inspected([first, second], "score", 1, 100)
    assert found["share_90"] == pytest.approx(0.98) and found["share_95"] == pytest.approx(0.99)
    assert found["share_90_low"] <= found["share_90"] <= found["share_90_high"]
    one, copies = (
        robustness.inspected([first | {"source": s}], "score", 1, 400) for s in (part["source"], np.full(100, "a"))
    )
    assert one["share_90"] == copies["share_90"] == pytest.approx(0.09)
    assert one["share_90_low"] < 0.09 and copies["share_90_low"] == copies["share_90_high"] == pytest.approx(0.09)


def test_true_probabilities_add_up_and_have_skill():
    rng = np.random.default_rng(3)
    surveys = [survey(rng, 20000) for _ in range(3)]
    found = robustness.probabilities(surveys)
    assert found["expected_over_true"] == pytest.approx(1, abs=0.04) and 0.4 < found["brier_skill"] < 0.9
    flat = [one | {"p_m": np.full(20000, one["wanted"].mean())} for one in surveys]
    assert robustness.probabilities(flat)["brier_skill"] == pytest.approx(0, abs=1e-12)
    assert found["bins"] == 15 and found["beyond"] <= 2  # 0.7 expected
    low = [one | {"p_m": one["p_m"] ** 2} for one in surveys]  # less than what is true
    assert robustness.probabilities(low)["beyond"] > 3


def test_the_error_of_a_fraction_is_that_of_the_stars_of_which_its_spectra_are_copies():
    """True together, 12 copies each, and P true of each: deviations have a sigma of 1, and of 3.5 where copies count."""
    rng = np.random.default_rng(6)
    pulls = []
    for _ in range(200):
        p = rng.uniform(0.1, 0.9, 100)
        stars = np.repeat(np.arange(100), 12)
        truth = np.repeat(rng.random(100) < p, 12)
        for source in (stars, None):
            for row in reliability.bins_of(p[stars], truth, 1, source):
                assert row["effective"] == (pytest.approx(100) if source is not None else 1200)
                pulls.append((row["fraction"] - row["mean_p"]) / row["sigma"])
    assert np.std(pulls[::2]) == pytest.approx(0.88, abs=0.12)  # below 1: P differs within the bin
    assert np.std(pulls[1::2]) == pytest.approx(0.88 * np.sqrt(12), abs=0.4)
    assert list(reliability.bins_of(np.zeros(9), np.zeros(9, bool), 5)) == []


def trials(folder, names):
    rng = np.random.default_rng(4)
    for name in names:
        one = survey(rng, 300, 0.1)
        rows = [
            {
                "file": file,
                "wanted": int(wanted),
                "source": "",
                **FOUND,
                "score": score,
                "median_share": -score,
                **dict.fromkeys(trial_runs.BESIDE, score),
                "logistic": score - wanted,
                "logistic_plain": score - 2 * wanted,
                "p_m": p,
            }
            for file, wanted, score, p in zip(one["file"], one["wanted"], one["score"], one["p_m"], strict=True)
        ]
        trial_runs.write(folder / f"{name}.csv", rows)
    return [str(folder / f"{name}.csv") for name in names]


def argv(folder, given, rows, **changes):
    keys = {
        "rows": rows,
        "seeds": [1],
        "pooled_seeds": [1, 2],
        "real": None,
        "aside_seeds": [1],
        "real_min_snr": 5,
        "draws": 20,
        "seed": 1,
    }
    (folder / "worse.yaml").write_text("# what worse is\n{}\n")
    words = [*flag_list(keys | changes, read_schema()["properties"]["robustness"]), "--trials", *given]
    words += ["--overlays", str(folder / "worse.yaml")]
    return [
        *words,
        "--write-robustness",
        str(folder / "robustness.csv"),
        "--write-pooled",
        str(folder / "pooled.csv"),
        "--write-aside",
        str(folder / "aside.csv"),
        "--write-reliability",
        str(folder / "bins.csv"),
        "--write-figure",
        str(folder / "surveys.png"),
        "--write-numbers",
        str(folder / "surveys.csv"),
    ]


def test_tables_hold_every_row_and_the_real_spectra_above_the_limit(tmp_path):
    given = trials(tmp_path, ["plain-1", "plain-2", "worse-1"])
    real = [
        {"file": f"r{k}", "wanted": int(k % 4 == 0), "half": "quoted" if k < 40 else "tuning", **FOUND, "snr_r": snr, "score": -(k % 4)}
        for k, snr in enumerate([9.0] * 36 + [4.0, "", 4.0, 4.0] + [9.0] * 20)
    ]  # fmt: skip
    trial_runs.write(tmp_path / "real.csv", real)
    assert script.main([*argv(tmp_path, given, ["worse"]), "--real-scores", str(tmp_path / "real.csv")]) == 0
    with open(tmp_path / "robustness.csv", newline="") as source:
        table = list(csv.DictReader(source))
    methods = len(robustness.METHODS)
    assert [row["row"] for row in table] == ["plain"] * methods + ["worse"] * methods + ["real_quoted"] * 4 + [
        "real_tuning"
    ] * 4
    assert table[methods]["what"] == "what worse is" and table[0]["change"] == ""
    quoted = [row for row in table if row["row"] == "real_quoted"]
    assert [(row["method"], row["n"], row["n_true"], float(row["ap"])) for row in quoted[:2]] == [
        ("default", "36", "9", 1.0),
        ("retrieval alone", "36", "9", 0.25),
    ]
    with open(tmp_path / "pooled.csv", newline="") as source:
        pooled = list(csv.DictReader(source))
    assert [row["seed"] for row in pooled] == ["all"] * methods + ["1"] * methods + ["2"] * methods
    assert float(pooled[0]["ratio"]) < 1 and float(pooled[0]["ratio_high"]) < 1 and pooled[-2]["ratio"] == ""
    with open(tmp_path / "bins.csv", newline="") as source:
        bins = list(csv.DictReader(source))
    assert [(row["survey"], row["seed"], row["bin"]) for row in bins] == [
        ("plain", str(seed), str(k)) for seed in (1, 2) for k in range(5)
    ]
    far = [abs(float(row["fraction"]) - float(row["mean_p"])) > 2 * float(row["sigma"]) for row in bins]
    assert pooled[0]["bins"] == "10" and int(pooled[0]["beyond"]) == sum(far)
    assert float(pooled[0]["ratio_plain"]) < float(pooled[0]["ratio"]) and pooled[-1]["ratio_plain"] == ""


def test_what_is_missing_is_said_in_one_line(tmp_path):
    with pytest.raises(script.InputError, match=r"not given: worse-1\.csv"):
        script.main(argv(tmp_path, trials(tmp_path, ["plain-1", "plain-2"]), ["worse"]))
    assert not (tmp_path / "robustness.csv").exists()


def test_halves_of_the_real_spectra_are_fixed_by_their_names():
    halves = [trial_runs.half_of(f"lamost/DR7_spec-58000-A_sp01-{k:03d}.fits.gz") for k in range(250)]
    assert 95 < halves.count("quoted") < 155 and set(halves) == {"quoted", "tuning"}
    assert trial_runs.half_of("a/b.fits") == trial_runs.half_of("b.fits")


def test_a_mock_trial_is_judged_by_the_class_searched(tmp_path, monkeypatch):
    """White dwarfs where they are searched, whatever truth.csv calls M stars."""
    kinds = {"a.fits": ("STAR", "WD"), "b.fits": ("STAR", "dM3"), "c.fits": ("GALAXY", "Non")}

    def search(args, folder, changes):
        (folder / "results/survey").mkdir()
        with open(folder / "results/survey/truth.csv", "w") as out:
            out.write("file,is_m,class,subclass\n")
            out.writelines(f"{file},{int('M3' in kind[1])},{','.join(kind)}\n" for file, kind in kinds.items())
        return [{"file": file} | FOUND for file in kinds]

    monkeypatch.chdir(Path(__file__).parents[2])
    monkeypatch.setattr(trial_runs, "search", search)
    monkeypatch.setattr(trial_runs, "of_files", lambda results, seed: dict.fromkeys(kinds, [0.0] * 5))
    for target, expected in (("WD", [1, 0, 0]), ("M", [0, 1, 0])):
        args = SimpleNamespace(folder=tmp_path / "trial", templates="t.h5", survey_seed=1, seed=1, target=target)
        assert [row["wanted"] for row in trial_runs.mock(args)] == expected


def test_a_spectrum_has_one_name_wherever_a_trial_is(tmp_path, monkeypatch):
    """Rows of two trials are paired, and bootstrap samples drawn, by the name: no folder of somebody's is in it."""
    results = tmp_path / "mine"
    (results / "candidates").mkdir(parents=True)
    (results / "survey").mkdir()
    name = f"{results}/survey/fits/a.fits.gz"
    (results / "candidates/candidates.csv").write_text(f"file,{','.join(FOUND)}\n{name},{','.join(FOUND.values())}\n")
    (results / "survey/truth.csv").write_text(f"file,is_m,class,subclass\n{name},1,STAR,dM3\n")
    monkeypatch.setattr(trial_runs, "of_files", lambda *args: {name: [0.0] * 5, "/there/b.fits": [0.0] * 5})
    found = trial_runs.own(SimpleNamespace(results=str(results), target="M", seed=1))
    assert [(row["file"], row["wanted"]) for row in found] == [("results/survey/fits/a.fits", 1)]
    monkeypatch.chdir(Path(__file__).parents[2])
    monkeypatch.setattr(
        trial_runs.kept_aside, "make", lambda *args: {"/there/b.fits": SimpleNamespace(wanted=False, name="c.fits")}
    )
    row = {"file": "/there/b.fits"} | FOUND
    monkeypatch.setattr(trial_runs, "search", lambda *args: [row])
    survey = dict.fromkeys(("n_unknown", "m_fraction", "snr_median", "snr_sigma"), 1)
    told = {"settings": json.dumps({"survey": survey}), "folder": tmp_path / "trial", "templates": "t.h5"}
    found = trial_runs.aside(SimpleNamespace(**told, real="there", survey_seed=1, seed=1))
    assert [(row["file"], row["wanted"], row["source"]) for row in found] == [("b.fits", 0, "c.fits")]
