"""After kill -9: unlock, the same command, and the result is that of an undisturbed run."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from project import CANDIDATES, SHARDED, environment, link_project, run, same, scheduled

MADE = [CANDIDATES, "results/negatives/negatives.h5", "results/train/model.h5", *SHARDED]
RESEEDED = (CANDIDATES, "--configfile", "tiny.yaml", "seed.yaml")


def wait_for(what, seconds=60):
    """The first true answer of `what()`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError("waited in vain")


def start(folder, *arguments):
    """Snakemake in a process group of its own, left when negatives.py writes."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, cwd=folder, env=environment(), start_new_session=True, **quiet)
    wait_for(lambda: list((folder / "results/negatives").glob(".negatives.h5.*.part")))
    return process


def unlock(folder):
    locked = run(folder, *RESEEDED, check=False)
    assert locked.returncode != 0 and "--unlock" in locked.stdout + locked.stderr
    run(folder, "--unlock", "--configfile", "tiny.yaml", "seed.yaml")


@pytest.fixture
def folder(tiny, tmp_path):
    copy = link_project(tiny, tmp_path / "copy")
    (copy / "seed.yaml").write_text("negatives: {seed: 2}")
    return copy


def test_run_that_was_killed_goes_on(folder, reseeded):
    process = start(folder, *RESEEDED)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    unlock(folder)
    run(folder, *RESEEDED)
    assert same(folder, reseeded, MADE) == []
    assert not list(folder.glob("results/**/*.part"))


def test_run_that_was_killed_at_random_moments_goes_on(folder, reseeded, request):
    kills = request.config.getoption("--soak")
    if not kills:
        pytest.skip("a fault campaign: make soak")
    moments = random.Random(1)
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *RESEEDED]
    for _ in range(kills):
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(1, 8))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        run(folder, "--unlock", "--configfile", "tiny.yaml", "seed.yaml")
    run(folder, *RESEEDED)
    assert same(folder, reseeded, MADE) == []
    assert not list(folder.glob("results/**/*.part"))


def jobs_of(group):
    """Process ids of the Python jobs in a process group."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_bytes().split(b"\0")
            if os.getpgid(int(path.name)) == group and b"scripts/negatives.py" in words:
                found.append(int(path.name))
        except (OSError, ProcessLookupError):
            continue
    return found


def ended(job):
    try:
        return "State:\tZ" in Path(f"/proc/{job}/status").read_text()
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are found in /proc")
def test_job_that_was_left_behind_overwrites_nothing(folder, reseeded):
    (folder / "old.yaml").write_text("negatives: {seed: 3}")
    process = start(folder, CANDIDATES, "--configfile", "tiny.yaml", "old.yaml")
    (job,) = jobs_of(process.pid)
    try:
        os.kill(job, signal.SIGSTOP)
        process.kill()
        process.wait()
        unlock(folder)
        run(folder, *RESEEDED)
        before = {path: (folder / path).stat() for path in MADE}
        os.kill(job, signal.SIGCONT)
        wait_for(lambda: ended(job))
    finally:
        if not ended(job):
            os.kill(job, signal.SIGKILL)
    assert {path: (folder / path).stat() for path in MADE} == before
    assert same(folder, reseeded, MADE) == []
    assert not list(folder.glob("results/**/*.part")) and scheduled(folder, *RESEEDED) == {}
