"""The worked examples of docs/clocks.md hold, row by row: by the product's arithmetic and by a walk day by day."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kit.workdays import (
    CENTER_ZONE,
    AfterHours,
    Calendar,
    CountingRules,
    DayKind,
    Deadline,
    Extension,
    Limit,
    Overrides,
    Pause,
    SpecialDay,
    Unit,
    WeeklyHours,
    day_hours,
    due,
    local_text,
    merge,
    shipped_calendar,
)
from kit.workdays.tests import oracle

PAGE = Path(__file__).resolve().parents[3] / "docs" / "clocks.md"
CALENDAR = shipped_calendar(WeeklyHours.weekdays("09:00-12:00", "13:00-17:00"))
NONE = "–"
AFTER_HOURS = "下班后视为次日"
UNITS = {"工作日": Unit.WORKING_DAY, "自然日": Unit.CALENDAR_DAY, "工作小时": Unit.HOUR}


@dataclass(frozen=True)
class Example:
    """A row of the table."""

    what: str
    law: str
    received: str
    limit: str
    stopped: str
    extended: str
    calendar: str
    ends: str


def examples() -> list[Example]:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return [Example(*row) for row in cells if len(row) == 8 and row[0] != "what"]


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=CENTER_ZONE).astimezone(UTC)


def limit_of(text: str) -> Limit:
    if text == "当日":
        return Limit.same_day()
    amount, unit = text.split()
    return Limit(int(amount), UNITS[unit])


def pauses_of(text: str) -> list[Pause]:
    if text == NONE:
        return []
    pauses = []
    for each in text.split(", "):
        start, _, end = each.removesuffix(" 起").partition(" 至 ")
        pauses.append(Pause(at(start), at(end) if end else None, "特别程序"))
    return pauses


def calendar_of(text: str) -> Calendar:
    if text == NONE:
        return CALENDAR
    if text == AFTER_HOURS:
        return replace(CALENDAR, counting=CountingRules(after_hours=AfterHours.NEXT_WORKING_DAY))
    on, what = text.split()
    if what == "闭馆":
        special = SpecialDay(date.fromisoformat(on), DayKind.CLOSURE, "台风")
    else:
        special = SpecialDay(date.fromisoformat(on), DayKind.SPECIAL_HOURS, "半天", day_hours(what))
    return merge(CALENDAR, Overrides(2, days=(special,)))


def counted(row: Example) -> Deadline:
    limit = limit_of(row.limit)
    extensions = [] if row.extended == NONE else [Extension(int(row.extended), limit.unit, "案情复杂")]
    return due(at(row.received), limit, calendar_of(row.calendar), pauses_of(row.stopped), extensions)


def told(deadline: Deadline) -> str:
    if deadline.due_at is None:
        return "待恢复"
    by_hour = deadline.terms.limit.unit is Unit.HOUR
    text = local_text(deadline.due_at) if by_hour else str(deadline.due_on)
    return text + (" 暂定" if deadline.provisional else "")


def test_the_page_has_its_examples_with_their_articles() -> None:
    assert len(examples()) >= 20
    for row in examples():
        assert re.match(r"(许可法|民法典) [0-9]+", row.law), row


@pytest.mark.parametrize("row", examples(), ids=lambda row: row.what)
def test_an_example_of_the_page_holds(row: Example) -> None:
    deadline = counted(row)
    assert told(deadline) == row.ends
    if deadline.due_on is not None:
        assert deadline.explain()[-1].on == deadline.due_on


@pytest.mark.parametrize("row", examples(), ids=lambda row: row.what)
def test_an_example_of_the_page_holds_by_a_walk_day_by_day(row: Example) -> None:
    limit, pauses, calendar = limit_of(row.limit), pauses_of(row.stopped), calendar_of(row.calendar)
    if limit.unit is Unit.HOUR:
        assert oracle.last_minute(calendar, at(row.received), limit.amount, pauses) == counted(row).due_at
        return
    total = limit.amount + (0 if row.extended == NONE else int(row.extended))
    found = oracle.last_day(calendar, at(row.received), limit, pauses, total, calendar.counting)
    expected = "待恢复" if found.on is None else f"{found.on}{' 暂定' if found.provisional else ''}"
    assert expected == row.ends
