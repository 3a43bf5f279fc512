"""Decisions and notices about the clock as PDF (许可法 38, 42, 45; rules C10, E01, F04)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from kit.call import Call
from kit.errors import Conflict, NotFound
from kit.text import clean
from kit.workdays import Extension, local_date, local_instant
from reference.papers.printing import date_parts
from reference.papers.shelf import IssuedPaper, PaperCopy, Sheet, Standing, StandingState
from reference.papers.wording import worded
from services.approval_routing.domain.case import Case, ClockPause
from services.approval_routing.domain.certificates import given_result
from services.approval_routing.domain.decision import (
    CaseResult,
    Decision,
    DeliveryMethod,
    DeliverySlip,
    EndKind,
    PaperFields,
)
from services.approval_routing.domain.events import CasePaperReprinted
from services.approval_routing.domain.extension import ClockExtension, ClockNotice
from services.approval_routing.domain.licences import LicenceState
from services.approval_routing.domain.pick_up import PickUp
from services.approval_routing.handlers.access import visible
from services.approval_routing.handlers.office import Office

_TEMPLATES: Final = Path(__file__).resolve().parents[1] / "papers"

#: Who prints the decision that is handed out: they may see the applicant's name (rules AG01).
_PRINTING_ROLES: Final = ("clerk", "chief", "reviewer", "approver")


def get_decision_paper(*, office: Office, call: Call, case_id: str, code: str) -> tuple[str, bytes]:
    """The decision's number and its PDF.

    Staff get the paper that is handed out, with the applicant's full name, which intake shows on the record; whoever
    comes with the code gets the same with a masked name, as a code can be lost. Raises ``Conflict``
    (``not_decided``), ``NotFound``, ``Forbidden``; ``Unavailable`` while intake or the printer can't be asked.
    """
    case = visible(office, call, case_id, code)
    decision = case.decision
    if decision is None:
        raise Conflict("not_decided", "该办件尚未作出决定，没有决定书。", id=case.id, state=case.state.value)
    addressee = _addressee(office, call, case, code, f"打印决定书 {decision.number}")
    sheet = _sheet(
        case,
        "decision",
        decision.outcome.value,
        decision.paper,
        decision.number,
        decision.decided_at,
        addressee,
        paper_data(case, decision, addressee),
    )
    return decision.number, office.shelf.original(call, sheet)[1]


def get_result_paper(*, office: Office, call: Call, case_id: str, code: str) -> tuple[str, bytes]:
    """The number of a case's result and its certificate, named as the decision is.

    Where it was delivered electronically, whoever has the code gets what was made for the holder then. Raises ``Conflict``
    (``no_result``), ``NotFound``, ``Forbidden``; ``Unavailable`` while intake or the printer can't be asked.
    """
    case = visible(office, call, case_id, code)
    result = given_result(case)
    if code and result.method == DeliveryMethod.ELECTRONIC.value:
        kept = office.shelf.papers.find_by_id(f"{case.id}/result")
        if kept is not None:
            return result.number, office.shelf.content(kept)
    return result.number, result_original(office, call, case, code)


def result_original(office: Office, call: Call, case: Case, code: str = "") -> bytes:
    """The certificate of a case, made if it wasn't yet. Raises as ``get_result_paper``."""
    result = given_result(case)
    paper = result.paper or office.paper(case, "result", result.name, None)
    addressee = _addressee(office, call, case, code, f"打印{result.name} {result.number}")
    data = result_data(case, result, paper, addressee)
    sheet = _sheet(case, "result", "result", paper, result.number, result.issued_at, addressee, data)
    return office.shelf.original(call, sheet)[1]


def get_delivery_slip(*, office: Office, call: Call, case_id: str) -> tuple[IssuedPaper, bytes]:
    """The delivery slip of a case (送达回证): it bears the applicant's full name, which intake shows on the record.

    Raises ``NotFound`` (``no_delivery_slip`` too), ``Forbidden``; ``Unavailable`` while intake or the printer can't be asked.
    """
    case = visible(office, call, case_id)
    result = case.result
    if result is None or result.slip is None:
        raise NotFound("no_delivery_slip", "该办件没有送达回证。", id=case.id)
    slip = result.slip
    addressee = _addressee(office, call, case, "", f"打印送达回证 {slip.number}")
    data = slip_data(case, result, slip, addressee)
    sheet = _sheet(case, "delivery_slip", "delivery_slip", slip.paper, slip.number, slip.issued_at, addressee, data)
    return office.shelf.original(call, sheet)


