"""Handing the result back: the segment from its being made to its being with the applicant, at either end (facts 6).

It belongs to the end that gives the result to the applicant: the collecting center at its window, else the handling
place, by post or electronically (our own choice). That end counts it by its own calendar; the other has it as the owner
tells it, or as its own calendar counts it, and only urges.
"""

from __future__ import annotations

from dataclasses import replace

from kit.workdays import Calendar
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing, CrossingState, Status
from services.federation.domain.segments import Segment, SegmentKind, begun, ended, start
from services.federation.domain.segments import counted_anew as recount


def keeper(delivery: str) -> Side:
    """The end that gives the result to the applicant."""
    return Side.COLLECTING if delivery == "window" else Side.HANDLING


def of(segments: tuple[Segment, ...]) -> Segment | None:
    """The segment, once it has begun."""
    return next((each for each in segments if each.kind is SegmentKind.HAND_BACK), None)


def followed(crossing: Crossing, status: Status, calendar: Calendar) -> tuple[Segment, ...]:
    """A crossing's segments after its owner's picture: begun once there is a result, ended once the applicant has it."""
    segments = crossing.segments
    made_at = status.issued_at or (status.decided_at if status.outcome == "denied" else None)
    if made_at is not None and crossing.handed_over_at is None and of(segments) is None:
        kept_by = keeper(crossing.delivery)
        days = crossing.parties.days.hand_back
        segments = begun(segments, start(SegmentKind.HAND_BACK, made_at, days, calendar, kept_by))
    if crossing.side is Side.COLLECTING and status.hand_back is not None:
        segments = tuple(_told(each, status.hand_back) for each in segments)
    if status.state is CrossingState.DELIVERED:
        segments = ended(segments, status.delivered_at or status.said_at, SegmentKind.HAND_BACK)
    return segments


def counted_anew(crossing: Crossing, calendar: Calendar) -> Crossing:
    """A crossing whose running segments are counted by its center's calendar as it is now.

    What the owner tells of its own segment is the owner's to count.
    """
    told = crossing.side is Side.COLLECTING and crossing.status is not None and crossing.status.hand_back is not None
    return replace(
        crossing,
        segments=tuple(
            each if each.ended_at is not None or (told and each.kept_by is Side.HANDLING) else recount(each, calendar)
            for each in crossing.segments
        ),
    )


def _told(segment: Segment, told: Segment) -> Segment:
    theirs = segment.kind is SegmentKind.HAND_BACK and segment.kept_by is Side.HANDLING
    return replace(told, overdue=segment.overdue or told.overdue) if theirs else segment
