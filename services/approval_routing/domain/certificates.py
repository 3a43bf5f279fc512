"""Results that end before their time: revoked, or struck from the register (撤销、注销; 许可法 69, 70)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.decision import CaseResult, EndKind, Outcome, ResultEnd
from services.approval_routing.domain.worker import Worker


def given_result(case: Case) -> CaseResult:
    """The result that a case gave. Raises ``Conflict`` (``no_result``) before there is one, and where it was denied."""
    decision, result = case.decision, case.result
    if result is None or decision is None or decision.outcome is not Outcome.APPROVED:
        raise Conflict("no_result", "该办件还没有出件，或者未予准许，没有证照。", id=case.id, state=case.state.value)
    return result


def end_result(case: Case, worker: Worker, *, kind: EndKind, reason: str, basis: str, now: datetime) -> Case:
    """The case whose result holds no more. Nothing takes that back: what is given anew has a number of its own.

    Raises ``Conflict``: ``no_result``; ``result_ended`` when it did already.
    """
    result = given_result(case)
    if result.ended is not None:
        raise Conflict("result_ended", f"证照 {result.number} 已经撤销或者注销，不能重复办理。", number=result.number)
    end = ResultEnd(kind, reason, basis, now, worker.id, worker.name)
    return replace(case, result=replace(result, ended=end))
