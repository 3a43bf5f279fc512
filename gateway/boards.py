"""Live hall boards: one thread follows queuing's events, every board that listens gets the newest state.

A board shows a state, not a history: a listener who is slow skips what was overtaken, so nothing piles up for it. A
center's board is read once a burst of changes, whoever listens.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from kit.bus.port import Received, Tail
from kit.errors import Exhausted, TongbanError, Unavailable
from kit.events import event_type, topic_of
from tongban.queuing.v1 import events_pb2
from tongban.queuing.v1.service_pb2 import GetBoardResponse

log = logging.getLogger(__name__)

TOPIC = topic_of("queuing")
#: A comment is sent this often, so that neither side takes a quiet hall for a dead line, in seconds.
HEARTBEAT_SECONDS = 15.0
#: How often a listener that went away is noticed, in seconds.
_LOOK_SECONDS = 3.0
#: A state is read again after this time without an event, in case one was missed, in seconds.
_REFRESH_SECONDS = 30.0
_RETRY_SECONDS = 1.0

Encode = Callable[[GetBoardResponse], str]

_CLASSES = {
    event_type("queuing", name): getattr(events_pb2, name) for name in events_pb2.DESCRIPTOR.message_types_by_name
}


@dataclass(eq=False)
class _Hall:
    """One center's board and those who wait for it to change."""

    board: GetBoardResponse
    read_at: float
    version: int = 1
    listeners: int = 0
    encoded: dict[str, bytes] = field(default_factory=dict)


class BoardHub:
    """Tells boards what changed."""

    def __init__(
        self,
        read: Callable[[str], GetBoardResponse],
        tail: Callable[[], Tail],
        *,
        max_listeners: int = 128,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._tail = tail
        self._max_listeners = max_listeners
        self._monotonic = monotonic
        self._halls: dict[str, _Hall] = {}
        self._addresses: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._closed = False
        self._on_count: Callable[[int], None] = lambda count: None
        self._thread = threading.Thread(target=self._follow, name="boards", daemon=True)

    def start(self, on_count: Callable[[int], None] = lambda count: None) -> None:
        """Begins to follow the events; tells ``on_count`` how many listen whenever that changes."""
        self._on_count = on_count
        self._thread.start()

    def close(self) -> None:
        """Ends all streams."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout=2)

    def listen(
        self,
        center_id: str,
        kind: str,
        encode: Encode,
        gone: Callable[[], bool] = lambda: False,
        *,
        address: str = "",
        most: int = 0,
    ) -> BoardStream:
        """A stream of a center's board as server-sent events; ``encode`` is called once a change for each ``kind``.

        ``address`` is who listens, and may have ``most`` boards (0: any number). Raises what reading the board raises,
        ``Unavailable`` (``too_many_boards``) when too many listen, ``Exhausted`` (``too_many_boards_of_address``).
        """
        board: GetBoardResponse | None = None
        while not self._enter(center_id, board, address, most):
            board = self._read(center_id)
        return BoardStream(self, center_id, kind, encode, gone, address)

    @property
    def listeners(self) -> int:
        """How many boards listen now."""
        with self._changed:
            return self._count()

    def version(self, center_id: str) -> int:
        """How often a center's board has changed since somebody listens; 0 when nobody does."""
        with self._changed:
            hall = self._halls.get(center_id)
            return hall.version if hall is not None else 0

    def _count(self) -> int:
        return sum(hall.listeners for hall in self._halls.values())

    def _enter(self, center_id: str, board: GetBoardResponse | None, address: str, most: int) -> bool:
        """Counts a listener; false when the center's board isn't known yet and must be read first."""
        with self._changed:
            if self._closed or self._count() >= self._max_listeners:
                raise Unavailable("too_many_boards", "同时打开的大屏过多，请稍后重试。")
            if 0 < most <= self._addresses[address]:
                raise Exhausted(
                    "too_many_boards_of_address",
                    f"同一网络地址最多同时打开 {most} 个大屏，请先关闭不用的大屏页面；确需更多的，请联系管理员调整设置。",
                    most=most,
                )
            hall = self._halls.get(center_id)
            if hall is None:
                if board is None:
                    return False
                # Overdue from the start: a change between the reading and now was nobody's to follow.
                hall = self._halls[center_id] = _Hall(board, read_at=-math.inf)
            hall.listeners += 1
            self._addresses[address] += 1
            self._on_count(self._count())
            return True

    def _wait(self, center_id: str, kind: str, encode: Encode, seen: int, timeout: float) -> tuple[int, bytes] | None:
        """The state after version ``seen``; ``None`` when there was none in time. Raises ``StopIteration`` at the end."""
        with self._changed:
            hall = self._halls[center_id]
            self._changed.wait_for(lambda: self._closed or hall.version > seen, timeout)
            if self._closed:
                raise StopIteration
            if hall.version <= seen:
                return None
            if kind not in hall.encoded:
                hall.encoded[kind] = _event(encode(hall.board), hall.version)
            return hall.version, hall.encoded[kind]

    def _leave(self, center_id: str, address: str) -> None:
        with self._changed:
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]
            hall = self._halls[center_id]
            hall.listeners -= 1
            if hall.listeners == 0:
                del self._halls[center_id]
            self._on_count(self._count())

    def _follow(self) -> None:
        """Follows the events whatever happens: a thread that died would leave every board as it was, silently."""
        while not self._closed:
            try:
                self._follow_tail()
            except TongbanError as error:
                log.warning("boards can't follow the events: %s", error.code)
            except Exception:
                log.exception("boards can't follow the events")
            self._pause()

    def _follow_tail(self) -> None:
        tail = self._tail()
        try:
            with self._changed:
                stale = set(self._halls)  # what changed before the tail began
            while not self._closed:
                stale = self.refresh(stale | self.overdue())
                stale |= {center for center in map(center_of, tail.poll(0.5)) if center}
        finally:
            tail.close()

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed, _RETRY_SECONDS)

    def overdue(self) -> set[str]:
        """Centers whose board has not been read for a while."""
        now = self._monotonic()
        with self._changed:
            return {center for center, hall in self._halls.items() if now - hall.read_at > _REFRESH_SECONDS}

    def refresh(self, centers: set[str]) -> set[str]:
        """Reads the boards of these centers that somebody listens to; returns those that couldn't be read."""
        failed = set()
        for center_id in centers:
            with self._changed:
                if center_id not in self._halls:
                    continue
            try:
                board = self._read(center_id)
            except TongbanError as error:
                log.warning("board of %s can't be read: %s", center_id, error.code)
                failed.add(center_id)
                continue
            with self._changed:
                hall = self._halls.get(center_id)
                if hall is None:
                    continue
                hall.read_at = self._monotonic()
                if _differ(hall.board, board):
                    hall.board = board
                    hall.version += 1
                    hall.encoded.clear()
                    self._changed.notify_all()
        return failed


