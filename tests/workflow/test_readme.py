"""Every command of the README, typed where a user would; long runs are planned only, as other tests make them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from project import ROOT, link_project

COMMANDS = "\n".join(re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.S)).splitlines()
SETUP = [line for line in COMMANDS if re.match(r"python3 -m venv|\.venv/bin/python -m pip", line)]
TYPED = [line for line in COMMANDS if line not in SETUP and line != "make test"]
LONG = ("--configfile", "--forcerun", "profiles/")


@pytest.fixture(scope="module")
def folder(finished, tmp_path_factory):
    """A finished project whose defaults are those of the small survey, with a .venv."""
    folder = link_project(finished, tmp_path_factory.mktemp("readme") / "project", fits=True)
    config, small = (yaml.safe_load((folder / f"config/{name}.yaml").read_text()) for name in ("config", "small"))
    for section, keys in small.items():
        config[section] |= keys
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    (folder / "config/lamost.yaml").write_text(
        (folder / "config/lamost.yaml")
        .read_text()
        .replace("../shared/data/lamost/*.fits.gz", f"{finished}/results/survey/fits/**/*.fits*")
    )
    for name in ("Makefile", "requirements"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").mkdir()
    for part in ("bin", "lib", "pyvenv.cfg"):
        (folder / ".venv" / part).symlink_to(Path(sys.prefix) / part)
    (folder / ".venv/run.stamp").touch()
    spectrum = sorted((finished / "results/survey/fits").rglob("*.fits.gz"))[0]
    shutil.copy(spectrum, folder / "spec-55859-F5902_sp01-001.fits.gz")
    for line in TYPED:  # files that later commands name, whichever worker runs these
        if re.match(r"(cp|printf) ", line):
            subprocess.run(["bash", "-c", line], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("line", TYPED)
def test_command(folder, conda, line):
    path = f"{folder}/.venv/bin:{conda}:{os.environ['PATH']}"
    if "snakemake" in line and any(word in line for word in LONG):
        line += " --dry-run"
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, capture_output=True, text=True, env=os.environ | {"PATH": path}
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    if line.endswith("make run") or line.endswith("snakemake --cores 4"):
        assert "Nothing to be done" in done.stdout + done.stderr


@pytest.mark.parametrize("target", ["run", "full", "bench"])
def test_make_takes_a_config_of_ones_own(folder, target):
    words = ["make", "--dry-run", target, "CONFIG=config/small.yaml"]
    told = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout
    lines = [line for line in told.splitlines() if "bin/snakemake" in line]
    for line in lines:
        done = subprocess.run(["bash", "-c", f"{line} --dry-run"], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    assert lines


def test_set_up_by_hand_is_that_of_make():
    makefile = (ROOT / "Makefile").read_text()
    for words in (
        "-m venv",
        "-m pip install",
        "--require-hashes -r",
        "-m pip download",
        "--no-deps --require-hashes -r",
    ):
        assert words in makefile and any(words in line for line in SETUP)
    assert all((ROOT / name).is_file() for line in SETUP for name in re.findall(r"requirements/\S+", line))


def test_links_and_outputs_are_there(finished):
    text = (ROOT / "README.md").read_text()
    for name in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / name).is_file(), name
    table = text.split("## What comes out")[1].split("## Your own")[0]
    for cell in re.findall(r"^\| (`[^|]*`) \| (?!by `make \w+` only)", table, re.M):
        folder = ""
        for name in re.findall(r"`([^`]+)`", cell):
            folder = name.rpartition("/")[0] or folder
            assert list((finished / "results").glob(name if "/" in name else f"{folder}/{name}")), name
