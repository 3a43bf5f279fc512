"""What a backup may rely on in every adapter: kit/snapshot.py, one test each sentence."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Protocol

import pytest

from kit.blobs.port import Blobs
from kit.bus.port import Bus
from kit.call import Idempotency
from kit.errors import NotFound, Unavailable
from kit.snapshot import BusSource, BusTarget, Position, Record, StoredDocument, StoreSnapshot, StoreSource, StoreTarget
from kit.store.port import AlreadyApplied, Duplicate, Mark, Store
from tests.contract.bus_contract import drain
from tests.contract.store_things import event


class StoreSnapshotHarness(Protocol):
    """One database that is written to, and another that is empty."""

    def store(self) -> Store:
        """The one, as its service sees it."""
        ...

    def source(self) -> StoreSource:
        """The one, as a backup sees it."""
        ...

    def target(self) -> StoreTarget:
        """The other, as a restore sees it."""
        ...

    def restored(self) -> Store:
        """The other, as its service sees it afterwards."""
        ...


def records(snapshot: StoreSnapshot) -> list[Record]:
    """Everything in it."""
    return [*snapshot.documents(), *snapshot.marks(), *snapshot.numbers(), *snapshot.pending()]


class StoreSnapshotContract:
    """The way there and back of a store."""

    @pytest.fixture
    def store(self, snapshot_harness: StoreSnapshotHarness) -> Store:
        return snapshot_harness.store()

    def copied(self, harness: StoreSnapshotHarness) -> Store:
        target = harness.target()
        assert target.is_empty()
        with harness.source().snapshot() as snapshot:
            target.write(records(snapshot))
        assert not target.is_empty()
        target.close()
        return harness.restored()

    def test_what_is_written_after_the_cut_is_not_seen(
        self, store: Store, snapshot_harness: StoreSnapshotHarness
    ) -> None:
        store.insert("thing", "a", {"n": 1}, events=[event(1)], mark=Mark("g", "e0"))
        store.next_number("n")
        source = snapshot_harness.source()
        with ExitStack() as kept:
            with source.hold():
                snapshot = kept.enter_context(source.snapshot())
            store.save("thing", "a", {"n": 2}, 1, events=[event(2)], mark=Mark("g", "e1"))
            store.insert("thing", "b", {"n": 3})
            store.next_number("n")
            found = records(snapshot)
        assert [each.document.body for each in found if isinstance(each, StoredDocument)] == [{"n": 1}]
        assert len(found) == 4, "a document, a mark, a number and an event"

    def test_documents_come_back_as_they_were(self, store: Store, snapshot_harness: StoreSnapshotHarness) -> None:
        body = {"name": "张三 🀄", "rank": 2**53, "flag": True, "none": None, "list": [1, {"a": "·"}], "x.y": 1.5}
        store.insert("thing", "a", body, idempotency=Idempotency("k", "f"))
        store.save("thing", "a", body, 1)
        store.insert("other", "a", {})
        restored = self.copied(snapshot_harness)
        assert restored.get("thing", "a") == store.get("thing", "a")
        assert [each.id for each in restored.scan("other")] == ["a"]
        assert restored.find_created("thing", "k") == store.find_created("thing", "k")
        assert restored.save("thing", "a", {}, 2).version == 3

    def test_idempotency_keys_marks_and_numbers_hold_on(
        self, store: Store, snapshot_harness: StoreSnapshotHarness
    ) -> None:
        store.insert("thing", "a", {}, mark=Mark("g", "e1", "part"), idempotency=Idempotency("k", "f"))
        store.save("thing", "a", {}, 1, mark=Mark("g", "e2"))
        for _ in range(3):
            store.next_number("n")
        restored = self.copied(snapshot_harness)
        for mark in (Mark("g", "e1", "part"), Mark("g", "e2")):
            assert restored.is_marked(mark)
            with pytest.raises(AlreadyApplied):
                restored.insert("thing", "b", {}, mark=mark)
        assert not restored.is_marked(Mark("g", "e1"))
        with pytest.raises(Duplicate):
            restored.insert("thing", "b", {}, idempotency=Idempotency("k", "f"))
        assert restored.next_number("n") == 4

    def test_events_that_wait_are_published_in_order_once(
        self, store: Store, snapshot_harness: StoreSnapshotHarness
    ) -> None:
        store.insert("thing", "a", {}, events=[event(1), event(2)])
        store.save("thing", "a", {}, 1, events=[event(3)])
        restored = self.copied(snapshot_harness)
        assert [each.event for each in restored.pending(10)] == [event(1), event(2), event(3)]
        restored.published(restored.pending(10))
        assert restored.pending_depth() == 0

    def test_an_empty_store_gives_nothing(self, store: Store, snapshot_harness: StoreSnapshotHarness) -> None:
        with snapshot_harness.source().snapshot() as snapshot:
            assert records(snapshot) == []


class BusSnapshotHarness(Protocol):
    """One bus that is published to, and another that is empty."""

    #: Fresh names.
    topics: Sequence[str]
    #: A group that a backup knows of.
    group: str

    def bus(self) -> Bus:
        """The one, as services see it."""
        ...

    def source(self) -> BusSource:
        """The one, as a backup sees it."""
        ...

    def target(self) -> BusTarget:
        """The other, as a restore sees it."""
        ...

    def restored(self) -> Bus:
        """The other, as services see it afterwards."""
        ...


class BusSnapshotContract:
    """The way there and back of a bus."""

    @pytest.fixture
    def bus(self, snapshot_harness: BusSnapshotHarness) -> Bus:
        return snapshot_harness.bus()

    def test_what_is_published_after_the_cut_is_not_seen(self, bus: Bus, snapshot_harness: BusSnapshotHarness) -> None:
        topic = snapshot_harness.topics[0]
        bus.publish(topic, [event(1), event(2)])
        source = snapshot_harness.source()
        with ExitStack() as kept:
            with source.hold():
                snapshot = kept.enter_context(source.snapshot())
                assert not source.disturbed()
            bus.publish(topic, [event(3)])
            assert topic in snapshot.topics()
            assert list(snapshot.events(snapshot_harness.topics[1])) == [], "nobody has published there"
            assert [each.headers["ce_id"] for each in snapshot.events(topic)] == [event(1).id, event(2).id]

    def test_events_come_back_with_headers_and_order(self, bus: Bus, snapshot_harness: BusSnapshotHarness) -> None:
        topic = snapshot_harness.topics[0]
        bus.publish(topic, [event(number, f"s{number % 7}") for number in range(30)], [{"extra": "张三"}] * 30)
        restored = self.copied(snapshot_harness, {})
        by_key = [sorted_by_key(each, topic) for each in (bus, restored)]
        assert by_key[0] == by_key[1]
        assert {each.headers["extra"] for each in restored.read(topic)} == {"张三"}

    def test_a_groups_position_is_behind_what_it_committed(
        self, bus: Bus, snapshot_harness: BusSnapshotHarness
    ) -> None:
        topic, group = snapshot_harness.topics[0], snapshot_harness.group
        bus.publish(topic, [event(number, "one key") for number in range(5)])
        member = bus.consumer(group, [topic])
        done = drain(member, 5, commit=False)
        assert member.commit(done[2])
        member.close()
        source = snapshot_harness.source()
        with source.hold(), source.snapshot() as snapshot:
            found = [
                each for each in snapshot.positions() if each.group == group and each.partition == done[2].partition
            ]
        assert [(each.topic, each.next_offset) for each in found] == [(topic, done[2].offset + 1)]

    def test_a_publication_during_the_cut_is_kept_out_or_told(
        self, bus: Bus, snapshot_harness: BusSnapshotHarness
    ) -> None:
        topic = snapshot_harness.topics[0]
        bus.publish(topic, [event(1)])
        source = snapshot_harness.source()
        published = threading.Thread(target=lambda: bus.publish(topic, [event(2)]))
        with source.hold(), source.snapshot():
            published.start()
            published.join(1.0)
            assert published.is_alive() or source.disturbed()
        published.join(20)

    def test_a_group_goes_on_where_it_was(self, bus: Bus, snapshot_harness: BusSnapshotHarness) -> None:
        topic = snapshot_harness.topics[0]
        bus.publish(topic, [event(number, f"s{number % 7}") for number in range(30)])
        restored = self.copied(snapshot_harness, {f"{topic}.some": 11, f"{topic}.all": 30})
        assert restored.lag(f"{topic}.some", [topic]) >= 19, "nothing that isn't done is passed over"
        assert restored.lag(f"{topic}.all", [topic]) == 0
        assert restored.lag(f"{topic}.late", [topic]) == 30

    def copied(self, harness: BusSnapshotHarness, done: dict[str, int]) -> Bus:
        """Through the restore's own way of placing groups; ``done``: how many events each group has done."""
        from cli.backup.restore import Place

        source, topic = harness.source(), harness.topics[0]
        place = Place({}, {}, harness.target())
        assert place.bus.is_empty()
        with source.hold(), source.snapshot() as snapshot:
            events = list(snapshot.events(topic))
        for group, number in done.items():
            left = events[number:]
            for partition in {each.partition for each in events}:
                there = [each.offset for each in left if each.partition == partition]
                end = max(each.offset for each in events if each.partition == partition) + 1
                place.positions[topic].append(Position(group, topic, partition, min(there, default=end)))
        place.events(topic, events)
        place.place()
        place.bus.close()
        return harness.restored()


