"""What wakes up by itself: the day's end, a pause that lasts too long, an appointment whose time has passed."""

from __future__ import annotations

from kit.alarms import Alarm
from services.queuing.handlers.booking import settle_appointment
from services.queuing.handlers.days import end_due_day
from services.queuing.handlers.hall import Hall
from services.queuing.handlers.opening import mark_overlong_pause


def alarms(hall: Hall) -> list[Alarm]:
    """The alarms of queuing."""
    return [
        Alarm("day-end", hall.days, lambda day, call: end_due_day(hall, call, day)),
        Alarm("pause", hall.windows, lambda window, call: mark_overlong_pause(hall, call, window)),
        Alarm("appointment", hall.appointments, lambda booked, call: settle_appointment(hall, call, booked)),
    ]
