"""When numbers may be taken, and when a day ends."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from kit.errors import Conflict
from kit.workdays import Calendar, Hours, local_date, local_instant, local_text

#: How far ahead the next opening is looked for, in days; a center that is closed longer doesn't name it.
_HORIZON_DAYS: Final = 60


def ticket_hours(calendar: Calendar, own: Hours, on: date) -> Hours:
    """When numbers are given on a day: the center's own hours for it, on days on which it serves at all."""
    serving = calendar.opening_intervals(on)
    return own if own and serving else serving


def require_open(calendar: Calendar, own: Hours, now: datetime) -> None:
    """Raises ``Conflict`` (``center_closed``) outside the hours, with the next opening."""
    today = local_date(now)
    for ahead in range(_HORIZON_DAYS):
        day = today + timedelta(days=ahead)
        for slot in ticket_hours(calendar, own, day):
            begins, ends = slot.on(day)
            if begins <= now < ends:
                return
            if begins > now:
                raise Conflict(
                    "center_closed",
                    f"现在不在取号时间内，下次取号时间为 {local_text(begins)}，请届时再来。",
                    next_opening=local_text(begins),
                )
    raise Conflict("center_closed", "中心近期不对外服务，请留意中心公告。")


def closing_time(calendar: Calendar, on: date) -> datetime | None:
    """When the center closes on a day for the last time; ``None`` on a day on which it doesn't serve."""
    serving = calendar.opening_intervals(on)
    return serving[-1].on(on)[1] if serving else None


def day_end(calendar: Calendar, on: date, grace_min: int) -> datetime:
    """When what is left of a day is closed: the closing time and the center's grace (rules O01), within the day."""
    midnight = local_instant(on, 24 * 60)
    closes = closing_time(calendar, on)
    return midnight if closes is None else min(closes + timedelta(minutes=grace_min), midnight)
