"""A center's licences, those that end first at the head."""

from __future__ import annotations

from datetime import date

from kit.call import Call
from kit.errors import Invalid
from kit.store.port import Range
from kit.store.repository import Found
from services.approval_routing.domain.licences import Licence, LicenceState
from services.approval_routing.handlers.access import CENTER_ROLES, DEPARTMENT_ROLES
from services.approval_routing.handlers.office import Office
from services.approval_routing.queries.cases import MOST


def list_licences(
    *, office: Office, call: Call, center_id: str, state: LicenceState, before: str, limit: int, cursor: str
) -> Found[Licence]:
    """Those of a state, as they end; with ``before`` only what ends sooner.

    Raises ``Forbidden`` for another center, ``Invalid`` (``day_invalid``).
    """
    call.actor.require(*CENTER_ROLES, *DEPARTMENT_ROLES)
    call.actor.require_center(center_id)
    return office.licences.find(
        "by_state",
        range=Range(below=_day(before) if before else None),
        center_id=center_id,
        state=state.value,
        limit=min(limit, MOST) if limit > 0 else 50,
        cursor=cursor,
    )


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Invalid("day_invalid", "日期应写成 2026-01-01 的形式，请更正。", field="before") from None
