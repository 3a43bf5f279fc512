"""Windows: who holds them, pauses with a reason, closing with nothing left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, NotFound, TongbanError
from kit.testing import MONDAY, actor
from reference.testing import CENTER_ID
from services.queuing import handlers
from services.queuing.domain.window import HallWindow, WindowState
from services.queuing.tests.stage import Stage

WINDOW = f"{CENTER_ID}-01"


def pause(stage: Stage, call: Call | None = None, reason: str = "交接材料") -> HallWindow:
    return handlers.pause_window(hall=stage.hall, call=call or stage.clerk(), window_id=WINDOW, reason=reason)


def close(stage: Stage, call: Call | None = None) -> HallWindow:
    return handlers.close_window(hall=stage.hall, call=call or stage.clerk(), window_id=WINDOW, reason="下班")


def test_opening_says_who_serves_there(stage: Stage) -> None:
    window = stage.open()
    assert (window.state, window.staff_id, window.number, window.lanes) == (
        WindowState.OPEN,
        "clerk-1",
        "01",
        ("business", "insurance"),
    )
    assert stage.events() == [("window_opened", WINDOW)]


def test_opening_an_open_window_again_changes_nothing(stage: Stage) -> None:
    assert stage.open() == stage.open()
    assert stage.event_names() == ["window_opened"]


def test_a_window_has_one_holder_and_somebody_holds_one_window(stage: Stage) -> None:
    stage.open(1, clerk=1)
    with pytest.raises(Conflict, match="window_taken"):
        stage.open(1, clerk=2)
    with pytest.raises(Conflict, match="staff_holds_window"):
        stage.open(2, clerk=1)
    close(stage)
    assert stage.open(2, clerk=1).staff_id == "clerk-1"
    assert stage.open(1, clerk=2).staff_id == "clerk-2"


def test_of_many_windows_opened_at_once_somebody_gets_one(stage: Stage) -> None:
    def opened(window: int) -> str:
        try:
            stage.open(window, clerk=7)
        except Conflict as error:
            return error.code
        return "opened"

    with ThreadPoolExecutor(3) as hands:
        assert sorted(hands.map(opened, (1, 2, 3))) == ["opened", "staff_holds_window", "staff_holds_window"]


def test_of_many_clerks_at_once_one_gets_the_window(stage: Stage) -> None:
    def opened(clerk: int) -> str:
        try:
            return stage.open(1, clerk).staff_id
        except Conflict as error:
            return error.code

    with ThreadPoolExecutor(6) as hands:
        answers = list(hands.map(opened, range(1, 7)))
    assert len([answer for answer in answers if answer.startswith("clerk")]) == 1
    assert set(answers) - {"window_taken"} <= {f"clerk-{n}" for n in range(1, 7)} | {"stale_version"}


def test_foreign_staff_and_unknown_windows_are_refused(stage: Stage) -> None:
    foreign = Call(actor("clerk", center="610921"), stage.clock.now())
    with pytest.raises(Forbidden, match="center_not_allowed"):
        handlers.open_window(hall=stage.hall, call=foreign, window_id=WINDOW)
    with pytest.raises(NotFound, match="window_unknown"):
        handlers.open_window(hall=stage.hall, call=stage.clerk(), window_id="' OR 1=1")


def test_a_pause_needs_a_reason_and_ends_with_opening(stage: Stage) -> None:
    stage.open()
    with pytest.raises(Invalid):
        pause(stage, reason=" ")
    paused = pause(stage)
    assert (paused.state, paused.pause_reason, paused.paused_at) == (WindowState.PAUSED, "交接材料", stage.clock.now())
    with pytest.raises(Conflict, match="window_not_open"):
        pause(stage)
    again = stage.open()
    assert (again.state, again.pause_reason, again.paused_at, again.due_at) == (WindowState.OPEN, "", None, None)
    assert stage.event_names() == ["window_opened", "window_paused", "window_opened"]


def test_a_pause_that_lasts_too_long_is_told_once(stage: Stage) -> None:
    stage.open()
    assert pause(stage).due_at == MONDAY + timedelta(minutes=15)
    stage.later(minutes=14, seconds=59)
    assert stage.sweep() == 0
    stage.later(seconds=1)
    assert stage.sweep() == 1
    assert stage.sweep() == 0
    assert stage.hall.windows.get(WINDOW).pause_overlong
    assert stage.event_names().count("window_paused") == 2
    assert not stage.open().pause_overlong


def test_a_pause_that_ended_in_time_isnt_told(stage: Stage) -> None:
    stage.open()
    pause(stage)
    stage.later(minutes=10)
    stage.open()
    stage.later(minutes=30)
    assert stage.sweep() == 0


def test_the_longest_pause_is_the_centers_to_set(stage: Stage) -> None:
    stage.set_policy(pause_max_min=5)
    stage.open()
    assert pause(stage).due_at == MONDAY + timedelta(minutes=5)


def test_a_window_with_a_ticket_doesnt_close(stage: Stage) -> None:
    stage.take()
    stage.open()
    called = stage.called()
    with pytest.raises(Conflict, match="window_has_ticket"):
        close(stage)
    stage.finish(stage.start(called))
    closed = close(stage)
    assert (closed.state, closed.staff_id) == (WindowState.CLOSED, "")
    with pytest.raises(Conflict, match="window_closed"):
        close(stage)


def test_a_window_that_was_never_open_cant_be_closed_or_paused(stage: Stage) -> None:
    for act in (pause, close):
        with pytest.raises(TongbanError, match=r"window_closed|window_not_open"):
            act(stage)
    assert stage.events() == []


def test_others_leave_a_window_alone_but_a_manager_may_pause_and_close_it(stage: Stage) -> None:
    stage.open()
    for act in (pause, close):
        with pytest.raises(Forbidden, match="window_not_yours"):
            act(stage, stage.clerk(2))
        with pytest.raises(Forbidden, match="center_not_allowed"):
            act(stage, Call(actor("manager", center="610921"), stage.clock.now()))
    assert pause(stage, stage.manager()).state is WindowState.PAUSED
    assert close(stage, stage.manager()).state is WindowState.CLOSED
