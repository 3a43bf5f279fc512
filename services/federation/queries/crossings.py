"""Reads of crossings."""

from __future__ import annotations

import hmac
from typing import Final

from kit.call import Call
from kit.errors import Forbidden, Invalid
from kit.store.repository import Found
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing, CrossingState
from services.federation.handlers.access import READING_ROLES, holder_key, visible
from services.federation.handlers.desk import Desk, crossing_missing

MOST: Final = 200
#: The end of an ID number that goes with a number: as many characters as people are used to give.
TAIL: Final = 6


def get_crossing(
    *, desk: Desk, call: Call, crossing_id: str, code: str, number: str, id_tail: str, application_id: str
) -> Crossing:
    """A crossing by id or its application's id, by code, or by either place's number with the ID number's end.

    Raises ``NotFound``, ``Forbidden``, ``Invalid`` on a number without the end.
    """
    if number:
        return _by_number(desk, number.strip(), id_tail.strip().upper())
    if application_id and not crossing_id:
        found = desk.crossings.find_unique("by_application", application_id)
        if found is None:
            raise crossing_missing(application_id)
        crossing_id = found.id
    return visible(desk, call, crossing_id, code)


def _by_number(desk: Desk, number: str, tail: str) -> Crossing:
    if len(tail) != TAIL:
        raise Invalid("id_tail_required", f"请同时填写申请人证件号码的后 {TAIL} 位。", field="id_tail")
    found = (
        *desk.crossings.find("by_number", limit=50, number=number).items,
        *desk.crossings.find("by_peer_number", limit=50, peer_number=number).items,
    )
    for crossing in found:
        if hmac.compare_digest(crossing.applicant.id_number[-TAIL:].encode(), tail.encode()):
            return crossing
    raise crossing_missing(number)


def list_crossings(
    *,
    desk: Desk,
    call: Call,
    center_id: str,
    side: Side,
    state: CrossingState | None,
    limit: int,
    cursor: str,
) -> Found[Crossing]:
    """A center's crossings, the latest first; a citizen's own. Raises ``Forbidden``."""
    limit = min(limit or 50, MOST)
    if not call.actor.has(*READING_ROLES):
        key = holder_key(call.actor)
        if not key:
            raise Forbidden("role_not_allowed", "请先登录再查看。")
        return desk.crossings.find("by_holder", holder_key=key, descending=True, limit=limit, cursor=cursor)
    call.actor.require_center(center_id)
    if state is None:
        return desk.crossings.find(
            "by_center", center_id=center_id, side=side.value, descending=True, limit=limit, cursor=cursor
        )
    return desk.crossings.find(
        "by_center_state",
        center_id=center_id,
        side=side.value,
        state=state.value,
        descending=True,
        limit=limit,
        cursor=cursor,
    )
