"""Joint cases at their lead: opened, followed, slow parts urged, merged (rules P01, C19, K07)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.events import DomainEvent
from kit.store.port import AlreadyApplied, Duplicate, Mark
from kit.store.repository import check_version
from kit.text import clean
from services.federation.domain import case_steps, part_moves
from services.federation.domain import joint as joints
from services.federation.domain.commands import Command, Verb
from services.federation.domain.joint import Joint, JointState, Merged, PlannedPart, Standing
from services.federation.domain.ownership import Offer
from services.federation.domain.part_events import (
    JointFollowed,
    JointMerged,
    JointOpened,
    JointPartLate,
    JointWithdrawn,
    PartAskedBack,
    PartOffered,
)
from services.federation.domain.parts import Outcome, Part, PartKind, PartState, Place
from services.federation.handlers.commands import send_command
from services.federation.handlers.parts import MAX_WORDS, OpenedCase, carry, cleaned
from services.federation.handlers.room import Room, tell


def alarms(room: Room) -> list[Alarm]:
    """What wakes up: a lead, when a part of its joint case is late."""

    def fire(joint: Any, call: Call) -> None:
        urge_late(room=room, call=call, joint=joint)

    return [Alarm("federation.slow_parts", room.joints, fire)]


def open_joint(
    *, room: Room, call: Call, place: Place, case: OpenedCase, days: int, planned: Iterable[tuple[str, Place, int]]
) -> Joint:
    """Asks several sites for their parts of one case; the parts follow by themselves.

    A case that this site doesn't have, e.g. one on paper, gets an id and a journey here. Raises ``Invalid``, ``Forbidden``.
    """
    before = room.joints.created_before(call)
    if before is not None:
        return before
    call.actor.require_center(place.center_id)
    id = room.desk.ids.new_id(call.now)
    case = cleaned(replace(case, case_id=case.case_id or id, journey=case.journey or id))
    carry(room, call, case.materials)
    deadline = room.deadline(call, place.center_id, days, "通办协议")
    fresh = Joint(
        id=id,
        number=case.number,
        item_name=case.item_name,
        place=replace(place, site=room.here),
        journey=case.journey,
        applicant=case.applicant,
        state=JointState.OPEN,
        clock=joints.clock_of(deadline, call.now),
        parts=(),
        materials=case.materials,
    )
    wanted = tuple(
        PlannedPart(room.desk.ids.new_id(call.now), clean(title, field="title", max_length=200), where, each)
        for title, where, each in planned
    )
    begun = joints.begin(fresh, wanted)
    return room.joints.create(begun, [JointOpened(begun)], call)


def offer_planned(*, room: Room, call: Call, joint_id: str, standing: Standing, by_name: str, mark: Mark) -> None:
    """Makes one part of a joint case and offers it, once: its id is the plan's. Raises ``AlreadyApplied``."""
    joint = room.joints.get(joint_id)
    offer_id = room.desk.ids.new_id(call.now)
    made = Offer(offer_id, standing.place.site, by_name, call.now)
    part = joints.part_of(joint, standing.part_id, made, call.now)
    center_id = part.center_at(room.here)
    posted = tell(room, call, part, part.materials, offer=True)
    try:
        room.parts.create(part, [PartOffered(part, center_id), *posted], call, mark=mark)
    except Duplicate:
        if room.parts.find_by_id(part.id) is None:
            raise


def follow_part(*, room: Room, call: Call, part_id: str, mark: Mark) -> None:
    """Brings what the lead knows of one part up to date. Raises ``AlreadyApplied``, ``Stale``."""
    part = room.parts.get(part_id)
    if part.kind is not PartKind.JOINT or part.asked_by.site != room.here:
        return
    joint = room.joints.find_by_id(part.case_id)
    followed = None if joint is None else joints.follow(joint, part)
    if followed is None:
        return
    merged = joints.merged_by_itself(followed, call.now)
    if merged is None:
        room.joints.save(followed, [JointFollowed(followed)], call, mark=mark)
    else:
        events = [JointFollowed(merged), JointMerged(merged), *case_steps.of_joint(merged, call.now)]
        room.joints.save(merged, events, call, mark=mark)


