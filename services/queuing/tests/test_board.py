"""The board and the lists: what they show, to whom, and that many may ask at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kit.call import Call
from kit.errors import Forbidden, Invalid, NotFound
from kit.store.port import Page, Query
from kit.store.sqlite import SqliteStore
from kit.testing import actor
from reference.testing import CENTER_ID
from services.queuing import handlers
from services.queuing.domain.board import Board
from services.queuing.domain.ticket import TicketState
from services.queuing.domain.window import WindowState
from services.queuing.handlers.kept import Kept
from services.queuing.queries.board import board_of, windows_of
from services.queuing.queries.tickets import get_ticket, list_tickets
from services.queuing.tests.stage import TODAY, Stage


def board(stage: Stage) -> Board:
    return board_of(hall=stage.hall, center_id=CENTER_ID, now=stage.clock.now())


def test_the_latest_call_stands_first_also_when_it_is_a_recall(stage: Stage) -> None:
    for window in (1, 3):
        stage.open(window)
        stage.take()
    stage.take(item_id="item-card")
    first = stage.called(1)
    stage.later(seconds=5)
    second = stage.called(3)
    shown = board(stage)
    assert [(call.number, call.window_number) for call in shown.calls] == [("A002", "03"), ("A001", "01")]
    stage.later(seconds=5)
    handlers.recall_ticket(hall=stage.hall, call=stage.clerk(1), ticket_id=first.id)
    assert [call.id for call in board(stage).calls] == [first.id, second.id]
    assert [(lane.name, lane.waiting) for lane in shown.lanes] == [("企业开办", 0), ("社保医保", 1)]


def test_it_shows_as_many_calls_as_the_center_wants(stage: Stage) -> None:
    stage.set_policy(board_calls=2)
    stage.open()
    for _ in range(3):
        stage.take()
        stage.serve_next()
        stage.later(seconds=1)
    assert [call.number for call in board(stage).calls] == ["A003", "A002"]


def test_a_number_that_waits_again_leaves_the_board(stage: Stage) -> None:
    ticket = stage.take()
    stage.open()
    stage.miss(stage.called())
    assert len(board(stage).calls) == 1
    handlers.return_ticket(hall=stage.hall, call=stage.public(), code=ticket.code)
    assert board(stage).calls == ()


def test_windows_show_who_and_what_is_there(stage: Stage) -> None:
    stage.take()
    stage.open(1)
    stage.open(2)
    called = stage.called(1)
    handlers.pause_window(hall=stage.hall, call=stage.clerk(2), window_id=f"{CENTER_ID}-02", reason="交接材料")
    seen = windows_of(hall=stage.hall, center_id=CENTER_ID, now=stage.clock.now())
    assert [(now.window.number, now.window.state, now.ticket and now.ticket.id) for now in seen] == [
        ("01", WindowState.OPEN, called.id),
        ("02", WindowState.PAUSED, None),
        ("03", WindowState.CLOSED, None),
    ]
    assert board(stage).windows == seen


def test_the_board_sees_what_was_written_before_it_was_asked(stage: Stage) -> None:
    stage.open()
    for number in range(1, 6):
        stage.take()
        assert board(stage).lanes[0].waiting == 1
        stage.serve_next()
        assert len(board(stage).calls) == number
        assert board(stage).lanes[0].waiting == 0


def test_a_hundred_boards_at_once_cost_little_more_than_one(
    stage: Stage, database: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.take()
    stage.open()
    board(stage)
    looked: list[str] = []
    genuine = database.find

    def find(query: Query) -> Page:
        looked.append(query.index)
        return genuine(query)

    monkeypatch.setattr(database, "find", find)
    stage.called()
    looked.clear()
    gate = threading.Barrier(100)

    def poll(_: int) -> Board:
        gate.wait()
        return board(stage)

    with ThreadPoolExecutor(100) as boards:
        shown = list(boards.map(poll, range(100)))
    assert {each.calls[0].number for each in shown} == {"A001"}
    assert looked.count("by_center_calls") <= 2


def test_an_unknown_center_has_no_board(stage: Stage) -> None:
    with pytest.raises(NotFound, match="center_unknown"):
        board_of(hall=stage.hall, center_id="nowhere", now=stage.clock.now())


# ── What is kept for a moment ────────────────────────────────────────────────────────────────────────────────────


class Ticking:
    """Real time that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_kept_value_is_read_again_when_it_is_old_or_forgotten() -> None:
    clock, reads = Ticking(), iter(range(10))
    kept: Kept[int] = Kept(0.25, clock)
    assert [kept.get("a", lambda: next(reads)) for _ in range(3)] == [0, 0, 0]
    clock.now += 0.24
    assert kept.get("a", lambda: next(reads)) == 0
    clock.now += 0.01
    assert kept.get("a", lambda: next(reads)) == 1
    kept.forget("a")
    assert kept.get("a", lambda: next(reads)) == 2
    kept.forget("b")
    assert kept.get("a", lambda: next(reads)) == 2


