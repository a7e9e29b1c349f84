"""A copy of the project in a folder of its own, and Snakemake run in it as a user would."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "rules", "scripts", "config", "envs", "profiles")
WHEEL = ROOT / ".templates"


def copy_project(folder):
    """The tracked parts of the project under `folder`; the template wheel is linked."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    (folder / ".templates").symlink_to(WHEEL)
    return folder


def link_project(source, folder):
    """A finished project again, big files as hard links, times kept; scripts, rules and config are real copies."""

    def copy(old, new):
        if {"results", "survey"} & set(Path(old).parts[len(source.parts) :]):
            os.link(old, new)
        else:
            shutil.copy2(old, new)

    shutil.copytree(source, folder, copy_function=copy, symlinks=True, ignore=shutil.ignore_patterns("fits", "locks"))
    return folder


def run(folder, *arguments, check=True):
    """Run snakemake in `folder`; returns the finished process with its output."""
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *map(str, arguments)]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    environment.pop("PYTHONWARNINGS", None)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
    if check:
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done


def scheduled(folder, *arguments):
    """{rule: jobs} of a dry run."""
    done = run(folder, "--dry-run", *arguments)
    table = re.search(r"^job +count\n-+ +-+\n(.*?)^total", done.stdout + done.stderr, re.M | re.S)
    return {} if table is None else {name: int(count) for name, count in map(str.split, table[1].splitlines())}
