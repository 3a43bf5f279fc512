"""One site that is watched in every way at once: traces and metrics sent to the test, logs as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import pytest

from tests.integration.conftest import to_monday
from tests.integration.people import Town
from tests.integration.site import LiveSite, live_site
from tests.telemetry.receiver import Receiver, receiving


@dataclass(frozen=True)
class Watched:
    """The site, its people, and what it told of itself."""

    site: LiveSite
    town: Town
    receiver: Receiver


@pytest.fixture(scope="session")
def watched() -> Iterator[Watched]:
    """Started once; nobody has come yet."""
    with receiving() as receiver:
        settings = {
            "TONGBAN_TELEMETRY": "otlp",
            "TONGBAN_OTLP_ENDPOINT": receiver.address,
            "TONGBAN_METRICS_INTERVAL": "2",
            "TONGBAN_LOG_FORMAT": "json",
        }
        with live_site(settings=settings) as site, closing(Town(site.address)) as town:
            yield Watched(site, town, receiver)


@pytest.fixture
def monday(watched: Watched) -> Watched:
    """The same at ten o'clock of a working Monday."""
    to_monday(watched.site, watched.town)
    return watched
