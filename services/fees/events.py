"""Events out with their messages, and what fees listens to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.message import Message

from kit.consumer import Delivery, Subscription
from kit.events import Mapped, event_type, topic_of
from kit.timestamps import from_timestamp
from services.fees.domain import events as domain
from services.fees.handlers.billing import ApprovedCase, open_bill
from services.fees.handlers.treasury import Treasury
from services.fees.protos import told_bill
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.fees.v1 import events_pb2 as pb


def _of_bill(message: Callable[[Any], Message]) -> Mapped:
    return Mapped(subject=lambda event: event.bill.id, journey=lambda event: event.bill.journey, message=message)


def _of_payment(make: Callable[..., Message]) -> Mapped:
    return _of_bill(lambda event: make(bill=told_bill(event.bill), payment_id=event.payment_id))


def _of_report(make: Callable[..., Message]) -> Mapped:
    return _of_bill(lambda event: make(bill=told_bill(event.bill), report_id=event.report_id))


TABLE: Final[Mapping[Any, Mapped]] = {
    domain.BillOpened: _of_bill(lambda event: pb.BillOpened(bill=told_bill(event.bill))),
    domain.BillComputed: _of_bill(lambda event: pb.BillComputed(bill=told_bill(event.bill))),
    domain.BillPaid: _of_bill(lambda event: pb.BillPaid(bill=told_bill(event.bill))),
    domain.BillWaived: _of_bill(lambda event: pb.BillWaived(bill=told_bill(event.bill))),
    domain.SurplusPaid: _of_payment(pb.SurplusPaid),
    domain.RefundAsked: _of_payment(pb.RefundAsked),
    domain.PaymentRefunded: _of_payment(pb.PaymentRefunded),
    domain.ChargeReported: _of_report(pb.ChargeReported),
    domain.ChargeReportSettled: _of_report(pb.ChargeReportSettled),
}


def subscriptions(treasury: Treasury) -> list[Subscription]:
    """Approved cases of items that cost something open a bill."""

    def case_decided(delivery: Delivery) -> None:
        case = delivery.read(approval_events.CaseDecided).case
        if case.decision.outcome != approval.OUTCOME_APPROVED:
            return
        approved = ApprovedCase(
            id=case.id,
            number=case.number,
            center_id=case.center_id,
            department_key=case.department_key,
            item_id=case.item_id,
            item_version=case.item_version,
            item_name=case.item_name,
            applicant_masked=case.applicant_masked,
            journey=delivery.event.journey,
            code=case.code,
            decided_at=from_timestamp(case.decision.decided_at),
        )
        open_bill(treasury=treasury, call=delivery.call, case=approved, mark=delivery.mark())

    return [
        Subscription(
            "fees.cases", (topic_of("approval_routing"),), {event_type("approval_routing", "CaseDecided"): case_decided}
        )
    ]
