"""Two relays and what is read of them from outside: letters told to the bus, processor time, memory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.callers import MeasurementError
from services.relay.domain.link import Direction
from tests.relay.relay_site import RelaySite, free_port, link, remove, short_folder
from tests.relay.rough_line import RoughLine

HUB, CHILD = "610900.ankang", "610902.hanbin"
#: What one letter says, in bytes: a case's data without its files.
LETTER = 1000
_LOOK = 0.005


@dataclass
class Ends:
    """A hub and its child, and the letters that went up."""

    hub: RelaySite
    child: RelaySite
    line: RoughLine
    ids: list[str] = field(default_factory=list)
    #: When each was posted, by id; monotonic seconds.
    posted_at: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Starts both."""
        for site in (self.hub, self.child):
            site.start()
        for site in (self.hub, self.child):
            site.ready()

    def post(self, count: int) -> None:
        """Posts so many letters, as federation does."""
        before = time.monotonic()
        ids = self.child.post(self.hub.site, [os.urandom(LETTER // 2) * 2] * count)
        self.ids += ids
        self.posted_at |= dict.fromkeys(ids, before)

    def lags(self, until: float) -> list[float]:
        """Waits until all have arrived; how late each was told to the hub's site, in seconds, as polling sees it.

        Raises ``MeasurementError`` when that lasts longer than until then (monotonic seconds).
        """
        lags: list[float] = []
        seen = len(self.hub.arrived)
        while len(self.hub.arrived) < len(self.ids):
            self.hub.look()
            now = time.monotonic()
            lags += [now - self.posted_at[each.id] for each in self.hub.arrived[seen:]]
            seen = len(self.hub.arrived)
            if now > until:
                raise MeasurementError(f"{seen} of {len(self.ids)} letters arrived in time")
            time.sleep(_LOOK)
        return lags

    def settle(self, until: float) -> None:
        """Waits until the child has a receipt for each. Raises ``MeasurementError``."""
        while len(self.child.look().settled) < len(self.ids):
            if time.monotonic() > until:
                raise MeasurementError(f"{len(self.child.settled)} of {len(self.ids)} receipts came in time")
            time.sleep(_LOOK)

    def lost_and_twice(self) -> tuple[int, int]:
        """How many letters never arrived, and how many more than once."""
        arrived = [each.id for each in self.hub.look().arrived]
        return len(set(self.ids) - set(arrived)), len(arrived) - len(set(arrived))

    def in_order(self) -> bool:
        """Whether they arrived as they were posted."""
        return [each.id for each in self.hub.arrived] == self.ids


@contextmanager
def ends() -> Iterator[Ends]:
    """Two linked sites that don't run yet, with a line between them that can be cut."""
    folder: Path = short_folder()
    port = free_port()
    with RoughLine(port) as line:
        hub = RelaySite.made(folder / "hub", HUB, port=port, reached_at=line.port)
        child = RelaySite.made(folder / "child", CHILD, listens=False)
        link(child, hub, Direction.PARENT)
        try:
            yield Ends(hub, child, line)
        finally:
            child.close()
            hub.close()
            remove(folder)


def cpu_seconds(site: RelaySite) -> float:
    """Processor time that its process has taken."""
    if site.process is None:
        raise MeasurementError(f"{site.site} doesn't run")
    fields = Path(f"/proc/{site.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
