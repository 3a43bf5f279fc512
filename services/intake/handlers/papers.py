"""Issuing papers: a number of the series, and fields frozen as they stand (rules C01–C04, D01, D04, S02)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from kit.call import Call
from kit.errors import Invalid
from kit.workdays import Limit, due, local_date
from reference import Commitment
from reference.papers.numbering import series_number, series_period
from reference.papers.sealing import seal_for
from services.intake.domain.application import Application, Promise, Refusal
from services.intake.domain.material import Material, wanted
from services.intake.domain.paper import Paper, PaperFields, PaperKind, PaperLine, PaperPart
from services.intake.domain.transitions import with_paper
from services.intake.handlers.desk import Desk


def application_number(desk: Desk, center_id: str, now: datetime) -> str:
    """The next 办件流水号 of a center."""
    return series_number_of(desk, "application", center_id, now)


def with_receipt(desk: Desk, application: Application, call: Call) -> Application:
    """With its receipt (收件凭证; rules C12)."""
    return _issued(
        desk, application, PaperKind.RECEIPT, call, **_due(application.notice_due_at, application.due_provisional)
    )


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
        **_due(application.supplement_due_at, application.due_provisional),
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
        **_due(promise.due_at, promise.provisional),
        consequence=desk.reference.policy(application.center_id).text("promise_consequence"),
        signed_by=promise.signed_by,
    )


def with_commitment_letter(desk: Desk, application: Application, terms: Commitment, call: Call) -> Application:
    """With the letter that the applicant signs, every part of it from the item (告知承诺书; rules D04).

    Raises ``Invalid`` (``commitment_letter_incomplete``) where the item lacks one.
    """
    parts = letter_parts(terms)
    lacking = "、".join(part.heading for part in parts if not part.text)
    if lacking or not (terms.verification_days and terms.correction_days):
        raise Invalid(
            "commitment_letter_incomplete",
            f"本事项的告知承诺书缺少{lacking or '核查期限或者整改期限'}，不能出具；请联系事项管理人员补全，或者按一般程序办理。",
        )
    return _issued(
        desk,
        application,
        PaperKind.COMMITMENT,
        call,
        parts=parts,
        materials=tuple(_line(material) for material in application.materials if material.waived),
        limit=f"{terms.verification_days} 个工作日内核查；需要整改的，{terms.correction_days} 个工作日内完成整改。",
    )


def with_correction_notice(desk: Desk, application: Application, call: Call) -> Application:
    """With what has to be put right, and by when (限期整改; rules D04)."""
    made = application.undertaking
    assert made is not None  # noqa: S101 - verified just now
    until = _due(made.correct_by, made.due_provisional)
    return _issued(desk, application, PaperKind.CORRECTION, call, reason=made.findings[-1].said, **until)


def with_breach_notice(desk: Desk, application: Application, call: Call) -> Application:
    """With the notice of the record, its consequence, and what may be done against it (失信认定; rules D04)."""
    breach = application.undertaking.breach if application.undertaking is not None else None
    terms = desk.reference.item(application.item_id, application.item_version).commitment
    assert breach is not None  # noqa: S101 - recorded just now
    assert terms is not None  # noqa: S101 - by which it was chosen
    until = f"{local_date(breach.bars_until).isoformat()} 前或者信用修复前" if breach.bars_until else "信用修复前"
    return _issued(
        desk,
        application,
        PaperKind.BREACH,
        call,
        reason=breach.reason,
        basis=terms.breach,
        consequence=f"{until}，在本中心不适用告知承诺。",
        rights=terms.remedies,
        **_due(breach.appeal_until, breach.appeal_provisional),
    )


def letter_parts(terms: Commitment) -> tuple[PaperPart, ...]:
    """What a letter of commitment says under its headings, in the order of rules D04."""
    return (
        PaperPart("法律、法规、规章名称和条款", terms.laws),
        PaperPart("条件、标准、时限和材料", terms.conditions),
        PaperPart("未履行承诺或者虚假承诺的法律后果", terms.consequences),
        PaperPart("部门服务内容、咨询方式、监管方式和责任", terms.supervision),
        PaperPart("违诺认定的程序、标准和失信等级", terms.breach),
        PaperPart("解释、说明、申诉和信用修复渠道", terms.remedies),
    )


def _issued(desk: Desk, application: Application, kind: PaperKind, call: Call, **special: Any) -> Application:
    center = desk.reference.center(application.center_id)
    department = center.department(application.department_key)
    policy = desk.reference.policy(center.id)
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
        complaint_phone=policy.text("complaint_phone"),
        progress_url=desk.progress_url(application),
        received_at=application.received_at,
        materials=tuple(_line(material) for material in application.materials),
        wording=dict(policy.data(f"{kind.value}_wording")),
        seal_id=seal_for(
            desk.reference,
            call.actor,
            center_id=center.id,
            department_key=application.department_key,
            kind=kind.value,
        ),
    )
    paper = Paper(
        id=desk.ids.new_id(call.now),
        kind=kind,
        number=series_number_of(desk, kind.value, application.center_id, call.now),
        issued_at=call.now,
        issued_by=handled_by,
        fields=replace(fields, **special),
    )
    return with_paper(application, paper)


def _due(at: datetime | None, provisional: bool) -> dict[str, Any]:
    return {"due_at": at, "due_provisional": provisional}


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


def series_number_of(desk: Desk, series: str, center_id: str, now: datetime) -> str:
    """The next number of a center's series; a crash may leave a gap (convention 15)."""
    pattern = desk.reference.policy(center_id).text(f"{series}_number_format")
    today = local_date(now)
    sequence = desk.applications.store.next_number(f"{series}:{center_id}:{series_period(pattern, today)}")
    return series_number(pattern, center_id=center_id, on=today, sequence=sequence)