def urge_late(*, room: Room, call: Call, joint: Joint) -> None:
    """Marks late parts as urged; the urging itself follows from the event (rules K07)."""
    late = joints.late_parts(joint, call.now)
    if not late:
        raise Conflict("nothing_late", "没有超期的环节。", id=joint.id)
    for each in late:
        joint = joints.urged(joint, each.part_id, call.now)
    room.joints.save(joint, [JointPartLate(joint, each.part_id) for each in late], call)


def merge_joint(
    *, room: Room, call: Call, joint_id: str, outcome: Outcome | None, opinion: str, expected_version: int
) -> Joint:
    """Speaks for all, when all have answered; the parts are then closed. Raises ``Conflict``, ``Invalid``, ``Stale``."""
    joint = _mine(room, call, joint_id, expected_version)
    if outcome is None:
        raise Invalid("outcome_required", "请选择同意或者不同意。", field="outcome")
    words = clean(opinion, field="opinion", max_length=MAX_WORDS, multiline=True)
    merged = joints.merge(joint, Merged(outcome, words, call.actor.name), call.now)
    return room.joints.save(merged, [JointMerged(merged), *case_steps.of_joint(merged, call.now)], call)


def withdraw_joint(*, room: Room, call: Call, joint_id: str, reason: str, expected_version: int) -> Joint:
    """Gives the whole up; its open parts are withdrawn. Raises ``Conflict``, ``Invalid``, ``Stale``."""
    joint = _mine(room, call, joint_id, expected_version)
    words = clean(reason, field="reason", max_length=MAX_WORDS, multiline=True)
    withdrawn = joints.withdraw(joint, words, call.now)
    told = case_steps.of_joint(withdrawn, call.now)
    return room.joints.save(withdrawn, [JointWithdrawn(withdrawn), *told], call)


def end_part(*, room: Room, call: Call, joint_id: str, part_id: str, by_name: str, mark: Mark) -> None:
    """Tells a part's owner that the whole is over: its answer was used, or isn't wanted any more."""
    joint, part = room.joints.get(joint_id), room.parts.get(part_id)
    verb = Verb.CLOSE if part.state is PartState.ANSWERED else Verb.WITHDRAW
    if part.state.over or (verb is Verb.CLOSE and joint.state is not JointState.MERGED):
        return
    if part.state is PartState.OFFERED and part.ownership.owner == room.here:
        # It may be taken at this moment: asked back, it comes home or goes on there, and is ended then.
        if part.ownership.offer is not None and part.ownership.offer.withdrawn_at is None:
            asked = part_moves.ask_back(part, room.here, call.now)
            events: list[DomainEvent] = [PartAskedBack(asked, asked.center_at(room.here)), *tell(room, call, asked)]
            room.parts.save(asked, events, call, mark=mark)
        return
    command = Command(
        id=room.desk.ids.new_id(call.now),
        part_id=part.id,
        verb=verb,
        owner=part.ownership.owner,
        asked_by=by_name,
        asked_at=call.now,
        journey=part.journey,
        center_id=part.center_at(room.here),
        reason=joint.reason or "联办件已办结",
    )
    _once(room, call, part, command, mark)


def end_if_over(*, room: Room, call: Call, part_id: str, mark: Mark) -> None:
    """Ends a part that came home, or was taken, after its whole was over. Raises ``AlreadyApplied``, ``Stale``."""
    part = room.parts.get(part_id)
    joint = room.joints.find_by_id(part.case_id) if part.kind is PartKind.JOINT else None
    if joint is not None and joint.place.site == room.here and joint.state is not JointState.OPEN:
        end_part(room=room, call=call, joint_id=joint.id, part_id=part.id, by_name="系统", mark=mark)


def _once(room: Room, call: Call, part: Part, command: Command, mark: Mark) -> None:
    try:
        send_command(room, call, part, command, mark)
    except AlreadyApplied:
        raise
    except Conflict:
        # Being handed over at this moment: whoever takes it sees that the whole is over, and a person ends it.
        return


def _mine(room: Room, call: Call, joint_id: str, expected_version: int) -> Joint:
    joint = room.joints.get(joint_id)
    call.actor.require_center(joint.place.center_id)
    check_version(joint, expected_version)
    return joint
