"""Sites with something of everything, and what is tried on archives of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.refusal import Refusal
from cli.site import Site
from kit.blobs.files import FileBlobs
from kit.bus.sqlite import SqliteBus
from kit.call import Idempotency
from kit.events import Event
from kit.store.port import Index, Kind, Mark
from kit.store.sqlite import SqliteStore
from tests.contract.blobs_contract import PDF

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TOPIC = "tongban.queuing.v1"
LARGE = b"%PDF-1.7\n" + random.Random(1).randbytes(400 * 1024)
KIND = Kind("ticket", (Index("by_number", ("number",), unique=True),), schema_version=3)


def event(number: int) -> Event:
    return Event(f"e{number}", "tongban.queuing.ticket_taken.v1", "local/queuing", f"t{number % 5}", "j", NOW, b"\0x")


def full_site(folder: Path) -> Site:
    """A site with something of everything in it."""
    made = Site(folder)
    made.create_folders()
    made.create_keys()
    _fill(made)
    made.site_file.write_text('{"format": 1, "files": []}')
    return made


def _fill(site: Site) -> None:
    store = SqliteStore(site.store_file("queuing"), [KIND])
    for number in range(20):
        asked = Idempotency(f"k{number}", "f") if number % 2 else None
        mark = Mark("queuing.x", f"m{number}")
        store.insert("ticket", f"t{number}", {"number": f"A{number:03}", "名": "张三"}, mark=mark, idempotency=asked)
    store.save("ticket", "t3", {"number": "A003"}, 1, events=[event(100), event(101)])
    for _ in range(7):
        store.next_number("tickets:2026")
    store.close()
    bus = SqliteBus(site.bus_file, site.run_dir)
    bus.publish(TOPIC, [event(number) for number in range(40)])
    bus.publish("evaluation.invitations.dlq", [event(1)], [{"dlq_code": "bad"}])
    member = bus.consumer("evaluation.invitations", [TOPIC])
    for received in member.poll(5, 25):
        member.commit(received)
    member.close()
    bus.close()
    blobs = FileBlobs(site.data / "blobs" / "intake")
    blobs.put([PDF], filename="a.pdf", max_bytes=1 << 20, allowed=frozenset({"application/pdf"}))


def empty_site(site: Site, folder: Path) -> Site:
    """Another folder with the same secret."""
    made = Site(folder)
    made.create_folders()
    made.site_secret_file.write_bytes(site.site_secret_file.read_bytes())
    return made


def refusal(work: Callable[..., object], *arguments: object, **named: object) -> str:
    with pytest.raises(Refusal) as caught:
        work(*arguments, **named)
    return str(caught.value)
