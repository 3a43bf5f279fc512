"""Two replicas of one service, each with an outbox: everything is published, in order per document, rarely twice."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from kit.errors import Stale
from kit.store.mongo.documents import DOCUMENTS, wall_clock
from kit.store.mongo.outbox import MongoOutbox
from kit.store.mongo.store import MongoStore
from kit.store.port import Store
from tests.contract.store_things import event
from tests.mongo.load import wait_for
from tests.mongo.site import MongoHarness, database_of, prepare


@pytest.fixture
def replicas(store_harness: MongoHarness) -> tuple[MongoStore, MongoStore]:
    prepare(store_harness.settings)
    return store_harness.replica("one"), store_harness.replica("two")


def ids(store: Store, limit: int = 100) -> list[str]:
    return [pending.event.id for pending in store.pending(limit)]


def test_each_publishes_what_it_wrote(replicas: tuple[MongoStore, MongoStore]) -> None:
    one, two = replicas
    one.insert("thing", "a", {}, events=[event(1)])
    two.insert("thing", "b", {}, events=[event(2)])
    assert (ids(one), ids(two)) == (["e000001"], ["e000002"])
    assert one.pending_depth() == two.pending_depth() == 2


def test_the_last_that_wrote_a_document_publishes_all_that_waits_there(replicas: tuple[MongoStore, MongoStore]) -> None:
    one, two = replicas
    one.insert("thing", "a", {}, events=[event(1)])
    two.save("thing", "a", {}, 1, events=[event(2)])
    assert (ids(one), ids(two)) == ([], ["e000001", "e000002"])


def test_what_was_added_while_others_were_published_stays(replicas: tuple[MongoStore, MongoStore]) -> None:
    one, two = replicas
    one.insert("thing", "a", {}, events=[event(1)])
    reading = one.pending(10)
    two.save("thing", "a", {}, 1, events=[event(2)])
    one.published(reading)
    assert ids(two) == ["e000002"]
    two.published(two.pending(10))
    assert (one.pending_depth(), ids(two)) == (0, [])


def test_a_part_of_what_waits_in_a_document_can_be_published(replicas: tuple[MongoStore, MongoStore]) -> None:
    one, _ = replicas
    one.insert("thing", "a", {}, events=[event(number) for number in range(5)])
    one.published(one.pending(2))
    assert ids(one, 2) == ["e000002", "e000003"]
    assert one.pending_depth() == 3


def test_a_replica_that_stops_hands_its_events_on_at_once(replicas: tuple[MongoStore, MongoStore]) -> None:
    one, two = replicas
    one.insert("thing", "a", {}, events=[event(1), event(2)])
    one.close()
    assert ids(two) == ["e000001", "e000002"]


def test_a_dead_replicas_events_are_taken_over_after_the_lease(store_harness: MongoHarness) -> None:
    dead = outbox_of(store_harness, "dead", ahead=0.0)
    for number in range(3):
        dead.write(f"id{number}", number)
    patient, heir = outbox_of(store_harness, "two", ahead=14.0), outbox_of(store_harness, "three", ahead=16.0)
    assert patient.ids() == []
    assert heir.ids() == ["e000000", "e000001", "e000002"]
    assert outbox_of(store_harness, "four", ahead=17.0).ids() == []


def test_a_replica_whose_clock_ran_ahead_is_taken_over_too(store_harness: MongoHarness) -> None:
    outbox_of(store_harness, "dead", ahead=86_400.0).write("a", 1)
    assert outbox_of(store_harness, "two", ahead=0.0).ids() == ["e000001"]


def test_a_clock_that_jumps_back_costs_no_event(store_harness: MongoHarness) -> None:
    before, after = outbox_of(store_harness, "one", ahead=0.0), outbox_of(store_harness, "one", ahead=-86_400.0)
    before.write("a", 1)
    after.write("b", 2)
    assert sorted(after.ids()) == ["e000001", "e000002"]


def test_of_two_that_take_over_one_gets_it(store_harness: MongoHarness) -> None:
    dead = outbox_of(store_harness, "dead", ahead=0.0)
    for number in range(60):
        dead.write(f"id{number:02}", number)
    heirs = [outbox_of(store_harness, f"heir {number}", ahead=20.0) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda heir: heir.ids(), heirs))
        got = list(pool.map(lambda heir: heir.ids(), heirs))
    assert sorted(itertools.chain.from_iterable(got)) == [f"e{number:06}" for number in range(60)]


def test_a_document_whose_clearing_broke_off_is_tidied(store_harness: MongoHarness) -> None:
    store = store_harness.open()
    store.insert("thing", "a", {}, events=[event(1)])
    with database_of(store_harness.settings) as database:
        database[DOCUMENTS].update_one({}, {"$set": {"pending": []}})
        assert ids(store) == []
        left = database[DOCUMENTS].find_one({})
        assert left is not None
        assert "outbox" not in left


def test_two_replicas_at_one_document_keep_its_order_and_rarely_publish_twice(
    replicas: tuple[MongoStore, MongoStore],
) -> None:
    replicas[0].insert("thing", "a", {"n": 0})
    published: list[str] = []
    done = threading.Event()

    def write(store: MongoStore) -> None:
        for _ in range(60):
            while True:
                found = store.get("thing", "a")
                assert found is not None
                number = found.body["n"] + 1
                try:
                    store.save("thing", "a", {"n": number}, found.version, events=[event(number)])
                except Stale:
                    continue
                break

    def publish(store: MongoStore) -> None:
        while not (done.is_set() and not store.pending_depth()):
            batch = store.pending(10)
            published.extend(pending.event.id for pending in batch)
            store.published(batch)

    with ThreadPoolExecutor(4) as pool:
        publishing = [pool.submit(publish, store) for store in replicas]
        for writing in [pool.submit(write, store) for store in replicas]:
            writing.result()
        done.set()
        for each in publishing:
            each.result()
    assert list(dict.fromkeys(published)) == [f"e{number:06}" for number in range(1, 121)]
    assert len(published) < 180  # measured: 120 to 135, with both at the same document all the time


def test_the_backlog_of_many_replicas_is_drained_by_those_that_are_left(store_harness: MongoHarness) -> None:
    for name in range(6):
        outbox_of(store_harness, f"dead {name}", ahead=0.0).write(f"id{name}", name)
    heir = outbox_of(store_harness, "heir", ahead=20.0)
    wait_for(lambda: len(heir.ids()) == 6, 5)


class Replica:
    """An outbox with a clock of its own."""

    def __init__(self, outbox: MongoOutbox, insert: Callable[[dict[str, object]], object]) -> None:
        self.outbox = outbox
        self._insert = insert

    def write(self, id: str, number: int) -> None:
        self._insert({"_id": f"thing/{id}", "kind": "thing", "version": 1, **self.outbox.inserted([event(number)])})

    def ids(self) -> list[str]:
        return [pending.event.id for pending in self.outbox.pending(100)]


def outbox_of(harness: MongoHarness, name: str, *, ahead: float) -> Replica:
    documents = harness.documents()
    clock = lambda: wall_clock() + timedelta(seconds=ahead)  # noqa: E731
    return Replica(MongoOutbox(documents, name, 15.0, clock), documents.insert_one)
