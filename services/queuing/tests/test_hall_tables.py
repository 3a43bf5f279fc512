"""Windows, appointments and days: each act in each state leads where the table says, or is refused (bad input)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from kit.errors import Conflict
from kit.testing import MONDAY
from services.queuing.domain import appointment as appointments
from services.queuing.domain import hall_day as days
from services.queuing.domain import window as windows
from services.queuing.domain.appointment import Appointment, AppointmentRules, AppointmentState
from services.queuing.domain.hall_day import DayState, HallDay
from services.queuing.domain.window import HallWindow, WindowState

RULES = AppointmentRules(5, 1, 10, 60, 3, 1, 120, 10, 10)
LATER = MONDAY + timedelta(days=1)
WINDOW = HallWindow("610902-01", "610902", "01", "综合", ("business",))
BOOKED = Appointment(
    "a-1", "610902", "item", "许可", "business", "2026-11-24", "10:00", LATER, LATER + timedelta(hours=1),
    "张*", "", "p", "c", "j",
)  # fmt: skip
DAY = days.begin("610902", "2026-11-23", LATER)


def _used(it: Appointment) -> Appointment:
    appointments.require_usable(it, RULES, center_id="610902", item_id="item", now=LATER)
    return appointments.settle(it, used=True)


def _numbered(it: HallDay) -> HallDay:
    days.require_running(it)
    return it


#: What there is, in each state; and each act with the states in which it may be done, and to which it leads.
Table = tuple[dict[Any, Any], dict[str, tuple[Callable[[Any], Any], dict[Any, Any]]]]
TABLES: dict[str, Table] = {
    "window": (
        {
            state: replace(WINDOW, state=state, staff_id="" if state is WindowState.CLOSED else "s-1")
            for state in WindowState
        },
        {
            "open": (
                lambda it: windows.open_window(
                    it, number="01", name="综合", lanes=(), day="2026-11-23", staff_id="s-1", staff_name="张"
                ),
                dict.fromkeys(WindowState, WindowState.OPEN),
            ),
            "open for another": (
                lambda it: windows.open_window(
                    it, number="01", name="综合", lanes=(), day="2026-11-23", staff_id="s-2", staff_name="李"
                ),
                {WindowState.CLOSED: WindowState.OPEN},
            ),
            "pause": (
                lambda it: windows.pause(it, reason="取材料", now=MONDAY, longest_min=15),
                {WindowState.OPEN: WindowState.PAUSED},
            ),
            "overlong": (windows.mark_overlong, {WindowState.PAUSED: WindowState.PAUSED}),
            "close": (
                lambda it: windows.close(it, reason="下班"),
                {WindowState.OPEN: WindowState.CLOSED, WindowState.PAUSED: WindowState.CLOSED},
            ),
            "serve": (
                lambda it: windows.require_serving(it, "s-1"),
                {WindowState.OPEN: WindowState.OPEN},
            ),
        },
    ),
    "appointment": (
        {state: replace(BOOKED, state=state) for state in AppointmentState},
        {
            "use": (
                _used,
                {AppointmentState.BOOKED: AppointmentState.USED},
            ),
            "cancel": (
                lambda it: appointments.cancel(it, RULES, MONDAY),
                {AppointmentState.BOOKED: AppointmentState.CANCELLED},
            ),
            "miss": (
                lambda it: appointments.settle(it, used=False),
                {AppointmentState.BOOKED: AppointmentState.MISSED},
            ),
        },
    ),
    "day": (
        {state: replace(DAY, state=state) for state in DayState},
        {
            "give a number": (
                _numbered,
                {DayState.OPEN: DayState.OPEN},
            ),
            "begin closing": (lambda it: days.begin_closing(it, MONDAY), {DayState.OPEN: DayState.CLOSING}),
            "close": (
                lambda it: days.close(it, expired=0, windows_closed=0, sweep_at=LATER),
                {DayState.CLOSING: DayState.CLOSED},
            ),
            "sweep": (
                lambda it: days.sweep(it, expired=0, windows_closed=0),
                {DayState.CLOSED: DayState.SWEPT},
            ),
        },
    ),
}
EVERY = [
    (name, act, state) for name, (there, acts) in TABLES.items() for act, state in product(sorted(acts), list(there))
]


@pytest.mark.parametrize(("name", "act", "state"), EVERY)
def test_an_act_leads_where_the_table_says_or_is_refused(name: str, act: str, state: Any) -> None:
    there, acts = TABLES[name]
    do, legal = acts[act]
    if state in legal:
        assert do(there[state]).state is legal[state]
    else:
        with pytest.raises(Conflict) as refused:
            do(there[state])
        assert refused.value.code.startswith((f"{name}_", "window_", "day_"))
