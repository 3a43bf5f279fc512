"""What every test run shares: the search profile, and the browser tests' one precondition."""

import shutil

import pytest
from hypothesis import settings

# Our own choice: no deadline per example, as the tests run beside others on two cores; a failure prints its seed.
settings.register_profile("tongban", deadline=None, print_blob=True)
settings.load_profile("tongban")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked `browser`, with the reason, where there is no Chromium."""
    if shutil.which("chromium"):
        return
    skip = pytest.mark.skip(reason="no `chromium` on the PATH; `make chromium` installs it as root")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)