class BoardStream(Iterator[bytes]):
    """One listener's server-sent events; whoever serves it calls ``close`` at the end, also when it never began."""

    def __init__(
        self, hub: BoardHub, center_id: str, kind: str, encode: Encode, gone: Callable[[], bool], address: str
    ) -> None:
        self._hub = hub
        self._center_id = center_id
        self._kind = kind
        self._encode = encode
        self._gone = gone
        self._address = address
        self._seen = 0
        self._open = True

    def __next__(self) -> bytes:
        """The next event, or a comment when nothing has changed for a while."""
        if not self._open:
            raise StopIteration
        waited = 0.0
        while waited < HEARTBEAT_SECONDS:
            found = self._hub._wait(self._center_id, self._kind, self._encode, self._seen, _LOOK_SECONDS)
            if found is not None:
                self._seen, event = found
                return event
            if self._gone():
                raise StopIteration
            waited += _LOOK_SECONDS
        return b": still here\n\n"

    def close(self) -> None:
        """Makes room for another listener."""
        if self._open:
            self._open = False
            self._hub._leave(self._center_id, self._address)


def center_of(received: Received) -> str:
    """The center whose board an event may change; empty when it can't be told."""
    event = received.event
    cls = _CLASSES.get(event.type) if event is not None else None
    if event is None or cls is None:
        return ""
    try:
        message = cls.FromString(event.data)
    except DecodeError:
        log.warning("event %s can't be decoded", event.id)
        return ""
    first = message.DESCRIPTOR.fields[0]
    center: str = getattr(message, first.name).center_id
    return center


def _differ(old: GetBoardResponse, new: GetBoardResponse) -> bool:
    """Whether two states show something different; the time of reading is nothing to show."""
    left, right = GetBoardResponse(), GetBoardResponse()
    left.CopyFrom(old)
    right.CopyFrom(new)
    left.ClearField("at")
    right.ClearField("at")
    return left != right


def _event(text: str, version: int) -> bytes:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: board\nid: {version}\nretry: 2000\n{lines}\n".encode()
