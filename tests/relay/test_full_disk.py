"""A disk without room at either end: nothing that was acknowledged is lost, and room is all that the link needs."""

from __future__ import annotations

import os

import pytest

from services.relay.domain.link import Direction
from tests.relay.polling import until
from tests.relay.relay_site import RelaySite, link, remove, short_folder
from tests.relay.test_rough_lines import require_whole
from tests.small_disk import full, small_disk

pytestmark = pytest.mark.fault
#: Room for a relay's files and a little more, in MiB.
DISK = 24


@pytest.mark.parametrize("whose", ["hub", "child"])
def test_a_full_disk_holds_letters_up_and_loses_none(whose: str) -> None:
    folder = short_folder()
    with small_disk(folder / whose, DISK) as disk:
        hub = RelaySite.made(folder / "hub" / "h", "610900.ankang")
        child = RelaySite.made(folder / "child" / "c", "610902.hanbin", listens=False)
        link(child, hub, Direction.PARENT)
        for site in (hub, child):
            site.start()
        for site in (hub, child):
            site.ready()
        try:
            ids = child.post(hub.site, [b"x" * 500] * 20)
            require_whole(child, hub, ids)
            # The small disk's site has its bus there, too; so it is the other one that posts while it is full.
            small, other = (hub, child) if whose == "hub" else (child, hub)
            file = other.keep(os.urandom(1_000_000))
            more: list[str] = []
            with full(disk):
                more += other.post(small.site, [b"y" * 500] * 200)
                more += other.post(small.site, [b"with a file"], attachments=[file])
                until(lambda: trouble(small), 30, f"{small.site} says that its disk is full")
            if whose == "hub":
                require_whole(child, hub, ids + more)
            else:
                require_whole(hub, child, more)
        finally:
            child.close()
            hub.close()
    remove(folder)


def trouble(site: RelaySite) -> bool:
    """Whether its process has said that something can't be kept, and still runs."""
    assert site.process is not None
    assert site.process.poll() is None
    return any(word in site.said() for word in ("unavailable", "disk is full", "held up", "waits:"))
