"""The explanation of a due date, day by day, in words a citizen understands (architecture 14).

It walks the calendar day by day and counts for itself, so it checks the index arithmetic as well as explaining it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Final

from kit.workdays.calendar import Calendar, DayStatus
from kit.workdays.counting import hour_days
from kit.workdays.limits import Pause, Unit
from kit.workdays.terms import Terms
from kit.workdays.zone import CENTER_ZONE, HOUR_MS, MINUTE_MS, WEEKDAYS, date_of, day_start_ms


class Outcome(StrEnum):
    """What became of a day."""

    START = "start"
    """The day of the start, which isn't counted."""
    COUNTED = "counted"
    SKIPPED = "skipped"
    PAUSED = "paused"
    ROLLED = "rolled"
    """The working day to which a limit in calendar days moved on."""


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day of an explanation. `number` runs over the counted days; a limit in hours tells its sum in the reason."""

    on: date
    outcome: Outcome
    number: int | None
    reason: str
    provisional: bool = False

    @property
    def weekday(self) -> str:
        """``星期五``."""
        return WEEKDAYS[self.on.weekday()]

    @property
    def text(self) -> str:
        """The whole line: ``2026-10-08 星期四 第 1 天：工作日``."""
        number = f" 第 {self.number} 天" if self.number is not None else ""
        return f"{self.on} {self.weekday}{number}：{self.reason}{'（暂定）' if self.provisional else ''}"


def explain(terms: Terms, due_at: datetime | None, due_on: date | None) -> list[DayLine]:
    """One line a day from the start to the due date, or to the day on which an open pause begins."""
    lines = list(_hour_lines(terms, due_on) if terms.limit.unit is Unit.HOUR else _day_lines(terms, due_on))
    if due_at is not None and due_on is not None:
        last = lines[-1]
        ending = f"{last.reason}，期限至当日 {_time_text(due_at, due_on)} 届满"
        lines[-1] = DayLine(last.on, last.outcome, last.number, ending, last.provisional)
    return lines


def spans(lines: list[DayLine]) -> list[str]:
    """The same lines with days of one kind told together, for a paper: ``2026-11-24 至 2026-11-27 计入第 1 至 4 日：工作日``."""
    return [_span(list(days)) for _, days in groupby(lines, key=_kind_of_day)]


def summary(terms: Terms, due_at: datetime | None, due_on: date | None, provisional: bool) -> str:
    """One sentence: from when, how long, what was added, until when."""
    on = date_of(terms.start_day)
    parts = [f"{on} 收到，当日办结" if terms.limit.is_same_day else f"自 {on} 起 {terms.limit.text}"]
    parts += [extension.text for extension in terms.extensions]
    if due_at is None or due_on is None:
        pause = terms.open_pause
        kind = f"（{pause.kind}）" if pause else ""
        return "，".join([*parts, f"现暂停计时{kind}，恢复后确定到期时间。"])
    if terms.paused:
        parts.append("扣除暂停时间")
    parts.append(f"于 {due_on} {_time_text(due_at, due_on)} 到期")
    return "，".join(parts) + (_provisional_note(terms.calendar, terms.start_day, due_on) if provisional else "") + "。"


def _day_lines(terms: Terms, due_on: date | None) -> Iterator[DayLine]:
    calendar, total = terms.calendar, terms.total
    pauses = terms.pauses_by_day()
    working_days = terms.limit.unit is Unit.WORKING_DAY
    number = 0
    # A same-day limit first looks for the day on which it is due; an extension then counts from there.
    seeking = terms.limit.is_same_day
    if seeking:
        line = _receipt_line(terms, pauses)
        seeking = line.outcome is not Outcome.COUNTED
        yield line
    else:
        yield from _start_lines(terms, pauses, due_on)
    for day in _days_to(terms, due_on, pauses):
        on = date_of(day)
        pause = _pause_on(pauses, day)
        status = calendar.day_status(on)
        if pause is not None:
            yield DayLine(on, Outcome.PAUSED, None, _pause_reason(terms, pause, due_on))
        elif seeking:
            line = _sought_line(calendar, status)
            seeking = line.outcome is not Outcome.COUNTED
            yield line
        elif working_days:
            if status.working:
                number += 1
                reason = status.reason + _extension_note(terms, number)
                yield DayLine(on, Outcome.COUNTED, number, reason, status.provisional)
            else:
                yield DayLine(on, Outcome.SKIPPED, None, f"{status.reason}，不计入", status.provisional)
        elif number < total:
            number += 1
            # What the day is matters only for the last one, which may have to move on.
            last = number == total and terms.rules.roll_calendar_days
            reason = f"自然日{_extension_note(terms, number)}"
            if last and not status.working:
                reason = f"{reason}，适逢{status.reason}，期限顺延"
            yield DayLine(on, Outcome.COUNTED, number, reason, last and status.provisional)
        elif status.working:
            yield DayLine(on, Outcome.ROLLED, None, f"{status.reason}，休息日后顺延至本日", status.provisional)
        else:
            yield DayLine(on, Outcome.SKIPPED, None, f"{status.reason}，继续顺延", status.provisional)


def _start_lines(terms: Terms, pauses: list[tuple[int, int | None, Pause]], due_on: date | None) -> Iterator[DayLine]:
    """The day that isn't counted; what comes after hours may be as if it had come on the next working day."""
    first = terms.first_day
    looked_at = terms.depends_on_the_start
    for day in range(terms.start_day, first + 1):
        status = terms.calendar.day_status(date_of(day))
        pause = _pause_on(pauses, day) if day > terms.start_day else None
        provisional = looked_at and status.provisional
        if pause is not None:
            yield DayLine(status.on, Outcome.PAUSED, None, _pause_reason(terms, pause, due_on), provisional)
        elif day == first:
            since = "视为当天收到" if first > terms.start_day else "起算当天"
            yield DayLine(status.on, Outcome.START, None, f"{since}不计入，自次日开始计算", provisional)
        elif day == terms.start_day:
            came = "服务时间结束后收到" if status.working else f"{status.reason}收到"
            yield DayLine(status.on, Outcome.START, None, f"{came}，视为下一个工作日收到", provisional)
        else:
            reason = "当天中心不对外服务" if status.working else status.reason
            yield DayLine(status.on, Outcome.SKIPPED, None, f"{reason}，不计入", provisional)


