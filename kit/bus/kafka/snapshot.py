"""Kafka as a backup reads it, and empty topics as a restore fills them (kit/snapshot.py).

Nobody can be locked out of a broker. So the source reads the groups' positions and then where each topic ends, and says
afterwards whether the ends are still the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Final, TypeVar

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    KafkaTimeoutError,
    NotCoordinatorError,
    for_code,
)
from kafka.structs import OffsetAndMetadata

from kit.bus.kafka.clients import Clients, translated
from kit.bus.kafka.records import headers_from, received
from kit.bus.kafka.settings import KafkaSettings
from kit.bus.topics import GROUPS, TOPICS
from kit.errors import Unavailable
from kit.snapshot import Position, Published

T = TypeVar("T")

_ROWS: Final = 500
#: A group's coordinator isn't there yet.
_LOOKED_FOR: Final = (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError)
#: States of a group without members.
_UNUSED: Final = frozenset({"Empty", "Dead"})
_TOPICS: Final = tuple(each.name for each in TOPICS)

Ends = Mapping[TopicPartition, tuple[int, int]]


class _Cluster:
    """What both ways need: the site's topics among those of the cluster, and where each begins and ends."""

    def __init__(self, settings: KafkaSettings, topics: Sequence[str]) -> None:
        self.settings = settings
        self.clients = Clients(settings)
        self.topics = tuple(topics)
        self._admin: KafkaAdminClient | None = None

    @property
    def admin(self) -> KafkaAdminClient:
        if self._admin is None:
            self._admin = self.clients.admin()
        return self._admin

    def name(self, own: str) -> str:
        return self.settings.kafka_prefix + own

    def own_name(self, name: str) -> str:
        return name.removeprefix(self.settings.kafka_prefix)

    def places(self, topics: Sequence[str]) -> list[TopicPartition]:
        """The partitions of these topics. Raises the driver's errors, also for a topic that isn't there."""
        found: list[TopicPartition] = []
        for each in self.admin.describe_topics([self.name(topic) for topic in topics]):
            if each["error_code"]:
                raise for_code(each["error_code"])(f"{each['name']}: there is no such topic, or it may not be seen")
            found += [TopicPartition(each["name"], part["partition_index"]) for part in each["partitions"]]
        return sorted(found)

    def ends(self, places: Sequence[TopicPartition]) -> Ends:
        """Where each partition begins and ends."""
        begins = self.admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.EARLIEST))
        ends = self.admin.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
        return {place: (begins[place].offset, ends[place].offset) for place in places}

    def patiently(self, ask: Callable[[], T]) -> T:
        """Asks again while a group's coordinator is looked for: on a new cluster the first question makes it."""
        end = time.monotonic() + self.settings.kafka_connect_seconds
        while True:
            try:
                return ask()
            except _LOOKED_FOR:
                if time.monotonic() > end:
                    raise
            time.sleep(0.1)

    def close(self) -> None:
        if self._admin is not None:
            self._admin.close()
            self._admin = None


class KafkaBusSource:
    """The site's declared topics and groups."""

    def __init__(
        self,
        settings: KafkaSettings,
        topics: Sequence[str] = _TOPICS,
        groups: Sequence[str] = GROUPS,
    ) -> None:
        self._cluster = _Cluster(settings, topics)
        self._groups = groups
        self._ends: Ends = {}
        self._positions: Sequence[Position] = ()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Remembers how far each group has come, and then where each topic ends. Raises ``Unavailable``."""
        try:
            with translated(self._cluster.settings):
                places = self._cluster.places(self._cluster.topics)
                self._positions = self._read_positions(places)
                self._ends = self._cluster.ends(places)
        except BaseException:
            self._cluster.close()
            raise
        yield

    def _read_positions(self, places: Sequence[TopicPartition]) -> Sequence[Position]:
        asked = {self._cluster.name(group): list(places) for group in self._groups}
        found = self._cluster.patiently(lambda: self._cluster.admin.list_group_offsets(asked))
        return [
            Position(group, self._cluster.own_name(place.topic), place.partition, done.offset)
            for group in self._groups
            for place, done in sorted(found.get(self._cluster.name(group), {}).items())
            if done.offset >= 0
        ]

    def disturbed(self) -> bool:
        """Whether a topic ends elsewhere now."""
        with translated(self._cluster.settings):
            now = self._cluster.ends(list(self._ends))
        return any(now[place][1] != end for place, (_, end) in self._ends.items())

    @contextmanager
    def snapshot(self) -> Iterator[KafkaBusSnapshot]:
        """The topics up to where they ended."""
        try:
            yield KafkaBusSnapshot(self._cluster, dict(self._ends), self._positions)
        finally:
            self._cluster.close()


class KafkaBusSnapshot:
    """Reads each partition from its beginning to where it ended at the cut."""

    def __init__(self, cluster: _Cluster, ends: Ends, positions: Sequence[Position]) -> None:
        self._cluster = cluster
        self._ends = ends
        self._positions = positions

    def topics(self) -> Sequence[str]:
        """The topics that hold anything."""
        return sorted(
            {self._cluster.own_name(place.topic) for place, (begin, end) in self._ends.items() if begin < end}
        )

    def positions(self) -> Sequence[Position]:
        """How far each group had come."""
        return self._positions

    def events(self, topic: str) -> Iterator[Published]:
        """Every event of a topic, each partition's in order. Raises ``Unavailable``."""
        name = self._cluster.name(topic)
        ends = {place: end for place, (begin, end) in self._ends.items() if place.topic == name and begin < end}
        if not ends:
            return
        with translated(self._cluster.settings):
            consumer = self._cluster.clients.consumer(None)
            try:
                yield from self._read(consumer, topic, ends)
            finally:
                with suppress(KafkaError, RuntimeError):
                    consumer.close(autocommit=False, timeout_ms=1000)

    def _read(self, consumer: KafkaConsumer, topic: str, ends: Mapping[TopicPartition, int]) -> Iterator[Published]:
        left = set(ends)
        consumer.assign(sorted(left))
        consumer.seek_to_beginning()
        patience = self._cluster.settings.kafka_request_seconds
        give_up = time.monotonic() + patience
        while left:
            for place, batch in consumer.poll(timeout_ms=1000, max_records=_ROWS).items():
                give_up = time.monotonic() + patience
                for record in batch:
                    if record.offset < ends[place]:
                        one = received(record, topic)
                        yield Published(topic, one.partition, one.offset, one.key, one.headers, one.data)
            done = {place for place in left if consumer.position(place) >= ends[place]}
            left -= done
            if done:
                consumer.pause(*done)
            if time.monotonic() > give_up:
                raise KafkaTimeoutError(f"{topic} could not be read to its end")


