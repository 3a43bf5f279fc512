"""A case that is sent up, between a county and its city: both limits, no paper twice, one owner, whatever the post does."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.errors import Conflict, Forbidden, Invalid
from services.federation.domain.commands import CommandState, Verb
from services.federation.domain.parts import Applicant, HandedIn, Outcome, Part, PartState, Place
from services.federation.handlers import commands, parts, show
from services.federation.handlers.parts import OpenedCase
from services.federation.protos.by_name import message_of
from services.federation.tests.joined_rooms import CITY, COUNTY, PARTNER, Joined, incoming
from tongban.federation.v1 import parts_pb2

DAY = timedelta(days=1)
FORM = HandedIn("form", "申请书", "ab" * 32, 10, "application/pdf", "form.pdf")
CASE = OpenedCase(
    "case-1", "610902-20261123-1", "高中教师资格认定", "j-1", Applicant("张三", "610902199001011234"), (FORM,)
)
HIGHER = Place(CITY, "610900", "jiaoyu")


@pytest.fixture(params=[1, 3], ids=["once", "three times"])
def joined(tmp_path: Path, request: pytest.FixtureRequest) -> Joined:
    joined = Joined(tmp_path, COUNTY, CITY, PARTNER)
    joined.again = request.param
    return joined


def opened(joined: Joined) -> Part:
    return parts.open_sent_up(
        room=joined[COUNTY].room, call=joined.call(COUNTY), place=Place("", "610902", "jiaoyu"), case=CASE
    )


def sent(joined: Joined) -> Part:
    part = parts.send_up(
        room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=opened(joined).id, place=HIGHER,
        opinion="齐全，建议准予。", expected_version=0,
    )  # fmt: skip
    joined.settle()
    return part


def answer_offer(joined: Joined, part_id: str, accepted: bool = True, reason: str = "") -> Part:
    return parts.answer_offer(
        room=joined[CITY].room, call=joined.call(CITY, department="jiaoyu"), part_id=part_id, accepted=accepted,
        department_key="", reason=reason, expected_version=0,
    )  # fmt: skip


def taken(joined: Joined) -> Part:
    part = answer_offer(joined, sent(joined).id)
    joined.settle()
    return part


def answered(joined: Joined) -> Part:
    part = parts.answer_part(
        room=joined[CITY].room, call=joined.call(CITY, department="jiaoyu"), part_id=taken(joined).id,
        outcome=Outcome.AGREED, opinion="准予", basis="", number="市教〔2026〕1号", files=(), expected_version=0,
    )  # fmt: skip
    joined.settle()
    return part


def views(joined: Joined, part_id: str) -> set[Part]:
    held = [site.room.parts.find_by_id(part_id) for site in joined.sites.values()]
    return {replace(each, version=0, early=()) for each in held if each is not None}


def test_it_is_reviewed_below_decided_above_and_both_show_the_same(joined: Joined) -> None:
    part = answered(joined)
    (view,) = views(joined, part.id)
    assert (view.state, view.ownership.owner) == (PartState.ANSWERED, CITY)
    assert view.review is not None
    assert view.review.clock.done_at is not None
    assert view.clock is not None
    assert view.clock.days == 20
    assert view.applicant.name == "张三"
    assert joined[PARTNER].room.parts.find_by_id(part.id) is None
    assert joined[COUNTY].carrier.kept == [FORM.sha256]


def test_the_lower_site_closes_it_by_a_command_that_the_owner_answers(joined: Joined) -> None:
    part = answered(joined)
    command = commands.command_part(
        room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=part.id, verb=Verb.CLOSE, reason="", materials=()
    )
    assert command.state is CommandState.WAITING
    joined.settle()
    assert joined[COUNTY].room.commands.get(command.id).state is CommandState.DONE
    (view,) = views(joined, part.id)
    assert view.state is PartState.CLOSED


def test_what_the_owner_refuses_comes_back_as_its_answer(joined: Joined) -> None:
    part = taken(joined)
    command = commands.command_part(
        room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=part.id, verb=Verb.CLOSE, reason="", materials=()
    )
    joined.settle()
    refused = joined[COUNTY].room.commands.get(command.id)
    assert (refused.state, refused.code) == (CommandState.REFUSED, "part_state")
    (view,) = views(joined, part.id)
    assert view.state is PartState.HANDLING


def test_a_command_that_nobody_could_deliver_is_refused(joined: Joined) -> None:
    part = taken(joined)
    joined.lost["part.commanded"] = "expired"
    command = commands.command_part(
        room=joined[COUNTY].room,
        call=joined.call(COUNTY),
        part_id=part.id,
        verb=Verb.WITHDRAW,
        reason="撤回",
        materials=(),
    )
    joined.settle()
    assert joined[COUNTY].room.commands.get(command.id).code == "no_route"


def test_the_upper_site_asks_for_no_paper_twice_and_gets_what_it_asked_for_where_the_citizen_is(joined: Joined) -> None:
    part = taken(joined)
    ask = {"room": joined[CITY].room, "call": joined.call(CITY, department="jiaoyu"), "part_id": part.id}
    with pytest.raises(Conflict, match="material_asked_twice"):
        parts.ask_for_materials(**ask, wanted=[("form", "申请书", "")], expected_version=0)  # type: ignore[arg-type]
    parts.ask_for_materials(**ask, wanted=[("health", "体检表", "缺")], expected_version=0)  # type: ignore[arg-type]
    joined.settle()
    commands.command_part(
        room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=part.id, verb=Verb.HAND_IN, reason="",
        materials=(HandedIn("health", "体检表", "cd" * 32, 3, "application/pdf", "h.pdf"),),
    )  # fmt: skip
    joined.settle()
    (view,) = views(joined, part.id)
    assert [each.key for each in view.materials] == ["form", "health"]


def test_what_the_upper_site_declines_comes_back_with_its_reason_and_can_go_up_again(joined: Joined) -> None:
    part = sent(joined)
    answer_offer(joined, part.id, accepted=False, reason="不属本级审批")
    joined.settle()
    (view,) = views(joined, part.id)
    assert (view.state, view.reason, view.ownership.owner) == (PartState.RETURNED, "不属本级审批", COUNTY)
    with pytest.raises(Conflict):
        answer_offer(joined, part.id)
    parts.offer_part(
        room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=part.id, place=HIGHER, expected_version=0
    )
    joined.settle()
    assert answer_offer(joined, part.id).state is PartState.HANDLING


def test_what_nobody_could_deliver_comes_back_too(joined: Joined) -> None:
    joined.lost["part.told"] = "refused"
    part = parts.send_up(
        room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=opened(joined).id, place=HIGHER,
        opinion="齐全", expected_version=0,
    )  # fmt: skip
    joined.settle()
    back = joined[COUNTY].room.parts.get(part.id)
    assert (back.state, back.reason, back.ownership.offer) == (PartState.RETURNED, "没有线路", None)


def test_an_offer_asked_back_in_time_is_the_lower_sites_again(joined: Joined) -> None:
    part = sent(joined)
    parts.ask_back(room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=part.id, expected_version=0)
    joined.settle()
    (view,) = views(joined, part.id)
    assert (view.state, view.ownership.owner) == (PartState.RETURNED, COUNTY)


def test_an_offer_asked_back_too_late_stays_with_who_took_it(joined: Joined) -> None:
    part = sent(joined)
    answer_offer(joined, part.id)
    parts.ask_back(room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=part.id, expected_version=0)
    joined.settle()
    (view,) = views(joined, part.id)
    assert (view.state, view.ownership.owner) == (PartState.HANDLING, CITY)


def test_a_case_is_sent_up_and_not_sideways(joined: Joined) -> None:
    with pytest.raises(Invalid, match="site_not_above"):
        parts.send_up(
            room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=opened(joined).id, place=Place(PARTNER, "510000"),
            opinion="齐全", expected_version=0,
        )  # fmt: skip


def test_a_site_that_lies_about_the_owner_is_refused_and_changes_nothing(joined: Joined) -> None:
    part = taken(joined)
    held = joined[COUNTY].room.parts.get(part.id)
    forged = replace(held, reason="改", ownership=replace(held.ownership, owner=PARTNER, term=9))
    said = parts_pb2.PartTold(part=message_of(forged, parts_pb2.Part())).SerializeToString()
    joined.word(PARTNER, COUNTY, incoming("forged-1", PARTNER, "part.told", said))
    assert [each.code for each in joined.refused(COUNTY)] == ["not_of_this_part"]
    assert joined[COUNTY].room.parts.get(part.id) == held


def test_a_command_of_a_stranger_is_answered_and_changes_nothing(joined: Joined) -> None:
    part = taken(joined)
    command = parts_pb2.Command(id="c", part_id=part.id, verb=parts_pb2.VERB_WITHDRAW, owner=CITY, asked_by="x",
                                journey="j", state=parts_pb2.COMMAND_STATE_WAITING)  # fmt: skip
    command.asked_at.FromDatetime(joined.clock.now().replace(tzinfo=None))
    said = parts_pb2.PartCommand(command=command).SerializeToString()
    joined.word(PARTNER, CITY, incoming("forged-2", PARTNER, "part.commanded", said))
    assert joined[CITY].room.parts.get(part.id).state is PartState.HANDLING


def test_nobody_of_another_center_or_department_handles_it(joined: Joined) -> None:
    part = taken(joined)
    for call in (joined.call(CITY, center="610903"), joined.call(CITY, department="minzheng")):
        with pytest.raises(Forbidden):
            parts.answer_part(
                room=joined[CITY].room, call=call, part_id=part.id, outcome=Outcome.AGREED, opinion="准予", basis="",
                number="", files=(), expected_version=0,
            )  # fmt: skip


def test_what_is_told_on_the_own_bus_names_nobody(joined: Joined) -> None:
    answered(joined)
    own = [
        event for site in joined.sites.values() for event in site.told if not event.type.endswith("letter_posted.v1")
    ]
    assert own
    assert not [event.type for event in own if "张三".encode() in event.data or b"199001011234" in event.data]


def test_whoever_sees_the_applicant_in_full_is_on_the_record(joined: Joined) -> None:
    part = taken(joined)
    room = joined[CITY].room
    who = show.show_part_applicant(
        room=room, call=joined.call(CITY, department="jiaoyu"), part_id=part.id, purpose="核对身份"
    )
    assert who.id_number == "610902199001011234"
    joined.settle()
    assert joined[CITY].told_types()[-1] == "part_applicant_shown"
    with pytest.raises(Forbidden):
        show.show_part_applicant(room=room, call=joined.call(CITY, center="610903"), part_id=part.id, purpose="x")
