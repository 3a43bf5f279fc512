"""The day's end: what is left is closed and said so, once, whatever crashes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.store.port import Document
from kit.store.sqlite import SqliteStore
from kit.testing import actor
from reference.testing import CENTER_ID
from services.queuing import handlers
from services.queuing.domain.hall_day import DayState, HallDay
from services.queuing.domain.ticket import Ticket, TicketState
from services.queuing.domain.window import WindowState
from services.queuing.handlers import days
from services.queuing.tests.stage import TODAY, Stage, built


def close_day(stage: Stage, call: Call | None = None, day: str = "") -> HallDay:
    return handlers.close_day(hall=stage.hall, call=call or stage.manager(), center_id=CENTER_ID, day=day)


def busy(stage: Stage) -> dict[str, Ticket]:
    """A ticket in each state that isn't an end, windows 1 (serving), 2 (called) and 3 (free) open."""
    for window in (1, 2, 3):
        stage.open(window)
    left = {}
    stage.take()
    left["missed"] = stage.miss(stage.called(1))
    stage.take()
    left["held"] = handlers.hold_ticket(
        hall=stage.hall, call=stage.clerk(), ticket_id=stage.start(stage.called(1)).id, reason="去复印"
    )
    stage.take()
    left["serving"] = stage.start(stage.called(1))
    stage.take(item_id="item-card")
    left["called"] = stage.called(2)
    left["waiting"] = stage.take()
    return left


def states(stage: Stage, tickets: dict[str, Ticket]) -> dict[str, str]:
    return {name: stage.stored(ticket).state.value for name, ticket in tickets.items()}


def test_what_is_left_expires_and_who_is_served_is_served(stage: Stage) -> None:
    left = busy(stage)
    closed = close_day(stage)
    assert (closed.state, closed.expired, closed.windows_closed) == (DayState.CLOSED, 4, 2)
    assert states(stage, left) == dict.fromkeys(("missed", "held", "called", "waiting"), "expired") | {
        "serving": "serving"
    }
    assert stage.times_told("ticket_expired") == Counter(left[name].id for name in left if name != "serving")
    assert stage.hall.windows.get(f"{CENTER_ID}-01").state is WindowState.OPEN
    assert stage.finish(left["serving"]).state is TicketState.FINISHED


def test_closing_again_tells_the_same_and_does_nothing(stage: Stage) -> None:
    busy(stage)
    first = close_day(stage)
    told = stage.events()
    assert close_day(stage) == first
    assert stage.events() == told


def test_after_the_close_nothing_begins_anew(stage: Stage) -> None:
    stage.take()
    close_day(stage)
    with pytest.raises(Conflict, match="day_closed"):
        stage.take()
    with pytest.raises(Conflict, match="day_closed"):
        stage.open()
    stage.at(10, days=1)
    assert stage.take().number == "A001"


def test_the_alarm_closes_after_overtime_and_sweeps_later(stage: Stage) -> None:
    left = busy(stage)
    stage.at(18, 59)
    assert stage.sweep() == 0
    stage.at(19)
    assert stage.sweep() == 1
    assert states(stage, left)["waiting"] == "expired"
    assert states(stage, left)["serving"] == "serving"
    assert stage.sweep() == 0
    stage.at(23)
    assert stage.sweep() == 1
    assert states(stage, left)["serving"] == "expired"
    day = stage.hall.days.get(f"{CENTER_ID}:{TODAY}")
    assert (day.state, day.due_at, day.expired, day.windows_closed) == (DayState.SWEPT, None, 5, 3)
    assert all(count == 1 for count in stage.times_told("ticket_expired").values())
    stage.at(23, days=1)
    assert stage.sweep() == 0


def test_a_closing_that_comes_late_leaves_the_next_days_window_open(stage: Stage) -> None:
    stage.take()
    stage.open(1)
    stage.open(2)
    stage.at(9, days=1)
    stage.open(1)
    while stage.sweep():
        pass
    assert stage.hall.windows.get(f"{CENTER_ID}-01").state is WindowState.OPEN
    assert stage.hall.windows.get(f"{CENTER_ID}-02").state is WindowState.CLOSED


class Crash(BaseException):
    """The process dies."""


