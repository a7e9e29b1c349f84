"""Another class is searched by a config edit: white dwarfs instead of M stars."""

import re
import shutil

import pytest
from mstarhash.search.metrics import average_precision
from project import CANDIDATES, link_project, rows, run, scheduled_each

FOR_M = ("measure", "crossmatch", "luminosity", "activity", "kinematics", "catalogue", "claims")
SMALL = ("--configfile", "config/small.yaml")


@pytest.fixture(scope="module")
def white_dwarfs(finished, tmp_path_factory):
    """`finished` without what is for M stars alone, run to the end again with target WD; what Snakemake said."""
    folder = link_project(finished, tmp_path_factory.mktemp("other") / "wd", fits=True)
    for name in (*FOR_M, "figures", "report"):
        shutil.rmtree(folder / "results" / name)
    (folder / "wd.yaml").write_text("target: WD\n")
    done = run(folder, *SMALL, "wd.yaml")
    return folder, done.stderr


def test_white_dwarfs_come_first(white_dwarfs):
    folder, _ = white_dwarfs
    kind = {row["file"]: row["kind"] for row in rows(folder / "results/survey/truth.csv")}
    found = rows(folder / CANDIDATES)
    wanted = [kind[row["file"]] == "wd" for row in found]
    ap = average_precision([-int(row["rank"]) for row in found], wanted)
    assert len(found) == 600 and sum(wanted) == 11 and ap > 10 * 11 / 600
    (judged,) = [
        row
        for row in rows(folder / "results/evaluate/ranking.csv")
        if (row["sample"], row["method"]) == ("unclassified", "default")
    ]
    assert int(judged["n_true"]) == 11 and float(judged["ap"]) == pytest.approx(ap, abs=1e-4)


def test_steps_for_m_stars_are_left_out(white_dwarfs):
    folder, said = white_dwarfs
    assert said.count("target WD is not M") == 1
    assert not [name for name in FOR_M if (folder / "results" / name).exists()]
    learned = rows(folder / "results/positives/table1.csv")
    assert {row["subtype"] for row in learned} == {"WD"}
    page, report = ((folder / f"results/{name}/index.html").read_text() for name in ("inspect", "report"))
    for text in (page, report):
        assert "P(WD)" in text and "WD stars" in text and not re.search(r"P\(M\)|\bM stars?\b", text)
    assert "DOES NOT ADD UP" not in report and report.count(">adds up<") == 3
    pictures = {path.stem for path in (folder / "results/figures").glob("*.png")}
    assert pictures == {"candidates", "ranking", "union", "fig02", "fig06"}


def test_other_patterns(finished, tmp_path):
    """K stars and late M stars are planned; what matches no star, or is no pattern, is told in a line."""
    folder = link_project(finished, tmp_path / "patterns", fits=True)
    for name, pattern in (("k", "K"), ("late", "M[5-9]"), ("nothing", "XX"), ("broken", "M(")):
        (folder / f"{name}.yaml").write_text(f"target: '{pattern}'\n")
    k, late = scheduled_each([(folder, *SMALL, f"{name}.yaml") for name in ("k", "late")])
    assert k["positives"] == late["positives"] == 1 and late["measure"] == 3 and not set(FOR_M) & set(k)
    done = run(folder, "results/positives/positives.h5", *SMALL, "nothing.yaml", check=False)
    assert done.returncode and "error: only 0 released spectra of class 'XX', 5 are needed" in done.stderr
    done = run(folder, *SMALL, "broken.yaml", check=False)
    assert done.returncode and done.stderr.strip().splitlines()[-1].startswith(
        "error: config: target 'M(' is no regular"
    )
