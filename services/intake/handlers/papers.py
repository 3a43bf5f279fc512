"""Issuing papers: a number of the series, and fields frozen as they stand (rules C01–C04, S02)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from kit.call import Call
from kit.workdays import Limit, due, local_date
from reference.papers.numbering import series_number, series_period
from services.intake.domain.application import Application, Promise, Refusal
from services.intake.domain.material import Material, wanted
from services.intake.domain.paper import Paper, PaperFields, PaperKind, PaperLine
from services.intake.domain.transitions import with_paper
from services.intake.handlers.desk import Desk


def application_number(desk: Desk, center_id: str, now: datetime) -> str:
    """The next 办件流水号 of a center."""
    return _number(desk, "application", center_id, now)


def with_receipt(desk: Desk, application: Application, call: Call) -> Application:
    """With its receipt (收件凭证; rules C12)."""
    return _issued(desk, application, PaperKind.RECEIPT, call, due_at=application.notice_due_at)


def with_acceptance(desk: Desk, application: Application, call: Call) -> Application:
    """With its acceptance notice (受理通知书; rules C02, C05); without one where the center spares immediate items it.

    004 has two minds on that (rules ZZ30, F03).
    """
    policy = desk.reference.policy(application.center_id)
    if application.item_kind == "immediate" and not policy.flag("accept_notice_for_immediate"):
        return application
    item = desk.reference.item(application.item_id, application.item_version)
    limit = Limit.same_day() if application.item_kind == "immediate" else item.promised_limit
    promised = due(application.accepted_at or call.now, limit, desk.reference.calendar(application.center_id))
    return _issued(
        desk,
        application,
        PaperKind.ACCEPTANCE,
        call,
        promised_due_at=promised.due_at,
        promise_provisional=promised.provisional,
        counted=tuple(promised.spans()),
        limit=item.promised_limit.text,
        accepted_since=application.accepted_at,
        deemed=application.deemed,
        special_procedures=item.special_procedures,
        reminder=policy.text("acceptance_reminder"),
        delivery=application.delivery.value,
        delivery_window=application.window_number,
    )


def with_one_time_notice(desk: Desk, application: Application, call: Call) -> Application:
    """With its one-time notice (一次性告知书; rules C04, L02)."""
    consequence = "逾期未补正的，本中心将依法作出不予受理决定。" if application.supplement_lapses else ""
    return _issued(
        desk,
        application,
        PaperKind.ONE_TIME_NOTICE,
        call,
        materials=tuple(_line(material) for material in wanted(application.materials)),
        due_at=application.supplement_due_at,
        consequence=consequence,
    )


def with_refusal(desk: Desk, application: Application, refusal: Refusal, call: Call) -> Application:
    """With its refusal notice (不予受理通知书; rules C03, L03)."""
    return _issued(
        desk,
        application,
        PaperKind.REFUSAL,
        call,
        materials=tuple(_line(material) for material in wanted(application.materials)),
        reason=refusal.reason,
        basis=refusal.basis,
        rights=refusal.rights,
        authority=refusal.authority,
    )


def with_promise(desk: Desk, application: Application, promise: Promise, call: Call) -> Application:
    """With the promise that the applicant signs (容缺受理承诺书; rules D01, D02)."""
    owed = {one.key for one in promise.owed}
    return _issued(
        desk,
        application,
        PaperKind.PROMISE,
        call,
        materials=tuple(_line(material) for material in application.materials if material.key in owed),
        due_at=promise.due_at,
        consequence=desk.reference.policy(application.center_id).text("promise_consequence"),
        signed_by=promise.signed_by,
    )


def _issued(desk: Desk, application: Application, kind: PaperKind, call: Call, **special: Any) -> Application:
    center = desk.reference.center(application.center_id)
    department = center.department(application.department_key)
    by_hand = not call.actor.has("service") and not call.actor.has("citizen")
    handled_by = call.actor.name if by_hand else (application.responsible.name if application.responsible else "")
    fields = PaperFields(
        center_name=center.name,
        center_address=center.address,
        department_name=department.name if department else "",
        addressee=application.applicant.name,
        agent_name=application.applicant.agent_name,
        item_name=application.item_name,
        application_number=application.number,
        handled_by=handled_by,
        contact_phone=(department.phone if department else "") or center.phone,
        complaint_phone=desk.reference.policy(center.id).text("complaint_phone"),
        progress_url=desk.progress_url(application),
        received_at=application.received_at,
        materials=tuple(_line(material) for material in application.materials),
    )
    paper = Paper(
        id=desk.ids.new_id(call.now),
        kind=kind,
        number=_number(desk, kind.value, application.center_id, call.now),
        issued_at=call.now,
        issued_by=handled_by,
        fields=replace(fields, **special),
    )
    return with_paper(application, paper)


def _line(material: Material) -> PaperLine:
    return PaperLine(
        name=material.name,
        state=material.state.value,
        requirement=material.requirement,
        problem=material.problem,
        originals=material.originals,
        copies=material.copies,
        files=len(material.uploads),
    )


def _number(desk: Desk, series: str, center_id: str, now: datetime) -> str:
    """The next number of a center's series; a crash may leave a gap (convention 15)."""
    pattern = desk.reference.policy(center_id).text(f"{series}_number_format")
    today = local_date(now)
    sequence = desk.applications.store.next_number(f"{series}:{center_id}:{series_period(pattern, today)}")
    return series_number(pattern, center_id=center_id, on=today, sequence=sequence)
