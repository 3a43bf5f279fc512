"""What an approved case costs, by REST alone: told, counted, paid, handed out, sent back (rules H01–H04)."""

from __future__ import annotations

from cli.demo.desk import taken_by
from tests.integration.checks import problem
from tests.integration.people import Json, Town
from tests.integration.site import until
from tests.integration.visits import PASSPORT, Visit


def approved(town: Town) -> Visit:
    visit = Visit(town, PASSPORT)
    visit.accepted()
    visit.decide("approved")
    visit.clerk.post(f"cases/{visit.application['id']}/result")
    return visit


def test_a_passport_is_handed_out_when_it_is_paid_and_the_money_may_go_back(town: Town) -> None:
    visit = approved(town)
    case, bill = f"cases/{visit.application['id']}", f"bills/{visit.application['id']}"
    by_code = f"bills/by-code/{visit.receipt}"
    found = until(lambda: town.public.find(by_code), "the bill")
    assert (found["state"], found["total_fen"], found["online"], found["sandbox"]) == ("due", 12_000, True, True)
    handed = taken_by(visit.person.name, visit.person.id_number)
    problem(visit.clerk.ask("POST", f"{case}/result/deliver", json=handed), 409, "fee_not_settled")

    forged = {"notice": '{"order_id": "x"}', "signature": "0" * 64}
    problem(town.public.ask("POST", "payments/notices", json=forged), 403, "notice_not_signed")
    address = town.public.post(f"{by_code}/orders")["address"]
    assert address.endswith(f"/bills/{visit.receipt}/sandbox")
    paid = town.public.post(f"{by_code}/sandbox")
    assert paid["state"] == "paid"
    assert paid["receipt_number"]
    problem(town.public.ask("POST", f"{by_code}/orders"), 409, "bill_settled")

    delivered = until(lambda: _delivered(visit, case, handed), "approval to know that it is paid")
    assert delivered["state"] == "delivered"
    chief = town.officer(visit.center, "chief", found["department_key"])
    part = chief.post(f"{bill}/refund", {"reason": "制证机构多收", "amount_fen": 100})
    assert part["state"] == "refunding"
    until(lambda: (town.public.find(by_code) or {}).get("state") == "paid", "the provider to send the part back")
    problem(
        chief.ask("POST", f"{bill}/refund", json={"reason": "多退", "amount_fen": 10**9}), 422, "refund_out_of_range"
    )
    asked = chief.post(f"{bill}/refund", {"reason": "制证机构退回，申请人撤回申请"})
    assert asked["state"] == "refunding"
    until(lambda: (town.public.find(by_code) or {}).get("state") == "refunded", "the provider to send it back")
    visit.lines("fees.bill_opened", "fees.bill_paid", "fees.refund_asked", "fees.payment_refunded")


def test_what_was_charged_as_may_not_be_is_a_card_until_it_is_settled(town: Town) -> None:
    visit = approved(town)
    bill = f"bills/{visit.application['id']}"
    until(lambda: visit.clerk.find(bill), "the bill")
    said = {"fault": "cash", "amount_fen": 12_000, "text": "窗口要求交现金"}
    elsewhere = town.officer("610902107", "supervisor", "")
    problem(elsewhere.ask("POST", f"{bill}/reports", json=said), 403, "center_not_allowed")
    (report,) = visit.clerk.post(f"{bill}/reports", said)["reports"]
    assert town.public.get(f"bills/by-code/{visit.receipt}")["reports"] == []
    supervisor = visit.staff("supervisor")
    card = f"cards/fee-{visit.application['id']}-1-yellow"
    found = until(lambda: supervisor.find(card), "the card")
    assert (found["rule"], found["reason"]) == ("JC-07", "收取现金，未到银行或者网上缴纳")
    settlement = f"{bill}/reports/{report['id']}/settlement"
    problem(visit.clerk.ask("POST", settlement, json={"text": "没有"}), 403, "role_not_allowed")
    supervisor.post(settlement, {"text": "已退还，责令改正"})
    until(lambda: supervisor.get(card)["state"] == "recovered", "the card to recover")


def _delivered(visit: Visit, case: str, handed: Json) -> dict[str, str] | None:
    answer = visit.clerk.ask("POST", f"{case}/result/deliver", json=handed)
    found: dict[str, str] | None = answer.json() if answer.status_code == 200 else None
    return found
