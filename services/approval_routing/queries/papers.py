"""Decisions as PDF (许可法 38; rules C10)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kit.call import Call
from kit.errors import Conflict
from kit.workdays import CENTER_ZONE
from reference.papers.printing import paper_pdf
from reference.papers.qr import qr_svg
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.decision import Decision
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
    addressee = case.applicant_masked
    if not code and call.actor.has(*_PRINTING_ROLES):
        purpose = f"打印决定书 {decision.number}"
        once = "" if call.idempotency is None else call.idempotency.key
        addressee = office.applicants.name(case.id, purpose=purpose, token=call.token, once=once)
    template = _TEMPLATES / f"{decision.outcome.value}.typ"
    return decision.number, paper_pdf(template, paper_data(case, decision, addressee), at=decision.decided_at)


def paper_data(case: Case, decision: Decision, addressee: str) -> dict[str, Any]:
    """What a template is given: the frozen fields, dates in the center's time, and the code to scan."""
    paper = decision.paper
    return {
        "title": paper.title,
        "number": decision.number,
        "center_name": paper.center_name,
        "department_name": paper.department_name,
        "contact_phone": paper.contact_phone,
        "complaint_phone": paper.complaint_phone,
        "progress_url": paper.progress_url,
        "qr": qr_svg(paper.progress_url),
        "addressee": addressee,
        "item_name": case.item_name,
        "application_number": case.number,
        "accepted_at": _date(case.accepted_at),
        "issued_at": _date(decision.decided_at),
        "reason": decision.reason,
        "basis": decision.basis,
        "rights": decision.rights,
        "result_name": case.result_name,
        "delivery": case.delivery,
        "delivery_days": case.delivery_days,
        "licence": case.licence,
    }


def _date(at: datetime) -> dict[str, int]:
    local = at.astimezone(CENTER_ZONE)
    return {"year": local.year, "month": local.month, "day": local.day, "hour": local.hour, "minute": local.minute}
