"""Figures up: what a child reports of each center and day, and restates when it was corrected (rules AC01, AC02).

A report is known by site, center, day and number. A later number replaces an earlier one whole; an earlier one that
comes late, or the same again, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from kit.errors import Conflict, Forbidden, Invalid
from kit.workdays import local_date, local_instant

#: A figure's longest name and most figures of a day: more is a mistake (our own choice).
MAX_NAME, MAX_NAMES = 64, 500
#: Earlier figures of a day that are kept, the latest ones (our own choice).
MAX_RESTATED = 100


@dataclass(frozen=True, slots=True)
class Restatement:
    """What was told of a day before it was corrected."""

    number: int
    counts: dict[str, int]
    counted_at: datetime
    #: Who had it counted; empty: the site by itself.
    counted_by: str = ""


@dataclass(frozen=True, slots=True)
class DailyFigures:
    """Counts of one center and day by name (an event's type), as they were counted at ``counted_at``."""

    id: str
    site: str
    center_id: str
    day: str
    #: From 1; each restatement the next.
    number: int
    counts: dict[str, int]
    counted_at: datetime
    reported_at: datetime | None = None
    #: The next site down that it came from; empty for this site's own.
    received_from: str = ""
    #: When this site counts its own day next; None: not before something more is heard of that day.
    counts_at: datetime | None = None
    #: Who had it counted; empty: the site by itself.
    counted_by: str = ""
    #: What was told of it before, the oldest first: a correction hides nothing.
    restated: tuple[Restatement, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """That one event counts for a center's day; its id is the event's, so that it counts once."""

    id: str
    center_id: str
    day: str
    name: str
    version: int = 0


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over centers and days."""

    reports: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def figures_id(site: str, center_id: str, day: str) -> str:
    """The one id of a center's day."""
    return f"{site}:{center_id}:{day}"


def report(before: DailyFigures | None, counted: DailyFigures) -> DailyFigures | None:
    """What is to be reported: the first figures of a day, or other ones than before; else ``None``."""
    _check(counted)
    if before is None:
        return replace(counted, number=1)
    if before.number and before.counts == counted.counts:
        return None
    return replace(counted, number=before.number + 1, restated=_history(before), version=before.version)


def begin_day(site: str, center_id: str, day: str, now: datetime) -> DailyFigures:
    """A day that something was heard of, to be counted when it is over."""
    return DailyFigures(figures_id(site, center_id, day), site, center_id, day, 0, {}, now, counts_at=_after(day, now))


def heard_more(figures: DailyFigures, now: datetime) -> DailyFigures | None:
    """A day that was counted for the last time, to be counted again; ``None`` where it will be anyway."""
    return None if figures.counts_at is not None else replace(figures, counts_at=_after(figures.day, now))


def counted_next(figures: DailyFigures, now: datetime, restate_days: int) -> DailyFigures:
    """The day with when to count it next: each night while a correction is looked for, then not."""
    last = local_instant(date.fromisoformat(figures.day) + timedelta(days=restate_days + 1))
    tomorrow = local_instant(local_date(now) + timedelta(days=1))
    return replace(figures, counts_at=tomorrow if tomorrow <= last else None)


def _after(day: str, now: datetime) -> datetime:
    """The midnight after a day, or after today where that day is past."""
    return local_instant(max(date.fromisoformat(day), local_date(now)) + timedelta(days=1))


def receive(held: DailyFigures | None, told: DailyFigures, sender: str, children: Iterable[str]) -> DailyFigures | None:
    """What is held after a child's report; ``None`` when it is known or older.

    A child reports for itself and hands on what its own children reported. Raises ``Forbidden`` (``not_the_child``),
    ``Conflict`` (``number_reused``: other figures under a number that was used).
    """
    if sender not in set(children):
        raise Forbidden("not_the_child", "日报数据只能由下级站点上报。", sender=sender)
    _check(told)
    if held is None:
        return replace(told, received_from=sender, version=0)
    if held.received_from != sender:
        raise Forbidden("reported_by_another", "该站点的数据由其他下级站点上报。", sender=sender)
    if told.number == held.number and told.counts != held.counts:
        raise Conflict("number_reused", "同一版次的数据前后不一致，请以新的版次重报。", id=held.id, number=told.number)
    if told.number <= held.number:
        return None
    # An older release tells no history: then what was held here is it.
    restated = told.restated or _history(held)
    return replace(told, received_from=sender, restated=restated, version=held.version)


def _history(before: DailyFigures) -> tuple[Restatement, ...]:
    """What was told before and what is told now, as earlier figures; a day that was only begun told nothing."""
    if not before.number:
        return before.restated
    last = Restatement(before.number, before.counts, before.counted_at, before.counted_by)
    return (*before.restated, last)[-MAX_RESTATED:]


def total(reports: Iterable[DailyFigures]) -> Totals:
    """Sums of the figures as they stand."""
    number, sums = 0, dict[str, int]()
    for each in reports:
        number += 1
        for name, count in each.counts.items():
            sums[name] = sums.get(name, 0) + count
    return Totals(number, dict(sorted(sums.items())))


def _check(figures: DailyFigures) -> None:
    try:
        date.fromisoformat(figures.day)
    except ValueError as error:
        raise Invalid("day_invalid", "日期无效，请按“2026-11-23”填写。", field="day") from error
    bad = len(figures.restated) > MAX_RESTATED or any(
        len(counts) > MAX_NAMES or any(len(name) > MAX_NAME or count < 0 for name, count in counts.items())
        for counts in (figures.counts, *(each.counts for each in figures.restated))
    )
    if bad or figures.number < 0:
        raise Invalid("figures_invalid", "日报数据无效，请核对。", id=figures.id)
