"""Reads of points and measures (rules G05)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from kit.call import Call
from kit.clock import to_ms
from kit.store.port import Range
from kit.store.repository import Found
from services.supervision.domain import points
from services.supervision.domain.cards import Card, Person
from services.supervision.domain.measures import TOLD, Measure, MeasureState
from services.supervision.domain.points import Points, Span
from services.supervision.handlers import COUNTED, Tower

_PAGE = 50
_LONGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class PointsOf:
    """What a department, or a person of it, has."""

    department_key: str
    person: Person | None
    points: Points


def get_points(*, tower: Tower, call: Call, center_id: str, at: datetime) -> tuple[Span, tuple[PointsOf, ...]]:
    """What departments and their people have in the period of an instant, for a chief those of the own department.

    Raises ``Forbidden``, ``Unavailable`` (``reference_not_ready``).
    """
    call.actor.require_center(center_id)
    edition = tower.edition(center_id, call.now)
    period = points.span(edition.period, at)
    range = Range(least=to_ms(period.since), below=to_ms(period.until))
    if call.actor.has("supervisor", "manager"):
        cards = tower.cards.each("by_center", range=range, center_id=center_id, face=COUNTED)
    else:
        own = call.actor.department
        cards = tower.cards.each("by_department", range=range, center_id=center_id, department_key=own, face=COUNTED)
    grouped: dict[tuple[str, str], list[Card]] = defaultdict(list)
    people: dict[str, Person] = {}
    for card in cards:
        grouped[card.department_key, ""].append(card)
        if card.person is not None:
            people[card.person.id] = card.person
            grouped[card.department_key, card.person.id].append(card)
    rows = [
        PointsOf(department, people.get(person), points.add_up(found, edition))
        for (department, person), found in grouped.items()
    ]
    whole = {row.department_key: row.points.points for row in rows if row.person is None}
    rows.sort(
        key=lambda row: (
            -whole[row.department_key],
            row.department_key,
            row.person is not None,
            -row.points.points,
            row.person.name if row.person else "",
        )
    )
    return period, tuple(rows)


def list_measures(
    *, tower: Tower, call: Call, center_id: str, state: MeasureState | None, limit: int, cursor: str
) -> Found[Measure]:
    """Measures, the latest first: all for supervision and managers; for others what was imposed on them.

    A chief gets those of the own department and its people. Raises ``Forbidden``.
    """
    call.actor.require_center(center_id)
    size = min(limit, _LONGEST_PAGE) if limit > 0 else _PAGE
    if call.actor.has("supervisor", "manager"):
        states = (state,) if state else tuple(MeasureState)
        return tower.measures.find(
            "by_center", descending=True, limit=size, cursor=cursor, center_id=center_id, state=states
        )
    told = tuple(each for each in TOLD if state in (None, each))
    if not told:
        return Found(())
    if call.actor.has("chief"):
        return tower.measures.find(
            "by_department",
            descending=True,
            limit=size,
            cursor=cursor,
            center_id=center_id,
            department_key=call.actor.department,
            state=told,
        )
    return tower.measures.find(
        "by_person",
        descending=True,
        limit=size,
        cursor=cursor,
        center_id=center_id,
        person_id=call.actor.id,
        state=told,
    )
