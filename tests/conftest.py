"""Fixtures that every test may use; the small survey is run once to the end for all tests of the workflow."""

from pathlib import Path

import pytest
from project import WHEEL, copy_project, run

ROOT = Path(__file__).resolve().parents[1]


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
    import yaml

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


def pytest_collection_modifyitems(items):
    """One worker runs the tests of the workflow, so that the small survey is made once."""
    for item in items:
        if "workflow" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("workflow"))