def test_what_was_written_during_a_read_is_seen_by_the_next() -> None:
    clock, written = Ticking(), ["old"]
    kept: Kept[str] = Kept(10, clock)

    def read_while_somebody_writes() -> str:
        value = written[-1]
        written.append("new")
        kept.forget("a")
        return value

    assert kept.get("a", read_while_somebody_writes) == "old"
    clock.now += 0.001
    assert kept.get("a", lambda: written[-1]) == "new"


def test_of_those_that_wait_for_a_read_one_reads_for_all_though_writes_go_on() -> None:
    asked, first_may_end, reads = threading.Semaphore(0), threading.Event(), [0]

    def now() -> float:
        at = time.monotonic()
        asked.release()
        return at

    kept: Kept[int] = Kept(10, now)

    def slow() -> int:
        first_may_end.wait(5)
        return 0

    def read_while_somebody_writes() -> int:
        reads[0] += 1
        kept.forget("a")
        return reads[0]

    with ThreadPoolExecutor(9) as asking:
        first = asking.submit(kept.get, "a", slow)
        for _ in range(2):  # it has asked, and begun to read
            asked.acquire()
        others = [asking.submit(kept.get, "a", read_while_somebody_writes) for _ in range(8)]
        for _ in others:
            asked.acquire()
        kept.forget("a")
        first_may_end.set()
        assert first.result() == 0
        assert {other.result() for other in others} == {1}


def test_a_read_that_fails_keeps_nobody_from_the_next() -> None:
    kept: Kept[int] = Kept(10)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 7) == 7


# ── Tickets by id, code and day ──────────────────────────────────────────────────────────────────────────────────


def test_a_ticket_is_read_by_code_or_by_staff_of_its_center(stage: Stage) -> None:
    ticket = stage.take()
    now = stage.clock.now()
    assert get_ticket(hall=stage.hall, call=stage.public(), code=ticket.code) == ticket
    for role in ("clerk", "chief", "supervisor", "manager"):
        assert get_ticket(hall=stage.hall, call=Call(actor(role), now), ticket_id=ticket.id) == ticket
    service = Call(actor("service", center=""), now)
    assert get_ticket(hall=stage.hall, call=service, ticket_id=ticket.id) == ticket
    for call in (stage.public(), Call(actor("citizen"), now), Call(actor("approver"), now)):
        with pytest.raises(Forbidden, match="code_required"):
            get_ticket(hall=stage.hall, call=call, ticket_id=ticket.id)
    with pytest.raises(Forbidden, match="center_not_allowed"):
        get_ticket(hall=stage.hall, call=Call(actor("clerk", center="610921"), now), ticket_id=ticket.id)
    for code in (ticket.id, ticket.code[:-1], ticket.code.upper(), "%"):
        with pytest.raises(NotFound, match="ticket_not_found"):
            get_ticket(hall=stage.hall, call=stage.public(), code=code)


def test_a_days_tickets_are_listed_page_by_page(stage: Stage) -> None:
    taken = []
    for _ in range(5):
        taken.append(stage.take().id)
        stage.later(seconds=1)
    stage.open()
    stage.called()
    found, cursor = [], ""
    for _ in range(3):
        page = list_tickets(
            hall=stage.hall, call=stage.manager(), center_id=CENTER_ID, day=TODAY, limit=2, cursor=cursor
        )
        found += [ticket.id for ticket in page.items]
        cursor = page.cursor
    assert (found, cursor) == (taken, "")
    called = list_tickets(hall=stage.hall, call=stage.manager(), center_id=CENTER_ID, state=TicketState.CALLED)
    assert [ticket.id for ticket in called.items] == taken[:1]
    other_day = list_tickets(hall=stage.hall, call=stage.manager(), center_id=CENTER_ID, day="2026-11-22")
    assert other_day.items == ()


def test_only_staff_of_the_center_list_its_tickets(stage: Stage) -> None:
    foreign = Call(actor("manager", center="610921"), stage.clock.now())
    with pytest.raises(Forbidden, match="center_not_allowed"):
        list_tickets(hall=stage.hall, call=foreign, center_id=CENTER_ID)
    with pytest.raises(Invalid, match="day_invalid"):
        list_tickets(hall=stage.hall, call=stage.manager(), center_id=CENTER_ID, day="today")
    with pytest.raises(Invalid, match="cursor_invalid"):
        list_tickets(hall=stage.hall, call=stage.manager(), center_id=CENTER_ID, cursor="nonsense")
