"""Lint, format, report, the four profiles; conda with a stand-in for the command, which cannot solve environments."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from project import FITS, copy_project, dry_runs, environment, job_table, link_project, run, scheduled

ROOT = Path(__file__).resolve().parents[2]


def command(*words):
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env=environment())


@pytest.mark.parametrize(
    "words",
    [
        "ruff check --no-cache scripts tests",
        "ruff format --no-cache --check scripts tests",
        "snakefmt --check Snakefile rules",
        "snakemake --lint",
    ],
)
def test_checks_are_clean(words):
    done = command(sys.executable, "-m", *words.split())
    assert done.returncode == 0, done.stdout + done.stderr


def test_report_of_a_finished_run(tiny, tmp_path):
    folder = link_project(tiny, tmp_path / "reported", fits=True)
    run(folder, "--report", "report.html", "--configfile", "tiny.yaml")
    assert (folder / "report.html").stat().st_size > 500_000


def test_every_profile_plans_the_same_jobs(tiny, conda, monkeypatch):
    monkeypatch.setenv("PATH", f"{conda}:{os.environ['PATH']}")
    words = [tiny, "--forceall", "--configfile", "tiny.yaml", "--workflow-profile"]
    profiles = [f"profiles/{name}" for name in ("default", "conda", "slurm", "slurm-conda")]
    found = dry_runs([[*words, profile] for profile in profiles])
    assert [code for code, _ in found] == [0] * 4, found
    plans = [job_table(text) for _, text in found]
    assert len(plans[0]) == 27 and all(plan == plans[0] for plan in plans)


def test_every_step_runs_in_its_own_environment(tiny, conda, tmp_path):
    folder = copy_project(tmp_path / "conda", tiny)
    files = sorted((tiny / FITS).rglob("*.fits*"))[:6]
    (folder / "data").mkdir()
    for file in files:
        shutil.copy(file, folder / "data")
    config = {"input": {"kind": "lamost", "spectra": ["data/*"]}, "manifest": {"shards": 1}}
    (folder / "mine.yaml").write_text(yaml.safe_dump(config))
    words = ("results/rebin/0000.h5", "--workflow-profile", "profiles/conda", "--configfile", "mine.yaml")
    run(folder, *words, first=conda)
    used = [line.split() for line in (conda.parent / "used").read_text().splitlines()]
    assert [script for _, script in used] == ["scripts/ingest.py", "scripts/rebin.py"]
    assert len({python for python, _ in used}) == 2 and all("/.snakemake/conda/" in python for python, _ in used)
    assert scheduled(folder, *words, first=conda) == {}
    path = folder / "envs/rebin.yaml"
    before = path.read_text()
    path.write_text(before + "  - zlib\n")
    assert scheduled(folder, *words, first=conda) == {"rebin": 1}
    path.write_text(before)
    with open(folder / "envs/ingest.yaml", "a") as file:
        file.write("  - zlib\n")
    assert scheduled(folder, *words, first=conda) == {"ingest": 1, "rebin": 1}
