"""What the Kafka tests share: a broker, topics with fresh names, and clients as processes have them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from kit.bus.kafka.bus import KafkaBus
from kit.bus.kafka.settings import KafkaSettings
from kit.bus.topics import Topic
from tests.contract.bus_contract import publisher_command

#: One broker, whose clients are as patient as they are by default.
_ONE_BROKER = KafkaSettings(kafka_client_id="tongban-test", kafka_replication=1)
#: Quick to notice what is gone, where a test waits for it.
IMPATIENT: Mapping[str, float] = MappingProxyType(
    {
        "kafka_connect_seconds": 3.0,
        "kafka_request_seconds": 2.0,
        "kafka_publish_seconds": 4.0,
        "kafka_session_seconds": 4.0,
    }
)


def settings_for(address: str, **changed: object) -> KafkaSettings:
    """The settings of one client."""
    return replace(_ONE_BROKER, kafka_bootstrap_servers=(address,), **changed)  # type: ignore[arg-type]


def fresh_topic() -> str:
    """A name that no other test has."""
    return f"tongban.test{uuid.uuid4().hex[:8]}.v1"


def topics_of(topic: str, partitions: int = 4) -> tuple[Topic, ...]:
    """A topic and its dead letters, as they are declared in a test."""
    return Topic(topic, partitions), Topic(f"{topic}.dlq", 1, None), Topic(f"{topic}.dlq.handled", 1, None)


class KafkaBusHarness:
    """Opens clients of one broker that know the topics of one test."""

    def __init__(self, address: str, topics: Sequence[Topic], **changed: object) -> None:
        self.settings = settings_for(address, **changed)
        self.topics = tuple(topics)
        self._opened: list[KafkaBus] = []

    def make_topics(self) -> None:
        """Makes the test's topics as `tongban init` does."""
        list(self.open().set_up(alter=False))

    def open(self) -> KafkaBus:
        """A client of its own."""
        bus = KafkaBus(self.settings, self.topics)
        self._opened.append(bus)
        return bus

    def publisher_command(self, topic: str) -> list[str]:
        """A process that publishes until it is killed."""
        return publisher_command("kafka", self.settings.kafka_bootstrap_servers[0], topic)

    def close(self) -> None:
        """Closes what it opened."""
        for bus in self._opened:
            bus.close()
