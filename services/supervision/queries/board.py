"""The board: how much is over, due today and due tomorrow, by center, department, item or window, and what that is (rules G02)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from kit.call import Call
from kit.clock import to_ms
from kit.store.port import Range
from kit.workdays import local_date, local_instant
from services.supervision.domain.cards import Colour
from services.supervision.domain.watches import Watch, WatchState
from services.supervision.handlers import Tower

#: How many clocks one board or one list takes in; it says when there are more.
MAX_DUE = 5000
#: Up to where what is due later, or stands, is counted.
_MAX_COUNTED = 1_000_000


class When(StrEnum):
    """When a clock that runs is due."""

    OVERDUE = "overdue"
    TODAY = "today"
    TOMORROW = "tomorrow"


class Grouping(StrEnum):
    """What the rows of a board stand for."""

    CENTER = "center"
    DEPARTMENT = "department"
    #: By what is handled: an item's name, the kind of a complaint.
    ITEM = "item"
    #: By the window of a center that took it in.
    WINDOW = "window"


#: Stands for what no window took in: online, from another place, no case.
NO_WINDOW = "-"


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One center, one department or window of a center, or one item; what a row doesn't stand for is empty."""

    center_id: str = ""
    department_key: str = ""
    title: str = ""
    window: str = ""
    overdue: int = 0
    today: int = 0
    tomorrow: int = 0
    #: Of these, how many have a red card.
    red: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """What is due at a center and all below it, the row with most that is over first."""

    rows: tuple[BoardRow, ...]
    #: Clocks that are due later than tomorrow, and such as stand.
    later: int
    paused: int
    truncated: bool


def get_board(*, tower: Tower, call: Call, center_id: str, by: Grouping) -> Board:
    """The board of a center and those below it that the actor works for (rules G02). Raises ``Forbidden``, ``NotFound``."""
    centers = _centers(tower, call, center_id)
    found = list(islice(_due(tower, centers, call.now), MAX_DUE + 1))
    counts: dict[tuple[str, str, str, str], Counter[str]] = defaultdict(Counter)
    for watch in found[:MAX_DUE]:
        counts[_key(watch, by)].update([when(watch, call.now).value, *(["red"] if watch.has(Colour.RED) else [])])
    rows = [
        BoardRow(*key, count[When.OVERDUE], count[When.TODAY], count[When.TOMORROW], count["red"])
        for key, count in counts.items()
    ]
    rows.sort(
        key=lambda row: (
            -row.overdue,
            -row.today,
            -row.tomorrow,
            row.center_id,
            row.department_key,
            row.title,
            row.window,
        )
    )
    later = Range(least=_end_of_tomorrow(call.now))
    return Board(
        rows=tuple(rows),
        later=sum(_count(tower, center, WatchState.RUNNING, later) for center in centers),
        paused=sum(_count(tower, center, WatchState.PAUSED, Range()) for center in centers),
        truncated=len(found) > MAX_DUE,
    )


def list_due(
    *,
    tower: Tower,
    call: Call,
    center_id: str,
    wanted: When | None,
    at_center: str,
    department_key: str,
    title: str,
    window: str = "",
) -> tuple[tuple[Watch, ...], bool]:
    """What a row of the board counts, due soonest first, and whether there is more; empty filters let all through.

    Raises ``Forbidden``, ``NotFound``.
    """
    matching = (
        watch
        for watch in _due(tower, _centers(tower, call, center_id), call.now)
        if wanted in (None, when(watch, call.now))
        and at_center in ("", watch.seen.center_id)
        and department_key in ("", watch.seen.department_key)
        and title in ("", watch.seen.title)
        and window in ("", watch.seen.window or NO_WINDOW)
    )
    found = tuple(islice(matching, MAX_DUE + 1))
    return found[:MAX_DUE], len(found) > MAX_DUE


def when(watch: Watch, now: datetime) -> When:
    """When a clock that is due by the end of tomorrow is due: over with the instant behind its last one."""
    due_at = watch.seen.due_at
    if due_at is None or due_at < now:
        return When.OVERDUE
    return When.TODAY if local_date(due_at) <= local_date(now) else When.TOMORROW


def _centers(tower: Tower, call: Call, center_id: str) -> tuple[str, ...]:
    call.actor.require_center(center_id)
    return tuple(sorted(tower.reference.descendants(center_id) & call.actor.centers))


def _due(tower: Tower, centers: tuple[str, ...], now: datetime) -> Iterator[Watch]:
    """Clocks that run and are due by the end of tomorrow."""
    yield from tower.watches.each(
        "by_center",
        range=Range(below=_end_of_tomorrow(now)),
        seen__center_id=centers,
        seen__state=WatchState.RUNNING.value,
    )


def _count(tower: Tower, center_id: str, state: WatchState, range: Range) -> int:
    return tower.watches.count(
        "by_center", limit=_MAX_COUNTED, range=range, seen__center_id=center_id, seen__state=state.value
    )


def _end_of_tomorrow(now: datetime) -> int:
    """The midnight behind tomorrow, in milliseconds: calendar days, as deadlines already are working ones."""
    return to_ms(local_instant(local_date(now) + timedelta(days=2)))


def _key(watch: Watch, by: Grouping) -> tuple[str, str, str, str]:
    seen = watch.seen
    if by is Grouping.CENTER:
        return seen.center_id, "", "", ""
    if by is Grouping.DEPARTMENT:
        return seen.center_id, seen.department_key, "", ""
    if by is Grouping.WINDOW:
        return seen.center_id, "", "", seen.window or NO_WINDOW
    return "", "", seen.title, ""
