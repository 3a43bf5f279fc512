"""Boards get the newest state, each change read once, and nobody holds up the others."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.boards import BoardHub, BoardStream, center_of
from gateway.testing import FakeSite, FakeTail
from kit.bus.port import Received
from kit.clock import from_ms
from kit.errors import Exhausted, NotFound, Unavailable
from kit.events import Event
from tongban.queuing.v1 import events_pb2
from tongban.queuing.v1.messages_pb2 import BoardCall, HallWindow, Ticket
from tongban.queuing.v1.service_pb2 import GetBoardResponse

HERE, THERE = "610902", "610900"


def event(name: str, data: bytes) -> Received:
    found = Event("e-1", f"tongban.queuing.{name}.v1", "test/queuing", "t-1", "j-1", from_ms(0), data)
    return Received("tongban.queuing.v1", 0, 1, "t-1", {}, data, found)


def called(center: str) -> Received:
    return event("ticket_called", events_pb2.TicketCalled(ticket=Ticket(center_id=center)).SerializeToString())


class Hall:
    """A hall whose board a test changes, behind a hub that a test moves step by step."""

    def __init__(self, **options: int) -> None:
        self.numbers = {HERE: ["A001"], THERE: ["B001"]}
        self.reads: list[str] = []
        self.refuses = False
        self.now = 0.0
        self.hub = BoardHub(self.read, FakeTail, monotonic=lambda: self.now, **options)

    def read(self, center_id: str) -> GetBoardResponse:
        self.reads.append(center_id)
        if self.refuses:
            raise Unavailable("service_unavailable", "服务暂时不可用，请稍后重试。")
        if center_id not in self.numbers:
            raise NotFound("center_unknown", "没有这个中心。")
        calls = [BoardCall(ticket_number=number) for number in self.numbers[center_id]]
        return GetBoardResponse(center_id=center_id, calls=calls)

    def call(self, number: str, center_id: str = HERE) -> None:
        self.numbers[center_id].insert(0, number)

    def listen(self, center_id: str = HERE, gone: Callable[[], bool] = lambda: False, **who: Any) -> BoardStream:
        return self.hub.listen(center_id, "text", numbers_of, gone, **who)


def numbers_of(board: GetBoardResponse) -> str:
    return " ".join(call.ticket_number for call in board.calls)


@pytest.fixture
def hall() -> Hall:
    return Hall()


def test_a_listener_gets_the_present_state_at_once(hall: Hall) -> None:
    assert next(hall.listen()) == b"event: board\nid: 1\nretry: 2000\ndata: A001\n\n"


def test_a_change_reaches_every_listener_and_is_read_once(hall: Hall) -> None:
    streams = [hall.listen() for _ in range(20)]
    for stream in streams:
        next(stream)
    hall.reads.clear()
    hall.call("A002")
    hall.hub.refresh({HERE})
    assert {next(stream) for stream in streams} == {b"event: board\nid: 2\nretry: 2000\ndata: A002 A001\n\n"}
    assert hall.reads == [HERE]


def test_a_slow_listener_skips_what_was_overtaken(hall: Hall) -> None:
    stream = hall.listen()
    next(stream)
    for number in ("A002", "A003", "A004"):
        hall.call(number)
        hall.hub.refresh({HERE})
    assert b"data: A004 A003 A002 A001\n" in next(stream)


def test_another_centers_change_is_not_ones_own(hall: Hall) -> None:
    here, there = hall.listen(HERE), hall.listen(THERE)
    next(here), next(there)
    hall.call("B002", THERE)
    hall.hub.refresh({HERE, THERE})
    assert b"B002" in next(there)
    assert hall.hub.version(HERE) == 1


def test_one_address_cant_take_the_places_of_all(hall: Hall) -> None:
    streams = [hall.listen(center, address="10.0.0.1", most=2) for center in (HERE, THERE)]
    with pytest.raises(Exhausted, match="too_many_boards_of_address"):
        hall.listen(address="10.0.0.1", most=2)
    hall.listen(address="10.0.0.2", most=2)
    hall.listen(address="10.0.0.1")  # an exempt one isn't counted against
    streams[0].close()
    streams[0].close()
    with pytest.raises(Exhausted):
        hall.listen(address="10.0.0.1", most=2)
    streams[1].close()
    hall.listen(address="10.0.0.1", most=2)


def test_a_reading_that_changed_nothing_is_not_sent(hall: Hall) -> None:
    hall.listen()
    hall.hub.refresh({HERE})
    assert hall.hub.version(HERE) == 1


def test_a_center_without_listeners_is_not_read(hall: Hall) -> None:
    hall.hub.refresh({HERE})
    assert hall.reads == []


def test_what_could_not_be_read_is_kept_for_later(hall: Hall) -> None:
    stream = hall.listen()
    next(stream)
    hall.call("A002")
    hall.refuses = True
    assert hall.hub.refresh({HERE}) == {HERE}
    hall.refuses = False
    assert hall.hub.refresh({HERE}) == set()
    assert b"A002" in next(stream)


def test_a_change_between_reading_and_listening_is_not_missed(hall: Hall) -> None:
    hall.listen()
    assert hall.hub.overdue() == {HERE}
    hall.hub.refresh({HERE})
    assert hall.hub.overdue() == set()


def test_a_state_is_read_again_now_and_then_in_case_an_event_was_missed(hall: Hall) -> None:
    hall.listen()
    hall.hub.refresh({HERE})
    hall.now += 31
    assert hall.hub.overdue() == {HERE}


def test_an_unknown_center_is_refused_before_the_stream_begins(hall: Hall) -> None:
    with pytest.raises(NotFound):
        hall.listen("nowhere")
    assert hall.hub.listeners == 0


def test_only_so_many_may_listen() -> None:
    hall = Hall(max_listeners=2)
    first, _ = hall.listen(), hall.listen()
    with pytest.raises(Unavailable) as refused:
        hall.listen()
    assert refused.value.code == "too_many_boards"
    first.close()
    hall.listen()


def test_a_stream_that_never_began_gives_its_place_back(hall: Hall) -> None:
    stream = hall.listen()
    stream.close()
    stream.close()
    assert hall.hub.listeners == 0


def test_whoever_serves_is_told_how_many_listen(hall: Hall) -> None:
    counts: list[int] = []
    hall.hub.start(counts.append)
    first, second = hall.listen(), hall.listen()
    second.close()
    first.close()
    hall.hub.close()
    assert counts == [1, 2, 1, 0]


def test_at_the_end_every_stream_ends(hall: Hall) -> None:
    stream = hall.listen()
    next(stream)
    ended = threading.Event()

    def follow() -> None:
        assert list(stream) == []
        ended.set()

    thread = threading.Thread(target=follow)
    thread.start()
    hall.hub.close()
    assert ended.wait(5)
    thread.join()


def test_a_listener_that_hung_up_is_let_go(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.boards._LOOK_SECONDS", 0.01)
    stream = hall.listen(gone=lambda: True)
    next(stream)
    assert list(stream) == []


def test_a_quiet_hall_sends_a_comment_now_and_then(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.boards._LOOK_SECONDS", 0.01)
    monkeypatch.setattr("gateway.boards.HEARTBEAT_SECONDS", 0.02)
    stream = hall.listen()
    next(stream)
    assert next(stream).startswith(b":")


def test_text_of_several_lines_stays_one_event(hall: Hall) -> None:
    stream = hall.hub.listen(HERE, "html", lambda board: "<p>\n一\n</p>")
    assert next(stream).decode().endswith("data: <p>\ndata: 一\ndata: </p>\n\n")


def test_each_kind_is_encoded_once_a_change(hall: Hall) -> None:
    encoded: list[str] = []

    def encode(board: GetBoardResponse) -> str:
        encoded.append(numbers_of(board))
        return ""

    for stream in [hall.hub.listen(HERE, kind, encode) for kind in ("html", "html", "json")]:
        next(stream)
    assert len(encoded) == 2


# ── Events ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_events_of_tickets_and_windows_name_their_center() -> None:
    assert center_of(called(HERE)) == HERE
    paused = events_pb2.WindowPaused(window=HallWindow(center_id=THERE)).SerializeToString()
    assert center_of(event("window_paused", paused)) == THERE


@pytest.mark.parametrize(
    "received",
    [
        event("ticket_vanished", b""),
        event("ticket_called", b"\xff\xff\xff"),
        event("ticket_called", b""),
        Received("tongban.queuing.v1", 0, 1, "t-1", {}, b"", None),
    ],
)
def test_what_cannot_be_told_changes_no_board(received: Received) -> None:
    assert center_of(received) == ""


def test_the_thread_that_follows_survives_a_bus_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.boards._RETRY_SECONDS", 0.01)
    hall = Hall()
    tails: Iterator[object] = iter(
        [
            Unavailable("bus_unavailable", "消息暂时无法传递。"),
            OSError(24, "Too many open files"),
            _BrokenTail(Unavailable("bus_unavailable", "消息暂时无法传递。")),
            _BrokenTail(ValueError("nobody foresaw this")),
            FakeTail([[called(HERE)]]),
        ]
    )

    def tail() -> object:
        found = next(tails, None) or FakeTail()
        if isinstance(found, Exception):
            raise found
        return found

    hub = BoardHub(hall.read, tail)  # type: ignore[arg-type]
    stream = hub.listen(HERE, "text", numbers_of)
    next(stream)
    hall.call("A002")
    hub.start()
    assert b"A002" in next(stream)
    hub.close()


class _BrokenTail(FakeTail):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def poll(self, timeout: float) -> list[Received]:
        raise self._error


# ── By REST ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_stream_is_an_event_stream_that_nobody_keeps(site: FakeSite, client: FlaskClient) -> None:
    site.answers("GetBoard", GetBoardResponse(center_id=HERE))
    response = client.get(f"/api/v1/centers/{HERE}/board/events", buffered=False)
    assert response.content_type == "text/event-stream; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    first = next(response.iter_encoded())
    assert first.startswith(b"event: board\n")
    assert b'"center_id":"610902"' in first
    response.close()


def test_the_stream_of_an_unknown_center_is_a_problem(site: FakeSite, client: FlaskClient) -> None:
    site.answers("GetBoard", NotFound("center_unknown", "没有这个中心，请核对。"))
    response = client.get("/api/v1/centers/nowhere/board/events")
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
