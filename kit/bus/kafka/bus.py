"""The Bus port on Apache Kafka."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import BrokerResponseError, KafkaError, RetriableError

from kit.bus.kafka import topics as declared
from kit.bus.kafka.clients import Clients, Refused, translated
from kit.bus.kafka.member import KafkaMember
from kit.bus.kafka.publisher import Publisher
from kit.bus.kafka.reader import Reader
from kit.bus.kafka.settings import KafkaSettings
from kit.bus.kafka.tail import KafkaTail
from kit.bus.kafka.topics import Compared, WrongTopics
from kit.bus.port import Received
from kit.bus.topics import TOPICS, Topic
from kit.errors import Unavailable
from kit.events import Event
from kit.settings import SettingsError

T = TypeVar("T")

#: Between two tries of a question that a broker can't answer yet, in seconds.
_MOMENT_SECONDS = 0.2


class KafkaBus:
    """The events of a site on Kafka; threads share it. Nothing is connected before it is needed."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[Topic] = TOPICS) -> None:
        self._settings = settings
        self._declared: Mapping[str, Topic] = {topic.name: topic for topic in topics}
        self._clients = Clients(settings)
        self._publisher = Publisher(self._clients)
        self._reader = Reader(self._clients)
        self._lock = threading.Lock()
        self._admin: KafkaAdminClient | None = None
        #: Topics that were found as declared.
        self._verified: frozenset[str] = frozenset()

    # ── The port ─────────────────────────────────────────────────────────────────────────────────────────────

    def require(self, topics: Sequence[str]) -> None:
        """Raises ``WrongTopics`` or ``SettingsError`` unless these are as declared and this client is let in."""
        try:
            self._verify(topics)
        except Refused as error:
            raise SettingsError(f"wrong settings:\n  {error.message}") from error

    def publish(self, topic: str, events: Sequence[Event], extra_headers: Sequence[dict[str, str]] = ()) -> None:
        """Appends events to a topic in this order, durably: every replica in sync has them."""
        self._verify([topic])
        self._publisher.publish(self._name(topic), events, extra_headers or [{}] * len(events))

    def consumer(self, group: str, topics: Sequence[str]) -> KafkaMember:
        """Joins a group."""
        self._verify(topics)
        names = [self._name(topic) for topic in topics]
        return KafkaMember(self._clients, self._name(group), names, self._own_name, self._name)

    def tail(self, topics: Sequence[str]) -> KafkaTail:
        """Listens from now on."""
        self._verify(topics)
        return KafkaTail(self._clients, lambda: self._places(topics), self._own_name)

    def lag(self, group: str, topics: Sequence[str]) -> int:
        """How many events a group has before it."""
        places = self._places(topics)

        def ask(admin: KafkaAdminClient) -> int:
            done = admin.list_group_offsets({self._name(group): places})[self._name(group)]
            begins = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
            ends = admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
            total = 0
            for place in places:
                at = done[place].offset if place in done and done[place].offset >= 0 else 0
                total += ends[place].offset - max(at, begins[place].offset)
            return total

        return self._ask(ask)

    def read(self, topic: str, after: int = 0, limit: int = 100) -> Sequence[Received]:
        """Events of a topic beyond a position, for operators' tools. Partitions take turns, offset by offset: a
        position is one of all that is there now, and per key in order."""
        return self._reader.read(topic, self._places([topic]), after, limit)

    def topics(self) -> Sequence[str]:
        """The topics that are there, for operators' tools."""
        prefix = self._settings.kafka_prefix
        found = self._ask(lambda admin: admin.list_topics())
        return sorted(self._own_name(name) for name in found if name.startswith(prefix) and not name.startswith("__"))

    def close(self) -> None:
        """Lets go of every connection but its consumers' and tails'."""
        self._publisher.close()
        self._reader.close()
        with self._lock:
            admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()

    # ── For `tongban init` ───────────────────────────────────────────────────────────────────────────────────

    def set_up(self, *, alter: bool) -> Iterator[str]:
        """Makes the declared topics that are missing, and with ``alter`` mends those that differ; tells each thing done.

        Raises ``SettingsError``: ``WrongTopics`` for one that differs, before anything is made, or when not let in.
        """
        try:
            found = self._ask(self._compare)
            if not alter:
                declared.require(Compared((), found.differences))
            else:
                self._ask(lambda admin: declared.alter(admin, found.differences, self._name))
                yield from (f"altered: {each}" for each in found.differences)
            self._ask(lambda admin: declared.make(admin, found.missing, self._settings, self._name))
            yield from (f"topic made: {topic.name}" for topic in found.missing)
        except Refused as error:
            raise SettingsError(f"wrong settings:\n  {error.message}") from error

    def _compare(self, admin: KafkaAdminClient) -> Compared:
        return declared.compare(admin, tuple(self._declared.values()), self._settings, self._name)

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────────

    def _name(self, own: str) -> str:
        return self._settings.kafka_prefix + own

    def _own_name(self, name: str) -> str:
        return name.removeprefix(self._settings.kafka_prefix)

    def _verify(self, topics: Sequence[str]) -> None:
        """Once for each topic, before it is first used. Raises ``WrongTopics`` or ``Unavailable``."""
        unknown = [topic for topic in topics if topic not in self._declared]
        if unknown:
            raise WrongTopics(f"not in the declared table of topics (kit/bus/topics.py): {', '.join(unknown)}")
        wanted = [self._declared[topic] for topic in topics if topic not in self._verified]
        if wanted:
            declared.require(self._ask(lambda admin: declared.compare(admin, wanted, self._settings, self._name)))
            self._verified |= {topic.name for topic in wanted}

    def _places(self, topics: Sequence[str]) -> list[TopicPartition]:
        def ask(admin: KafkaAdminClient) -> list[TopicPartition]:
            places: list[TopicPartition] = []
            for each in admin.describe_topics([self._name(topic) for topic in topics]):
                if each["error_code"]:
                    raise Unavailable(
                        "bus_topic_unknown",
                        f"没有主题 {each['name']}，或无权查看；请运行 `tongban init` 或核对访问控制列表。",
                        topic=each["name"],
                    )
                places += [TopicPartition(each["name"], part["partition_index"]) for part in each["partitions"]]
            return sorted(places)

        return self._ask(ask)

    def _ask(self, question: Callable[[KafkaAdminClient], T]) -> T:
        """Asks the brokers over the one admin connection; one that failed is made anew. Raises ``Unavailable``."""
        with self._lock:
            if self._admin is None:
                self._admin = self._clients.admin()
            admin = self._admin
        end = time.monotonic() + self._settings.kafka_request_seconds
        with translated(self._settings):
            while True:
                try:
                    return question(admin)
                except KafkaError as error:
                    passing = isinstance(error, BrokerResponseError) and isinstance(error, RetriableError)
                    if passing and time.monotonic() < end:  # such as a group's first coordinator
                        time.sleep(_MOMENT_SECONDS)
                        continue
                    with self._lock:
                        if self._admin is admin:
                            self._admin = None
                    admin.close()
                    raise
