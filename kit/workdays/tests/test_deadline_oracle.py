"""Due dates agree with a walk day by day over random calendars, starts, limits, pauses and extensions."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.testing import examples
from kit.workdays import Calendar, CountingRules, DayEnd, Extension, Limit, Outcome, Pause, Unit, due, local_date
from kit.workdays.tests import oracle

MANY = settings(max_examples=examples(200))
SOME = settings(max_examples=examples(60))


@MANY
@given(st.data(), oracle.calendars, oracle.instants(), oracle.limits(), oracle.rules)
def test_the_due_day_is_the_one_that_a_walk_finds(
    data: st.DataObject,
    calendar: Calendar,
    start: datetime,
    limit_and_extensions: tuple[Limit, list[Extension]],
    rules: CountingRules,
) -> None:
    limit, extensions = limit_and_extensions
    pauses = data.draw(oracle.pause_lists(start))
    total = limit.amount + sum(extension.amount for extension in extensions)

    found = due(start, limit, calendar, pauses, extensions, rules)

    expected = oracle.last_day(calendar, start, limit, pauses, total, rules)
    assert (found.due_on, found.provisional) == expected
    if expected.on is None:
        assert found.due_at is None
    else:
        assert found.due_at is not None
        end = (found.due_at + oracle.OFFSET) - datetime.combine(expected.on, datetime.min.time(), found.due_at.tzinfo)
        hours = oracle.truth(calendar, expected.on).hours
        if rules.day_end is DayEnd.CLOSE_OF_BUSINESS and hours and hours[-1].end < 1440:
            assert end == timedelta(minutes=hours[-1].end)
        else:
            assert end == timedelta(days=1) - timedelta(milliseconds=1)


@MANY
@given(st.data(), oracle.calendars, oracle.instants(), oracle.limits(), oracle.rules)
def test_the_explanation_has_every_day_once_and_adds_up(
    data: st.DataObject,
    calendar: Calendar,
    start: datetime,
    limit_and_extensions: tuple[Limit, list[Extension]],
    rules: CountingRules,
) -> None:
    limit, extensions = limit_and_extensions
    pauses = data.draw(oracle.pause_lists(start))
    total = limit.amount + sum(extension.amount for extension in extensions)
    found = due(start, limit, calendar, pauses, extensions, rules)

    lines = found.explain()

    assert lines[0].on == local_date(start)
    assert [line.on for line in lines] == [lines[0].on + timedelta(days=n) for n in range(len(lines))]
    numbers = [line.number for line in lines if line.number is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    assert any(line.provisional for line in lines) == found.provisional
    for line in lines[1:]:
        assert (line.outcome is Outcome.PAUSED) == (oracle.touched(pauses, line.on) is not False)
    if found.due_on is None:
        assert lines[-1].outcome in {Outcome.PAUSED, Outcome.START}
        assert "恢复后继续计算" in lines[-1].reason
        assert len(numbers) <= total
    else:
        assert lines[-1].on == found.due_on
        assert lines[-1].outcome in {Outcome.COUNTED, Outcome.ROLLED}
        assert "届满" in lines[-1].reason
        assert len(numbers) == total
    if limit.unit is Unit.WORKING_DAY:
        for line in lines[1:]:
            if line.number is not None:
                assert oracle.truth(calendar, line.on).working


@SOME
@given(st.data(), oracle.calendars, oracle.instants(), st.integers(1, 40))
def test_a_limit_in_hours_ends_at_the_minute_that_a_walk_finds(
    data: st.DataObject, calendar: Calendar, start: datetime, hours: int
) -> None:
    pauses = data.draw(oracle.pause_lists(start, within_days=6))

    found = due(start, Limit(hours, Unit.HOUR), calendar, pauses)

    assert found.due_at == oracle.last_minute(calendar, start, hours, pauses)
    lines = found.explain()
    assert [line.on for line in lines] == [local_date(start) + timedelta(days=n) for n in range(len(lines))]
    assert any(line.provisional for line in lines) == found.provisional
    if found.due_on is None:
        [begins] = [pause.start_at for pause in pauses if pause.end_at is None]
        assert lines[-1].on == max(local_date(start), local_date(begins))
        assert "恢复后继续计算" in lines[-1].reason
    else:
        assert lines[-1].on == found.due_on
        assert "暂停" not in lines[-1].reason.partition("累计")[2]
        assert f"累计 {hours} 小时，期限至当日" in lines[-1].reason


@SOME
@given(oracle.calendars, oracle.instants(), st.integers(1, 60), st.integers(0, 20), oracle.limit_units)
def test_a_later_start_never_ends_earlier(
    calendar: Calendar, start: datetime, amount: int, later: int, unit: Unit
) -> None:
    limit = Limit(amount, unit)

    first, second = due(start, limit, calendar), due(start + timedelta(days=later), limit, calendar)

    assert first.due_at is not None
    assert second.due_at is not None
    assert first.due_at <= second.due_at


@SOME
@given(st.data(), oracle.calendars, oracle.instants(), oracle.limits())
def test_a_pause_never_brings_the_due_date_forward(
    data: st.DataObject, calendar: Calendar, start: datetime, limit_and_extensions: tuple[Limit, list[Extension]]
) -> None:
    limit, extensions = limit_and_extensions
    pauses = data.draw(oracle.pause_lists(start))

    without, paused = due(start, limit, calendar, (), extensions), due(start, limit, calendar, pauses, extensions)

    assert without.due_at is not None
    assert paused.due_at is None or paused.due_at >= without.due_at


@SOME
@given(st.data(), oracle.calendars, oracle.instants(), oracle.limits())
def test_a_pause_that_starts_after_the_due_date_changes_nothing(
    data: st.DataObject, calendar: Calendar, start: datetime, limit_and_extensions: tuple[Limit, list[Extension]]
) -> None:
    limit, extensions = limit_and_extensions
    without = due(start, limit, calendar, (), extensions)
    assert without.due_at is not None
    late = without.due_at + timedelta(milliseconds=1, days=data.draw(st.integers(0, 9)))

    assert due(start, limit, calendar, [Pause(late, None, "检验")], extensions).due_at == without.due_at


def test_the_oracle_itself_counts_an_ordinary_week() -> None:
    from kit.workdays import WeeklyHours, local_instant, shipped_calendar

    calendar = shipped_calendar(WeeklyHours.weekdays("09:00-12:00", "13:00-17:00"))
    start = local_instant(date(2026, 11, 23), 600)

    assert oracle.last_day(calendar, start, Limit(5, Unit.WORKING_DAY), [], 5, CountingRules()).on == date(2026, 11, 30)
    assert oracle.last_minute(calendar, start, 7, []) == local_instant(date(2026, 11, 24), 600)