def get_pick_up_signature(*, office: Office, call: Call, case_id: str) -> tuple[bytes, str]:
    """The signature by which a result was taken, and its type. Raises ``NotFound``, ``Forbidden``, ``Unavailable``."""
    result = visible(office, call, case_id).result
    pick_up = result.pick_up if result is not None else None
    if pick_up is None or not pick_up.signature_sha256:
        raise NotFound("signature_not_found", "该办件没有领取签名。", id=case_id[:80])
    return b"".join(office.shelf.blobs.get(pick_up.signature_sha256)), pick_up.signature_type


def standing_of(office: Office, call: Call, paper: IssuedPaper) -> Standing:
    """Whether a paper of a case still holds: its certificate, and the decision that it rests on (许可法 69, 70)."""
    result = office.cases.get(paper.subject_id).result
    if result is None or paper.kind not in ("result", "approved"):
        return Standing()
    until = result.validity.valid_until if result.validity is not None and paper.kind == "result" else None
    if result.ended is not None:
        end = result.ended
        state = StandingState.REVOKED if end.kind is EndKind.REVOKED else StandingState.CANCELLED
        return Standing(state, end.at, f"{end.reason}（{end.basis}）", until)
    if until is not None and local_date(call.now) > until and not _continued(office, paper.subject_id):
        return Standing(StandingState.EXPIRED, local_instant(until + timedelta(days=1)), "有效期届满", until)
    return Standing(valid_until=until)


def _continued(office: Office, case_id: str) -> bool:
    """Whether its timely renewal isn't decided yet, so that it holds on (许可法 50)."""
    licence = office.licences.find_by_id(case_id)
    return licence is not None and licence.state is LicenceState.CONTINUED


def get_clock_notice(*, office: Office, call: Call, case_id: str, code: str, number: str) -> tuple[str, bytes]:
    """A notice about the clock with its number, of a special procedure or an extension, named as the decision is.

    Raises ``NotFound`` (``notice_not_found`` too), ``Forbidden``; ``Unavailable`` while intake or the printer can't be
    asked.
    """
    case = visible(office, call, case_id, code)
    for template, about in (("special_procedure", case.pauses), ("extension", case.extensions)):
        for each in about:
            notice = each.notice
            if notice is not None and notice.number == number:
                addressee = _addressee(office, call, case, code, f"打印{notice.paper.title} {number}")
                data = notice_data(case, each, notice, addressee)
                sheet = _sheet(case, number, template, notice.paper, number, notice.issued_at, addressee, data)
                return number, office.shelf.original(call, sheet)[1]
    raise NotFound("notice_not_found", "该办件没有这份文书，请核对文号。", number=number[:60])


def reprint_case_paper(
    *, office: Office, call: Call, case_id: str, paper_id: str, reason: str
) -> tuple[IssuedPaper, PaperCopy, bytes]:
    """Prints a paper of a case once more, marked; written down with its reason, and with intake where it bears the name.

    Raises ``NotFound`` (``paper_not_printed`` too), ``Forbidden``, ``Invalid``; ``Unavailable`` while intake or the
    printer can't be asked.
    """
    call.actor.require(*_PRINTING_ROLES)
    case = visible(office, call, case_id)
    paper = office.shelf.printed(case.id, paper_id)
    reason = clean(reason, field="reason", max_length=200)
    if not paper.masked:
        _addressee(office, call, case, "", f"补打{paper.title} {paper.number}：{reason}"[:200])

    def told(paper: IssuedPaper, copy: PaperCopy) -> CasePaperReprinted:
        return CasePaperReprinted(
            case_id=case.id,
            center_id=case.center_id,
            journey=case.journey,
            paper_id=paper.id,
            title=paper.title,
            number=paper.number,
            copy=copy.number,
            reason=copy.reason,
        )

    return office.shelf.reprint(call, case.id, paper.id, reason, told)


def list_printed_case_papers(
    *, office: Office, call: Call, case_id: str
) -> list[tuple[IssuedPaper, tuple[PaperCopy, ...]]]:
    """The papers of a case that were printed, with their further prints. Raises ``NotFound``, ``Forbidden``."""
    return office.shelf.copies_of(visible(office, call, case_id).id)


def _addressee(office: Office, call: Call, case: Case, code: str, purpose: str) -> str:
    if code or not call.actor.has(*_PRINTING_ROLES):
        return case.applicant_masked
    once = "" if call.idempotency is None else call.idempotency.key
    return office.applicants.name(case.id, purpose=purpose, token=call.token, once=once)


