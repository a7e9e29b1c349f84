"""The commands that Snakemake prints are the scripts' use by hand; bad usage is one line and exit code 2."""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from project import environment, link_project, run

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))


@pytest.fixture(scope="module")
def by_hand(tiny, tmp_path_factory):
    """A copy of `tiny` in which each printed command was run by hand, two at a time, each on the inputs that the rules made."""
    folder = link_project(tiny, tmp_path_factory.mktemp("cli") / "by hand", fits=True)
    done = run(folder, "--configfile", "tiny.yaml", "--dry-run", "--forceall", "--printshellcmds")
    commands = re.findall(r"^Shell command: (python .*)$", done.stdout + done.stderr, re.M)
    listing, survey = ([text for text in commands if f"/{name}.py" in text] for name in ("manifest", "survey"))
    rest = [text for text in commands if text not in listing + survey]
    assert len(listing) == len(survey) == 1 and len(rest) == 32
    shutil.rmtree(folder / "results/manifest")  # lists that are as they should be are not written again
    (folder / "results/logs/templates").mkdir(
        exist_ok=True
    )  # Snakemake makes it; `tiny` has its templates from elsewhere

    def command(text):
        done = subprocess.run(["bash", "-c", text], cwd=folder, env=environment())
        assert done.returncode == 0, text

    command(*listing)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(command, rest))
    command(*survey)  # its files get new times, which the lists hold
    return folder


def test_every_printed_command_by_hand_gives_the_same_bytes(tiny, by_hand):
    made, kept, differ = 0, [], []
    for path in sorted((tiny / "results").rglob("*")):
        name = path.relative_to(tiny)
        if path.is_dir() or name.parts[1] in ("logs", "benchmarks") or path.name[0] == "." or path.suffix == ".json":
            continue
        again, made = by_hand / name, made + 1
        if again.stat().st_ino == path.stat().st_ino:
            kept.append(str(name))
        elif again.read_bytes() != path.read_bytes():
            differ.append(str(name))
    assert made > 250 and kept == [] and differ == []


def script(name, *arguments):
    command = [sys.executable, ROOT / f"scripts/{name}.py", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment())


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_and_bad_usage(name):
    done = script(name, "--help")
    assert done.returncode == 0 and done.stdout.startswith("usage:") and done.stderr == ""
    for words in (["--no-such-option=1"], ["--threads", "many", "--seed=x"]):
        done = script(name, *words)
        assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
