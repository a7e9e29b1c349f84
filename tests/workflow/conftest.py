"""The small survey, run once to the end, for all tests of the workflow."""

import pytest
from project import WHEEL, copy_project, run


def pytest_collection_modifyitems(items):
    """One worker runs all of them, so that the small survey is made once."""
    for item in items:
        if "workflow" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("workflow"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A project in which config/small.yaml has run to the end."""
    if not WHEEL.is_dir():
        pytest.skip("no template spectra in .templates/: run `make setup`")
    folder = copy_project(tmp_path_factory.mktemp("project") / "finished")
    run(folder, "--configfile", "config/small.yaml")
    return folder
