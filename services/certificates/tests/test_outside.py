"""Certificate libraries outside: asked on the record, remembered for a while, and missed without stopping anything."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Conflict, Forbidden, Unavailable
from kit.testing import refused
from services.certificates.domain.holding import Holding, HoldingState, Origin
from services.certificates.domain.looks import Look
from services.certificates.domain.trust import Trust, Usability
from services.certificates.handlers.asking import Asking, Wanted
from services.certificates.handlers.finding import find_holdings
from services.certificates.handlers.using import revoke_holding, withdraw_holding
from services.certificates.libraries.breaker import FAILURES, REST_SECONDS, Breaker
from services.certificates.libraries.port import Certificate
from services.certificates.libraries.remote import unavailable
from services.certificates.tests.certificate_shelves import (
    CITIZEN,
    HOLDER,
    MANAGER,
    OUTSIDE,
    PERSON,
    Shelves,
    material,
)

CARD = Certificate("c-1", "TYPE-1", "居民身份证", "99010119900101", "样例公安局", date(2020, 1, 1), date(2030, 1, 1))
WANTED = Wanted("proof", "主体资格证明", Trust.A, ("TYPE-1",), outside=True)


@pytest.fixture
def linked(shelves: Shelves) -> Shelves:
    """A center that has chosen a library which has the person's card."""
    shelves.set_policy(certificate_library=OUTSIDE)
    shelves.outside.certificates.append(CARD)
    return shelves


def outside_looks(shelves: Shelves) -> list[Look]:
    return [each for each in shelves.looks() if each.library]


def from_library(shelves: Shelves) -> Holding:
    return next(each for each in shelves.holdings() if each.origin is Origin.LIBRARY)


def pass_minutes(shelves: Shelves, minutes: int) -> None:
    shelves.clock.advance(timedelta(minutes=minutes))


def test_what_the_library_has_is_offered_as_it_is(linked: Shelves) -> None:
    (offer,) = linked.find(WANTED)
    assert (offer.usability, offer.holding.state(date(2026, 11, 23))) == (Usability.DIRECT, HoldingState.VALID)
    assert offer.holding.holder is not None
    assert PERSON.id_number not in str(offer.holding)
    (asked,) = linked.outside.asked
    assert (asked.types, asked.purpose, asked.asked_by) == (("TYPE-1",), "办理申请 61090220261123009", "测试人员")


def test_each_question_is_on_the_record_with_its_purpose_before_it_is_sent(linked: Shelves) -> None:
    linked.outside.trouble = RuntimeError("the process dies here")
    with pytest.raises(RuntimeError):
        linked.find(WANTED)
    (look,) = outside_looks(linked)
    assert (look.library, look.types, look.outcome) == (OUTSIDE, ("TYPE-1",), "")
    assert look.purpose == "办理申请 61090220261123009"
    linked.outside.trouble = None
    pass_minutes(linked, 1)
    linked.find(WANTED)
    assert outside_looks(linked)[-1].outcome.startswith("ANSWER")
    assert outside_looks(linked)[-1].shown == ("居民身份证",)


def test_an_answer_counts_for_its_minutes_and_then_it_is_asked_again(linked: Shelves) -> None:
    linked.set_policy(certificate_library=OUTSIDE, library_answer_minutes=30)
    for _ in range(3):
        assert len(linked.find(WANTED)) == 1
    assert len(linked.outside.asked) == 1
    pass_minutes(linked, 31)
    assert len(linked.find(WANTED)) == 1
    assert len(linked.outside.asked) == 2


def test_that_there_is_nothing_is_remembered_too_and_forgotten(linked: Shelves) -> None:
    linked.outside.certificates.clear()
    for _ in range(2):
        assert linked.find(WANTED) == []
    assert len(linked.outside.asked) == 1
    assert not linked.library_down
    pass_minutes(linked, 61)
    linked.sweep()
    linked.outside.certificates.append(CARD)
    assert len(linked.find(WANTED)) == 1


def test_what_nobody_used_goes_with_its_answer(linked: Shelves) -> None:
    linked.find(WANTED)
    pass_minutes(linked, 61)
    linked.sweep()
    assert linked.holdings() == []


@pytest.mark.parametrize(
    "trouble",
    [unavailable(), Forbidden("certificate_library_refused", "外部证照库不予查询：未授权。请照常提交材料。")],
    ids=lambda trouble: trouble.code,
)
def test_a_library_that_gives_no_answer_is_said_and_what_is_on_file_is_still_offered(
    linked: Shelves, trouble: Exception
) -> None:
    linked.accepted(material())
    linked.outside.trouble = trouble
    offers = linked.find(Wanted("id-card", "身份证", None), WANTED)
    assert [each.key for each in offers] == ["id-card"]
    assert linked.library_down
    assert outside_looks(linked)[0].outcome == getattr(trouble, "code", "")


def test_it_is_not_asked_for_what_is_on_file_here_nor_for_what_the_item_does_not_let_come_from_it(
    linked: Shelves,
) -> None:
    linked.accepted(material("proof", "主体资格证明"))
    linked.find(replace(WANTED, trust=Trust.B))
    linked.find(replace(WANTED, outside=False))
    assert linked.outside.asked == []


