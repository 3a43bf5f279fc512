"""Cards for single facts beside time, each with what shows it and the rule's number (facts 7)."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from google.protobuf.message import Message

from kit.testing import MONDAY
from kit.timestamps import to_timestamp
from services.supervision.domain.cards import Card, CardState, Colour
from services.supervision.grpc_api import SupervisionApi
from services.supervision.tests.test_rules import asked, put
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.complaint.v1 import events_pb2 as complaint_events
from tongban.complaint.v1 import messages_pb2 as complaint
from tongban.fees.v1 import events_pb2 as fees_events
from tongban.fees.v1 import messages_pb2 as fees
from tongban.fees.v1 import reports_pb2 as charged
from tongban.intake.v1 import events_pb2 as intake_events
from tongban.intake.v1 import messages_pb2 as intake

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

HANDED_IN, MISSING = intake.MATERIAL_STATE_HANDED_IN, intake.MATERIAL_STATE_MISSING


def application(material: intake.MaterialState.ValueType = MISSING, **more: object) -> intake.Application:
    made = intake.Application(
        id="a-1", number="610902-7", center_id="610902", item_name="食品经营许可", department_key="shichang-jianguan",
        journey="j-1", materials=[intake.ApplicationMaterial(key="m", main=True, state=material)],
    )  # fmt: skip
    made.MergeFrom(intake.Application(**more))  # type: ignore[arg-type]
    return made


def case(**decision: object) -> approval.Case:
    return approval.Case(
        id="c-1",
        center_id="610902",
        state=approval.CASE_STATE_DENIED,
        decision=approval.Decision(outcome=approval.OUTCOME_DENIED, **decision),  # type: ignore[arg-type]
    )


def fee(liability: str, reopened: int = 0) -> complaint.Complaint:
    return complaint.Complaint(
        id="k-1", center_id="610902", topic=complaint.TOPIC_FEE, liability=liability, findings="多收 50 元",
        assignee_department="shichang-jianguan", reopened=reopened,
    )  # fmt: skip


FURTHER = intake_events.FurtherNoticePermitted(
    application=application(further_notices=[intake.FurtherNotice(reason="图纸缺页")]), reason="图纸缺页"
)
GROUNDLESS = intake_events.ApplicationRefused(application=application(refusal_reason="不符合", refusal_kind=1))
COMPLETE = intake_events.ApplicationRefused(
    application=application(HANDED_IN, refusal_reason="不想办", refusal_basis="无", refusal_kind=3)
)
ASKED_AGAIN = intake_events.SupplementRequested(application=application(HANDED_IN))
DENIED = approval_events.CaseDecided(case=case(reason="不符合", basis="许可法 38"))
FEE = complaint_events.ComplaintAnswered(complaint=fee("department"))


def bill(**more: object) -> fees.Bill:
    made = fees.Bill(
        id="c-1", case_number="610902-1", center_id="610902", department_key="shichang-jianguan", item_name="食品经营许可",
        item_version=3, total_fen=5000, opened_at=to_timestamp(MONDAY), journey="j-1",
        charges=[fees.Charge(name="审查费", price_fen=5000, basis="样例依据", quantity=1)],
    )  # fmt: skip
    made.MergeFrom(fees.Bill(**more))  # type: ignore[arg-type]
    return made


def payment(amount: int, *, days: int = 0, surplus: bool = False) -> fees.Payment:
    at = to_timestamp(MONDAY + timedelta(days=days))
    return fees.Payment(amount_fen=amount, reference="R-1", paid_at=at, surplus=surplus)


GROUNDLESS_BILL = fees_events.BillOpened(bill=bill(charges=[fees.Charge(name="资料费", price_fen=100)]))
OVERPAID = fees_events.BillPaid(bill=bill(payments=[payment(6000)]))
TOO_EARLY = fees_events.BillPaid(bill=bill(payments=[payment(5000, days=-1)]))
CASH = fees_events.ChargeReported(
    report_id="c-1.x1",
    bill=bill(reports=[charged.ChargeReport(
        id="c-1.x1", fault=charged.CHARGE_FAULT_CASH, amount_fen=5000, reported_by_name="样三", reference="S-7")]),
)  # fmt: skip


def tell(bench: "Bench", service: str, message: Message) -> None:
    bench.deliver(service, message)
    bench.listen()


def the_card(bench: "Bench") -> Card:
    faces = tuple(f"{c.name.lower()}-{s}" for c in Colour for s in CardState)
    (card,) = bench.tower.cards.each("by_center", center_id="610902", face=faces)
    return card


@pytest.mark.parametrize(
    ("service", "message", "rule", "colour", "shows"),
    [
        ("intake", FURTHER, "JC-04", Colour.YELLOW, "图纸缺页"),
        ("intake", GROUNDLESS, "JC-05", Colour.RED, "依据"),
        ("intake", COMPLETE, "JC-06", Colour.YELLOW, "不想办"),
        ("intake", ASKED_AGAIN, "JC-06", Colour.YELLOW, "1 份材料"),
        ("approval_routing", DENIED, "JC-05", Colour.RED, "救济途径"),
        ("complaint", FEE, "JC-07", Colour.YELLOW, "多收 50 元"),
        ("fees", GROUNDLESS_BILL, "JC-07", Colour.YELLOW, "资料费"),
        ("fees", OVERPAID, "JC-07", Colour.YELLOW, "实收 60.00 元，应缴 50.00 元"),
        ("fees", TOO_EARLY, "JC-07", Colour.YELLOW, "决定作出前已收 50.00 元"),
        ("fees", CASH, "JC-07", Colour.YELLOW, "样三登记：50.00 元，应缴 50.00 元，凭据号 S-7"),
    ],
    ids=[
        "further",
        "groundless",
        "complete",
        "asked again",
        "denied",
        "fee",
        "no basis",
        "overpaid",
        "too early",
        "cash",
    ],
)
def test_a_fact_makes_one_card_with_its_evidence_and_its_rule(
    bench: "Bench", service: str, message: Message, rule: str, colour: Colour, shows: str
) -> None:
    event = bench.deliver(service, message)
    bench.receive(event)
    bench.listen()
    card = the_card(bench)
    assert (card.rule, card.colour, card.edition) == (rule, colour, 0)
    assert shows in card.evidence
    assert event.id in card.evidence
    assert "order_issued" not in bench.told_types(), "only what is late is ordered to be done at once"


@pytest.mark.parametrize(
    ("service", "message"),
    [
        ("intake", intake_events.SupplementRequested(application=application(MISSING))),
        ("intake", intake_events.ApplicationRefused(
            application=application(HANDED_IN, refusal_reason="归公安", refusal_basis="许可法 32", refusal_kind=2))),
        ("approval_routing", approval_events.CaseDecided(case=case(reason="不符合", basis="许可法 38", rights="可复议"))),
        ("complaint", complaint_events.ComplaintAnswered(complaint=fee("none"))),
        ("fees", fees_events.BillOpened(bill=bill())),
        ("fees", fees_events.BillPaid(bill=bill(payments=[payment(5000), payment(9000, surplus=True)]))),
    ],
    ids=["something was missing", "another authority's", "all parts", "not upheld", "a bill", "paid twice"],
)  # fmt: skip
def test_what_is_in_order_makes_none(bench: "Bench", service: str, message: Message) -> None:
    tell(bench, service, message)
    assert not [type for type in bench.told_types() if type.endswith("card_raised")]


def test_yellow_recovers_with_its_cause_and_what_stays_true_stays(bench: "Bench") -> None:
    tell(bench, "intake", ASKED_AGAIN)
    tell(bench, "intake", FURTHER)
    accepted = intake_events.ApplicationAccepted(application=application(HANDED_IN))
    bench.clock.advance(timedelta(hours=1))
    tell(bench, "intake", accepted)
    tell(bench, "intake", accepted)
    assert bench.tower.cards.get("accept-a-1-yellow").state is CardState.RECOVERED
    assert bench.tower.cards.get("notice-a-1-1-yellow").state is CardState.ACTIVE
    assert bench.told_types().count("card_recovered") == 1


def test_what_a_report_says_recovers_when_that_report_is_settled_and_no_other(bench: "Bench") -> None:
    second = charged.ChargeReport(id="c-1.x2", fault=charged.CHARGE_FAULT_NO_BASIS, amount_fen=100)
    both = bill(reports=[*CASH.bill.reports, second])
    tell(bench, "fees", GROUNDLESS_BILL)
    tell(bench, "fees", CASH)
    tell(bench, "fees", fees_events.ChargeReported(bill=both, report_id="c-1.x2"))
    bench.clock.advance(timedelta(hours=1))
    tell(bench, "fees", fees_events.ChargeReportSettled(bill=both, report_id="c-1.x2"))
    states = {n: bench.tower.cards.get(f"fee-c-1{n}-yellow").state for n in ("", "-1", "-2")}
    assert states == {"": CardState.ACTIVE, "-1": CardState.ACTIVE, "-2": CardState.RECOVERED}
    tell(bench, "fees", fees_events.BillWaived(bill=both))
    assert bench.tower.cards.get("fee-c-1-yellow").state is CardState.RECOVERED
    assert bench.tower.cards.get("fee-c-1-1-yellow").state is CardState.ACTIVE


def test_a_charge_without_a_basis_is_mended_when_all_of_it_has_gone_back(bench: "Bench") -> None:
    tell(bench, "fees", GROUNDLESS_BILL)
    for gone, state in ((2000, CardState.ACTIVE), (5000, CardState.RECOVERED)):
        bench.clock.advance(timedelta(hours=1))
        back = payment(5000)
        back.id, back.gone_fen = "pay-1", gone
        tell(bench, "fees", fees_events.PaymentRefunded(bill=bill(payments=[back]), payment_id="pay-1"))
        assert bench.tower.cards.get("fee-c-1-yellow").state is state


def test_a_red_one_stays_when_its_cause_is_gone(bench: "Bench") -> None:
    api = SupervisionApi(bench.tower)
    request = asked(bench, api)
    next(rule for rule in request.rules if rule.number == "JC-06").colour = 3  # type: ignore[assignment]
    put(bench, api, request)
    tell(bench, "intake", ASKED_AGAIN)
    tell(bench, "intake", intake_events.ApplicationAccepted(application=application(HANDED_IN)))
    assert the_card(bench).state is CardState.ACTIVE
    assert bench.tower.findings.get("accept-a-1").cleared_at == MONDAY


def test_where_the_rule_is_off_the_fact_is_kept_and_nothing_is_raised(bench: "Bench") -> None:
    api = SupervisionApi(bench.tower)
    request = asked(bench, api)
    next(rule for rule in request.rules if rule.number == "JC-04").on = False
    put(bench, api, request)
    tell(bench, "intake", FURTHER)
    assert bench.tower.findings.get("notice-a-1-1").colour is None
    assert bench.told_types() == ["supervision_rules_set"]