def _receipt_line(terms: Terms, pauses: list[tuple[int, int | None, Pause]]) -> DayLine:
    """The day of receipt of an immediate case: due on it, or why not."""
    on = date_of(terms.start_day)
    status = terms.calendar.day_status(on)
    hours = terms.calendar.working_intervals(on)
    pause = _pause_on(pauses, terms.start_day)
    if pause is not None:
        return DayLine(on, Outcome.START, None, f"收到当天暂停计时：{pause.text}")
    if not status.working:
        return DayLine(on, Outcome.START, None, f"{status.reason}收到，自下一个工作日起", status.provisional)
    if not hours:
        return DayLine(on, Outcome.START, None, "收到当天中心不对外服务，自下一个工作日起", status.provisional)
    if terms.start_ms >= day_start_ms(terms.start_day) + hours[-1].end * MINUTE_MS:
        return DayLine(on, Outcome.START, None, "收到时当天服务时间已结束，自下一个工作日起", status.provisional)
    return DayLine(on, Outcome.COUNTED, None, f"{status.reason}，当天收到当天办结", status.provisional)


def _sought_line(calendar: Calendar, status: DayStatus) -> DayLine:
    """A later day while an immediate case looks for the day on which it is due."""
    if not status.working:
        return DayLine(status.on, Outcome.SKIPPED, None, f"{status.reason}，不计入", status.provisional)
    if not calendar.opening_intervals(status.on):
        return DayLine(status.on, Outcome.SKIPPED, None, "当天中心不对外服务，不计入", status.provisional)
    reason = f"{status.reason}，收到后的首个工作日，当天办结"
    return DayLine(status.on, Outcome.COUNTED, None, reason, status.provisional)


