"""A disk without room: who asks is told to come back, nothing that was answered is lost, and room is all it needs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from cli.demo.desk import SAMPLE_PDF
from kit.bus.sqlite import SqliteBus
from kit.errors import Unavailable
from kit.outbox import Outbox
from kit.store.sqlite import SqliteStore
from tests.contract.store_things import KINDS, event
from tests.faults.load import ITEM
from tests.integration.checks import problem
from tests.integration.conftest import to_monday
from tests.integration.people import Json, Town
from tests.integration.site import LiveSite, until
from tests.integration.test_bad_bodies import upload_path
from tests.integration.visits import CENTER, NURSE, Visit
from tests.small_disk import full, small_disk

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(300)]

#: Room for a sample site and a little more, in MiB.
DISK = 160


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    """A site on a disk of its own."""
    # Its sockets' names must be short.
    with (
        tempfile.TemporaryDirectory(prefix="tb-", ignore_cleanup_errors=True) as folder,
        small_disk(Path(folder), DISK),
    ):
        started = LiveSite(Path(folder) / "data")
        try:
            started.start()
            with closing(Town(started.address)) as town:
                to_monday(started, town)
            yield started
        finally:
            started.stop()


@pytest.fixture(scope="module")
def town(site: LiveSite) -> Iterator[Town]:
    with closing(Town(site.address)) as people:
        yield people


def wish(town: Town) -> Json:
    """What somebody says who wants a ticket."""
    items = town.public.get(f"centers/{CENTER}/items", query=ITEM)["items"]
    person = town.stranger()
    item = next(each["id"] for each in items if each["name"] == ITEM)
    return {"item_id": item, "id_number": person.id_number, "holder_name": person.name}


def sent(town: Town, body: Json, key: str) -> httpx.Response:
    return town.public.ask("POST", f"centers/{CENTER}/tickets", json=body, headers={"Idempotency-Key": key})


def test_tickets_are_refused_with_a_retryable_problem_and_taken_once_there_is_room(site: LiveSite, town: Town) -> None:
    taken: set[str] = set()
    refused: list[tuple[str, Json]] = []
    before = site.pids()
    with full(site.data.parent):
        for _ in range(60):  # the store may have some room of its own at first
            key, body = uuid4().hex, wish(town)
            answer = sent(town, body, key)
            if answer.is_success:
                taken.add(answer.json()["id"])
            else:
                said = problem(answer, 503, "store_unavailable")
                assert said["retryable"]
                refused.append((key, body))
            if len(refused) >= 5:
                break
        assert refused, "the disk was full"
        assert town.public.get(f"centers/{CENTER}/items", query=ITEM)["items"], "reading goes on"
    for key, body in refused:  # the same call again: it was never carried out
        answer = until(lambda key=key, body=body: _granted(sent(town, body, key)), "the ticket")  # type: ignore[misc]
        taken.add(answer["id"])
    site.settle(60)
    there = [each["id"] for each in town.staff("hb-manager-01").pages(f"centers/{CENTER}/tickets")]
    assert sorted(there) == sorted(taken), "each once, none lost"
    assert not site.dead_letters()
    assert site.pids() == before, "nobody had to be started anew"


def _granted(answer: httpx.Response) -> Json | None:
    if answer.status_code == 503:
        return None
    assert answer.is_success, answer.text
    found: Json = answer.json()
    return found


def test_an_upload_is_refused_whole_and_taken_once_there_is_room(site: LiveSite, town: Town) -> None:
    visit = Visit(town, NURSE)
    visit.hand_in()
    clerk, path = visit.clerk, upload_path(visit)
    content = SAMPLE_PDF + os.urandom(200_000)
    files = {"file": ("样例.pdf", content, "application/pdf")}
    blobs = site.data / "blobs" / "intake"
    with full(site.data.parent):
        answer = clerk.ask("POST", path, files=files)
        said = problem(answer, 503, answer.json()["code"])
        assert said["code"] in ("blobs_unavailable", "store_unavailable")
        assert said["retryable"]
        assert not list((blobs / "incoming").iterdir()), "half a file isn't kept"
    uploaded = until(lambda: _granted(clerk.ask("POST", path, files=files)), "the upload")
    assert uploaded
    assert any(file.read_bytes() == content for file in blobs.rglob("*") if file.is_file())


def test_events_that_the_bus_has_no_room_for_stay_in_the_store_and_come_in_order(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", DISK) as disk, closing(SqliteBus(disk / "bus.db", tmp_path)) as bus:
        with closing(SqliteStore(tmp_path / "store.db", KINDS)) as store:
            outbox = Outbox(store, bus, "t")
            with full(disk):
                for number in range(50):
                    store.insert("thing", str(number), {}, events=[event(number)])
                    with suppress(Unavailable):
                        outbox.publish_pending()
                with pytest.raises(Unavailable):
                    outbox.publish_pending()
                assert store.pending_depth(), "what isn't on the bus is in the store"
            outbox.publish_pending()
            assert store.pending_depth() == 0
        assert [each.headers["ce_id"] for each in bus.read("t")] == [event(number).id for number in range(50)]
