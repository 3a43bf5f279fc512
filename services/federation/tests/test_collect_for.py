"""Collect-for, from the checklist to the result: both places agree at every step (rules P01–P04; facts 6)."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from kit.errors import Conflict, NotFound, Unavailable
from kit.events import event_type
from kit.timestamps import to_timestamp
from services.federation.domain import agreement as agreements
from services.federation.domain.crossing import Crossing, CrossingState
from services.federation.domain.segments import SegmentKind, running
from services.federation.handlers import collecting, handling, results
from services.federation.queries.crossings import get_crossing
from services.federation.tests.towns import PDF, RESIDENT_ID, World, refusal
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.federation.v1 import events_pb2
from tongban.intake.v1 import messages_pb2 as intake


def wanted(key: str = "application-form", problem: str = "缺少签字") -> list[intake.ApplicationMaterial]:
    return [
        intake.ApplicationMaterial(
            key=key, name="申请书", main=True, state=intake.MATERIAL_STATE_INCOMPLETE, problem=problem
        )
    ]


def ask_for_supplement(world: World, crossing: Crossing) -> Crossing:
    world.there.intake_says(
        crossing.id,
        "SupplementRequested",
        state=intake.APPLICATION_STATE_SUPPLEMENT_REQUESTED,
        materials=wanted(),
        supplement_due_at=to_timestamp(world.clock.now() + timedelta(days=7)),
    )
    world.post.settle()
    return world.mirror(crossing.id)


def supplement(world: World, crossing: Crossing) -> Crossing:
    return collecting.send_supplement(
        desk=world.here.desk, call=world.here.by(), crossing_id=crossing.id, code="", expected_version=0
    )


def histories(world: World, id: str) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    def lines(crossing: Crossing) -> list[tuple[str, ...]]:
        return [(each.id, each.type, each.origin, each.digest) for each in crossing.letters]

    return lines(world.mirror(id)), lines(world.owned(id))


def test_nothing_is_sent_before_every_main_material_is_scanned_and_compared(world: World) -> None:
    crossing = world.open(world.agree())
    refusal("checklist_incomplete", lambda: world.send(crossing))
    crossing = world.scan(crossing, check=False)
    refused = refusal("checklist_incomplete", lambda: world.send(crossing))
    assert "申请书" in refused.message
    assert world.send(world.scan(crossing)).state is CrossingState.SENT


def test_what_is_sent_is_with_relay_before_its_letter_is_written(world: World) -> None:
    crossing = world.scan(world.open(world.agree()))
    world.here.box.shut = True
    with pytest.raises(Unavailable):
        world.send(crossing)
    assert world.mirror(crossing.id).state is CrossingState.COLLECTING
    world.here.box.shut = False
    world.send(crossing)
    assert list(world.here.box.kept.values()) == [PDF]


def test_a_scan_that_two_materials_have_travels_once_and_is_with_both(world: World) -> None:
    crossing = world.open(world.agree())
    world.scan(crossing, key="layout-plan")
    world.send(world.scan(crossing))
    world.post.settle()
    (letter,) = [each for each in world.post.delivered if each.type == "crossing.submitted"]
    assert len(letter.attachments) == 1
    assert [len(each.scans) for each in world.owned(crossing.id).materials] == [1, 1]


def test_intake_there_gets_the_applicant_in_full_and_the_citizen_one_code_for_both_places(world: World) -> None:
    crossing = world.send(world.scan(world.open(world.agree())))
    world.post.settle()
    (arrived,) = [
        events_pb2.CrossingArrived.FromString(event.data)
        for event in world.there.told
        if event.type == event_type("federation", "CrossingArrived")
    ]
    assert arrived.applicant.id_number == RESIDENT_ID
    assert arrived.crossing.applicant_id_number != RESIDENT_ID
    assert arrived.crossing.code == crossing.code
    assert arrived.crossing.journey == crossing.journey


def test_either_number_finds_it_at_either_place_with_the_end_of_the_id_number(world: World) -> None:
    crossing = world.sent()
    for town in (world.here, world.there):
        for number in (crossing.number, "610902-2026-000007"):
            found = get_crossing(
                desk=town.desk,
                call=town.by("public"),
                crossing_id="",
                code="",
                number=number,
                id_tail=RESIDENT_ID[-6:],
                application_id="",
            )
            assert found.id == crossing.id
        with pytest.raises(NotFound):
            get_crossing(
                desk=town.desk,
                call=town.by("public"),
                crossing_id="",
                code="",
                number=crossing.number,
                id_tail="000000",
                application_id="",
            )


def test_the_whole_way_to_a_result_that_the_collecting_center_hands_over(world: World) -> None:
    crossing = world.sent()
    assert crossing.state is CrossingState.ARRIVED
    accepted_at = to_timestamp(world.clock.now())
    world.there.intake_says(
        crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED, accepted_at=accepted_at
    )
    world.there.approval_says(
        crossing.id,
        "CaseOpened",
        approval.CASE_STATE_IN_PROGRESS,
        due_at=to_timestamp(world.clock.now() + timedelta(days=14)),
    )
    world.post.settle()
    mirror = world.mirror(crossing.id)
    assert mirror.state is CrossingState.ACCEPTED
    assert mirror.status is not None
    assert mirror.status.due_at is not None
    assert mirror.status.accepted_at is not None

    refusal(
        "no_result_yet",
        lambda: results.receive_result(
            desk=world.here.desk, call=world.here.by(), crossing_id=crossing.id, expected_version=0
        ),
    )
    decided = approval.Decision(
        outcome=approval.OUTCOME_APPROVED, number="准1", decided_at=to_timestamp(world.clock.now())
    )
    result = approval.CaseResult(name="许可证", number="证1", issued_at=to_timestamp(world.clock.now()))
    world.there.approval_says(crossing.id, "ResultIssued", approval.CASE_STATE_ISSUED, decision=decided, result=result)
    world.post.settle()
    assert running(world.mirror(crossing.id).segments, SegmentKind.HAND_BACK) is not None

    by = world.here.by()
    results.receive_result(desk=world.here.desk, call=by, crossing_id=crossing.id, expected_version=0)
    handed = results.hand_over_result(
        desk=world.here.desk, call=by, crossing_id=crossing.id, received_by="张三丰", expected_version=0
    )
    assert handed.state is CrossingState.ISSUED, "only the owner says that it is delivered"
    world.post.settle()
    told = [event for event in world.there.told if event.type == event_type("federation", "CrossingHandOverArrived")]
    assert events_pb2.CrossingHandOverArrived.FromString(told[0].data).received_by == "张**"
    result.delivered_at.CopyFrom(to_timestamp(world.clock.now()))  # type: ignore[arg-type]
    world.there.approval_says(
        crossing.id, "ResultDelivered", approval.CASE_STATE_DELIVERED, decision=decided, result=result
    )
    world.post.settle()
    mirror = world.mirror(crossing.id)
    assert mirror.state is CrossingState.DELIVERED
    assert mirror.closed_at is not None
    assert all(each.ended_at is not None for each in mirror.segments)
    ours, theirs = histories(world, crossing.id)
    assert ours == theirs
    assert len(ours) == 7


def test_a_supplement_is_handed_in_where_the_citizen_is_and_compared_anew(world: World) -> None:
    crossing = ask_for_supplement(world, world.sent())
    assert crossing.state is CrossingState.SUPPLEMENT_REQUESTED
    assert crossing.status is not None
    assert crossing.status.wanted[0].problem == "缺少签字"
    refusal("supplement_incomplete", lambda: supplement(world, crossing))
    refusal("material_not_wanted", lambda: world.scan(crossing, key="layout-plan"))
    world.scan(crossing, content=PDF + b"signed")
    supplement(world, crossing)
    refusal("supplement_on_its_way", lambda: supplement(world, crossing))
    world.post.settle()
    events = [
        event for event in world.there.told if event.type == event_type("federation", "CrossingSupplementArrived")
    ]
    brought = events_pb2.CrossingSupplementArrived.FromString(events[0].data).materials
    assert [len(each.scans) for each in brought] == [2]
    world.there.intake_says(crossing.id, "SupplementHandedIn", state=intake.APPLICATION_STATE_RECEIVED)
    world.post.settle()
    mirror = world.mirror(crossing.id)
    assert mirror.state is CrossingState.ARRIVED
    assert not mirror.supplement_on_its_way
    assert running(mirror.segments, SegmentKind.TRANSIT) is None


def test_a_refusal_there_closes_it_here_with_reason_and_basis(world: World) -> None:
    crossing = world.sent()
    world.there.intake_says(
        crossing.id,
        "ApplicationRefused",
        state=intake.APPLICATION_STATE_REFUSED,
        refusal_reason="不属于本机关职权",
        refusal_basis="许可法 32",
    )
    world.post.settle()
    mirror = world.mirror(crossing.id)
    assert mirror.state is CrossingState.REFUSED
    assert mirror.status is not None
    assert mirror.status.refusal_reason == "不属于本机关职权"
    assert mirror.closed_at is not None


def test_only_the_owner_changes_the_mirror(world: World) -> None:
    crossing = world.sent()
    world.there.intake_says(crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED)
    world.post.collect()
    letter = world.post.bags[world.here.site].popleft()
    letter.origin = "999999.stranger"
    world.post.bring(world.here, letter)
    assert world.mirror(crossing.id).state is CrossingState.ARRIVED
    assert world.here.desk.refused_letters.get(letter.id).code == "not_the_owner"


def test_an_older_picture_that_comes_late_changes_nothing(world: World) -> None:
    crossing = world.sent()
    world.there.intake_says(crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED)
    world.there.approval_says(crossing.id, "CaseOpened", approval.CASE_STATE_IN_PROGRESS)
    world.post.collect()
    older, newer = world.post.bags[world.here.site]
    world.post.bags[world.here.site].clear()
    world.post.bring(world.here, newer)
    known = world.mirror(crossing.id)
    world.post.bring(world.here, older)
    late = world.mirror(crossing.id)
    assert late.status == known.status
    assert late.state is known.state
    ours, theirs = histories(world, crossing.id)
    assert ours == theirs


def test_what_expired_on_the_way_is_back_at_the_desk_with_what_to_do_and_goes_again_under_the_same_id(
    world: World,
) -> None:
    crossing = world.send(world.scan(world.open(world.agree())))
    world.post.collect()
    letter = world.post.bags[world.there.site].popleft()
    world.post.receipt(letter.id, "expired", "expired")
    back = world.mirror(crossing.id)
    assert back.state is CrossingState.RETURNED
    assert back.trouble is not None
    assert "重新发送" in back.trouble.message
    assert running(back.segments, SegmentKind.COLLECTION) is not None
    again = world.send(back)
    assert (again.id, again.number) == (crossing.id, crossing.number)
    assert again.trouble is None
    world.post.settle()
    assert world.owned(crossing.id).submission_id == again.submission_id


def test_what_is_sent_again_although_it_had_come_has_no_second_effect_and_is_told_anew(world: World) -> None:
    crossing = world.sent()
    owned = world.owned(crossing.id)
    world.post.receipt(crossing.submission_id, "expired", "expired")
    assert world.mirror(crossing.id).state is CrossingState.ARRIVED, "the owner's word stands"
    arrived = [event for event in world.there.told if event.type == event_type("federation", "CrossingArrived")]
    assert len(arrived) == 1
    assert owned.status is not None


def test_a_submission_under_no_agreement_is_refused_with_its_code_and_comes_back(world: World) -> None:
    agreement = world.agree()
    crossing = world.scan(world.open(agreement))
    theirs = world.there.desk.agreements.get(agreement.id)
    world.there.desk.agreements.save(
        agreements.end(theirs, world.clock.now().date() - timedelta(days=1), "test"), [], world.there.own()
    )
    world.send(crossing)
    world.post.settle()
    back = world.mirror(crossing.id)
    assert back.state is CrossingState.RETURNED
    assert back.trouble is not None
    assert back.trouble.code == "agreement_not_in_force"
    assert world.there.desk.crossings.find_by_id(crossing.id) is None


def test_it_may_be_given_up_before_it_is_sent_and_asked_back_before_it_is_judged(world: World) -> None:
    agreement = world.agree()

    def withdraw(crossing: Crossing) -> Crossing:
        return collecting.withdraw_crossing(
            desk=world.here.desk,
            call=world.here.by(),
            crossing_id=crossing.id,
            code="",
            reason="不办了",
            expected_version=0,
        )

    assert withdraw(world.open(agreement)).state is CrossingState.CANCELLED
    crossing = world.send(world.scan(world.open(agreement)))
    world.post.settle()
    world.there.intake_says(crossing.id, "ApplicationReceived")
    world.post.settle()
    assert withdraw(crossing).state is CrossingState.ARRIVED
    refusal("withdrawal_asked", lambda: withdraw(crossing))
    world.post.settle()
    world.there.intake_says(crossing.id, "ApplicationWithdrawn", state=intake.APPLICATION_STATE_WITHDRAWN)
    world.post.settle()
    assert world.mirror(crossing.id).state is CrossingState.WITHDRAWN


def test_read_and_acted_on_come_back_as_receipts(world: World) -> None:
    crossing = world.sent()

    def settlement() -> str:
        return next(each.settlement for each in world.mirror(crossing.id).letters if each.id == crossing.submission_id)

    assert settlement() == "delivered"
    handling.read_crossing(desk=world.there.desk, call=world.there.by("clerk"), crossing_id=crossing.id)
    world.post.settle()
    assert settlement() == "read"
    world.there.intake_says(crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED)
    world.post.settle()
    assert settlement() == "acted_on"


def test_a_segment_explains_itself_and_its_end_is_told_once(world: World) -> None:
    crossing = world.open(world.agree())
    (collection,) = crossing.segments
    assert collection.kind is SegmentKind.COLLECTION
    assert "1 个工作日" in collection.explanation
    world.pass_time(days=3)
    world.pass_time(days=3)
    world.post.collect()
    told = [event for event in world.here.told if event.type == event_type("federation", "CrossingSegmentOverdue")]
    assert len(told) == 1
    assert world.mirror(crossing.id).segments[0].overdue


def test_the_same_call_sent_twice_opens_one(world: World) -> None:
    agreement = world.agree()
    by = world.here.by("clerk", key="k1", fingerprint="f")
    assert world.open(agreement, by).id == world.open(agreement, by).id


def test_a_crossing_that_is_handled_here_can_not_be_sent_from_here(world: World) -> None:
    crossing = world.sent()
    with pytest.raises(Conflict, match="handled_here"):
        collecting.send_crossing(
            desk=world.there.desk, call=world.there.by(), crossing_id=crossing.id, code="", expected_version=0
        )


@pytest.mark.parametrize("seed", range(6))
def test_letters_that_come_twice_have_one_effect_and_leave_one_history(world: World, seed: int) -> None:
    rough = random.Random(seed)
    crossing = world.send(world.scan(world.open(world.agree())))
    world.post.round(rough)
    world.there.intake_says(crossing.id, "ApplicationReceived")
    world.post.round(rough)
    world.there.intake_says(crossing.id, "ApplicationAccepted", state=intake.APPLICATION_STATE_ACCEPTED)
    world.there.approval_says(crossing.id, "CaseOpened", approval.CASE_STATE_IN_PROGRESS)
    while world.post.round(rough):
        pass
    ours, theirs = histories(world, crossing.id)
    assert ours == theirs
    assert world.mirror(crossing.id).status == world.owned(crossing.id).status
    arrived = [event for event in world.there.told if event.type == event_type("federation", "CrossingArrived")]
    assert len(arrived) == 1
