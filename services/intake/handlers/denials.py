"""Reports that something can't be done: filed by a window, decided level by level (否定事项报备制; rules C18)."""

from __future__ import annotations

from typing import Final

from kit.call import Call
from kit.errors import Conflict, Forbidden
from kit.store.repository import check_version
from kit.text import clean
from services.intake.domain import denial
from services.intake.domain.application import Application
from services.intake.domain.denial import DenialReport, DenialState
from services.intake.domain.events import DenialReportAnswered, DenialReported
from services.intake.handlers.access import WINDOW_ROLES, at_window, officer, require_case_worker
from services.intake.handlers.desk import Desk

#: Roles that act for a department, and not for the whole center.
_OF_DEPARTMENT: Final = ("chief", "reviewer", "approver")


def file_denial_report(
    *,
    desk: Desk,
    call: Call,
    center_id: str,
    item_id: str,
    application_id: str,
    asked_for: str,
    reason: str,
    basis: str,
) -> DenialReport:
    """A window, or whoever works on a case, files that they hold something can't be done, before they say so to anybody.

    Whoever files never is a level of it: levels whose role they have are left out, but for the last. Raises
    ``Invalid``, ``NotFound``, ``Forbidden``; ``Conflict`` where one on the same application is open
    (``report_open``).
    """
    before = desk.denials.created_before(call)
    if before is not None:
        return before
    application = _filed_on(desk, call, application_id)
    if application is not None:
        center_id, item_id = application.center_id, application.item_id
        if reports_on(desk, application, DenialState.OPEN):
            raise Conflict("report_open", "该申请已有尚未作出结论的报备。", id=application.id)
    call.actor.require_center(center_id)
    item = desk.reference.published_item(center_id, item_id) if item_id and application is None else None
    levels = [str(level) for level in desk.reference.policy(center_id).data("denial_report_levels")]
    report = DenialReport(
        id=desk.ids.new_id(call.now),
        center_id=center_id,
        department_key=_department(call, application, item.department_key if item is not None else ""),
        asked_for=clean(asked_for, field="asked_for", max_length=500, multiline=True),
        reason=clean(reason, field="reason", max_length=1000, multiline=True),
        basis=clean(basis, field="basis", max_length=1000, multiline=True, required=False),
        filed_by=officer(call.actor),
        filed_at=call.now,
        levels=tuple(level for level in levels if not call.actor.has(level)) or tuple(levels[-1:]),
        journey=application.journey if application is not None else desk.ids.new_id(call.now),
        item_id=item_id,
        item_name=application.item_name if application is not None else item.name if item is not None else "",
        application_id=application.id if application is not None else None,
        application_number=application.number if application is not None else "",
    )
    return desk.denials.create(report, [DenialReported(report)], call)


def answer_denial_report(
    *, desk: Desk, call: Call, report_id: str, agrees: bool, said: str, basis: str, expected_version: int
) -> DenialReport:
    """The level whose turn it is says whether it can't be done, with reasons; the last with grounds.

    Raises ``Conflict`` (``report_decided``, ``own_report``), ``Invalid``, ``NotFound``, ``Forbidden``, ``Stale``.
    """
    report = desk.denials.get(report_id)
    call.actor.require_center(report.center_id)
    check_version(report, expected_version)
    if report.level:
        call.actor.require(report.level)
    if report.level in _OF_DEPARTMENT and report.department_key and call.actor.department != report.department_key:
        raise Forbidden(
            "department_not_allowed", "该报备由其他部门审核，您没有权限。", department=call.actor.department
        )
    answered = denial.give_opinion(
        report,
        agrees=agrees,
        said=clean(said, field="said", max_length=1000, multiline=True),
        basis=clean(basis, field="basis", max_length=1000, multiline=True, required=False),
        by=officer(call.actor),
        now=call.now,
    )
    return desk.denials.save(answered, [DenialReportAnswered(answered)], call)


def require_reported(desk: Desk, application: Application) -> None:
    """Where the center wants that, nothing is refused that wasn't reported and confirmed first (rules C18).

    Raises ``Conflict`` (``denial_report_missing``).
    """
    if not desk.reference.policy(application.center_id).flag("refusal_needs_report"):
        return
    if not reports_on(desk, application, DenialState.CONFIRMED):
        raise Conflict(
            "denial_report_missing",
            "本中心实行否定事项报备制：请先报备，经逐级审核认定不能办理后，再出具不予受理通知书。",
            id=application.id,
        )


def reports_on(desk: Desk, application: Application, state: DenialState) -> bool:
    """Whether a report on an application is in this state."""
    found = desk.denials.find("by_application", application_id=application.id, state=state.value, limit=1)
    return bool(found.items)


def _filed_on(desk: Desk, call: Call, application_id: str) -> Application | None:
    """The application that is meant, if any: of the window's center, or one that is the caller's to work on."""
    if call.actor.has(*WINDOW_ROLES):
        return at_window(desk, call, application_id) if application_id else None
    if not application_id:
        raise Forbidden("report_needs_a_case", "您只能就本人办理的办件报备，请从办件页面提出。")
    application = desk.applications.get(application_id)
    require_case_worker(desk, call, application)
    return application


def _department(call: Call, application: Application | None, of_item: str) -> str:
    if application is not None:
        return application.department_key
    return of_item or call.actor.department
