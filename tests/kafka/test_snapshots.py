"""The snapshot contract on Kafka: two sites of one cluster, told apart by their prefix."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kit.bus.kafka.bus import KafkaBus
from kit.bus.kafka.snapshot import KafkaBusSource, KafkaBusTarget
from tests.contract.bus_contract import until
from tests.contract.snapshot_contract import BusSnapshotContract
from tests.kafka.broker import KafkaBusHarness, topics_of
from tests.servers.kafka import KafkaServer


class KafkaBuses:
    def __init__(self, address: str, topic: str) -> None:
        self.topics = [each.name for each in topics_of(topic)]
        self.group = f"{topic}.group"
        self._one = KafkaBusHarness(address, topics_of(topic), kafka_prefix="one.")
        self._other = KafkaBusHarness(address, topics_of(topic, partitions=3), kafka_prefix="other.")
        for harness in (self._one, self._other):
            harness.make_topics()

    def bus(self) -> KafkaBus:
        return self._one.open()

    def source(self) -> KafkaBusSource:
        return KafkaBusSource(self._one.settings, self.topics, [self.group])

    def target(self) -> KafkaBusTarget:
        return KafkaBusTarget(self._other.settings, self.topics, [self.group])

    def restored(self) -> KafkaBus:
        return self._other.open()

    def close(self) -> None:
        self._one.close()
        self._other.close()


class TestKafkaBus(BusSnapshotContract):
    @pytest.fixture
    def snapshot_harness(self, kafka_server: KafkaServer, topic: str) -> Iterator[KafkaBuses]:
        harness = KafkaBuses(kafka_server.address(), topic)
        yield harness
        harness.close()

    def test_a_group_with_members_is_told(self, snapshot_harness: KafkaBuses) -> None:
        """Its position can't be set, so a restore must not begin."""
        target = snapshot_harness.target()
        assert list(target.in_use()) == []
        member = snapshot_harness.restored().consumer(snapshot_harness.group, snapshot_harness.topics[:1])
        until(lambda: not member.poll(0.5) and list(target.in_use()) == [snapshot_harness.group])
        member.close()
        until(lambda: list(target.in_use()) == [])
        target.close()