def _sheet(
    case: Case,
    name: str,
    template: str,
    paper: PaperFields,
    number: str,
    issued_at: datetime,
    addressee: str,
    data: dict[str, Any],
) -> Sheet:
    """A paper of a case as the shelf makes and keeps it; what bears a masked name is another than what is handed out."""
    masked = addressee == case.applicant_masked
    return Sheet(
        id=f"{case.id}/{name}/masked" if masked else f"{case.id}/{name}",
        subject_id=case.id,
        center_id=case.center_id,
        kind=template,
        title=paper.title,
        number=number,
        issued_at=issued_at,
        office=paper.department_name or paper.center_name,
        holder=case.applicant_masked,
        masked=masked,
        template=_TEMPLATES / f"{template}.typ",
        data=data | {"wording": worded(paper.wording, data)},
        seal_id=paper.seal_id,
        issued_by=paper.issued_by,
    )


def notice_data(case: Case, about: ClockPause | ClockExtension, notice: ClockNotice, addressee: str) -> dict[str, Any]:
    """What the template of a notice is given; the dates as they were when it was issued."""
    data = _letterhead(case, notice.paper, notice.number, notice.issued_at, addressee) | {
        "reason": about.reason,
        "old_due_at": None if notice.old_due_at is None else date_parts(notice.old_due_at),
        "new_due_at": None if notice.new_due_at is None else date_parts(notice.new_due_at),
        "provisional": notice.provisional,
        "counted": list(notice.counted),
    }
    if isinstance(about, ClockPause):
        return data | {"kind": about.kind, "expected_days": about.expected_days, "since": date_parts(about.started_at)}
    extended = Extension(about.amount, about.unit, about.reason)
    return data | {"extended_by": extended.length, "level": about.level.value, "basis": about.basis}


def result_data(case: Case, result: CaseResult, paper: PaperFields, addressee: str) -> dict[str, Any]:
    """What a certificate is given; its days as the result has them."""
    validity = result.validity
    return _letterhead(case, paper, result.number, result.issued_at, addressee) | {
        "decision_number": case.decision.number if case.decision else "",
        "valid_from": None if validity is None else _day(validity.valid_from),
        "valid_until": None if validity is None else _day(validity.valid_until),
        "apply_by": None if validity is None else _day(validity.apply_by),
    }


def slip_data(case: Case, result: CaseResult, slip: DeliverySlip, addressee: str) -> dict[str, Any]:
    """What a delivery slip is given; who took it as it is kept, masked."""
    pick_up = result.pick_up or PickUp()
    return _letterhead(case, slip.paper, slip.number, slip.issued_at, addressee) | {
        "result_name": result.name,
        "result_number": result.number,
        "method": result.method,
        "tracking_number": result.tracking_number,
        "received_by": result.received_by,
        "by_agent": pick_up.by_agent,
        "id_type": pick_up.id_type,
        "id_number": pick_up.id_number,
        "check": pick_up.check,
        "authority": pick_up.authority,
        "signature_sha256": pick_up.signature_sha256,
        "given_by": slip.given_by,
    }


def _day(day: date) -> dict[str, int]:
    return {"year": day.year, "month": day.month, "day": day.day}


def paper_data(case: Case, decision: Decision, addressee: str) -> dict[str, Any]:
    """What a template is given: the frozen fields, dates in the center's time, and the code to scan."""
    return _letterhead(case, decision.paper, decision.number, decision.decided_at, addressee) | {
        "reason": decision.reason,
        "basis": decision.basis,
        "rights": decision.rights,
        "result_name": case.result_name,
        "delivery": case.delivery,
        "delivery_days": case.delivery_days,
        "licence": case.licence,
    }


def _letterhead(case: Case, paper: PaperFields, number: str, issued_at: datetime, addressee: str) -> dict[str, Any]:
    """What all papers of a case say."""
    return {
        "title": paper.title,
        "number": number,
        "center_name": paper.center_name,
        "department_name": paper.department_name,
        "contact_phone": paper.contact_phone,
        "complaint_phone": paper.complaint_phone,
        "progress_url": paper.progress_url,
        "addressee": addressee,
        "item_name": case.item_name,
        "application_number": case.number,
        "accepted_at": date_parts(case.accepted_at),
        "issued_at": date_parts(issued_at),
    }
