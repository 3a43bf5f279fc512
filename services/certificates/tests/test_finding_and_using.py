"""What is offered for which material, to whom, and what using it leaves behind."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.actor import Actor
from kit.errors import Forbidden, Invalid, NotFound
from kit.testing import actor, refused
from services.certificates.domain.trust import Trust, Usability, kind_of, usability
from services.certificates.handlers.finding import MOST_WANTED, Wanted
from services.certificates.tests.certificate_shelves import (
    CITIZEN,
    ID_CARD,
    LICENCE,
    MANAGER,
    STRANGER,
    Shelves,
    material,
)


@given(st.sampled_from(Trust), st.sampled_from(Trust))
def test_what_a_level_is_good_for(trust: Trust, wanted: Trust) -> None:
    """A and B as they are where they suffice; C never without its original, nor above what a window can vouch for."""
    level = usability(trust, wanted)
    if trust is Trust.C:
        assert level is (Usability.NOT_ENOUGH if wanted is Trust.A else Usability.ORIGINAL)
    else:
        assert (level is Usability.DIRECT) is (trust.value <= wanted.value)


def test_a_window_is_offered_the_best_paper_and_the_look_is_written_down(shelves: Shelves) -> None:
    shelves.accepted(material())
    shelves.pass_days(1)
    shelves.accepted(material(seen=False), id="case-2")
    (offer,) = shelves.find()
    assert (offer.key, offer.usability) == ("id-card", Usability.DIRECT)
    assert offer.holding.case_id == "case-1"
    assert [look.application_id for look in shelves.looks()] == ["case-9"]
    assert shelves.told()[-1] == "holdings_shown"


def test_an_upload_is_offered_for_its_original_to_be_seen(shelves: Shelves) -> None:
    shelves.accepted(material(seen=False))
    assert [each.usability for each in shelves.find()] == [Usability.ORIGINAL]
    assert shelves.find(replace(ID_CARD, trust=Trust.A)) == []


def test_a_declaration_is_offered_where_a_declaration_suffices(shelves: Shelves) -> None:
    shelves.accepted(material("commitment-letter", "告知承诺书（签字件）"))
    letter = Wanted("letter", "告知承诺书（签字件）", None)
    assert shelves.find(letter) == []
    shelves.set_policy(material_trust_default="D")
    assert [each.usability for each in shelves.find(letter)] == [Usability.DIRECT]


def test_nothing_found_is_no_look(shelves: Shelves) -> None:
    assert shelves.find() == []
    assert shelves.looks() == []


def test_a_holder_sees_their_own_without_a_look(shelves: Shelves) -> None:
    shelves.accepted(material())
    assert len(shelves.find(who=CITIZEN)) == 1
    assert shelves.looks() == []


def test_nobody_else_is_shown_anything(shelves: Shelves) -> None:
    shelves.accepted(material())
    stranger = Actor(f"citizen:{STRANGER}", "李**", frozenset({"citizen"}))
    for who in (stranger, MANAGER, actor("clerk", center="610900")):
        with pytest.raises(Forbidden):
            shelves.find(who=who)
        with pytest.raises(Forbidden):
            shelves.use(shelves.holdings()[0].id, who=who)
    assert shelves.looks() == []


def test_what_another_center_has_on_file_is_not_offered(shelves: Shelves) -> None:
    shelves.accepted(material())
    there = actor("clerk", center="610900")
    assert shelves.find(who=there, center="610900") == []
    with refused(shelves.store, "holding_not_found"):
        shelves.use(shelves.holdings()[0].id, who=there, center="610900")


def test_what_is_over_is_not_offered_and_not_used(shelves: Shelves) -> None:
    shelves.accepted()
    shelves.issued(until=date(2026, 12, 1))
    assert len(shelves.find(LICENCE)) == 1
    shelves.pass_days(30)
    assert shelves.find(LICENCE) == []
    with refused(shelves.store, "holding_expired"):
        shelves.use("case-1", LICENCE)


def test_a_center_may_say_which_material_is_which_certificate(shelves: Shelves) -> None:
    shelves.accepted()
    shelves.issued()
    proof = Wanted("proof", "食品经营许可证 复印件", Trust.A)
    assert shelves.find(proof) == []
    shelves.set_policy(certificate_names=[{"material": "食品经营许可证复印件", "certificate": "食品经营许可证"}])
    assert [each.holding.id for each in shelves.find(proof)] == ["case-1"]
    assert kind_of(" 居民 身份证\u3000") == "居民身份证"


def test_one_use_is_written_down_once(shelves: Shelves) -> None:
    shelves.accepted(material())
    (holding,) = shelves.holdings()
    first = shelves.use(holding.id)
    assert first.usability is Usability.DIRECT
    again = shelves.use(holding.id)
    assert again.holding.version == first.holding.version
    assert shelves.told() == ["holding_kept", "holding_used"]
    shelves.use(holding.id, application="case-10")
    assert [use.application_id for use in shelves.holdings()[0].uses] == ["case-9", "case-10"]


def test_a_paper_stands_for_nothing_but_what_it_is(shelves: Shelves) -> None:
    shelves.accepted(material(), material("licence", "营业执照", seen=False))
    card = next(each for each in shelves.holdings() if each.material_key == "id-card")
    copy = next(each for each in shelves.holdings() if each.material_key == "licence")
    with refused(shelves.store, "holding_of_another_kind"):
        shelves.use(card.id, LICENCE)
    with refused(shelves.store, "holding_trust_too_low"):
        shelves.use(copy.id, Wanted("licence", "营业执照", Trust.A))
    with refused(shelves.store, "holding_not_found"):
        shelves.use(card.id, holder=STRANGER)
    with pytest.raises(NotFound):
        shelves.use("case-1")


def test_absurd_questions_are_refused(shelves: Shelves) -> None:
    with pytest.raises(Invalid, match="too_many_materials"):
        shelves.find(*[ID_CARD] * (MOST_WANTED + 1))
