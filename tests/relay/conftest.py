"""Two sites with a line between them that tests make as bad as they like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from services.relay.domain.link import Direction
from tests.relay.relay_site import RelaySite, free_port, link, remove, short_folder
from tests.relay.rough_line import RoughLine


@dataclass
class Pair:
    """A hub and the child that dials it through a line."""

    hub: RelaySite
    child: RelaySite
    line: RoughLine
    link: str

    def start(self) -> None:
        """Starts both and waits for them."""
        for site in (self.hub, self.child):
            site.start()
        for site in (self.hub, self.child):
            site.ready()


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A pair that doesn't run yet."""
    folder = short_folder()
    port = free_port()
    with RoughLine(port) as line:
        hub = RelaySite.made(folder / "hub", "610900.ankang", port=port, reached_at=line.port)
        child = RelaySite.made(folder / "child", "610902.hanbin", listens=False)
        made = Pair(hub, child, line, link(child, hub, Direction.PARENT))
        try:
            yield made
        finally:
            child.close()
            hub.close()
            remove(folder)