def sorted_by_key(bus: Bus, topic: str) -> dict[str, list[str]]:
    """The events' ids of each key, in order."""
    found: dict[str, list[str]] = {}
    for each in bus.read(topic, 0, 1000):
        found.setdefault(each.key, []).append(each.headers["ce_id"])
    return found


class BlobsSnapshotContract:
    """Files out and in again."""

    def test_every_file_is_told_and_put_back_whatever_its_type(self, blobs: Blobs) -> None:
        import hashlib

        content = [b"no type that anybody takes in ", b"x" * 300_000]
        name = hashlib.sha256(b"".join(content)).hexdigest()
        blobs.put_back(name, content)
        assert (name, 300_030) in [(each.sha256, each.size) for each in blobs.stored()]
        assert b"".join(blobs.get(name)) == b"".join(content)
        blobs.put_back(name, content)
        assert [each.sha256 for each in blobs.stored()].count(name) == 1

    def test_another_file_is_not_put_back_under_a_name(self, blobs: Blobs) -> None:
        with pytest.raises(Unavailable) as refused:
            blobs.put_back("0" * 64, [b"other"])
        assert refused.value.code == "blob_damaged"
        with pytest.raises(NotFound):
            list(blobs.get("0" * 64))
        assert not blobs.has("0" * 64)
