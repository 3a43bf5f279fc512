"""Reads: a journey by its code or its id, a center's cards and watches, and the books of events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from kit.call import Call
from kit.errors import Forbidden, NotFound
from kit.store.port import Range
from kit.store.repository import Found
from services.supervision.domain.cards import Card, CardState, Colour, face
from services.supervision.domain.lines import JourneyLine, in_order
from services.supervision.domain.orders import Order, OrderState
from services.supervision.domain.watches import Watch, WatchState
from services.supervision.handlers import Tower

#: Lines of a journey that one answer holds; it says when there are more.
MAX_LINES = 1000
#: Up to where events of one type are counted.
MAX_COUNTED = 1_000_000_000
_PAGE = 50
_LONGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class Journey:
    """A whole visit in order."""

    id: str
    lines: tuple[JourneyLine, ...]
    truncated: bool


def get_journey(*, tower: Tower, call: Call, journey_id: str, code: str) -> Journey:
    """A visit: for the holder of a code from it what the public may see, for staff by id what their centers did.

    Raises ``NotFound`` (``journey_not_found``), and ``Forbidden`` to somebody without code or center.
    """
    if not code and not call.actor.centers:
        raise Forbidden("code_required", "请使用取号单、申请或评价上的查询码查询进度。")
    if code:
        found = tower.lines.find("by_code", code=code, limit=1).items
        if not found or journey_id not in ("", found[0].journey):
            raise _not_found()
        journey_id = found[0].journey
        lines = tower.lines.find("by_journey_public", journey=journey_id, public=True, limit=MAX_LINES)
    elif journey_id:
        centers = tuple(sorted(call.actor.centers))
        lines = tower.lines.find("by_journey_center", journey=journey_id, center_id=centers, limit=MAX_LINES)
    else:
        raise _not_found()
    if not lines.items:
        raise _not_found()
    return Journey(journey_id, in_order(lines.items), truncated=bool(lines.cursor))


def list_cards(
    *,
    tower: Tower,
    call: Call,
    center_id: str,
    colour: Colour | None,
    state: CardState | None,
    limit: int,
    cursor: str,
) -> Found[Card]:
    """A center's cards, the latest first; a chief gets those of their department (rules G01). Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    colours = (colour,) if colour else tuple(Colour)
    states = (state,) if state else tuple(CardState)
    faces = tuple(face(*pair) for pair in product(colours, states))
    if call.actor.has("supervisor", "manager"):
        return tower.cards.find(
            "by_center", descending=True, limit=_page(limit), cursor=cursor, center_id=center_id, face=faces
        )
    return tower.cards.find(
        "by_department",
        descending=True,
        limit=_page(limit),
        cursor=cursor,
        center_id=center_id,
        department_key=call.actor.department,
        face=faces,
    )


def list_orders(
    *, tower: Tower, call: Call, center_id: str, state: OrderState | None, limit: int, cursor: str
) -> Found[Order]:
    """A center's orders, the latest first; a chief gets those to their department (rules G03). Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    states = (state,) if state else tuple(OrderState)
    where: dict[str, Any] = {"center_id": center_id, "state": states}
    if call.actor.has("supervisor", "manager"):
        return tower.orders.find("by_center", descending=True, limit=_page(limit), cursor=cursor, **where)
    where["department_key"] = call.actor.department
    return tower.orders.find("by_department", descending=True, limit=_page(limit), cursor=cursor, **where)


def list_watches(
    *, tower: Tower, call: Call, center_id: str, state: WatchState, limit: int, cursor: str
) -> Found[Watch]:
    """What is watched at a center, due soonest first. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    return tower.watches.find(
        "by_center", limit=_page(limit), cursor=cursor, seen__center_id=center_id, seen__state=state
    )


def count_events(*, tower: Tower, call: Call, center_id: str) -> dict[str, int]:
    """How many events took effect by type: the lines that stand, counted, so that the books can be balanced.

    Without a center it is the whole site's, for operators of the site. Costs what is counted: for accounts, not for
    pages. Raises ``Forbidden``.
    """
    if center_id:
        if not call.actor.has("admin"):
            call.actor.require_center(center_id)
        return {
            type: tower.lines.count("by_center_type", center_id=center_id, type=type, limit=MAX_COUNTED)
            for type in _types(
                lambda beyond: tower.lines.find("by_center_type", range=beyond, limit=1, center_id=center_id)
            )
        }
    call.actor.require("admin")
    return {
        type: tower.lines.count("by_type", type=type, limit=MAX_COUNTED)
        for type in _types(lambda beyond: tower.lines.find("by_type", range=beyond, limit=1))
    }


def _types(first_line: Callable[[Range], Found[JourneyLine]]) -> Iterator[str]:
    """The types that there are, found by skipping along an index from one to the next."""
    beyond = Range()
    while found := first_line(beyond).items:
        yield found[0].type
        beyond = Range(least=f"{found[0].type} ")  # a blank sorts before anything that may go on a type


def _not_found() -> NotFound:
    return NotFound("journey_not_found", "没有找到办事记录，请核对查询码；如刚刚取号，请稍候片刻再查询。")


def _page(limit: int) -> int:
    return min(limit, _LONGEST_PAGE) if limit > 0 else _PAGE
