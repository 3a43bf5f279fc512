"""A joint case of three sites, urging, and what citizens say, with every letter and event brought once or three times."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.consumer import Delivery
from kit.errors import Conflict, Forbidden, Invalid
from kit.events import Event, event_type
from services.federation.domain.feedback import Feedback, FeedbackKind, FeedbackState
from services.federation.domain.joint import Joint, JointState
from services.federation.domain.parts import Applicant, Outcome, Part, PartKind, PartState, Place
from services.federation.domain.urging import UrgingKind, UrgingState
from services.federation.events import outcomes
from services.federation.handlers import feedback, joints, parts, show, urgings
from services.federation.handlers.parts import OpenedCase
from services.federation.protos.shared import feedback_message
from services.federation.tests.joined_rooms import CITY, COUNTY, PARTNER, TOWN, Joined, again_when_overtaken
from tongban.complaint.v1 import events_pb2 as complaint_pb2
from tongban.federation.v1 import feedback_events_pb2

DAY = timedelta(days=1)
CASE = OpenedCase("case-1", "LB-1", "开办运输企业", "j-1", Applicant("张三"), ())
ROADS, FIRE = Place(CITY, "610900", "jiaotong"), Place(PARTNER, "510000", "xiaofang")


@pytest.fixture(params=[1, 3], ids=["once", "three times"])
def joined(tmp_path: Path, request: pytest.FixtureRequest) -> Joined:
    joined = Joined(tmp_path, COUNTY, CITY, PARTNER)
    joined.again = request.param
    return joined


def opened(joined: Joined) -> Joint:
    joint = joints.open_joint(
        room=joined[COUNTY].room, call=joined.call(COUNTY), place=Place("", "610902"), case=CASE, days=20,
        planned=[("道路运输", ROADS, 3), ("消防", FIRE, 5)],
    )  # fmt: skip
    joined.settle()
    return joint


def test_a_case_on_paper_gets_a_journey_where_it_is_opened(joined: Joined) -> None:
    joint = joints.open_joint(
        room=joined[COUNTY].room, call=joined.call(COUNTY), place=Place("", "610902"),
        case=replace(CASE, case_id="", journey=""), days=20, planned=[("消防", FIRE, 5)],
    )  # fmt: skip
    joined.settle()
    assert joint.journey == joint.id
    assert handle(joined, FIRE).journey == joint.journey


def test_a_lead_sees_that_its_parts_wait_for_the_other_sites(joined: Joined) -> None:
    joint = joined[COUNTY].room.joints.get(opened(joined).id)
    assert [each.state for each in joint.parts] == [PartState.OFFERED] * 2


def handle(joined: Joined, place: Place, outcome: Outcome | None = Outcome.AGREED) -> Part:
    """The site takes its part, and answers it unless it is to be slow."""
    room, call = joined[place.site].room, joined.call(place.site, department=place.department_key)
    kinds = {"center": place.center_id, "kind": PartKind.JOINT.value}
    (part,) = room.parts.find("by_center", **kinds, state=PartState.OFFERED.value).items  # type: ignore[arg-type]
    part = parts.answer_offer(
        room=room, call=call, part_id=part.id, accepted=True, department_key="", reason="", expected_version=0
    )
    if outcome is not None:
        part = parts.answer_part(
            room=room, call=call, part_id=part.id, outcome=outcome, opinion="已核", basis="", number="", files=(),
            expected_version=0,
        )  # fmt: skip
    joined.settle()
    return part


def merge(joined: Joined, joint: Joint, outcome: Outcome = Outcome.AGREED) -> Joint:
    return joints.merge_joint(
        room=joined[COUNTY].room, call=joined.call(COUNTY), joint_id=joint.id, outcome=outcome, opinion="各部门一致",
        expected_version=0,
    )  # fmt: skip


def test_each_part_has_its_own_clock_and_the_whole_one_of_its_own(joined: Joined) -> None:
    joint = opened(joined)
    first, second = handle(joined, ROADS, None), handle(joined, FIRE, None)
    assert first.clock
    assert second.clock
    assert (first.clock.days, second.clock.days, joint.clock.days) == (3, 5, 20)
    seen = joined[COUNTY].room.joints.get(joint.id)
    assert [each.due_at for each in seen.parts] == [first.clock.due_at, second.clock.due_at]


def test_answers_are_merged_and_every_site_sees_its_part_closed(joined: Joined) -> None:
    joint = opened(joined)
    handle(joined, ROADS)
    with pytest.raises(Conflict, match="parts_unanswered"):
        merge(joined, joint)
    handle(joined, FIRE)
    merged = merge(joined, joint)
    joined.settle()
    assert merged.state is JointState.MERGED
    for standing in joint.parts:
        views = [site.room.parts.find_by_id(standing.part_id) for site in joined.sites.values()]
        held = [each for each in views if each is not None]
        assert len(held) == 2
        assert {each.state for each in held} == {PartState.CLOSED}


def test_a_slow_part_is_urged_once_and_answers_for_it(joined: Joined) -> None:
    joint = opened(joined)
    slow = handle(joined, ROADS, None)
    handle(joined, FIRE)
    assert slow.clock is not None
    assert joined.sweep(COUNTY) == 0
    joined.clock.advance(slow.clock.due_at - joined.clock.now() + timedelta(seconds=1))
    assert joined.sweep(COUNTY) == 1
    joined.settle()
    assert joined.sweep(COUNTY) == 0
    (urged,) = joined[CITY].room.urgings.find("by_about", about=slow.id).items
    assert (urged.kind, urged.state, urged.number) == (UrgingKind.URGE, UrgingState.ASKED, "LB-1")
    assert urged.clock is not None
    urgings.answer_urging(
        room=joined[CITY].room, call=joined.call(CITY), urging_id=urged.id, text="明日办结", expected_version=0
    )
    joined.settle()
    there = joined[COUNTY].room.urgings.get(urged.id)
    assert there.state is UrgingState.CLOSED
    assert [turn.text for turn in there.turns][1:] == ["明日办结"]
    assert joint.id


def test_what_is_given_up_is_withdrawn_everywhere(joined: Joined) -> None:
    joint = opened(joined)
    handle(joined, ROADS, None)
    handle(joined, FIRE, None)
    joints.withdraw_joint(
        room=joined[COUNTY].room, call=joined.call(COUNTY), joint_id=joint.id, reason="申请人撤回", expected_version=0
    )
    joined.settle()
    states = {
        part.state
        for site in (CITY, PARTNER)
        for part in joined[site].room.parts.find("by_journey", journey="j-1").items
    }
    assert states == {PartState.WITHDRAWN}


@pytest.mark.parametrize("taken_meanwhile", [False, True])
def test_what_is_given_up_before_a_site_took_it_is_withdrawn_too(joined: Joined, taken_meanwhile: bool) -> None:
    joint = opened(joined)
    if taken_meanwhile:
        parts.answer_offer(
            room=joined[CITY].room, call=joined.call(CITY), part_id=joint.parts[0].part_id, accepted=True,
            department_key="", reason="", expected_version=0,
        )  # fmt: skip
    joints.withdraw_joint(
        room=joined[COUNTY].room, call=joined.call(COUNTY), joint_id=joint.id, reason="申请人撤回", expected_version=0
    )
    joined.settle()
    for site in joined.sites.values():
        held = site.room.parts.find("by_journey", journey="j-1").items
        assert {each.state for each in held} == {PartState.WITHDRAWN}


def test_a_part_that_a_site_does_not_take_is_seen_by_the_lead(joined: Joined) -> None:
    joint = opened(joined)
    part = joint.parts[0]
    parts.answer_offer(
        room=joined[CITY].room, call=joined.call(CITY), part_id=part.part_id, accepted=False, department_key="",
        reason="不属本部门", expected_version=0,
    )  # fmt: skip
    joined.settle()
    seen = joined[COUNTY].room.joints.get(joint.id)
    assert seen.parts[0].state is PartState.RETURNED


# ── Urging ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_supervision_goes_back_until_its_answer_does(joined: Joined) -> None:
    asked = urgings.ask_urging(
        room=joined[COUNTY].room, call=joined.call(COUNTY), kind=UrgingKind.SUPERVISE, about="", number="", title="窗口办理慢",
        asked_by=Place("", "610902"), asked_of=Place(CITY, "610900"), journey="", text="请核实并整改",
    )  # fmt: skip
    joined.settle()
    answer = {"urging_id": asked.id, "room": joined[CITY].room, "call": joined.call(CITY), "expected_version": 0}
    review = {"urging_id": asked.id, "room": joined[COUNTY].room, "call": joined.call(COUNTY), "expected_version": 0}
    urgings.answer_urging(**answer, text="已整改")  # type: ignore[arg-type]
    joined.settle()
    urgings.review_urging(**review, accepted=False, text="请附整改措施")  # type: ignore[arg-type]
    joined.settle()
    back = joined[CITY].room.urgings.get(asked.id)
    assert (back.state, back.round) == (UrgingState.ASKED, 2)
    assert back.clock is not None
    assert back.clock.done_at is None
    urgings.answer_urging(**answer, text="措施如下")  # type: ignore[arg-type]
    joined.settle()
    urgings.review_urging(**review, accepted=True, text="")  # type: ignore[arg-type]
    joined.settle()
    ends = [joined[site].room.urgings.get(asked.id) for site in (COUNTY, CITY)]
    assert {end.state for end in ends} == {UrgingState.CLOSED}
    assert ends[0].turns == ends[1].turns


# ── What citizens say ────────────────────────────────────────────────────────────────────────────────────────────


def complaint(joined: Joined, **changes: object) -> Feedback:
    said = Feedback(
        "", FeedbackKind.COMPLAINT, "complaint-1", "part-1", "LB-1", "开办运输企业", Place("", "610902"), Place(CITY, "610900"),
        "j-1", joined.clock.now(), text="迟迟不办", named=True, contact="13800001111",
    )  # fmt: skip
    return feedback.forward_feedback(
        room=joined[COUNTY].room,
        call=joined.call(COUNTY),
        said=replace(said, **changes),  # type: ignore[arg-type]
    )


def test_a_complaint_goes_to_the_end_that_it_concerns_and_both_see_the_outcome(joined: Joined) -> None:
    given = complaint(joined)
    joined.settle()
    there = joined[CITY].room.feedbacks.get(given.id)
    assert there.clock is not None
    conclude = {"room": joined[CITY].room, "call": joined.call(CITY), "feedback_id": given.id, "expected_version": 0}
    with pytest.raises(Invalid, match="callback_missing"):
        feedback.conclude_feedback(**conclude, findings="属实", measures="整改", callback_note="")  # type: ignore[arg-type]
    feedback.conclude_feedback(**conclude, findings="属实", measures="整改", callback_note="满意")  # type: ignore[arg-type]
    joined.settle()
    ends = [joined[site].room.feedbacks.get(given.id) for site in (COUNTY, CITY)]
    assert {end.state for end in ends} == {FeedbackState.CONCLUDED}
    assert ends[0].conclusion == ends[1].conclusion
    with pytest.raises(Conflict, match="feedback_concluded"):
        feedback.conclude_feedback(**conclude, findings="再", measures="", callback_note="满意")  # type: ignore[arg-type]


def closed_in_complaint(joined: Joined, feedback_id: str, id: str = "closed-1") -> None:
    """What the city's complaint tells when it has closed what was forwarded, as often as the bus brings it."""
    told = complaint_pb2.ForwardedComplaintClosed(
        feedback_id=feedback_id, findings="属实", measures="已整改", callback_note="满意。", concluded_by="王督查"
    )
    group = outcomes.subscription(joined[CITY].room)
    type = event_type("complaint", "ForwardedComplaintClosed")
    event = Event(id, type, "x", feedback_id, "j-1", joined.clock.now(), told.SerializeToString())
    for _ in range(joined.again):
        again_when_overtaken(lambda: group.handlers[type](Delivery(event, group.group, joined.system())))
    joined.settle()