def test_a_center_that_has_chosen_none_asks_nobody(shelves: Shelves) -> None:
    assert shelves.find(WANTED) == []
    assert not shelves.library_down
    assert shelves.outside.asked == []


def test_a_library_that_the_site_does_not_know_is_down(shelves: Shelves) -> None:
    shelves.set_policy(certificate_library="别处的库")
    assert shelves.find(WANTED) == []
    assert shelves.library_down
    assert shelves.looks() == []


def test_nobody_elses_number_is_asked_for(linked: Shelves) -> None:
    other = replace(PERSON, id_number="990101199002022345")
    for who in (linked.by(), linked.by(CITIZEN)):
        asking = Asking("610902", HOLDER, "case-9", "j-9", "办理申请", other)
        with pytest.raises(Forbidden, match="holding_not_yours"):
            find_holdings(library=linked.library, call=who, asking=asking, wanted=[WANTED])
    assert linked.outside.asked == []
    assert linked.looks() == []


def test_what_is_used_keeps_what_the_library_said(linked: Shelves) -> None:
    (offer,) = linked.find(WANTED)
    used = linked.use(offer.holding.id, WANTED)
    assert used.evidence is not None
    assert (used.evidence.source, used.evidence.reference, used.evidence.sha256) == (OUTSIDE, "ANSWER-1", "c" * 64)
    pass_minutes(linked, 61)
    linked.sweep()
    assert [each.application_id for each in from_library(linked).uses] == ["case-9"], "what was used stays"


def test_a_result_of_this_center_has_its_registers_entry_as_evidence(shelves: Shelves) -> None:
    shelves.accepted()
    shelves.issued()
    used = shelves.use("case-1", Wanted("licence", "食品经营许可证", None))
    again = shelves.use("case-1", Wanted("licence", "食品经营许可证", None))
    assert used.evidence is not None
    assert again.evidence is not None
    assert (used.evidence.source, used.evidence.reference) == ("", "61090220261123001")
    assert used.evidence.sha256 == again.evidence.sha256
    shelves.accepted(material(), id="case-2")
    paper = next(each for each in shelves.holdings() if each.origin is Origin.MATERIAL)
    assert shelves.use(paper.id).evidence is None, "a window vouches for it, no authority"


def test_what_was_said_too_long_ago_is_asked_for_again_when_it_is_used(linked: Shelves) -> None:
    (offer,) = linked.find(WANTED)
    pass_minutes(linked, 61)
    assert linked.use(offer.holding.id, WANTED).evidence is not None
    assert len(linked.outside.asked) == 2
    pass_minutes(linked, 61)
    linked.outside.trouble = unavailable()
    with pytest.raises(Unavailable, match="certificate_library_unavailable"):
        linked.use(offer.holding.id, WANTED, application="case-10")


def test_what_went_with_its_answer_is_found_again_when_it_is_used(linked: Shelves) -> None:
    (offer,) = linked.find(WANTED)
    pass_minutes(linked, 61)
    linked.sweep()
    assert linked.use(offer.holding.id, WANTED).holding.id == offer.holding.id
    with refused(linked.store, "holding_not_found"):
        linked.use("nothing", WANTED)


def test_what_the_library_has_no_more_holds_no_more_and_whoever_used_it_learns_so(linked: Shelves) -> None:
    (offer,) = linked.find(WANTED)
    linked.use(offer.holding.id, WANTED)
    linked.outside.certificates.clear()
    pass_minutes(linked, 61)
    assert linked.find(WANTED) == []
    assert linked.told()[-1] == "holding_ended"
    with refused(linked.store, "holding_revoked"):
        linked.use(offer.holding.id, WANTED, application="case-10")
    linked.outside.certificates.append(CARD)
    pass_minutes(linked, 61)
    assert len(linked.find(WANTED)) == 1, "it said so by mistake"


def test_an_expired_certificate_is_offered_to_nobody(linked: Shelves) -> None:
    linked.outside.certificates[:] = [replace(CARD, valid_until=date(2026, 11, 22))]
    assert linked.find(WANTED) == []


def test_what_comes_from_a_library_is_neither_withdrawn_nor_revoked_here(linked: Shelves) -> None:
    (offer,) = linked.find(WANTED)
    arguments: dict[str, Any] = {"library": linked.library, "holding_id": offer.holding.id, "expected_version": 0}
    with pytest.raises(Conflict, match="holding_from_library"):
        withdraw_holding(call=linked.by(CITIZEN), **arguments)
    with pytest.raises(Conflict, match="holding_from_library"):
        revoke_holding(call=linked.by(MANAGER), reason="查实", **arguments)


@given(st.lists(st.sampled_from(["fails", "answers", "waits"]), max_size=40))
def test_a_breaker_asks_again_after_its_rest_and_only_then(steps: list[str]) -> None:
    now = 0.0
    breaker = Breaker(clock=lambda: now)
    failed, until = 0, 0.0
    for step in steps:
        if step == "waits":
            now += REST_SECONDS / 2
            continue
        may = failed < FAILURES or now >= until
        assert breaker.may_ask() is may
        if not may:
            continue
        if step == "answers":
            breaker.succeeded()
            failed = 0
        else:
            breaker.failed()
            failed += 1
            until = now + REST_SECONDS
