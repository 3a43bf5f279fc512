"""Cases in every situation, for the tests of the domain."""

from datetime import datetime
from functools import cache

from kit.testing import MONDAY
from kit.workdays import Calendar, Limit, Unit
from reference.testing import sample_calendar
from services.approval_routing.domain import clock, extending, outcomes, steps
from services.approval_routing.domain.case import Case, CaseStep
from services.approval_routing.domain.decision import Decision, DeliveryMethod, Outcome, PaperFields
from services.approval_routing.domain.extending import Asked
from services.approval_routing.domain.extension import ApprovalLevel
from services.approval_routing.domain.outcomes import AcceptedApplication, ItemTerms
from services.approval_routing.domain.worker import Worker

ALL_ROLES = Worker("w-1", "王一", frozenset({"reviewer", "approver"}), "dept")
OTHER = Worker("w-2", "李二", frozenset({"reviewer", "approver"}), "dept")
CHIEF = Worker("w-3", "陈首", frozenset({"chief"}), "dept")
STRANGER = Worker("w-4", "外人", frozenset({"reviewer", "approver", "chief"}), "elsewhere")
PAPER = PaperFields("决定书", "中心", "部门", "1", "12345", "http://x")
GIVEN = {"decided_by_id": "w-1", "decided_by_name": "王一", "decided_at": MONDAY, "paper": PAPER, "number": "1"}
APPROVAL = Decision(Outcome.APPROVED, "", "", "", **GIVEN)  # type: ignore[arg-type]
DENIAL = Decision(Outcome.DENIED, "理由", "依据", "救济途径", **GIVEN)  # type: ignore[arg-type]


@cache
def calendar() -> Calendar:
    return sample_calendar()


def opened(terms: ItemTerms | None = None, kind: str = "promised") -> Case:
    application = AcceptedApplication(
        "a-1", "1", "610902", "item", 1, "许可", "dept", kind, MONDAY, "张*", "j", "code", "window", "s", "王"
    )
    three = tuple(CaseStep(key, key, role, "dept") for key, role in (("a", "reviewer"), ("b", "reviewer")))
    last = CaseStep("c", "c", "approver", "dept")
    ten = Limit(10, Unit.WORKING_DAY)
    twenty = Limit(20, Unit.WORKING_DAY)
    sample = ItemTerms((*three, last), ten, twenty, ("expert_review",), "许可证", True)
    return outcomes.open_case(application, terms or sample, calendar(), now=MONDAY)


def claimed(case: Case | None = None) -> Case:
    return steps.claim(case or opened(), ALL_ROLES, now=MONDAY)


def at_last() -> Case:
    case = opened()
    for _ in range(2):
        case = steps.pass_on(claimed(case), ALL_ROLES, opinion="", now=MONDAY)
    return claimed(case)


def paused() -> Case:
    return clock.pause(
        claimed(), ALL_ROLES, calendar(), kind="expert_review", expected_days=5, reason="评审", now=MONDAY
    )


def extended(
    case: Case | None = None,
    who: Worker = ALL_ROLES,
    *,
    amount: int = 10,
    reviewed: bool = True,
    now: datetime = MONDAY,
) -> Case:
    asked = Asked(amount, "情况复杂", "李局长")
    return extending.extend(
        case or claimed(),
        who,
        calendar(),
        asked,
        most=Limit(10, Unit.WORKING_DAY),
        level=ApprovalLevel.AGENCY_HEAD,
        reviewed=reviewed,
        now=now,
    )


def decided(decision: Decision = APPROVAL) -> Case:
    return outcomes.decide(at_last(), ALL_ROLES, decision, calendar(), delivery_days=10)


def issued() -> Case:
    return outcomes.issue_result(decided(), number="1", now=MONDAY)


def delivered(case: Case) -> Case:
    return outcomes.deliver(case, method=DeliveryMethod.WINDOW, received_by="张*", tracking_number="", now=MONDAY)