def test_what_its_own_complaint_found_goes_back_by_itself_and_once(joined: Joined) -> None:
    given = complaint(joined)
    joined.settle()
    (handed,) = [event for event in joined[CITY].told if event.type == event_type("federation", "FeedbackHandedOn")]
    whole = feedback_events_pb2.FeedbackHandedOn.FromString(handed.data).feedback
    assert (whole.text, whole.contact, whole.journey) == ("迟迟不办", "13800001111", "j-1")
    for id in ("closed-1", "closed-2"):
        closed_in_complaint(joined, given.id, id)
    ends = [joined[site].room.feedbacks.get(given.id) for site in (COUNTY, CITY)]
    assert {end.state for end in ends} == {FeedbackState.CONCLUDED}
    assert ends[0].conclusion == ends[1].conclusion
    assert ends[0].conclusion is not None
    assert (ends[0].conclusion.findings, ends[0].conclusion.concluded_by) == ("属实", "王督查")
    assert joined[COUNTY].told_types().count("feedback_concluded") == 1


def test_whom_to_call_back_is_shown_on_the_record(joined: Joined) -> None:
    given = complaint(joined)
    joined.settle()
    there = joined[CITY].room
    assert feedback_message(there.feedbacks.get(given.id)).contact == "138****1111"
    shown = show.show_contact(room=there, call=joined.call(CITY), feedback_id=given.id, purpose="回访")
    joined.settle()
    assert shown == "13800001111"
    assert joined[CITY].told_types()[-1] == "feedback_contact_shown"


def test_praise_is_told_and_needs_nothing_done(joined: Joined) -> None:
    given = complaint(joined, kind=FeedbackKind.EVALUATION, level=1, text="", contact="")
    joined.settle()
    assert joined[CITY].room.feedbacks.get(given.id).clock is None


def test_only_the_end_that_it_concerns_concludes_it(joined: Joined) -> None:
    given = complaint(joined)
    with pytest.raises(Forbidden):
        feedback.conclude_feedback(
            room=joined[COUNTY].room, call=joined.call(COUNTY), feedback_id=given.id, findings="x", measures="",
            callback_note="y", expected_version=0,
        )  # fmt: skip


def test_towns_have_no_part_in_it(tmp_path: Path) -> None:
    joined = Joined(tmp_path, COUNTY, CITY, PARTNER, TOWN)
    opened(joined)
    assert not joined[TOWN].room.parts.find("by_journey", journey="j-1").items