class CrashingStore:
    """A store whose process dies instead of the n-th save, and answers nothing from then on."""

    def __init__(self, store: SqliteStore, saves: int) -> None:
        self._store = store
        self._left = saves

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if self._left < 0:
            raise Crash
        attribute: Callable[..., Any] = getattr(self._store, name)
        return attribute

    def save(self, *args: Any, **kwargs: Any) -> Document:
        self._left -= 1
        if self._left < 0:
            raise Crash
        return self._store.save(*args, **kwargs)


@pytest.mark.parametrize("saves", range(10))
def test_a_closing_that_crashed_anywhere_is_brought_to_its_end(
    stage: Stage, database: SqliteStore, monkeypatch: pytest.MonkeyPatch, saves: int
) -> None:
    monkeypatch.setattr(days, "_PAGE", 2)
    left = busy(stage)
    waiting = [stage.take() for _ in range(2)]
    stage.at(19)
    whole, stage.hall = stage.hall, built(CrashingStore(database, saves), stage.reference)
    with pytest.raises(Crash):
        close_day(stage)
    stage.hall = whole
    stage.later(minutes=1)
    while stage.sweep():
        pass
    assert states(stage, left) == dict.fromkeys(("missed", "held", "called", "waiting"), "expired") | {
        "serving": "serving"
    }
    assert {stage.stored(ticket).state for ticket in waiting} == {TicketState.EXPIRED}
    told = stage.times_told("ticket_expired")
    assert len(told) == 6
    assert set(told.values()) == {1}
    closed = close_day(stage)
    assert (closed.state, closed.expired, closed.windows_closed) == (DayState.CLOSED, 6, 2)
    assert stage.times_told("window_closed").total() == 2


def test_a_closing_by_hand_that_crashed_goes_on_within_minutes(stage: Stage, database: SqliteStore) -> None:
    left = busy(stage)
    whole, stage.hall = stage.hall, built(CrashingStore(database, 2), stage.reference)
    with pytest.raises(Crash):
        close_day(stage)
    stage.hall = whole
    with pytest.raises(Conflict, match="day_closed"):
        stage.take()
    stage.later(minutes=1)
    assert stage.sweep() == 1
    assert states(stage, left)["waiting"] == "expired"


def test_two_that_close_the_same_day_close_each_ticket_once(stage: Stage) -> None:
    tickets = [stage.take() for _ in range(60)]
    halls = [built(stage.database, stage.reference, seed) for seed in (2, 3, 4)]

    def close(number: int) -> HallDay:
        return handlers.close_day(hall=halls[number], call=stage.manager(), center_id=CENTER_ID)

    with ThreadPoolExecutor(3) as hands:
        closed = list(hands.map(close, range(3)))
    assert {day.expired for day in closed} == {60}
    assert stage.times_told("ticket_expired") == Counter(ticket.id for ticket in tickets)


def test_nobody_takes_a_number_while_the_day_is_being_closed(stage: Stage) -> None:
    """Callers and kiosks go on while the day closes: every ticket ends in one state, at the sweep at the latest."""
    stage.open()
    taken = [stage.take() for _ in range(20)]

    def take(_: int) -> Ticket | None:
        try:
            return stage.take()
        except Conflict:
            return None

    with ThreadPoolExecutor(6) as hands:
        closing = hands.submit(close_day, stage)
        calling = hands.submit(stage.serve_next)
        taken += [ticket for ticket in hands.map(take, range(20)) if ticket is not None]
        closing.result()
        error = calling.exception()
    assert error is None or isinstance(error, Conflict)
    stage.at(23, 30)
    while stage.sweep():
        pass
    stage.at(23, 59)
    while stage.sweep():
        pass
    ends = {TicketState.EXPIRED, TicketState.FINISHED}
    assert {stage.stored(ticket).state for ticket in taken} <= ends


def test_only_a_day_that_has_come_can_be_closed(stage: Stage) -> None:
    with pytest.raises(Invalid, match="day_invalid"):
        close_day(stage, day="2026-11-24")
    with pytest.raises(Invalid, match="day_invalid"):
        close_day(stage, day="'; --")
    past = close_day(stage, day="2026-11-20")
    assert (past.expired, past.windows_closed) == (0, 0)
    assert stage.hall.days.find_by_id(past.id) is None


def test_only_staff_of_the_center_closes_its_day(stage: Stage) -> None:
    with pytest.raises(Forbidden, match="center_not_allowed"):
        close_day(stage, Call(actor("manager", center="610921"), stage.clock.now()))
    with pytest.raises(NotFound, match="center_unknown"):
        handlers.close_day(hall=stage.hall, call=stage.manager(), center_id="no")
