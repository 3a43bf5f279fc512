"""Ending a result before its time (撤销、注销; 许可法 69, 70)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Invalid
from kit.store.repository import check_version
from kit.text import clean
from services.approval_routing.domain import certificates, licences
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.decision import EndKind
from services.approval_routing.domain.events import ResultEnded
from services.approval_routing.handlers.access import loaded, worker
from services.approval_routing.handlers.office import Office


def end_result(
    *,
    office: Office,
    call: Call,
    case_id: str,
    kind: EndKind | None,
    reason: str,
    basis: str,
    expected_version: int,
) -> Case:
    """Revokes or strikes out the result of a case, by its department, with reason and basis; whoever verifies it sees that.

    Raises ``Invalid`` (``end_kind_unknown``, ``text_required``), ``Conflict`` (``no_result``, ``result_ended``),
    ``Forbidden``, ``NotFound``, ``Stale``.
    """
    case = loaded(office, call, case_id)
    call.actor.require("approver", "chief")
    call.actor.require_department(case.center_id, case.department_key)
    check_version(case, expected_version)
    if kind is None:
        raise Invalid("end_kind_unknown", "请选择撤销（许可法第六十九条）或者注销（第七十条）。", field="kind")
    ended = certificates.end_result(
        case,
        worker(office, call),
        kind=kind,
        reason=clean(reason, field="reason", max_length=500),
        basis=clean(basis, field="basis", max_length=500),
        now=call.now,
    )
    return office.cases.save(ended, [ResultEnded(ended)], call)


def end_licence(*, office: Office, call: Call, case_id: str) -> None:
    """A result was ended: its holder is reminded no more, and it can't be renewed. Again changes nothing."""
    licence = office.licences.find_by_id(case_id)
    if licence is not None and not licence.state.over:
        office.licences.save(licences.ended(licence), [], call)
