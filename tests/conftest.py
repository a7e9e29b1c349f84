"""Fixtures that every test may use; the small survey is run once to the end for all tests of the workflow."""

import os
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from project import CANDIDATES, FITS, TEMPLATES, TO_CATALOGUE, WHEEL, copy_project, link_project, listed, run

ROOT = Path(__file__).resolve().parents[1]

CONDA = """#!/bin/bash
case "$*" in
  *--version*) echo "conda 25.1.0" ;;
  "info --json") echo '{{"conda_version": "25.1.0", "platform": "linux-64", "conda_prefix": "{root}", "root_prefix": "{root}"}}' ;;
  config*--json*) echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
  "env create"*)
    while [ "$1" != --prefix ]; do shift; done
    mkdir -p "$2/bin"
    printf '#!/bin/bash\\necho "$0 $1" >> {root}/used\\nexec {python} "$@"\\n' > "$2/bin/python"
    chmod +x "$2/bin/python" ;;
esac
"""


@pytest.fixture(scope="session")
def shared_data():
    """The folder of real spectra beside the checkout; it is not part of the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no ../shared/data beside the checkout: real spectra are not part of the repository")
    return folder


@pytest.fixture(scope="session")
def default_config():
    """config/config.yaml as a dict."""
    return yaml.safe_load((ROOT / "config" / "config.yaml").read_text())


@pytest.fixture(scope="session")
def templates_file(tmp_path_factory):
    """templates.h5 of all listed templates; skips where set-up has not fetched them."""
    import templates

    wheel = ROOT / ".templates" / "kastredux-1.1.4-py3-none-any.whl"
    if not wheel.exists():
        pytest.skip("no template spectra in .templates/: run `make setup`")
    path = tmp_path_factory.mktemp("templates") / "templates.h5"
    listing = ROOT / "config" / "templates.csv"
    assert templates.main(["--source", str(wheel), "--listing", str(listing), "--output", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project in which config/small.yaml has run to the end."""
    if not WHEEL.is_dir():
        pytest.skip("no template spectra in .templates/: run `make setup`")
    folder = copy_project(tmp_path_factory.mktemp("project") / "finished")
    run(folder, "--configfile", "config/small.yaml")
    return folder


@pytest.fixture(scope="session")
def tiny(finished, tmp_path_factory):
    """A project in which tests/tiny.yaml, there as tiny.yaml, has run to the end; templates are those of `finished`."""
    folder = copy_project(tmp_path_factory.mktemp("project") / "tiny", finished)
    shutil.copy2(ROOT / "tests/tiny.yaml", folder)
    (folder / "results/templates").mkdir(parents=True)
    os.link(finished / TEMPLATES, folder / TEMPLATES)
    run(folder, "--configfile", "tiny.yaml")
    return folder


@pytest.fixture(scope="session")
def reseeded(tiny, tmp_path_factory):
    """`tiny` with other negatives (seed.yaml), run to the candidates."""
    folder = link_project(tiny, tmp_path_factory.mktemp("project") / "reseeded")
    (folder / "seed.yaml").write_text("negatives: {seed: 2}")
    run(folder, CANDIDATES, "--configfile", "tiny.yaml", "seed.yaml")
    return folder


@pytest.fixture(scope="session")
def lamost(tiny, tmp_path_factory):
    """Most files of `tiny` as one's own files (mine.yaml, `kind: lamost`), run to the catalogue; the rest is in later/.

    Files stand at the same relative paths as in `tiny`, those of later/ are meant to be moved there.
    """
    folder = copy_project(tmp_path_factory.mktemp("project") / "lamost", tiny)
    for path in (TEMPLATES, *(f"results/survey/{name}.fits" for name in ("gaia", "twomass", "wise"))):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        os.link(tiny / path, folder / path)
    shutil.copytree(tiny / FITS, folder / FITS, copy_function=os.link)
    config = yaml.safe_load((tiny / "tiny.yaml").read_text())
    tables = {name: f"results/survey/{name}.fits" for name in ("gaia", "twomass", "wise")}
    config["input"] = {"kind": "lamost", "spectra": [f"{FITS}/**/*.fits*"], "catalogue": None} | tables
    (folder / "mine.yaml").write_text(yaml.safe_dump(config))
    (folder / "later").mkdir()
    first = listed(tiny, "0000")[3::20]  # of one shard, of several classes
    for file in first:
        (folder / file).rename(folder / "later" / Path(file).name)
    run(folder, *TO_CATALOGUE, "--configfile", "mine.yaml")
    return folder


@pytest.fixture(scope="session")
def conda(tmp_path_factory):
    """Folder with a stand-in conda command; its environments hold the tests' own Python, and write down each use."""
    folder = tmp_path_factory.mktemp("conda") / "bin"
    folder.mkdir()
    (folder / "conda").write_text(CONDA.format(root=folder.parent, python=sys.executable))
    (folder / "activate").write_text('export PATH="$1/bin:$PATH"\n')
    (folder / "conda").chmod(0o755)
    return folder


def pytest_addoption(parser):
    parser.addoption("--soak", type=int, default=0, help="how often a run is killed at a random moment (make soak)")
