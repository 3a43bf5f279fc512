"""Writing journeys down: a line an event, whatever happens."""

from __future__ import annotations

from dataclasses import dataclass

from kit.call import Call
from kit.events import Event
from kit.store.port import Duplicate
from services.supervision.domain.lines import JourneyLine
from services.supervision.handlers.tower import Tower


@dataclass(frozen=True, slots=True)
class NewLine:
    """What an event says to people, as far as this release can read it."""

    center_id: str
    title: str
    note: str
    public: bool
    rank: int
    code: str


def write_line(*, tower: Tower, call: Call, event: Event, said: NewLine) -> None:
    """Writes an event's line down, once: the line's id is the event's, which is the mark (rules G02).

    An event of a journey that tells no center is put with the center where the journey began, so that its staff see
    it. Writing it again does nothing.
    """
    line = JourneyLine(
        id=event.id,
        journey=event.journey,
        center_id=said.center_id or _center_of(tower, event.journey),
        at=event.at,
        rank=said.rank,
        type=event.type,
        service=event.source.rpartition("/")[2],
        title=said.title,
        note=said.note,
        public=said.public,
        subject_id=event.subject,
        actor_id=event.actor_id,
        actor_name=event.actor_name,
        rules=event.rules,
        code=said.code if said.code and event.journey else None,
    )
    try:
        tower.lines.create(line, [], call)
    except Duplicate:
        if tower.lines.find_by_id(line.id) is None:
            raise


def _center_of(tower: Tower, journey: str) -> str:
    if not journey:
        return ""
    first = tower.lines.find("by_journey", journey=journey, limit=1).items
    return first[0].center_id if first else ""
