"""What events of other services say of things that may not be: each with the words that show it (facts 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kit.events import Event
from kit.workdays import local_text
from services.supervision.domain.cards import Person, SubjectKind, Trigger
from services.supervision.domain.findings import Fact
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.complaint.v1 import messages_pb2 as complaint
from tongban.fees.v1 import messages_pb2 as fees
from tongban.fees.v1 import reports_pb2 as charged
from tongban.intake.v1 import messages_pb2 as intake

#: Facts of an event; it may be several.
Facts = Callable[[Event, Any], Iterator[Fact]]


def further_notice(event: Event, message: Any) -> Iterator[Fact]:
    """A supervisor had to let the window ask again: the first notice didn't say everything (rules L02)."""
    it: intake.Application = message.application
    yield _of_application(
        event,
        it,
        Trigger.FURTHER_NOTICE,
        "一次性告知后又要求补正，未做到一次告知全部",
        f"监察人员{event.actor_name}许可再次告知，理由：{message.reason}",
        round=len(it.further_notices),
    )


def refusal(event: Event, message: Any) -> Iterator[Fact]:
    """Not accepted: with grounds (rules C09), and not where everything was there (许可法 32)."""
    it: intake.Application = message.application
    missing = [word for word, text in (("理由", it.refusal_reason), ("依据", it.refusal_basis)) if not text.strip()]
    if missing:
        said = f"不予受理决定未写明{'、'.join(missing)}"
        yield _of_application(event, it, Trigger.NO_GROUNDS, said, said, person=_actor(event))
    if it.refusal_kind == intake.REFUSAL_KIND_OTHER and _complete(it):
        evidence = f"不予受理时 {len(it.materials)} 份材料均已提交、符合形式；所写理由：{it.refusal_reason}"
        yield _of_application(event, it, Trigger.NOT_ACCEPTED, "材料齐全而不予受理", evidence, person=_actor(event))


def supplement(event: Event, message: Any) -> Iterator[Fact]:
    """More was asked for although nothing was missing (许可法 32)."""
    it: intake.Application = message.application
    if _complete(it):
        evidence = f"要求补正时 {len(it.materials)} 份材料均已提交、符合形式"
        yield _of_application(event, it, Trigger.NOT_ACCEPTED, "材料齐全而要求补正", evidence, person=_actor(event))


def denial(event: Event, message: Any) -> Iterator[Fact]:
    """Denied: with reasons, basis and rights (许可法 38, rules C10)."""
    case: approval.Case = message.case
    told = (("理由", case.decision.reason), ("依据", case.decision.basis), ("救济途径", case.decision.rights))
    missing = [word for word, text in told if not text.strip()]
    if case.decision.outcome == approval.OUTCOME_DENIED and missing:
        said = f"不予许可决定未写明{'、'.join(missing)}"
        yield Fact(
            trigger=Trigger.NO_GROUNDS,
            kind=SubjectKind.CASE,
            id=case.id,
            number=case.number,
            title=case.item_name,
            center_id=case.center_id,
            department_key=case.department_key,
            journey=case.journey,
            at=event.at,
            reason=said,
            evidence=_shown(event, said),
            person=Person(case.decision.decided_by_id, case.decision.decided_by_name),
        )


def fee(event: Event, message: Any) -> Iterator[Fact]:
    """A complaint about a fee was found right (rules R02; 许可法 58)."""
    it: complaint.Complaint = message.complaint
    if it.topic == complaint.TOPIC_FEE and it.liability not in ("", "none"):
        said = f"收费投诉查实，调查情况：{it.findings}"
        yield Fact(
            trigger=Trigger.FEE,
            kind=SubjectKind.COMPLAINT,
            id=it.id,
            number=it.number,
            title="收费投诉",
            center_id=it.center_id,
            department_key=it.assignee_department,
            journey=it.journey,
            at=event.at,
            reason="经投诉查实的无依据收费",
            evidence=_shown(event, said),
            round=it.reopened,
        )


_FAULTS = {
    charged.CHARGE_FAULT_CASH: "收取现金，未到银行或者网上缴纳",
    charged.CHARGE_FAULT_BEFORE_DECISION: "决定作出前收费",
    charged.CHARGE_FAULT_MORE_THAN_COMPUTED: "收费多于应缴金额",
    charged.CHARGE_FAULT_NO_BASIS: "收取没有依据的费用",
}


def groundless_bill(event: Event, message: Any) -> Iterator[Fact]:
    """A bill asks for what the item's edition has no basis for (rules H04; 许可法 58)."""
    bill: fees.Bill = message.bill
    groundless = [charge.name for charge in bill.charges if not charge.basis.strip()]
    if groundless:
        said = f"缴费单的收费项目没有依据：{'、'.join(groundless)}（事项第 {bill.item_version} 版）"
        yield _of_bill(event, bill, "缴费单没有收费依据", said)