def _hour_lines(terms: Terms, due_on: date | None) -> Iterator[DayLine]:
    total = terms.total * HOUR_MS
    pauses = terms.pauses_by_day()
    used = 0
    for day, slots in hour_days(terms):
        on = date_of(day)
        status = terms.calendar.day_status(on)
        counted = min(sum(end - start for start, end in slots), total - used)
        used += counted
        pause = _pause_on(pauses, day)
        if counted:
            reason = f"{status.reason}，计 {_span_text(counted)}，累计 {_span_text(used)}"
            if pause is not None and used < total:
                reason = f"{reason}；{_pause_reason(terms, pause, due_on)}"
            yield DayLine(on, Outcome.COUNTED, None, reason, status.provisional)
        elif pause is not None:
            yield DayLine(on, Outcome.PAUSED, None, _pause_reason(terms, pause, due_on), status.provisional)
        elif not status.working:
            yield DayLine(on, Outcome.SKIPPED, None, f"{status.reason}，不计入", status.provisional)
        elif day == terms.start_day and terms.calendar.working_intervals(on):
            yield DayLine(on, Outcome.SKIPPED, None, "收到时当天服务时间已结束", status.provisional)
        else:
            yield DayLine(on, Outcome.SKIPPED, None, "当天中心不对外服务，不计入", status.provisional)
        if used == total:
            return


_OF_EXTENSION: Final = re.compile(r"延期第 \d+ 天")


def _kind_of_day(line: DayLine) -> tuple[object, ...]:
    return line.outcome, line.number is None, _reason_of_days(line), line.provisional


def _reason_of_days(line: DayLine) -> str:
    """The reason of a day as several days share it: whichever of an extension's it is."""
    return _OF_EXTENSION.sub("延期", line.reason)


def _span(days: list[DayLine]) -> str:
    first, last = days[0], days[-1]
    when = f"{first.on}" if first.on == last.on else f"{first.on} 至 {last.on}"
    counted = ""
    if first.number is not None:
        numbers = f"{first.number}" if first.number == last.number else f"{first.number} 至 {last.number}"
        counted = f" 计入第 {numbers} 日"
    return f"{when}{counted}：{_reason_of_days(first)}{'（暂定）' if first.provisional else ''}"


def _days_to(terms: Terms, due_on: date | None, pauses: list[tuple[int, int | None, Pause]]) -> range:
    """The days after the start up to the due date, or to the first day of the pause that is still going on."""
    last = due_on.toordinal() if due_on is not None else max(terms.first_day + 1, pauses[-1][0])
    return range(terms.first_day + 1, last + 1)


def _pause_on(pauses: list[tuple[int, int | None, Pause]], day: int) -> Pause | None:
    """The pause that keeps a day from being counted; of several on one day the last, which may still be going on."""
    for first, last, pause in reversed(pauses):
        if first <= day and (last is None or day <= last):
            return pause
    return None


def _pause_reason(terms: Terms, pause: Pause, due_on: date | None) -> str:
    if pause.end_at is None and due_on is None:
        since = pause.start_at.astimezone(CENTER_ZONE).strftime("%Y-%m-%d %H:%M")
        return f"自 {since} 起暂停计时：{pause.text}，恢复后继续计算"
    return f"暂停计时：{pause.text}"


def _extension_note(terms: Terms, number: int) -> str:
    """Which extension a counted day belongs to."""
    beyond = number - terms.limit.amount
    for extension in terms.extensions:
        if 0 < beyond <= extension.amount:
            return f"（延期第 {beyond} 天：{extension.reason}）"
        beyond -= extension.amount
    return ""


def _provisional_note(calendar: Calendar, start_day: int, due_on: date) -> str:
    years = range(date_of(start_day).year, due_on.year + 1)
    unpublished = "、".join(str(year) for year in years if not calendar.is_published(year))
    return f"（暂定：{unpublished} 年放假安排尚未公布，公布后可能调整）"


def _time_text(due_at: datetime, due_on: date) -> str:
    local = due_at.astimezone(CENTER_ZONE)
    return local.strftime("%H:%M") if local.date() == due_on else "24:00"


def _span_text(ms: int) -> str:
    """``3 小时 30 分``; seconds appear only when there are some."""
    seconds = ms // 1000
    parts = ((seconds // 3600, "小时"), (seconds // 60 % 60, "分"), (seconds % 60, "秒"))
    return " ".join(f"{value} {unit}" for value, unit in parts if value) or "不足 1 秒"
