"""Windows, appointments and days: each act in each state, from their tables; what they don't allow writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from kit.errors import Conflict
from kit.testing import MONDAY, refused, unwritten
from reference.testing import CENTER_ID, ITEM_ID
from services.queuing import handlers
from services.queuing.domain import appointment as appointments
from services.queuing.domain import hall_day as days
from services.queuing.domain import window as windows
from services.queuing.domain.appointment import Appointment, AppointmentAct, AppointmentState
from services.queuing.domain.hall_day import DayAct, DayState, HallDay
from services.queuing.domain.window import HallWindow, WindowAct, WindowState
from services.queuing.handlers.booking import settle_appointment
from services.queuing.handlers.days import end_due_day
from services.queuing.handlers.opening import mark_overlong_pause
from services.queuing.tests.stage import TODAY, Stage, id_number

WINDOW = f"{CENTER_ID}-01"

# ── Windows ──────────────────────────────────────────────────────────────────────────────────────────────────────

WINDOWS: dict[WindowAct, tuple[Callable[[Stage, HallWindow], object], str]] = {
    WindowAct.OPEN: (
        lambda s, _: handlers.open_window(hall=s.hall, call=s.clerk(), window_id=WINDOW),
        "window_taken",
    ),
    WindowAct.PAUSE: (
        lambda s, _: handlers.pause_window(hall=s.hall, call=s.clerk(), window_id=WINDOW, reason="取材料"),
        "window_not_open",
    ),
    WindowAct.MARK_OVERLONG: (lambda s, it: mark_overlong_pause(s.hall, s.clerk(), it), "window_not_paused"),
    WindowAct.CLOSE: (
        lambda s, _: handlers.close_window(hall=s.hall, call=s.clerk(), window_id=WINDOW, reason="下班"),
        "window_closed",
    ),
    WindowAct.SERVE: (
        lambda s, _: handlers.call_next(hall=s.hall, call=s.clerk(), window_id=WINDOW),
        "window_not_open",
    ),
}


def _window(stage: Stage, state: WindowState) -> HallWindow:
    """Window 1 in a state, held by its clerk unless it is closed; somebody waits."""
    stage.take()
    stage.open()
    opened = stage.hall.windows.get(WINDOW)
    holder = "" if state is WindowState.CLOSED else opened.staff_id
    return stage.hall.windows.save(replace(opened, state=state, staff_id=holder, name="旧名"), [], stage.clerk())


@pytest.mark.parametrize(("state", "act"), list(product(WindowState, WindowAct)), ids=str)
def test_a_window_does_what_its_state_allows(stage: Stage, state: WindowState, act: WindowAct) -> None:
    window = _window(stage, state)
    told, (do, code) = len(stage.events()), WINDOWS[act]
    if state in windows.ALLOWED[act]:
        do(stage, window)
        assert len(stage.events()) > told
        return
    with refused(stage.database, code):
        do(stage, window)


@pytest.mark.parametrize("state", [one for one in WindowState if one is not WindowState.CLOSED])
def test_a_window_that_somebody_holds_is_opened_for_nobody_else(stage: Stage, state: WindowState) -> None:
    _window(stage, state)
    with refused(stage.database, "window_taken"):
        handlers.open_window(hall=stage.hall, call=stage.clerk(2), window_id=WINDOW)


# ── Appointments ─────────────────────────────────────────────────────────────────────────────────────────────────

APPOINTMENTS: dict[AppointmentAct, tuple[Callable[[Stage, Appointment], object], tuple[str, ...]]] = {
    AppointmentAct.USE: (
        lambda s, it: s.take(appointment_code=it.code),
        ("appointment_used", "appointment_cancelled", "appointment_missed"),
    ),
    AppointmentAct.CANCEL: (
        lambda s, it: handlers.cancel_appointment(hall=s.hall, call=s.public(), code=it.code),
        ("appointment_ended",),
    ),
    AppointmentAct.SETTLE: (lambda s, it: settle_appointment(s.hall, s.public(), it), ("appointment_ended",)),
}


@pytest.mark.parametrize(("state", "act"), list(product(AppointmentState, AppointmentAct)), ids=str)
def test_an_appointment_does_what_its_state_allows(stage: Stage, state: AppointmentState, act: AppointmentAct) -> None:
    booked = handlers.book_appointment(
        hall=stage.hall, call=stage.public(), center_id=CENTER_ID, item_id=ITEM_ID, day="2026-11-24", slot="10:00",
        id_number=id_number(),
    )  # fmt: skip
    booked = stage.hall.appointments.save(replace(booked, state=state), [], stage.public())
    if act is AppointmentAct.USE:
        stage.at(10, days=1)
    stage.take()
    do, codes = APPOINTMENTS[act]
    if state in appointments.ALLOWED[act]:
        told = len(stage.events())
        do(stage, booked)
        assert len(stage.events()) > told
        return
    with refused(stage.database, *codes):
        do(stage, booked)


# ── Days ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _day(stage: Stage, state: DayState) -> HallDay:
    stage.take()
    day = stage.hall.days.get(days.day_id(CENTER_ID, TODAY))
    return stage.hall.days.save(replace(day, state=state), [], stage.public())


@pytest.mark.parametrize("state", DayState)
def test_numbers_are_given_on_a_day_that_runs(stage: Stage, state: DayState) -> None:
    _day(stage, state)
    if state in days.ALLOWED[DayAct.RUN]:
        assert stage.take().day == TODAY
        return
    with refused(stage.database, "day_closed"):
        stage.take()


@pytest.mark.parametrize("state", DayState)
def test_a_day_ends_once_and_is_swept_once(stage: Stage, state: DayState) -> None:
    day = _day(stage, state)
    manager = stage.manager()
    if state in days.ALLOWED[DayAct.BEGIN_CLOSING] | days.ALLOWED[DayAct.CLOSE]:
        assert handlers.close_day(hall=stage.hall, call=manager, center_id=CENTER_ID).state is DayState.CLOSED
        return
    with unwritten(stage.database):
        assert handlers.close_day(hall=stage.hall, call=manager, center_id=CENTER_ID) == day
    if state in days.ALLOWED[DayAct.SWEEP]:
        end_due_day(stage.hall, manager, day)
        assert stage.hall.days.get(day.id).state is DayState.SWEPT


STEPS: dict[DayAct, Callable[[HallDay], object]] = {
    DayAct.RUN: days.require_running,
    DayAct.BEGIN_CLOSING: lambda it: days.begin_closing(it, MONDAY),
    DayAct.CLOSE: lambda it: days.close(it, expired=0, windows_closed=0, sweep_at=MONDAY),
    DayAct.SWEEP: lambda it: days.sweep(it, expired=0, windows_closed=0),
}


@pytest.mark.parametrize(
    ("state", "act"), [pair for pair in product(DayState, DayAct) if pair[0] not in days.ALLOWED[pair[1]]], ids=str
)
def test_the_steps_of_a_days_end_come_in_order(state: DayState, act: DayAct) -> None:
    with pytest.raises(Conflict, match="day_"):
        STEPS[act](HallDay("d", CENTER_ID, TODAY, state))