def overpaid_bill(event: Event, message: Any) -> Iterator[Fact]:
    """More was taken than was computed, or before the decision (rules H02)."""
    bill: fees.Bill = message.bill
    for payment in bill.payments:
        if payment.surplus:
            continue
        if payment.amount_fen > bill.total_fen:
            said = f"实收 {_yuan(payment.amount_fen)}，应缴 {_yuan(bill.total_fen)}，凭据号 {payment.reference}"
            yield _of_bill(event, bill, "收费多于应缴金额", said)
        elif payment.paid_at.ToMilliseconds() < bill.opened_at.ToMilliseconds():
            yield _of_bill(event, bill, "决定作出前收费", f"决定作出前已收 {_yuan(payment.amount_fen)}")


def charge_report(event: Event, message: Any) -> Iterator[Fact]:
    """Staff reported that somebody was charged as may not be (rules H01, H02, H04)."""
    bill: fees.Bill = message.bill
    for number, report in enumerate(bill.reports, 1):
        if report.id == message.report_id:
            receipt = f"，凭据号 {report.reference}" if report.reference else ""
            said = f"{report.reported_by_name}登记：{_yuan(report.amount_fen)}，应缴 {_yuan(bill.total_fen)}{receipt}"
            yield _of_bill(event, bill, _FAULTS.get(report.fault, "收费异常"), said, round=number)


def report_round(message: Any) -> int:
    """Which of a bill's reports was settled."""
    return next((n for n, report in enumerate(message.bill.reports, 1) if report.id == message.report_id), -1)


def _of_bill(event: Event, bill: fees.Bill, reason: str, said: str, *, round: int = 0) -> Fact:
    return Fact(
        trigger=Trigger.FEE,
        kind=SubjectKind.CASE,
        id=bill.id,
        number=bill.case_number,
        title=bill.item_name,
        center_id=bill.center_id,
        department_key=bill.department_key,
        journey=bill.journey,
        at=event.at,
        reason=reason,
        evidence=_shown(event, said),
        round=round,
    )


def _yuan(fen: int) -> str:
    return f"{fen / 100:.2f} 元"


#: Event by service → the facts that it shows.
FACTS: dict[tuple[str, str], Facts] = {
    ("intake", "FurtherNoticePermitted"): further_notice,
    ("intake", "ApplicationRefused"): refusal,
    ("intake", "SupplementRequested"): supplement,
    ("approval_routing", "CaseDecided"): denial,
    ("complaint", "ComplaintAnswered"): fee,
    ("fees", "BillOpened"): groundless_bill,
    ("fees", "BillComputed"): groundless_bill,
    ("fees", "BillPaid"): overpaid_bill,
    ("fees", "ChargeReported"): charge_report,
}


@dataclass(frozen=True, slots=True)
class Mend:
    """What an event mends: facts of a trigger about the subject in a field, and why they are gone."""

    trigger: Trigger
    field: str
    reason: str
    #: Which one of them; None: all.
    round: Callable[[Any], int] | None = None
    #: Whether this event mends at all; None: each does.
    when: Callable[[Any], bool] | None = None


def _all_of_it(message: Any) -> bool:
    """Whether a payment has gone back whole: a part mends no charge without a basis."""
    payment = next((each for each in message.bill.payments if each.id == message.payment_id), None)
    return payment is None or payment.gone_fen in (0, payment.amount_fen)


#: Event by service → what is mended by it.
MENDS: dict[tuple[str, str], Mend] = {
    ("intake", "ApplicationAccepted"): Mend(Trigger.NOT_ACCEPTED, "application", "已受理"),
    ("complaint", "ComplaintReopened"): Mend(Trigger.FEE, "complaint", "投诉重新调查"),
    ("fees", "BillWaived"): Mend(Trigger.FEE, "bill", "费用已减免", round=lambda _: 0),
    ("fees", "PaymentRefunded"): Mend(Trigger.FEE, "bill", "已退费", round=lambda _: 0, when=_all_of_it),
    ("fees", "ChargeReportSettled"): Mend(Trigger.FEE, "bill", "收费异常已核查处理", round=report_round),
}


def _complete(it: intake.Application) -> bool:
    """Whether all materials were there and in form, but for such as may be brought later (rules C04, D01)."""
    wanted = [material for material in it.materials if material.main or not material.deferrable]
    return bool(wanted) and all(material.state == intake.MATERIAL_STATE_HANDED_IN for material in wanted)


def _of_application(
    event: Event,
    it: intake.Application,
    trigger: Trigger,
    reason: str,
    evidence: str,
    *,
    round: int = 0,
    person: Person | None = None,
) -> Fact:
    return Fact(
        trigger=trigger,
        kind=SubjectKind.APPLICATION,
        id=it.id,
        number=it.number,
        title=it.item_name,
        center_id=it.center_id,
        department_key=it.department_key,
        journey=it.journey,
        at=event.at,
        reason=reason,
        evidence=_shown(event, evidence),
        round=round,
        person=person,
    )


def _actor(event: Event) -> Person | None:
    """Who did it, where that is a person."""
    machine = not event.actor_id or event.actor_id.startswith("service:")
    return None if machine else Person(event.actor_id, event.actor_name)


def _shown(event: Event, said: str) -> str:
    return f"{said}（{local_text(event.at)}，事件 {event.id}）"
