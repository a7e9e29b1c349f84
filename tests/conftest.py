"""Fixtures that every test may use."""

from pathlib import Path

import pytest

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
