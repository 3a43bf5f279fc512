"""Sites that lie to a hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.relay.domain.limits import Limits
from services.relay.domain.link import Direction
from tests.relay.liar import HUB, STRANGER, Liar
from tests.relay.relay_site import RelaySite, link, remove, short_folder


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = short_folder()
    yield made
    remove(made)


@pytest.fixture(scope="module")
def hub(folder: Path) -> Iterator[RelaySite]:
    made = RelaySite.made(folder / "hub", HUB)
    yield made
    made.close()


@pytest.fixture(scope="module")
def stranger(folder: Path) -> RelaySite:
    return RelaySite.made(folder / "stranger", STRANGER, listens=False)


@pytest.fixture(scope="module")
def liars(folder: Path, hub: RelaySite) -> Callable[[], Liar]:
    """A new site with a link to the hub for each test: a fork stops one for good."""
    sites = [RelaySite.made(folder / f"c{number}", f"610902.c{number}", listens=False) for number in range(8)]
    limits = Limits(max_letter_bytes=65_536, max_attachment_bytes=100_000, letter_types=("crossing.*",))
    made = [Liar(site, hub, link(site, hub, Direction.PARENT, limits)) for site in sites]
    hub.start()
    hub.ready()
    ready = iter(made)
    return lambda: next(ready)


@pytest.fixture
def liar(liars: Callable[[], Liar]) -> Liar:
    return liars()


@pytest.fixture(scope="module")
def well(liars: Callable[[], Liar]) -> Liar:
    """One site for all tests that leave its link well: they say so at their end."""
    return liars()
