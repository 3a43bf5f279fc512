"""A member of a consumer group: its share of the partitions moves by cooperative rebalancing.

The driver (kafka-python 3.0.12) can lose a finished join: when a rebalance was caused by changed metadata and the poll
that drives it times out, the next poll sees no reason to join and never collects the result. The member then gets
nothing, says nothing, and is thrown out. Two things stand against it: the coordinator is told that a begun join is a
reason to join (``_collecting``), and a member that isn't settled for too long joins anew (``_watch``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.coordinator.base import MemberState
from kafka.errors import CommitFailedError, KafkaError, RebalanceInProgressError, RetriableError

from kit.bus.kafka.clients import Clients, translated
from kit.bus.kafka.records import received as decoded
from kit.bus.port import Received
from kit.errors import Unavailable

log = logging.getLogger(__name__)

#: How long leaving may take when the brokers don't answer, in seconds; the session's end does it then.
_LEAVE_SECONDS = 2.0
#: How long a rebalance is driven on at a time before a commit is tried again, in milliseconds.
_REBALANCE_MS = 200
#: Between two tries while the brokers are away, in seconds.
_MOMENT_SECONDS = 0.2


class KafkaMember:
    """Used by one thread. ``names`` turns a topic's name on the broker into ours."""

    def __init__(
        self,
        clients: Clients,
        group: str,
        topics: Sequence[str],
        own_name: Callable[[str], str],
        name: Callable[[str], str],
    ) -> None:
        self._settings = clients.settings
        self._group = group
        self._own_name = own_name
        self._name = name
        self._patience = max(2 * clients.settings.kafka_session_seconds, 30.0)
        self._unsettled_since: float | None = None
        #: When the brokers were last found to be away.
        self._told_away: float | None = None
        #: Handed out by the driver while a commit waited for a rebalance; ours to hand out next.
        self._held: list[Received] = []
        self._closed = False
        self._client = clients.consumer(group)
        _collecting(self._client)
        with translated(self._settings):
            self._client.subscribe(list(topics))

    def poll(self, timeout: float, limit: int = 64) -> Sequence[Received]:
        """Events that are this member's to handle; waits up to ``timeout`` seconds for the first.

        Raises ``Unavailable``, also when this member can't settle in its group.
        """
        if self._held:
            batch, self._held = self._held[:limit], self._held[limit:]
            return [one for one in batch if self._place(one) in self._client.assignment()]
        found = self._fetch(timeout, limit)
        if found:
            self._unsettled_since = None
        else:
            self._watch()
        return found

    def commit(self, done: Received) -> bool:
        """Everything of its partition up to and with this event is done. False: the partition was taken away.

        A rebalance, or brokers that are away for a moment, are waited for: who left the group for that would hold up its
        rebalancing as a ghost, until its session ends. Raises ``Unavailable``.
        """
        place = self._place(done)
        position = {place: OffsetAndMetadata(done.offset + 1, "", -1)}
        end = time.monotonic() + self._settings.kafka_request_seconds
        while not self._closed and place in self._client.assignment():
            left = end - time.monotonic()
            with translated(self._settings):
                try:
                    self._client.commit(position, timeout_ms=max(1, int(left * 1000)))
                    return True
                except CommitFailedError as error:
                    if not _rebalancing(error) or left <= 0:
                        log.info("%s lost %s/%d before its commit", self._group, done.topic, done.partition)
                        return False
                    self._finish_rebalance()
                except RebalanceInProgressError:
                    if left <= 0:
                        raise
                    self._finish_rebalance()
                except RetriableError:
                    if left <= _MOMENT_SECONDS:
                        raise
                    time.sleep(_MOMENT_SECONDS)
        return False

    def rewind(self, to: Received) -> None:
        """This event and what follows in its partition will be polled again."""
        place = self._place(to)
        self._held = [one for one in self._held if self._place(one) != place]
        with suppress(ValueError):  # not ours any more
            self._client.seek(place, to.offset)

    def close(self) -> None:
        """Leaves the group at once, so that others take over."""
        if self._closed:
            return
        self._closed = True
        self._held = []
        with suppress(KafkaError, RuntimeError):
            self._client.close(autocommit=False, timeout_ms=int(_LEAVE_SECONDS * 1000))

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────────

    def _place(self, one: Received) -> TopicPartition:
        return TopicPartition(self._name(one.topic), one.partition)

    def _fetch(self, timeout: float, limit: int) -> list[Received]:
        """What the driver has. Brokers that are away give nothing, for as long as ``_watch`` has patience."""
        end = time.monotonic() + timeout
        with translated(self._settings):
            while True:
                left = max(0.0, end - time.monotonic())
                try:
                    batches = self._client.poll(timeout_ms=int(left * 1000), max_records=limit)
                except RetriableError as error:
                    self._away(error)
                    if left <= _MOMENT_SECONDS:
                        return []
                    time.sleep(_MOMENT_SECONDS)
                else:
                    break
        return [decoded(record, self._own_name(place.topic)) for place, batch in batches.items() for record in batch]

    def _finish_rebalance(self) -> None:
        """Lets the group come to rest, without taking more of what is held already."""
        paused = self._client.assignment()
        self._client.pause(*paused)
        try:
            self._held += self._fetch(_REBALANCE_MS / 1000, 64)
        finally:
            self._client.resume(*(paused & self._client.assignment()))

    def _away(self, error: RetriableError) -> None:
        """Says once that the brokers can't be reached."""
        if self._told_away is None:
            log.warning("%s can't reach the brokers, and goes on trying: %s", self._group, error)
        self._told_away = time.monotonic()

    def _watch(self) -> None:
        """Raises ``Unavailable`` when this member hasn't been settled for too long; whoever runs it joins anew."""
        now = time.monotonic()
        if self._told_away is not None and now - self._told_away > 2 * _MOMENT_SECONDS:
            self._told_away = None
        if self._told_away is None and self._client.group_metadata().state == MemberState.STABLE:
            self._unsettled_since = None
            return
        if self._unsettled_since is None:
            self._unsettled_since = now
        elif now - self._unsettled_since > self._patience:
            raise Unavailable(
                "bus_member_unsettled",
                "消费者长时间未能加入消费组，将重新加入。",
                group=self._group,
                seconds=int(now - self._unsettled_since),
            )


def _collecting(client: KafkaConsumer) -> None:
    """Makes a begun join a reason to join, so that its result is always collected."""
    coordinator = client._coordinator
    needed = coordinator.need_rejoin
    coordinator.need_rejoin = lambda: needed() or coordinator._join_task is not None


def _rebalancing(error: CommitFailedError) -> bool:
    """Whether a commit failed only as the group was between two assignments."""
    return bool(error.args) and isinstance(error.args[0], RebalanceInProgressError)
