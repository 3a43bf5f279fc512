"""What says that money came, and that it went back: printed once it is so, kept, marked, and taken back in words (rules H02)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kit.actor import PUBLIC, Actor
from kit.errors import Conflict, Forbidden, NotFound
from kit.testing import actor
from reference.papers.shelf import Match, StandingState
from reference.papers.testing import sample_seal, words
from reference.testing import CENTER_ID, set_policy, set_seal
from services.fees.domain.amounts import in_words, in_yuan
from services.fees.handlers.refunding import record_refund
from services.fees.queries import papers
from services.fees.tests.conftest import FULL_NAME
from services.fees.tests.test_fees_handlers import CHIEF, CLERK, STRANGER, ask_refund, at_bank, notice, receipt, start

if TYPE_CHECKING:
    from services.fees.tests.conftest import Bench

CODE = "code-c-1"


def printed(bench: Bench, who: Actor = CLERK, *, id: str = "c-1", code: str = "") -> bytes:
    return papers.get_fee_receipt(treasury=bench.treasury, call=bench.by(who), bill_id="" if code else id, code=code)[1]


def noted(bench: Bench, refund: str, who: Actor = CLERK, code: str = "") -> bytes:
    return papers.get_refund_note(
        treasury=bench.treasury, call=bench.by(who), bill_id="" if code else "c-1", code=code, refund_id=refund
    )[1]


def reprinted(bench: Bench, who: Actor = CLERK, paper: str = "c-1/receipt") -> bytes:
    return papers.reprint_fee_paper(
        treasury=bench.treasury, call=bench.by(who), bill_id="c-1", paper_id=paper, reason="缴款人遗失"
    )[2]


def paid_online(bench: Bench, id: str = "c-1") -> None:
    start(bench, f"code-{id}")
    notice(bench, bench.bill(id).attempts[-1].id)


def sent_back(bench: Bench, amount: int = 0) -> None:
    ask_refund(bench, amount=amount)
    record_refund(treasury=bench.treasury, call=bench.by(CLERK), bill_id="c-1", reference="B-1", expected_version=0)


@pytest.mark.parametrize(
    ("fen", "words_of_it"),
    [
        (0, "零元整"),
        (5, "伍分"),
        (302, "叁元零贰分"),
        (5000, "伍拾元整"),
        (10_550, "壹佰零伍元伍角整"),
        (1_000_000, "壹万元整"),
        (1_050_030, "壹万零伍佰元叁角整"),
        (100_000_100_000, "壹拾亿零壹仟元整"),
        (1_000_000_000_000, "壹佰亿元整"),
    ],
)
def test_an_amount_is_written_so_that_it_cannot_be_altered(fen: int, words_of_it: str) -> None:
    assert in_words(fen) == words_of_it
    assert round(float(in_yuan(fen)) * 100) == fen


def test_a_receipt_says_who_paid_what_for_what_and_is_the_same_each_time(bench: Bench) -> None:
    bench.decide()
    at_bank(bench)
    first = printed(bench)
    text = words(first)
    for said in (
        FULL_NAME,
        "610902费〔2026〕000001号",
        "审查费",
        "样例依据二",
        "50.00元",
        "伍拾元整",
        "样例银行营业部",
        "R-1",
    ):
        assert said in text, said
    assert bench.payers.asked == ["打印缴费凭证 610902费〔2026〕000001号"]
    set_policy(bench.store, CENTER_ID, {"complaint_phone": "99999"}, reference=bench.treasury.reference)
    assert printed(bench) == first
    masked = words(printed(bench, PUBLIC, code=CODE))
    assert ("张*" in masked, FULL_NAME in masked) == (True, False)


def test_there_is_no_receipt_before_the_money_has_come_nor_of_what_was_let_off(bench: Bench) -> None:
    bench.decide()
    for who, code in ((CLERK, ""), (PUBLIC, CODE)):
        with pytest.raises(Conflict, match="bill_not_paid"):
            printed(bench, who, code=code)
    assert not list(bench.treasury.shelf.papers.each("by_subject", subject_id="c-1"))


def test_nobody_gets_the_receipt_of_a_bill_that_is_not_theirs_to_see(bench: Bench) -> None:
    bench.decide()
    at_bank(bench)
    other = actor("chief", id="chief-2", department="gaj")
    for who in (STRANGER, other, actor("supervisor"), actor("citizen"), PUBLIC):
        with pytest.raises(Forbidden):
            printed(bench, who)
        with pytest.raises(Forbidden):
            reprinted(bench, who)
    with pytest.raises(NotFound, match="bill_not_found"):
        printed(bench, PUBLIC, code="code-c-2")
    printed(bench, CHIEF)
    for who in (STRANGER, other):
        with pytest.raises(Forbidden):
            papers.list_printed_fee_papers(treasury=bench.treasury, call=bench.by(who), bill_id="c-1")


def test_what_went_back_is_said_by_the_code_the_further_print_and_a_late_first_print(bench: Bench) -> None:
    bench.decide()
    at_bank(bench)
    before = printed(bench)
    shelf = bench.treasury.shelf
    paper = shelf.papers.get("c-1/receipt")
    assert papers.standing_of(bench.treasury, paper).reason == ""
    sent_back(bench, 2000)
    partly = papers.standing_of(bench.treasury, paper)
    assert (partly.state, partly.reason) == (StandingState.VALID, "所载费用已退回 20.00 元")
    assert "20.00元" in words(reprinted(bench))
    sent_back(bench)
    assert papers.standing_of(bench.treasury, paper).state is StandingState.CANCELLED
    assert "凭证作废" in words(reprinted(bench))
    assert printed(bench) == before
    late = words(printed(bench, PUBLIC, code=CODE))
    assert "全部退回，凭证作废" in late
    (kept, copies), *_ = papers.list_printed_fee_papers(
        treasury=bench.treasury, call=bench.by(actor("supervisor")), bill_id="c-1"
    )
    assert (kept.id, [copy.number for copy in copies]) == ("c-1/receipt", [1, 2])
    assert bench.told().count("fee_paper_reprinted") == 2
    assert shelf.verified(kept.code, kept.sha256) == (kept, Match.ORIGINAL)
    assert kept.code.endswith("f")


def test_each_refund_has_a_note_once_it_was_made(bench: Bench) -> None:
    bench.decide()
    paid_online(bench)
    ask_refund(bench, amount=2000)
    with pytest.raises(NotFound, match="refund_note_not_found"):
        noted(bench, "c-1.refund")
    bench.sweep()
    ask_refund(bench)
    bench.sweep()
    payment = bench.bill().payment
    assert payment is not None
    assert [each.note.number for each in payment.gone if each.note] == [
        "610902退〔2026〕000001号",
        "610902退〔2026〕000002号",
    ]
    for refund, said in zip(payment.gone, ("贰拾元整", "叁拾元整"), strict=True):
        text = words(noted(bench, refund.id))
        assert said in text
        assert bench.bill().receipt_number in text
    assert FULL_NAME not in words(noted(bench, "c-1.refund", PUBLIC, CODE))


def test_a_receipt_bears_the_seal_of_whoever_writes_the_payment_down(bench: Bench) -> None:
    reference = bench.treasury.reference
    set_policy(bench.store, CENTER_ID, {"sealed_papers": ["fee_receipt"]}, reference=reference)
    bench.decide()
    with pytest.raises(Conflict, match="seal_missing"):
        at_bank(bench)
    assert bench.told() == ["bill_opened"]
    seal = sample_seal(kinds=("fee_receipt",), name="收费专用章")
    bench.treasury = replace(bench.treasury, shelf=replace(bench.treasury.shelf, seal=reference.seal))
    set_seal(bench.store, seal, reference=reference)
    at_bank(bench)
    assert "样章" not in words(printed(bench))
    (use,) = bench.treasury.shelf.sealed(CENTER_ID, "seal-1", 10, "").items
    assert (use.number, use.issued_by) == (bench.bill().receipt_number, CLERK.name)
    # What comes online is written down by nobody's hand: it waits for no seal, and bears the service's if there is one.
    bench.decide("c-2")
    paid_online(bench, "c-2")
    assert "样章" in words(printed(bench, id="c-2"))


def test_a_bill_that_was_paid_before_receipts_were_printed_has_one_too(bench: Bench) -> None:
    bench.decide()
    paid = at_bank(bench, said=receipt())
    bench.treasury.bills.save(replace(bench.bill(), receipt=None), [], bench.by(CLERK))
    assert paid.receipt_number in words(printed(bench))
