"""The Bus contract on one SQLite file."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from kit.bus.sqlite import SqliteBus, partition_of
from kit.bus.sqlite_group import SqliteConsumer
from tests.contract.bus_contract import BusContract, drain, event, ids, publisher_command, until


def _headers(**changed: str) -> str:
    return json.dumps({**event(1).headers(), **changed})


class SqliteBusHarness:
    bus_class = SqliteBus

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: list[SqliteBus] = []

    def open(self, lease_seconds: float = 2.0) -> SqliteBus:
        bus = self.bus_class(self.folder / "bus.db", self.folder, lease_seconds=lease_seconds)
        self._opened.append(bus)
        return bus

    def publisher_command(self, topic: str) -> list[str]:
        return publisher_command("sqlite", str(self.folder), topic)

    def close(self) -> None:
        for bus in self._opened:
            bus.close()


@pytest.fixture
def bus_harness() -> Iterator[SqliteBusHarness]:
    with tempfile.TemporaryDirectory(prefix="tongban-") as folder:
        harness = SqliteBusHarness(Path(folder))
        yield harness
        harness.close()


class TestSqliteBus(BusContract):
    @pytest.mark.parametrize("headers", ["{not json", "[]", "{}", _headers(ce_time="9" * 40), _headers(ce_time="²")])
    def test_an_undecodable_event_is_handed_out_as_it_is(self, bus_harness: SqliteBusHarness, headers: str) -> None:
        bus = SqliteBus(bus_harness.folder / "bus.db", bus_harness.folder)
        bus.publish("t", [event(1)])
        bus.write(lambda connection: connection.execute("UPDATE events SET headers = ?", (headers,)), durable=True)
        consumer = bus.consumer("g", ["t"])
        (received,) = drain(consumer, 1)
        assert received.event is None
        assert received.data == "数据1".encode()
        consumer.close()
        bus.close()

    def test_a_killed_members_part_is_taken_over_when_its_lease_ends(self, bus_harness: SqliteBusHarness) -> None:
        bus = bus_harness.open()
        bus.publish("t", [event(n, str(n)) for n in range(16)])
        bus_harness.open().consumer("g", ["t"]).poll(0.2)  # never heard of again
        assert len(set(ids(drain(bus.consumer("g", ["t"]), 16)))) == 16

    def test_a_member_that_died_before_the_clock_was_set_back_holds_nothing(
        self, bus_harness: SqliteBusHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bus = bus_harness.open()
        bus.publish("t", [event(n, str(n)) for n in range(16)])
        with monkeypatch.context() as before:
            now = time.time() + 3600
            before.setattr(time, "time", lambda: now)
            bus_harness.open().consumer("g", ["t"]).poll(0.2)  # never heard of again
        assert len(set(ids(drain(bus.consumer("g", ["t"]), 16)))) == 16

    def test_a_member_that_starts_again_finds_the_next_event_at_once_however_many_are_behind_it(
        self, bus_harness: SqliteBusHarness
    ) -> None:
        """Most parts of a topic have nothing in them here, so their positions stay where they were at the start."""
        bus = bus_harness.open()
        for begin in range(0, 5_000, 500):
            bus.publish("t", [event(n) for n in range(begin, begin + 500)])
        first = bus.consumer("g", ["t", "u"])
        drain(first, 5_000)
        first.close()
        second = bus.consumer("g", ["t", "u"])
        second.poll(0)  # joins
        bus.publish("t", [event(5_000)])
        assert ids(second.poll(1.0)) == ["e005000"]

    def test_a_member_finds_its_own_events_at_once_among_many_of_other_members(
        self, bus_harness: SqliteBusHarness
    ) -> None:
        bus = bus_harness.open(lease_seconds=600.0)  # the other member lives, however long the writing takes
        consumers = [bus.consumer("g", ["t"]) for _ in range(2)]
        until(lambda: [consumer.poll(0) for consumer in consumers] == [(), ()] and _parts(consumers) == [4, 4])
        one, other = consumers
        key = next(str(n) for n in range(100) if partition_of(str(n)) in one.partitions)
        foreign = next(str(n) for n in range(100) if partition_of(str(n)) in other.partitions)
        bus.publish("t", [event(n, foreign) for n in range(2_000)] + [event(2_000, key)])
        assert ids(one.poll(1.0)) == ["e002000"]


def _parts(consumers: Sequence[SqliteConsumer]) -> list[int]:
    return [len(consumer.partitions) for consumer in consumers]
