"""Who may see and touch an application: staff of its center, and its holder; nobody else (convention 12)."""

from __future__ import annotations

from typing import Final

from kit.actor import Actor
from kit.call import Call
from kit.errors import Forbidden
from services.intake.domain.application import Application
from services.intake.domain.officer import Officer
from services.intake.handlers.desk import Desk, application_missing

#: Who takes applications in and judges them.
WINDOW_ROLES: Final = ("clerk", "chief")
#: Who may read a center's applications, without full personal data.
READING_ROLES: Final = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager")

#: Who may work on an application, where it is theirs.
CASE_WORKERS: Final = ("clerk", "chief", "reviewer", "approver")


def officer(actor: Actor) -> Officer:
    """The member of staff who acts, as papers name them."""
    return Officer(actor.id, actor.name)


def holder_key(actor: Actor) -> str:
    """Whose applications a signed-in citizen holds; empty for anybody else."""
    return actor.id.removeprefix("citizen:") if actor.has("citizen") and actor.id.startswith("citizen:") else ""


def at_window(desk: Desk, call: Call, application_id: str) -> Application:
    """An application that the calling window staff works on. Raises ``NotFound``, ``Forbidden``."""
    return at_center(desk, call, application_id, *WINDOW_ROLES)


def at_center(desk: Desk, call: Call, application_id: str, *roles: str) -> Application:
    """An application of the caller's center, for these roles and nobody on leave. Raises ``NotFound``, ``Forbidden``."""
    call.actor.require(*roles)
    call.actor.require_present()
    application = desk.applications.get(application_id)
    call.actor.require_center(application.center_id)
    return application


def visible(desk: Desk, call: Call, application_id: str, code: str = "") -> Application:
    """An application that the caller may see: by its code, as its holder, or as staff of its center.

    Raises ``NotFound`` (also to a citizen for somebody else's: they may not know that there is one), ``Forbidden``.
    """
    if code:
        found = desk.applications.find_unique("by_code", code)
        if found is None or (application_id and found.id != application_id):
            raise application_missing(application_id)
        return found
    actor = call.actor
    if actor.has(*READING_ROLES):
        application = desk.applications.get(application_id)
        actor.require_center(application.center_id)
        return application
    key = holder_key(actor)
    if not key:
        raise Forbidden("code_required", "请凭收件凭证上的查询码查询，或登录后查看。")
    application = desk.applications.get(application_id)
    if application.holder_key != key:
        raise application_missing(application_id)
    return application


def held_or_at_window(desk: Desk, call: Call, application_id: str, code: str = "") -> Application:
    """An application that the caller may add to or take back: its holder, or window staff of its center."""
    if call.actor.has(*WINDOW_ROLES) and not code:
        return at_window(desk, call, application_id)
    call.actor.require("citizen", *WINDOW_ROLES)
    return visible(desk, call, application_id, code)


def require_case_worker(desk: Desk, call: Call, application: Application) -> None:
    """Who may see full personal data: the window, and the departments that the item's steps belong to.

    Raises ``Forbidden``; a role of another department of the same center isn't enough (rules AG01).
    """
    actor = call.actor
    actor.require(*CASE_WORKERS)
    actor.require_center(application.center_id)
    if not works_on(desk, actor, application):
        raise Forbidden("department_not_allowed", "该业务由其他部门办理，您没有权限。", department=actor.department)


def works_on(desk: Desk, actor: Actor, application: Application) -> bool:
    """Whether the application is the actor's to work on: the window, and the departments of the item's steps."""
    if not actor.has(*CASE_WORKERS) or application.center_id not in actor.centers:
        return False
    if actor.has("clerk"):
        return True
    item = desk.reference.item(application.item_id, application.item_version)
    departments = {application.department_key, *(step.department_key for step in item.steps if step.department_key)}
    return actor.department in departments
