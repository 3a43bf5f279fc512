"""Who may see and touch a case (convention 12): deny by default."""

from __future__ import annotations

from typing import Final

from kit.actor import on_leave
from kit.call import Call
from kit.errors import Forbidden
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.worker import Worker
from services.approval_routing.handlers.office import Office, case_missing

#: Who sees all of a center.
CENTER_ROLES: Final = ("clerk", "supervisor", "manager")
#: Who sees what their department has to do with.
DEPARTMENT_ROLES: Final = ("chief", "reviewer", "approver")


def worker(office: Office, call: Call) -> Worker:
    """The caller as the domain knows them, with those whom they stand in for now.

    Raises ``Forbidden`` (``staff_on_leave``): who is on leave does nothing until it is over or ended (rules V01).
    """
    actor = call.actor
    duty = office.colleagues.get(actor.id, token=call.token)
    if duty.away:
        raise on_leave(duty.stand_in)
    return Worker(actor.id, actor.name, actor.roles, actor.department, duty.covers)


def loaded(office: Office, call: Call, case_id: str) -> Case:
    """A case of a center that the actor works for. Raises ``NotFound``, ``Forbidden``."""
    case = office.cases.get(case_id)
    call.actor.require_center(case.center_id)
    return case


def visible(office: Office, call: Call, case_id: str, code: str = "") -> Case:
    """A case that the caller may see: by its code, or as staff of its center or departments.

    Raises ``NotFound``, ``Forbidden``.
    """
    if code:
        found = office.cases.find_unique("by_code", code)
        if found is None or (case_id and found.id != case_id):
            raise case_missing(case_id)
        return found
    actor = call.actor
    if not actor.has(*CENTER_ROLES, *DEPARTMENT_ROLES):
        raise Forbidden("code_required", "请凭收件凭证上的查询码查询办件。")
    case = loaded(office, call, case_id)
    if not actor.has(*CENTER_ROLES) and actor.department not in case.departments:
        raise Forbidden("department_not_allowed", "该业务由其他部门办理，您没有权限。", department=actor.department)
    return case


def handing_out(office: Office, call: Call, case_id: str) -> Case:
    """A case whose result the caller hands out: the window, or the case's department (rules I04, AA03).

    Raises ``NotFound``, ``Forbidden``.
    """
    case = loaded(office, call, case_id)
    if not call.actor.has("clerk"):
        call.actor.require_department(case.center_id, case.department_key)
    worker(office, call)
    return case
