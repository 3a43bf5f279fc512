"""From a call to the hall's boards: how long until each of many boards shows it (server-sent events)."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bench.callers import PATIENCE, Answer, MeasurementError, Request, parse
from bench.hall import Hall, Seat

#: Between a call and the next, in seconds: a busy hall's pace, and boards are quiet again.
_GAP = 0.1


@dataclass
class CallTimes:
    """Seconds until each board showed each call: from the request's sending, and from its answer."""

    from_sent: list[float] = field(default_factory=list)
    from_answer: list[float] = field(default_factory=list)


@dataclass(eq=False)
class _Board:
    connection: socket.socket
    #: What has arrived of an event that isn't complete, and the complete ones with their times.
    rest: bytes = b""
    events: list[tuple[float, bytes]] = field(default_factory=list)

    def read(self) -> None:
        """Takes what has arrived."""
        piece = self.connection.recv(1_048_576)
        now = time.perf_counter()
        if not piece:
            raise MeasurementError("a board's stream ended")
        *complete, self.rest = (self.rest + piece).split(b"\n\n")
        self.events += [(now, each) for each in complete]

    def first_with(self, text: bytes) -> float | None:
        """When an event first said this."""
        return next((at for at, event in self.events if text in event), None)


@dataclass
class Gallery:
    """All boards of a center, and one window that calls."""

    boards: list[_Board]
    _caller: socket.socket
    _host: str
    _selector: selectors.BaseSelector

    def call(self, seat: Seat, hall: Hall, times: CallTimes) -> None:
        """Calls a number, waits until every board has shown it, and sets the window free."""
        for board in self.boards:
            board.events.clear()
        sent = time.perf_counter()
        called = self._ask(Request("", "POST", f"windows/{seat.window}/call-next", token=seat.token))
        answered = sent + called.seconds
        ticket = called.json()["ticket"]
        if ticket is None:
            raise MeasurementError("nobody waits at the window that calls for the boards")
        hall.book.called[ticket["id"]] += 1
        text = f'"ticket_id":"{ticket["id"]}"'.encode()
        self._read_until(lambda board: board.first_with(text) is not None)
        for board in self.boards:
            shown = board.first_with(text) or 0.0
            times.from_sent.append(shown - sent)
            times.from_answer.append(max(0.0, shown - answered))
        self._ask(Request("", "POST", f"tickets/{ticket['id']}/miss", {"reason": "呼叫后无人应答"}, seat.token))
        self._rest(_GAP)

    def wait_for_first(self) -> None:
        """Waits until every board shows something."""
        self._read_until(lambda board: bool(board.events))

    def _ask(self, request: Request) -> Answer:
        received = bytearray()
        sent = time.perf_counter()
        self._caller.sendall(request.encoded(self._host))
        while True:
            for key, _ in self._selector.select(PATIENCE):
                if key.data is not None:
                    key.data.read()
                    continue
                received += self._caller.recv(262_144)
            answer = parse(received)
            if answer is not None:
                found = Answer(*answer, time.perf_counter() - sent)
                if not found.ok:
                    raise MeasurementError(f"{request.path}: {found.status} {found.content[:400].decode()}")
                return found

    def _read_until(self, done: Callable[[_Board], bool]) -> None:
        waiting = {board for board in self.boards if not done(board)}
        end = time.perf_counter() + PATIENCE
        while waiting:
            if time.perf_counter() > end:
                raise MeasurementError(
                    f"{len(waiting)} of {len(self.boards)} boards showed nothing for {PATIENCE:.0f} s"
                )
            for key, _ in self._selector.select(1.0):
                if key.data is None:
                    raise MeasurementError("the caller was answered without having asked")
                key.data.read()
                if done(key.data):
                    waiting.discard(key.data)

    def _rest(self, seconds: float) -> None:
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            for key, _ in self._selector.select(left):
                if key.data is not None:
                    key.data.read()


@contextmanager
def gallery(address: str, center: str, count: int) -> Iterator[Gallery]:
    """Connects so many boards of a center."""
    parts = urlsplit(address)
    place = (parts.hostname or "127.0.0.1", parts.port or 80)
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        caller = stack.enter_context(socket.create_connection(place, PATIENCE))
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(caller, selectors.EVENT_READ, None)
        found = Gallery([], caller, parts.netloc, selector)
        for _ in range(count):
            board = _Board(stack.enter_context(socket.create_connection(place, PATIENCE)))
            board.connection.sendall(Request("", "GET", f"centers/{center}/board/events").encoded(parts.netloc))
            selector.register(board.connection, selectors.EVENT_READ, board)
            found.boards.append(board)
        found.wait_for_first()
        yield found


def measure(address: str, seat: Seat, hall: Hall, *, boards: int, calls: int) -> CallTimes:
    """So many calls at one window, seen by so many boards of its center."""
    times = CallTimes()
    hall.queue_up(address, seat, calls)
    with gallery(address, seat.center, boards) as found:
        for _ in range(calls):
            found.call(seat, hall, times)
    return times
