"""Applications by id, by code and in lists; each list is scoped in the store's query (convention 12)."""

from __future__ import annotations

from typing import Final

from kit.call import Call
from kit.errors import Forbidden
from kit.store.port import Range
from kit.store.repository import Found
from services.intake.domain.application import Application, ApplicationState
from services.intake.domain.undertaking import UndertakingState
from services.intake.handlers.access import READING_ROLES, holder_key, visible
from services.intake.handlers.desk import Desk

#: The longest page of a list.
MOST: Final = 200


def get_application(*, desk: Desk, call: Call, application_id: str, code: str) -> Application:
    """One application, for staff of its center or its holder. Raises ``NotFound``, ``Forbidden``."""
    return visible(desk, call, application_id, code)


def list_applications(
    *, desk: Desk, call: Call, center_id: str, state: ApplicationState | None, ticket_id: str, limit: int, cursor: str
) -> Found[Application]:
    """A center's applications for its staff, newest first; a citizen's own for a citizen.

    Raises ``Forbidden`` for another center.
    """
    page = min(limit, MOST) if limit > 0 else 50
    find = desk.applications.find
    if not call.actor.has(*READING_ROLES):
        return _own(desk, call, state, page, cursor)
    call.actor.require_center(center_id)
    if ticket_id:
        return find("by_ticket", center_id=center_id, ticket_id=ticket_id, descending=True, limit=page, cursor=cursor)
    if state is not None:
        return find(
            "by_center_state", center_id=center_id, state=state.value, descending=True, limit=page, cursor=cursor
        )
    return find("by_center", center_id=center_id, descending=True, limit=page, cursor=cursor)


def list_promises(
    *, desk: Desk, call: Call, center_id: str, lapsed: bool, limit: int, cursor: str
) -> Found[Application]:
    """What a center's applicants still owe, the next due first; or whose promise wasn't kept (rules D01, D02)."""
    call.actor.require_center(center_id)
    page = min(limit, MOST) if limit > 0 else 50
    index = "by_barring" if lapsed else "by_owing"
    return desk.applications.find(index, range=Range(least=0), center_id=center_id, limit=page, cursor=cursor)


def list_commitments(
    *, desk: Desk, call: Call, center_id: str, state: UndertakingState, limit: int, cursor: str
) -> Found[Application]:
    """A center's commitments to be verified or put right, the next due first; or on record as broken, the oldest first."""
    call.actor.require_center(center_id)
    page = min(limit, MOST) if limit > 0 else 50
    return desk.applications.find(
        "by_undertaking",
        range=Range(least=0),
        center_id=center_id,
        undertaking_state=state.value,
        limit=page,
        cursor=cursor,
    )


def _own(desk: Desk, call: Call, state: ApplicationState | None, limit: int, cursor: str) -> Found[Application]:
    key = holder_key(call.actor)
    if not key:
        raise Forbidden("role_not_allowed", "请先登录再查看申请。")
    if state is not None:
        return desk.applications.find(
            "by_holder_state", holder_key=key, state=state.value, descending=True, limit=limit, cursor=cursor
        )
    return desk.applications.find("by_holder", holder_key=key, descending=True, limit=limit, cursor=cursor)