class KafkaBusTarget:
    """Topics that `tongban init` has made and nobody has published to."""

    def __init__(
        self, settings: KafkaSettings, topics: Sequence[str] = _TOPICS, groups: Sequence[str] = GROUPS
    ) -> None:
        self._cluster = _Cluster(settings, topics)
        self._groups = groups
        self._producer: KafkaProducer | None = None

    def lacking(self, topics: Sequence[str]) -> Sequence[str]:
        """Those that nobody declares (kit/bus/topics.py)."""
        return sorted(set(topics) - set(self._cluster.topics))

    def in_use(self) -> Sequence[str]:
        """The groups that have members. Raises ``Unavailable``."""
        with translated(self._cluster.settings):
            found = {each["group_id"]: each["group_state"] for each in self._cluster.admin.list_groups()}
        return [group for group in self._groups if found.get(self._cluster.name(group), "Empty") not in _UNUSED]

    def is_empty(self) -> bool:
        """Whether no topic holds anything. Raises ``Unavailable``, also where topics are missing."""
        with translated(self._cluster.settings):
            ends = self._cluster.ends(self._cluster.places(self._cluster.topics))
        return all(begin == end for begin, end in ends.values())

    def write(self, events: Sequence[Published]) -> Sequence[tuple[int, int]]:
        """Publishes events as they were; every replica in sync has them when this returns. Raises ``Unavailable``."""
        with translated(self._cluster.settings):
            if self._producer is None:
                self._producer = self._cluster.clients.producer()
            sent = [
                self._producer.send(
                    self._cluster.name(each.topic),
                    key=each.key.encode(),
                    value=each.data,
                    headers=headers_from(each.headers),
                )
                for each in events
            ]
            patience = 2 * self._cluster.settings.kafka_publish_seconds
            placed = [each.get(timeout=patience) for each in sent]
        return [(each.partition, each.offset) for each in placed]

    def ends(self, topic: str) -> Mapping[int, int]:
        """Where each partition of a topic ends."""
        with translated(self._cluster.settings):
            return {
                place.partition: end for place, (_, end) in self._cluster.ends(self._cluster.places([topic])).items()
            }

    def place(self, positions: Sequence[Position]) -> None:
        """Commits for groups that have no members. Raises ``Unavailable`` when one has."""
        with translated(self._cluster.settings):
            for group in sorted({each.group for each in positions}):
                offsets = {
                    TopicPartition(self._cluster.name(each.topic), each.partition): OffsetAndMetadata(
                        each.next_offset, "", -1
                    )
                    for each in positions
                    if each.group == group
                }
                self._cluster.patiently(partial(self._commit, group, offsets))

    def _commit(self, group: str, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
        """Raises ``Unavailable`` when the group has members, and the driver's error while it is looked for."""
        answer = self._cluster.admin.alter_group_offsets(self._cluster.name(group), offsets)
        refused = [said for said in answer.values() if said.errno]
        for said in refused:
            if issubclass(said, _LOOKED_FOR):
                raise said(group)
        if refused:
            raise Unavailable(
                "group_in_use", "消费者组正在使用，请先停止所有服务再恢复。", group=group, reason=refused[0].__name__
            )

    def close(self) -> None:
        """Everything that was written is durable; lets go."""
        if self._producer is not None:
            self._producer.close(timeout=self._cluster.settings.kafka_publish_seconds)
            self._producer = None
        self._cluster.close()
