"""Real SLURM: profiles/slurm sends the jobs, in groups of shards; a cancelled job is sent again.

Skipped without `sinfo`. The whole chain under SLURM takes several minutes and is the first thing to try on a new cluster:
`snakemake --workflow-profile profiles/slurm --configfile config/small.yaml`.
"""

import shutil
import subprocess
import sys
import time

import pytest
from project import ROOT, WHEEL, copy_project, environment


def answers():
    """Whether there is a SLURM and its controller is up."""
    return shutil.which("sinfo") is not None and subprocess.run(["sinfo", "-h"], capture_output=True).returncode == 0


pytestmark = [
    pytest.mark.skipif(not answers(), reason="no SLURM on this machine (sinfo does not answer)"),
]
TARGETS = ["results/rebin/0000.h5", "results/rebin/0001.h5"]


def start(folder):
    command = [sys.executable, "-m", "snakemake", *TARGETS, "--workflow-profile", "profiles/slurm"]
    with open(folder / "log", "w") as log:
        return subprocess.Popen(
            [*command, "--configfile", "tiny.yaml"], cwd=folder, env=environment(), stdout=log, stderr=log
        )


def queue(folder):
    """{rule or group: number of its job} of the jobs that Snakemake sent from `folder`."""
    text = subprocess.run(["squeue", "--me", "-h", "-o", "%i|%k|%Z"], capture_output=True, text=True, check=True).stdout
    jobs = [line.split("|") for line in text.splitlines()]
    return {comment: number for number, comment, place in jobs if place.startswith(str(folder))}


@pytest.fixture
def folder(tmp_path):
    if not WHEEL.is_dir():
        pytest.skip("no template spectra in .templates/: run `make setup`")
    copy = copy_project(tmp_path / "project")
    shutil.copy2(ROOT / "tests/tiny.yaml", copy)
    return copy


def test_jobs_run_in_groups_and_a_cancelled_one_is_sent_again(folder):
    process, cancelled = start(folder), None
    while process.poll() is None:
        jobs = queue(folder)
        number = next((number for comment, number in jobs.items() if "survey" in comment), None)
        if number and cancelled is None:
            subprocess.run(["scancel", number], check=True)
            cancelled = number
        time.sleep(0.5)
    text = (folder / "log").read_text()
    assert process.returncode == 0, text[-3000:]
    assert cancelled and text.count("slurm_logs/rule_survey/") >= 2  # sent, and once more after scancel
    assert all((folder / target).is_file() for target in TARGETS)
    assert (
        text.count("has been submitted") == 5
    )  # templates, survey twice, manifest; ingest and rebin of two shards are one
    again = start(folder)
    assert again.wait() == 0 and "Nothing to be done" in (folder / "log").read_text()
