"""Segments (接力段): the dated parts of a crossing's way before and behind the legal clock (facts 6).

The legal clock runs at the handling place from its acceptance; papers that are on their way don't use it up, so their
time stands here. The limits are the agreement's own: no national text gives them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.workdays import Calendar, Limit, Unit, due
from services.federation.domain.agreement import Side


class SegmentKind(StrEnum):
    """Which part of the way."""

    COLLECTION = "collection"
    TRANSIT = "transit"
    HAND_BACK = "hand_back"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the way with its limit, counted in working days of the center that keeps it."""

    kind: SegmentKind
    started_at: datetime
    days: int
    due_at: datetime
    #: A day up to the due date belongs to a year that the State Council hasn't published.
    provisional: bool
    #: How the due date was counted, in a sentence.
    explanation: str
    ended_at: datetime | None = None
    #: Its end was told of, as its limit had passed.
    overdue: bool = False
    #: Whose it is: that end's supervision cards it, the other end only urges.
    kept_by: Side = Side.COLLECTING


def start(kind: SegmentKind, at: datetime, days: int, calendar: Calendar, kept_by: Side = Side.COLLECTING) -> Segment:
    """A segment that begins."""
    deadline = due(at, Limit(days, Unit.WORKING_DAY), calendar)
    assert deadline.due_at is not None  # noqa: S101 - only an open pause leaves a limit without an end
    return Segment(kind, at, days, deadline.due_at, deadline.provisional, deadline.summary(), kept_by=kept_by)


def running(segments: tuple[Segment, ...], kind: SegmentKind) -> Segment | None:
    """The segment of this kind that runs."""
    return next((each for each in segments if each.kind is kind and each.ended_at is None), None)


def begun(segments: tuple[Segment, ...], new: Segment) -> tuple[Segment, ...]:
    """The segments with a new one, unless one of its kind runs."""
    return segments if running(segments, new.kind) else (*segments, new)


def ended(segments: tuple[Segment, ...], at: datetime, *kinds: SegmentKind) -> tuple[Segment, ...]:
    """The segments with those of these kinds ended, never before they began; late ones are marked."""
    return tuple(
        replace(each, ended_at=max(at, each.started_at), overdue=each.overdue or at > each.due_at)
        if each.ended_at is None and each.kind in kinds
        else each
        for each in segments
    )


def counted_anew(segment: Segment, calendar: Calendar) -> Segment:
    """A segment by its center's calendar as it is now (许可法 82); one that may last longer is looked at again."""
    fresh = start(segment.kind, segment.started_at, segment.days, calendar, segment.kept_by)
    return replace(fresh, overdue=segment.overdue and fresh.due_at <= segment.due_at)


def next_due(segments: tuple[Segment, ...]) -> datetime | None:
    """When the next running segment's limit passes that wasn't told of."""
    return min((each.due_at for each in segments if each.ended_at is None and not each.overdue), default=None)


def past_due(segments: tuple[Segment, ...], now: datetime) -> tuple[tuple[Segment, ...], tuple[SegmentKind, ...]]:
    """The segments with those marked whose limit has passed, and which these are."""
    late = tuple(each.kind for each in segments if each.ended_at is None and not each.overdue and now > each.due_at)
    marked = tuple(
        replace(each, overdue=True) if each.ended_at is None and each.kind in late else each for each in segments
    )
    return marked, late
