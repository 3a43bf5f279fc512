"""Reports that something can't be done, by id and in lists (rules C18)."""

from __future__ import annotations

from kit.call import Call
from kit.store.repository import Found
from services.intake.domain.denial import DenialReport, DenialState
from services.intake.handlers.desk import Desk
from services.intake.queries.applications import MOST


def get_denial_report(*, desk: Desk, call: Call, report_id: str) -> DenialReport:
    """One report of the caller's center. Raises ``NotFound``, ``Forbidden``."""
    report = desk.denials.get(report_id)
    call.actor.require_center(report.center_id)
    return report


def list_denial_reports(
    *,
    desk: Desk,
    call: Call,
    center_id: str,
    state: DenialState | None,
    limit: int,
    cursor: str,
    application_id: str = "",
) -> Found[DenialReport]:
    """A center's reports, or those on one of its applications, newest first. Raises ``Forbidden`` for another center."""
    call.actor.require_center(center_id)
    if application_id:
        return _on_application(desk, center_id, application_id, state)
    page = min(limit, MOST) if limit > 0 else 50
    if state is not None:
        return desk.denials.find(
            "by_center_state", center_id=center_id, state=state.value, descending=True, limit=page, cursor=cursor
        )
    return desk.denials.find("by_center", center_id=center_id, descending=True, limit=page, cursor=cursor)


def _on_application(desk: Desk, center_id: str, application_id: str, state: DenialState | None) -> Found[DenialReport]:
    """All of them: one may be open at a time, so that there are few."""
    reports = [
        report
        for each in ([state] if state is not None else DenialState)
        for report in desk.denials.each("by_application", application_id=application_id, state=each.value)
        if report.center_id == center_id
    ]
    return Found(tuple(sorted(reports, key=lambda report: report.filed_at, reverse=True)))
