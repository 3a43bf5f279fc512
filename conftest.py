"""What every test run shares: the search profile, and the browser tests' one precondition."""

import shutil
import sys

import pytest
from hypothesis import settings

# jsonschema takes it for the format `iri` alone, which no schema here has; it builds 39 grammars as it is imported, and
# each test process would spend seconds on them.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

# Our own choice: no deadline per example, as the tests run beside others on two cores; a failure prints its seed.
settings.register_profile("tongban", deadline=None, print_blob=True)
settings.load_profile("tongban")
# A fifth of the examples, for `make test-fast`; what names a number of its own follows by `kit.testing.examples`.
settings.register_profile("quick", settings.get_profile("tongban"), max_examples=20)


#: What draws the pages: the same engine with no window around it where there is such a build, as a window for each
#: person of a test costs half a second.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests marked `browser`, with the reason, where there is no Chromium."""
    if CHROMIUM:
        return
    skip = pytest.mark.skip(reason="no Chromium on the PATH; `make chromium` installs one as root")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which seeds the relay's schedules were: those that failed name theirs."""
    ran = [each.nodeid for each in terminalreporter.stats.get("passed", ()) if "[seeds-" in each.nodeid]
    firsts = sorted(int(id.rpartition("seeds-")[2].rstrip("]")) for id in ran)
    if firsts:
        terminalreporter.write_line(
            f"relay: {len(firsts)} runs of schedules, the first seeds {firsts[0]} to {firsts[-1]}"
        )
