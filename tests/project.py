"""A copy of the project in a folder of its own, and Snakemake run in it as a user would."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "rules", "scripts", "config", "envs", "profiles")
WHEEL = ROOT / ".templates"
TEMPLATES = "results/templates/templates.h5"
FITS = "results/survey/fits"
CANDIDATES = "results/candidates/candidates.csv"
SHARDED = [f"results/{step}/{shard}.h5" for step in ("encode", "match", "retrieve") for shard in ("0000", "0001")]
TO_CATALOGUE = (CANDIDATES, "results/catalogue/spectra.fits")


def copy_project(folder, root=ROOT):
    """The tracked parts of the project (or of another copy, `root`) under `folder`; the template wheel is linked."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = root / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    (folder / ".templates").symlink_to(WHEEL)
    return folder


def link_project(source, folder, fits=False):
    """A finished project again, big files as hard links, times kept; scripts, rules and config are real copies.

    The spectra come along if `fits`.
    """

    def copy(old, new):
        parts = set(Path(old).parts[len(source.parts) :])
        if {"results", "survey"} & parts and not {"logs", "benchmarks"} & parts:  # those are written in place
            os.link(old, new)
        else:
            shutil.copy2(old, new)

    shutil.copytree(
        source,
        folder,
        copy_function=copy,
        symlinks=True,
        ignore=shutil.ignore_patterns(*([] if fits else ["fits"]), "locks"),
    )
    return folder


def rows(path, **form):
    """The rows of a table with a header as dicts of texts."""
    with open(path, newline="") as source:
        return list(csv.DictReader(source, **form))


def listed(folder, shard):
    """The files of a shard."""
    return [row["file"] for row in rows(folder / f"results/manifest/{shard}.tsv", delimiter="\t")]


def same(first, second, paths):
    """Those of some relative paths at which two folders hold other bytes."""
    return [path for path in paths if (first / path).read_bytes() != (second / path).read_bytes()]


def environment(first=""):
    """As a user's shell has it: the tests' own Python first on the path, but for a folder `first`."""
    found = os.environ | {"PATH": f"{first}:{Path(sys.executable).parent}:{os.environ['PATH']}".strip(":")}
    return {name: value for name, value in found.items() if name not in ("PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE")}


def run(folder, *arguments, check=True, first=""):
    """Run snakemake in `folder`, with a folder `first` on the path; returns the finished process with its output."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment(first))
    if check:
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done


def job_table(text):
    """{rule: jobs} of what a dry run prints."""
    table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", text, re.M | re.S)
    return {} if table is None else {name: int(count) for name, count in map(str.split, table[1].splitlines())}


def scheduled(folder, *arguments, first=""):
    """{rule: jobs} of a dry run."""
    done = run(folder, "--dry-run", *arguments, first=first)
    return job_table(done.stdout + done.stderr)


def dry_runs(cases):
    """[(exit code, output)] of a dry run for each (folder, *arguments); many cost little more than one."""
    words = json.dumps([list(map(str, case)) for case in cases])
    command = [sys.executable, ROOT / "tests/dry_runs.py", words]
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 0, done.stderr[-6000:]
    return json.loads(done.stdout)


def scheduled_each(cases):
    """[{rule: jobs}] of dry runs."""
    found = dry_runs(cases)
    assert not any(code for code, _ in found), next(text for code, text in found if code)
    return [job_table(text) for _, text in found]
