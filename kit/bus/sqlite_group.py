"""Members of a consumer group, and listeners without one, of the embedded bus."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kit.bus.port import Received
from kit.bus.topics import PARTITIONS
from kit.errors import Unavailable

if TYPE_CHECKING:
    from kit.bus.sqlite import SqliteBus

#: How often a member renews its lease and looks for its fair share, in seconds.
RENEW_SECONDS = 1.0


class SqliteConsumer:
    """A member of a group. Its partitions are those that its lease claims in the file."""

    def __init__(self, bus: SqliteBus, group: str, topics: Sequence[str]) -> None:
        self._bus = bus
        self._group = group
        self._topics = tuple(topics)
        self._member = uuid.uuid4().hex
        self._renewed = -RENEW_SECONDS
        #: Position up to which events of (topic, partition) were handed out.
        self._given: dict[tuple[str, int], int] = {}
        self._buffer: deque[Received] = deque()
        self._wake = bus.wake.listener(self._topics)

    @property
    def partitions(self) -> frozenset[int]:
        """The partitions that this member holds."""
        return frozenset(part for _, part in self._given)

    def poll(self, timeout: float, limit: int = 64) -> Sequence[Received]:
        """Events that are this member's to handle; waits up to ``timeout`` seconds for the first."""
        end = time.monotonic() + timeout
        while True:
            seen = self._wake.count
            self._renew()
            found = self._fetch(limit)
            if self._buffer:
                return [self._buffer.popleft() for _ in range(min(limit, len(self._buffer)))]
            left = end - time.monotonic()
            if left <= 0:
                return ()
            if not found:  # else they were all somebody else's, and ours may come right behind them
                self._wake.wait(seen, min(left, RENEW_SECONDS / 2))

    def commit(self, done: Received) -> bool:
        """Everything of its partition up to and with this event is done. False: the partition was taken away."""

        def work(connection: sqlite3.Connection) -> bool:
            held = connection.execute(
                "SELECT 1 FROM claims WHERE grp=? AND part=? AND member=?", (self._group, done.partition, self._member)
            ).fetchone()
            if held is None:
                return False
            connection.execute(
                "INSERT INTO positions VALUES (?, ?, ?, ?) ON CONFLICT (grp, topic, part) "
                "DO UPDATE SET position = max(position, excluded.position)",
                (self._group, done.topic, done.partition, done.offset),
            )
            return True

        return self._bus.write(work, durable=False)

    def rewind(self, to: Received) -> None:
        """This event and what follows in its partition will be polled again."""
        place = (to.topic, to.partition)
        self._buffer = deque(one for one in self._buffer if (one.topic, one.partition) != place)
        if place in self._given:
            self._given[place] = to.offset - 1

    def close(self) -> None:
        """Leaves the group at once, so that others take over."""

        def work(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM members WHERE grp=? AND member=?", (self._group, self._member))
            connection.execute("DELETE FROM claims WHERE grp=? AND member=?", (self._group, self._member))

        self._buffer.clear()
        self._given.clear()
        self._wake.close()
        try:
            self._bus.write(work, durable=False)
        except Unavailable:
            return  # the lease runs out by itself
        self._bus.wake.send(self._topics)

    def _fetch(self, limit: int) -> bool:
        """Reads on; whether there was anything, for this member or another."""
        if self._buffer or not self._given:
            return False
        start = min(self._given.values())
        batch = self._bus.after(start, self._topics, max(limit, 64) * 4)
        for one in batch:
            place = (one.topic, one.partition)
            if place in self._given and one.offset > self._given[place]:
                self._buffer.append(one)
                self._given[place] = one.offset
        if batch:
            # Everything up to here was looked at for every partition that is held.
            through = batch[-1].offset
            for place, given in self._given.items():
                self._given[place] = max(given, through)
        return bool(batch)

    def _renew(self) -> None:
        now = time.monotonic()
        if now - self._renewed < RENEW_SECONDS and self._given:
            return
        if now - self._renewed < 0.05:
            return
        self._renewed = now
        mine, changed = self._bus.write(self._claim, durable=False)
        held = self.partitions
        if changed:
            self._bus.wake.send(self._topics)
        if mine == held:
            return
        lost = held - mine
        self._buffer = deque(one for one in self._buffer if one.partition not in lost)
        self._given = {place: given for place, given in self._given.items() if place[1] in mine}
        positions = {
            (topic, part): position
            for topic, part, position in self._bus.read_rows(
                "SELECT topic, part, position FROM positions WHERE grp = ?", (self._group,)
            )
        }
        head = self._bus.head()
        for part in mine - held:
            for topic in self._topics:
                self._given[topic, part] = self._start(topic, part, positions.get((topic, part), 0), head)

    def _start(self, topic: str, part: int, done: int, head: int) -> int:
        """Where to read on: just before the next event of the partition, so that a quiet one doesn't make all that
        the others have done be read again. ``head`` is the newest position from before the question."""
        following = self._bus.first_after(topic, part, done)
        return max(done, head) if following is None else following - 1

    def _claim(self, connection: sqlite3.Connection) -> tuple[frozenset[int], bool]:
        """Renews the lease, frees what the dead held, takes a fair share and gives up what is above it."""
        now = time.time()
        group, member, until = self._group, self._member, now + self._bus.lease_seconds
        connection.execute(
            "INSERT INTO members VALUES (?, ?, ?) ON CONFLICT (grp, member) DO UPDATE SET until = excluded.until",
            (group, member, until),
        )
        # A lease beyond any that is given now is from before the machine's clock was set back.
        connection.execute("DELETE FROM members WHERE grp=? AND (until < ? OR until > ?)", (group, now, until))
        connection.execute(
            "DELETE FROM claims WHERE grp=? AND member NOT IN (SELECT member FROM members WHERE grp=?)", (group, group)
        )
        members = [row[0] for row in connection.execute("SELECT member FROM members WHERE grp=? ORDER BY 1", (group,))]
        claims = dict(connection.execute("SELECT part, member FROM claims WHERE grp=?", (group,)).fetchall())
        rank = members.index(member)
        share = PARTITIONS // len(members) + (1 if rank < PARTITIONS % len(members) else 0)
        mine = sorted(part for part, holder in claims.items() if holder == member)
        changed = False
        for part in mine[share:]:
            connection.execute("DELETE FROM claims WHERE grp=? AND part=?", (group, part))
            changed = True
        mine = mine[:share]
        for part in range(PARTITIONS):
            if len(mine) >= share:
                break
            if part not in claims:
                connection.execute("INSERT INTO claims VALUES (?, ?, ?)", (group, part, member))
                mine.append(part)
                changed = True
        return frozenset(mine), changed


class SqliteTail:
    """A listener without a group."""

    def __init__(self, bus: SqliteBus, topics: Sequence[str]) -> None:
        self._bus = bus
        self._topics = tuple(topics)
        self._position = bus.head()
        self._wake = bus.wake.listener(self._topics)

    def poll(self, timeout: float) -> Sequence[Received]:
        """What was published since the last poll."""
        end = time.monotonic() + timeout
        while True:
            seen = self._wake.count
            found = self._bus.after(self._position, self._topics, 500)
            if found:
                self._position = found[-1].offset
                return found
            left = end - time.monotonic()
            if left <= 0:
                return ()
            self._wake.wait(seen, min(left, RENEW_SECONDS))

    def close(self) -> None:
        """Stops listening."""
        self._wake.close()
