"""The Bus contract on one SQLite file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.bus.port import Bus
from kit.bus.sqlite import SqliteBus
from tests.contract.bus_contract import BusContract, drain, event, ids, publisher_command


class SqliteBusHarness:
    bus_class = SqliteBus

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: list[SqliteBus] = []

    def open(self) -> Bus:
        bus = self.bus_class(self.folder / "bus.db", self.folder, lease_seconds=2.0)
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
    def test_an_undecodable_event_is_handed_out_as_it_is(self, bus_harness: SqliteBusHarness) -> None:
        bus = SqliteBus(bus_harness.folder / "bus.db", bus_harness.folder)
        bus.publish("t", [event(1)])
        bus.write(lambda connection: connection.execute("UPDATE events SET headers = '{not json'"), durable=True)
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
