"""Figures up: a center's day counted, reported, restated; what sites below reported (rules AC01, AC02)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kit.call import Call
from kit.errors import Forbidden
from kit.events import DomainEvent
from kit.store.port import Mark
from services.federation.domain import figures
from services.federation.domain.divisions import is_above
from services.federation.domain.figures import DailyFigures, figures_id
from services.federation.domain.letters import IncomingLetter, LetterPosted
from services.federation.domain.part_events import FiguresReceived, FiguresReported
from services.federation.handlers import letters
from services.federation.handlers.letters import answered
from services.federation.handlers.room import Room
from services.federation.protos.by_name import entity_of, message_of
from tongban.federation.v1 import figures_pb2


def report_day(*, room: Room, call: Call, center_id: str, day: str, counts: Mapping[str, int]) -> DailyFigures | None:
    """Reports a day's figures where they are new or other than before; ``None``: nothing to say.

    Raises ``Invalid`` (``day_invalid``, ``figures_invalid``), ``Stale`` when another replica did so.
    """
    before = room.figures.find_by_id(figures_id(room.here, center_id, day))
    counted = DailyFigures(
        figures_id(room.here, center_id, day), room.here, center_id, day, 0, dict(counts), call.now, call.now
    )
    fresh = figures.report(before, counted)
    if fresh is None:
        return None
    parent = room.desk.reference.policy(center_id).text("figures_report_to")
    events: list[DomainEvent] = [FiguresReported(fresh), *_to_parent(room, call, fresh, parent)]
    put = room.figures.create if before is None else room.figures.save
    return put(fresh, events, call)


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
    """Whom this site's topmost center reports to; empty: nobody."""
    roots = [center for center in room.desk.reference.centers() if not center.parent_id]
    return room.desk.reference.policy(roots[0].id).text("figures_report_to") if roots else ""


def _to_parent(room: Room, call: Call, fresh: DailyFigures, parent: str) -> list[LetterPosted]:
    if not parent or not is_above(parent, room.here):
        return []
    own = replace(fresh, received_from="", version=0)
    said = figures_pb2.FiguresTold(figures=message_of(own, figures_pb2.DailyFigures()))
    letter = letters.write(room.desk, call, to=parent, type="figures.told", journey=fresh.id, payload=said)
    return [LetterPosted(letter)]
