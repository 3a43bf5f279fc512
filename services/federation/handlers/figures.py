"""Figures up: a center's day counted, reported, restated; what sites below reported (rules AC01, AC02)."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import Conflict, Forbidden
from kit.events import DomainEvent
from kit.store.port import Duplicate, Mark
from kit.workdays import local_date
from services.federation.domain import figures
from services.federation.domain.divisions import is_above
from services.federation.domain.figures import Counted, DailyFigures, figures_id
from services.federation.domain.letters import IncomingLetter, LetterPosted
from services.federation.domain.part_events import FiguresReceived, FiguresReported
from services.federation.handlers import letters
from services.federation.handlers.letters import answered
from services.federation.handlers.room import Room
from services.federation.protos.by_name import entity_of, message_of
from tongban.federation.v1 import figures_pb2

#: What counts, by the name that it is reported under (rules AC01, AC03).
NAMES: Final = (
    "visits",
    "received",
    "accepted",
    "refused",
    "approved",
    "denied",
    "delivered",
    "evaluated",
    "evaluated_negative",
    "complaints",
    "yellow_cards",
    "red_cards",
)
#: More of one name on one day is a mistake (our own choice).
_MOST: Final = 1_000_000


def alarms(room: Room) -> list[Alarm]:
    """What wakes up: days that are over, to be counted, and counted again while corrections are looked for."""

    def fire(figures: Any, call: Call) -> None:
        count_day(room=room, call=call, center_id=figures.center_id, day=figures.day)

    return [Alarm("federation.figures", room.figures, fire)]


def note_event(*, room: Room, call: Call, event_id: str, center_id: str, name: str, at: datetime) -> None:
    """Notes that an event counts for its center's day, once, and that the day is to be counted.

    The event is noted before its day is looked at, so that a crash in between leaves nothing uncounted. One of a day that
    is closed comes too late.
    """
    day = local_date(at).isoformat()
    if room.is_closed(day, call.now):
        return
    with contextlib.suppress(Duplicate):
        room.counted.create(Counted(event_id, center_id, day, name), [], call)
    held = room.figures.find_by_id(figures_id(room.here, center_id, day))
    if held is None:
        with contextlib.suppress(Duplicate):
            room.figures.create(figures.begin_day(room.here, center_id, day, call.now), [], call)
    elif (more := figures.heard_more(held, call.now)) is not None:
        room.figures.save(more, [], call)


def recount_day(*, room: Room, call: Call, center_id: str, day: str) -> DailyFigures:
    """Counts a day anew for somebody who wants to be sure. Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``Conflict``
    (``day_closed``).
    """
    call.actor.require_center(center_id)
    room.figures.get(figures_id(room.here, center_id, day))
    if room.is_closed(day, call.now):
        raise Conflict("day_closed", "该日的明细已按保存期限清理，日报以已上报的为准。", day=day)
    return count_day(room=room, call=call, center_id=center_id, day=day)


def count_day(*, room: Room, call: Call, center_id: str, day: str) -> DailyFigures:
    """Counts a day and reports it where it is new or other than before (rules AC01, AC02).

    Raises ``Invalid`` (``day_invalid``), ``Stale`` when another replica did so.
    """
    id = figures_id(room.here, center_id, day)
    before = room.figures.find_by_id(id) or figures.begin_day(room.here, center_id, day, call.now)
    counts = {
        name: room.counted.count("by_day", limit=_MOST, center_id=center_id, day=day, name=name) for name in NAMES
    }
    counted = replace(
        before,
        counts={name: count for name, count in counts.items() if count},
        counted_at=call.now,
        reported_at=call.now,
        counted_by="" if call.actor.has("service") else call.actor.name,
    )
    fresh = figures.report(before, counted)
    policy = room.desk.reference.policy(center_id)
    events: list[DomainEvent] = []
    if fresh is not None:
        events = [FiguresReported(fresh), *_to_parent(room, call, fresh, policy.text("figures_report_to"))]
    days = policy.integer("figures_restate_days")
    put = room.figures.save if before.version else room.figures.create
    return put(figures.counted_next(fresh or before, call.now, days), events, call)


def take_figures(room: Room, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """A site below reported a day; it is handed on to this site's own parent. Raises ``Forbidden``, ``Conflict``."""
    told = entity_of(letters.read(letter, figures_pb2.FiguresTold).figures, DailyFigures)
    if told.id != figures_id(told.site, told.center_id, told.day) or not (
        told.site == letter.origin or is_above(letter.origin, told.site)
    ):
        raise Forbidden("not_their_figures", "站点只能上报本站点及下级站点的数据。", id=told.id[:120])
    children = [letter.origin] if is_above(room.here, letter.origin) else []
    held = room.figures.find_by_id(told.id)
    after = figures.receive(held, told, letter.origin, children)
    if after is None:
        return
    above = _parent(room)
    events: list[DomainEvent] = [FiguresReceived(after), answered(letter, call, "acted_on")]
    events += _to_parent(room, call, after, above)
    if held is None:
        room.figures.create(after, events, call, mark=mark)
    else:
        room.figures.save(after, events, call, mark=mark)


def _parent(room: Room) -> str:
    """Whom this site's own center reports to; empty: nobody."""
    own = next((center.id for center in room.desk.reference.centers() if room.speaks_for_site(center.id)), "")
    return room.desk.reference.policy(own).text("figures_report_to") if own else ""


def _to_parent(room: Room, call: Call, fresh: DailyFigures, parent: str) -> list[LetterPosted]:
    if not parent or not is_above(parent, room.here):
        return []
    own = replace(fresh, received_from="", counts_at=None, version=0)
    said = figures_pb2.FiguresTold(figures=message_of(own, figures_pb2.DailyFigures()))
    letter = letters.write(room.desk, call, to=parent, type="figures.told", journey=fresh.id, payload=said)
    return [LetterPosted(letter)]
