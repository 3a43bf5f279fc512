"""What was charged as may not be is reported on its bill, and settled by somebody else (rules H01, H02, H04)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kit.errors import TongbanError
from kit.testing import actor
from services.fees.domain.bill import Bill, BillState
from services.fees.domain.reports import MAX_REPORTS, ChargeFault
from services.fees.handlers import reporting
from services.fees.handlers.paying import by_code
from services.fees.protos import bill_message, payers_bill, told_bill
from services.fees.tests.test_fees_handlers import CHIEF, CLERK, STRANGER, at_bank

if TYPE_CHECKING:
    from services.fees.tests.conftest import Bench

SUPERVISOR = actor("supervisor", id="supervisor-1")
HOSTILE = "<b>收现金</b>\u3000😀"


def report(bench: Bench, **changes: Any) -> Bill:
    said: dict[str, Any] = {
        "call": bench.by(changes.pop("who", CLERK)),
        "fault": ChargeFault.CASH,
        "amount_fen": 5000,
        "reference": "",
        "text": HOSTILE,
    }
    return reporting.report_charge(treasury=bench.treasury, bill_id="c-1", expected_version=0, **(said | changes))


def settle(bench: Bench, report_id: str = "c-1.x1", who: Any = SUPERVISOR) -> Bill:
    return reporting.settle_charge_report(
        treasury=bench.treasury,
        call=bench.by(who),
        bill_id="c-1",
        report_id=report_id,
        text="已退还，责令改正",
        expected_version=0,
    )


def test_a_report_is_kept_with_its_bill_which_goes_on_as_it_was(bench: Bench) -> None:
    bench.decide()
    (made,) = report(bench, reference="S-7").reports
    assert (made.fault, made.by_name, made.text, made.reference) == (ChargeFault.CASH, CLERK.name, HOSTILE, "S-7")
    assert bench.bill().state is BillState.DUE
    assert at_bank(bench).state is BillState.PAID
    (settled,) = settle(bench).reports
    assert settled.settled is not None
    assert settled.settled.text == "已退还，责令改正"
    assert bench.told() == ["bill_opened", "charge_reported", "bill_paid", "charge_report_settled"]


def test_others_are_told_without_the_words_and_who_pays_sees_none_of_it(bench: Bench) -> None:
    bench.decide()
    bill = report(bench)
    settled = settle(bench)
    (told,) = told_bill(settled).reports
    assert (told.text, told.settlement, told.amount_fen) == ("", "", 5000)
    assert bill_message(bill).reports[0].text == HOSTILE
    assert not payers_bill(by_code(bench.treasury, "code-c-1"), online=True, sandbox=True).reports


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"who": STRANGER}, "center_not_allowed"),
        ({"fault": None}, "fault_required"),
        ({"amount_fen": -1}, "amount_out_of_range"),
        ({"amount_fen": 10**13}, "amount_out_of_range"),
        ({"fault": ChargeFault.MORE_THAN_COMPUTED}, "amount_not_more"),
        ({"text": " "}, "text_required"),
    ],
    ids=["elsewhere", "no fault", "negative", "absurd", "not more", "no words"],
)
def test_what_says_nothing_is_refused_and_changes_nothing(bench: Bench, changes: dict[str, Any], code: str) -> None:
    bench.decide()
    before, told = bench.bill(), bench.told()
    with pytest.raises(TongbanError) as refused:
        report(bench, **changes)
    assert refused.value.code == code or code == "text_required"
    assert (bench.bill(), bench.told()) == (before, told)


def test_the_same_is_reported_once_while_it_is_looked_into(bench: Bench) -> None:
    bench.decide()
    report(bench)
    with pytest.raises(TongbanError, match="charge_reported"):
        report(bench, who=CHIEF)
    settle(bench)
    assert len(report(bench).reports) == 2


def test_a_bill_has_only_so_many_reports(bench: Bench) -> None:
    bench.decide()
    for amount in range(MAX_REPORTS):
        report(bench, amount_fen=amount)
    with pytest.raises(TongbanError, match="too_many_reports"):
        report(bench, amount_fen=99_999)


def test_a_report_is_settled_once_and_by_somebody_else(bench: Bench) -> None:
    bench.decide()
    report(bench, who=SUPERVISOR)
    with pytest.raises(TongbanError, match="own_report"):
        settle(bench)
    with pytest.raises(TongbanError, match="charge_report_not_found"):
        settle(bench, "c-1.x2")
    other = actor("manager", id="manager-1")
    with pytest.raises(TongbanError, match="center_not_allowed"):
        settle(bench, who=actor("manager", id="manager-9", center="610999"))
    settle(bench, who=other)
    with pytest.raises(TongbanError, match="charge_report_settled"):
        settle(bench, who=other)
