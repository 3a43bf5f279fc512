"""Cases by id, by code and in lists; each list is scoped in the store's query (convention 12)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kit.actor import Actor
from kit.call import Call
from kit.errors import Forbidden
from kit.store.repository import Found
from kit.workdays import Deadline
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.domain.clock import (
    delivery_deadline,
    promised_deadline,
    renewal_deadline,
    statutory_deadline,
)
from services.approval_routing.domain.history import Checked, check
from services.approval_routing.domain.route import running
from services.approval_routing.domain.tasks import step_deadline
from services.approval_routing.handlers.access import CENTER_ROLES, DEPARTMENT_ROLES, visible
from services.approval_routing.handlers.office import Office, case_missing

#: The longest page of a list.
MOST: Final = 200


class Scope(StrEnum):
    """What a list of cases is about."""

    CENTER = "center"
    CLAIMABLE = "claimable"
    MINE = "mine"
    EXTENSIONS = "extensions"


def get_case(*, office: Office, call: Call, case_id: str, code: str) -> Case:
    """One case, for staff who have to do with it or for whoever has its code. Raises ``NotFound``, ``Forbidden``."""
    return visible(office, call, case_id, code)


@dataclass(frozen=True, slots=True)
class CaseClock:
    """One clock of a case. ``kind`` is promised, statutory, renewal, step or delivery; ``title`` is for people."""

    kind: str
    title: str
    deadline: Deadline


def case_history(*, office: Office, call: Call, case_id: str) -> tuple[Case, Checked]:
    """A case's history and whether it agrees with itself and the case (rules G02). Raises ``NotFound``, ``Forbidden``."""
    stored = office.cases.stored(visible(office, call, case_id).id)
    if stored is None:
        raise case_missing(case_id)
    return stored, check(stored)


def explain_deadline(*, office: Office, call: Call, case_id: str, code: str) -> tuple[Case, list[CaseClock]]:
    """All clocks of a case by the center's calendar as it stands, the promise first (convention 14; 许可法 42, 44).

    Those of steps are the house's own: not for who comes by the code. Raises ``NotFound``, ``Forbidden``.
    """
    case = visible(office, call, case_id, code)
    calendar = office.reference.calendar(case.center_id)
    found = [
        ("promised", "承诺期限", promised_deadline(case, calendar)),
        ("statutory", "法定期限", statutory_deadline(case, calendar)),
        ("renewal", "延续决定期限", renewal_deadline(case, calendar)),
        ("delivery", "送达期限", delivery_deadline(case, calendar)),
    ]
    if not code:
        found += [("step", f"环节“{step.name}”期限", step_deadline(case, step, calendar)) for _, step in running(case)]
    return case, [CaseClock(kind, title, deadline) for kind, title, deadline in found if deadline is not None]


def list_cases(
    *,
    office: Office,
    call: Call,
    center_id: str,
    scope: Scope,
    state: CaseState | None,
    department_key: str,
    limit: int,
    cursor: str,
) -> Found[Case]:
    """A center's cases, newest first; what the caller may take, or has taken, or whose extension waits, the oldest first.

    Raises ``Forbidden`` for another center or department.
    """
    actor = call.actor
    actor.require(*CENTER_ROLES, *DEPARTMENT_ROLES)
    actor.require_center(center_id)
    page = min(limit, MOST) if limit > 0 else 50
    if scope is Scope.CLAIMABLE:
        return office.cases.find(
            "claimable",
            center_id=center_id,
            claim_department=actor.department,
            claim_role=roles_to_claim(actor),
            limit=page,
            cursor=cursor,
        )
    if scope is Scope.MINE:
        return office.cases.find("held", center_id=center_id, held_by=actor.id, limit=page, cursor=cursor)
    if scope is Scope.EXTENSIONS:
        actor.require("manager", "supervisor")
        return office.cases.find("extension", extension_center=center_id, limit=page, cursor=cursor)
    return _of_center(office, actor, center_id, state, department_key, page, cursor)


def roles_to_claim(actor: Actor) -> tuple[str, ...]:
    """A department's chief may do all of its steps (rules AA03), others those of their roles."""
    roles = DEPARTMENT_ROLES if actor.has("chief") else [role for role in DEPARTMENT_ROLES if actor.has(role)]
    return tuple(sorted(roles)) or ("none",)


def _of_center(
    office: Office,
    actor: Actor,
    center_id: str,
    state: CaseState | None,
    department_key: str,
    page: int,
    cursor: str,
) -> Found[Case]:
    """All of a center for those who see all of it; for the others what belongs to their department."""
    if not actor.has(*CENTER_ROLES):
        if department_key not in ("", actor.department) or not actor.department:
            raise Forbidden("department_not_allowed", "您只能查看本部门的办件。", department=department_key)
        department_key = actor.department
    find = office.cases.find
    if department_key and state is not None:
        return find(
            "by_department_state",
            center_id=center_id,
            department_key=department_key,
            state=state.value,
            descending=True,
            limit=page,
            cursor=cursor,
        )
    if department_key:
        return find(
            "by_department",
            center_id=center_id,
            department_key=department_key,
            descending=True,
            limit=page,
            cursor=cursor,
        )
    if state is not None:
        return find(
            "by_center_state", center_id=center_id, state=state.value, descending=True, limit=page, cursor=cursor
        )
    return find("by_center", center_id=center_id, descending=True, limit=page, cursor=cursor)
