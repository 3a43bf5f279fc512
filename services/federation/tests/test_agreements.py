"""Agreements: proposed by one side, confirmed by the other, offered where both have them in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from kit.errors import Conflict, Forbidden, Invalid
from services.federation.domain.agreement import Agreement, EditionState, Mode
from services.federation.handlers import agreements
from services.federation.queries.agreements import list_offered
from services.federation.tests.towns import World, refusal


def offered(world: World, mode: Mode | None = None) -> list[str]:
    found = list_offered(desk=world.here.desk, call=world.here.by(), center_id=world.here.center, mode=mode)
    return [agreement.id for agreement, _ in found]


def propose(world: World, agreement_id: str = "", **changes: Any) -> Agreement:
    return agreements.propose_agreement(
        desk=world.here.desk, call=world.here.by("manager"), agreement_id=agreement_id, terms=world.terms(**changes)
    )


def answer(world: World, agreement: Agreement, *, confirmed: bool = True) -> Agreement:
    return agreements.answer_agreement(
        desk=world.there.desk,
        call=world.there.by("manager"),
        agreement_id=agreement.id,
        edition_id=agreement.editions[-1].id,
        confirmed=confirmed,
        note="" if confirmed else "材料标准不一致",
        expected_version=0,
    )


def test_an_agreement_is_offered_once_the_other_side_has_confirmed_it_by_letter(world: World) -> None:
    agreement = propose(world)
    assert offered(world) == []
    world.post.settle()
    theirs = answer(world, agreement)
    assert theirs.in_force(date(2026, 11, 23)) is not None
    assert offered(world) == [], "we haven't heard yet"
    world.post.settle()
    assert offered(world) == [agreement.id]
    ours = world.here.desk.agreements.get(agreement.id)
    assert ours.editions == world.there.desk.agreements.get(agreement.id).editions


def test_a_mode_that_was_not_agreed_on_is_not_offered(world: World) -> None:
    agreement = world.agree(modes=(Mode.FULLY_ONLINE,))
    assert offered(world, Mode.FULLY_ONLINE) == [agreement.id]
    assert offered(world, Mode.COLLECT_FOR) == []


def test_whoever_proposed_can_not_confirm(world: World) -> None:
    agreement = propose(world)
    with pytest.raises(Forbidden, match="own_proposal"):
        agreements.answer_agreement(
            desk=world.here.desk,
            call=world.here.by("manager"),
            agreement_id=agreement.id,
            edition_id=agreement.editions[0].id,
            confirmed=True,
            note="",
            expected_version=0,
        )


def test_a_declined_proposal_is_known_with_its_reason_at_both_places(world: World) -> None:
    agreement = propose(world)
    world.post.settle()
    answer(world, agreement, confirmed=False)
    world.post.settle()
    ours = world.here.desk.agreements.get(agreement.id)
    assert (ours.editions[0].state, ours.editions[0].note) == (EditionState.DECLINED, "材料标准不一致")
    assert offered(world) == []


def test_the_next_edition_follows_from_its_day_on_and_the_one_before_stays_as_it_was(world: World) -> None:
    agreement = world.agree()
    first = agreement.editions[0]
    propose(world, agreement.id, handling_unit="新单位", effective_from=date(2026, 12, 1))
    world.post.settle()
    answer(world, world.here.desk.agreements.get(agreement.id))
    world.post.settle()
    ours = world.here.desk.agreements.get(agreement.id)
    assert ours.editions[0] == first
    now, later = ours.in_force(date(2026, 11, 30)), ours.in_force(date(2026, 12, 1))
    assert now is not None
    assert later is not None
    assert (now.terms.handling_unit, later.terms.handling_unit) == ("广安区市场监管局", "新单位")


def test_another_edition_waits_for_the_answer_to_the_one_before(world: World) -> None:
    agreement = propose(world)
    refusal("proposal_pending", lambda: propose(world, agreement.id))


def test_two_proposals_that_meet_on_the_way_are_both_declined(world: World) -> None:
    agreement = world.agree()
    world.post.cut = True
    propose(world, agreement.id, handling_unit="甲")
    agreements.propose_agreement(
        desk=world.there.desk,
        call=world.there.by("manager"),
        agreement_id=agreement.id,
        terms=world.terms(handling_unit="乙"),
    )
    world.post.cut = False
    world.post.settle()
    ours, theirs = (town.desk.agreements.get(agreement.id) for town in (world.here, world.there))
    assert ours.pending is None
    assert theirs.pending is None
    assert ours.in_force(date(2026, 11, 23)) == theirs.in_force(date(2026, 11, 23)) == agreement.editions[0]


def test_an_ended_agreement_holds_to_its_last_day_at_both_places(world: World) -> None:
    agreement = world.agree()
    agreements.end_agreement(
        desk=world.there.desk,
        call=world.there.by("manager"),
        agreement_id=agreement.id,
        ends_on=date(2026, 11, 30),
        reason="事项取消",
        expected_version=0,
    )
    world.post.settle()
    ours = world.here.desk.agreements.get(agreement.id)
    assert ours.in_force(date(2026, 11, 30)) is not None
    assert ours.in_force(date(2026, 12, 1)) is None
    assert offered(world) == [agreement.id]
    world.pass_time(days=10)
    assert offered(world) == []


def test_a_stranger_can_change_no_agreement(world: World) -> None:
    agreement = propose(world)
    world.post.collect()
    letter = world.post.bags[world.there.site].popleft()
    letter.origin = "999999.stranger"
    world.post.bring(world.there, letter)
    assert world.there.desk.agreements.find_by_id(agreement.id) is None
    refused = world.there.desk.refused_letters.get(letter.id)
    assert refused.code == "not_a_party"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"modes": ()}, "modes_missing"),
        ({"deliveries": ("pigeon",)}, "deliveries_invalid"),
        ({"materials": ()}, "materials_missing"),
        ({"effective_until": date(2026, 1, 1)}, "dates_in_wrong_order"),
        ({"handling_site": "610902.hanbin"}, "not_our_agreement"),
    ],
)
def test_terms_that_can_not_be_kept_to_are_refused(world: World, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        propose(world, **changes)


def test_an_edition_is_about_the_same_centers_and_item(world: World) -> None:
    agreement = world.agree()
    refusal("parties_changed", lambda: propose(world, agreement.id, item_id="another"))


def test_a_proposal_that_never_arrives_is_declined_with_the_reason(world: World) -> None:
    agreement = propose(world)
    world.post.collect()
    (letter,) = world.post.bags[world.there.site]
    world.post.receipt(letter.id, "expired", "expired", "")
    ours = world.here.desk.agreements.get(agreement.id)
    assert ours.editions[0].state is EditionState.DECLINED
    assert "重新提出" in ours.editions[0].note


def test_an_answer_can_not_be_changed(world: World) -> None:
    agreement = world.agree()
    with pytest.raises(Conflict, match="edition_answered"):
        answer(world, replace(agreement), confirmed=False)
