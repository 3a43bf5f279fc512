"""One line of a journey: an event of the site as people read it (rules G02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class JourneyLine:
    """What happened, who did it, when, and by which rule. Its id is the event's, so that an event has one line.

    An event that belongs to no visit has a line too, with an empty ``journey``: it is counted and shown nowhere.
    """

    id: str
    #: Empty: of no visit.
    journey: str
    #: Empty: of no center, or of one that an event from a newer release doesn't tell.
    center_id: str
    at: datetime
    #: Order among lines of the same millisecond: that of a visit's life.
    rank: int
    type: str
    service: str
    #: In Chinese; the type itself where this release doesn't know it.
    title: str
    #: What staff wrote for each other; not for the holder.
    note: str
    #: Whether the holder of the visit sees it.
    public: bool
    subject_id: str
    actor_id: str
    actor_name: str
    rules: str
    #: A citizen's code that the event carries: it opens this journey.
    code: str | None = None
    version: int = 0


def in_order(lines: tuple[JourneyLine, ...]) -> tuple[JourneyLine, ...]:
    """Lines by time; within a millisecond in the order of a visit's life."""
    return tuple(sorted(lines, key=lambda line: (line.at, line.rank, line.id)))
