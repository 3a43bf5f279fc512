"""The server dies, stops and is cut off in the middle of work: nothing acknowledged is lost, nothing is done twice."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from kit.blobs.gridfs import GridFsBlobs
from kit.errors import Unavailable
from kit.store.mongo.store import MongoStore
from kit.store.port import Store
from tests.contract.blobs_contract import PDF, put
from tests.contract.store_things import KINDS, event
from tests.mongo.load import wait_for, working
from tests.mongo.site import SERVICE, MongoHarness, fresh_prefix, prepare, ran_on, settings_of
from tests.servers.mongo import MongoServer, described, given, running
from tests.servers.proxy import Proxy

#: Longer than an operation may take; the full half minute with TONGBAN_TEST_MONGO_PAUSE=30.
PAUSE_SECONDS = float(os.environ.get("TONGBAN_TEST_MONGO_PAUSE") or 6)
#: Short, so that an outage is met by operations that give up, and by ones that wait it out.
TIMEOUT_SECONDS = 2.0

pytestmark = pytest.mark.skipif(bool(given()), reason="the server of TONGBAN_TEST_MONGODB isn't ours to kill")


@pytest.fixture(scope="module")
def server() -> Iterator[MongoServer]:
    """A server that may be ill-treated."""
    with running() as server:
        ran_on.add(described(server.address))
        yield server


@pytest.fixture
def harness(server: MongoServer) -> Iterator[MongoHarness]:
    settings = settings_of(server.address, fresh_prefix(), mongo_timeout_seconds=TIMEOUT_SECONDS)
    harness = MongoHarness(settings)
    yield harness
    harness.close()


def test_a_server_that_is_killed_and_comes_back_costs_nothing(server: MongoServer, harness: MongoHarness) -> None:
    with working(harness.open()) as load:
        for _ in range(2):
            server.kill9()
            server.start()
            before = load.rounds()
            wait_for(lambda before=before: load.rounds() > before + 20)  # type: ignore[misc]


def test_a_server_that_stops_for_a_while_costs_nothing(server: MongoServer, harness: MongoHarness) -> None:
    with working(harness.open()) as load:
        server.pause()
        time.sleep(PAUSE_SECONDS)  # that's what is tested: a pause longer than any operation's patience
        server.resume()
        assert load.refused


def test_a_line_that_is_cut_in_the_middle_of_calls_costs_nothing(server: MongoServer, harness: MongoHarness) -> None:
    prepare(harness.settings)
    with Proxy(server.port) as proxy:
        behind = settings_of(
            f"127.0.0.1:{proxy.port}",
            harness.settings.mongo_database_prefix,
            mongo_timeout_seconds=TIMEOUT_SECONDS,
            mongo_direct=True,
        )
        store = MongoStore(behind, SERVICE, KINDS, "one")
        with working(store) as load:
            for _ in range(5):
                before = load.rounds()
                proxy.swallow_answers()  # the server does it, and nobody hears of it
                time.sleep(0.1)
                proxy.hear()
                proxy.cut()
                wait_for(lambda before=before: load.rounds() > before + 5)  # type: ignore[misc]
            proxy.shut()
            time.sleep(2 * TIMEOUT_SECONDS)
            proxy.open()
        store.close()


def test_without_its_server_a_call_is_refused_within_its_time_and_can_be_repeated(
    server: MongoServer, harness: MongoHarness
) -> None:
    patience = 0.5
    harness.settings = replace(harness.settings, mongo_timeout_seconds=patience)
    store = harness.open()
    store.insert("thing", "a", {}, events=[event(1)])
    server.kill9()
    try:
        for ask in (
            lambda: store.get("thing", "a"),
            lambda: store.insert("thing", "b", {}),
            lambda: store.save("thing", "a", {}, 1),
            lambda: store.next_number("n"),
            lambda: store.pending(5),
            store.pending_depth,
            store.ping,
        ):
            began = time.monotonic()
            with pytest.raises(Unavailable) as refused:
                ask()
            assert time.monotonic() - began < patience + 1
            assert refused.value.code == "store_unavailable"
    finally:
        server.start()
    wait_for(lambda: answers(store), 10)
    assert [pending.event for pending in store.pending(5)] == [event(1)]


def answers(store: Store) -> bool:
    """Whether it can be written to."""
    try:
        store.ping()
    except Unavailable:
        return False
    return True


def test_files_that_were_acknowledged_are_whole_after_the_server_was_killed(
    server: MongoServer, harness: MongoHarness
) -> None:
    prepare(harness.settings)
    blobs = GridFsBlobs(harness.settings, SERVICE)
    acknowledged: dict[str, bytes] = {}
    refused: list[Unavailable] = []
    stop = threading.Event()

    def upload(hand: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            content = PDF + f"{hand}-{number}".encode()
            try:
                acknowledged[put(blobs, content)] = content
            except Unavailable as error:
                refused.append(error)

    with ThreadPoolExecutor(2) as pool:
        uploading = [pool.submit(upload, hand) for hand in range(2)]
        for _ in range(2):
            before = len(acknowledged)
            wait_for(lambda before=before: len(acknowledged) > before + 2)  # type: ignore[misc]
            server.kill9()
            server.start()
        before = len(acknowledged)
        wait_for(lambda: len(acknowledged) > before + 2)
        stop.set()
        for each in uploading:
            each.result()
    for address, content in acknowledged.items():
        assert b"".join(blobs.get(address)) == content
    blobs.close()
