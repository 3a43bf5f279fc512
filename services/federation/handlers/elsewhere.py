"""Cases whose route comes to another site: what is sent up, and what other places have a part of (rules F01, P01; 许可法 43).

approval_routing says that a case has come to such a step, intake who applies and what was handed in; the part follows
from that by itself, once, and its answer goes back into the case (``domain.case_steps``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kit.call import Call
from kit.events import DomainEvent
from kit.store.port import Mark
from kit.workdays import Limit, Unit, due
from services.federation.domain import joint as joints
from services.federation.domain import sent_up
from services.federation.domain.commands import Command, Verb
from services.federation.domain.divisions import is_above
from services.federation.domain.joint import Joint, JointState, PlannedPart
from services.federation.domain.ownership import Offer
from services.federation.domain.part_events import JointOpened, PartOffered, PartOpened
from services.federation.domain.parts import PartState, Place
from services.federation.domain.sent_up import AcceptedCase
from services.federation.handlers.commands import send_command
from services.federation.handlers.room import Room, tell

_BY_ITSELF = "系统"


@dataclass(frozen=True, slots=True)
class Asked:
    """One place that a step goes to."""

    place: Place
    title: str
    days: int


@dataclass(frozen=True, slots=True)
class HandedOn:
    """A case that has come to a step of other sites, with its papers."""

    case: AcceptedCase
    step_key: str
    round: int
    #: Where it comes from.
    center_id: str
    department_key: str
    places: tuple[Asked, ...]
    #: What was found here, and by whom.
    opinion: str
    sent_by: str


def send_up(*, room: Room, call: Call, handed: HandedOn, mark: Mark) -> None:
    """Sends a case up that was reviewed here, to the site above; its files are with relay already (许可法 43).

    To a site that isn't above this one nothing goes by itself: staff find the part under review. Raises
    ``AlreadyApplied``, ``Unavailable`` while the calendar is on its way.
    """
    desk, asked = room.desk, handed.places[0]
    days = desk.reference.policy(handed.center_id).integer("sent_up_review_days")
    limit = Limit(days, Unit.WORKING_DAY, "许可法 43")
    deadline = due(handed.case.accepted_at, limit, desk.reference.calendar(handed.center_id))
    here = Place(room.here, handed.center_id, handed.department_key)
    begun = sent_up.begin_review(desk.ids.new_id(call.now), handed.case, here, asked.days, deadline)
    part = replace(begun, step_key=handed.step_key, round=handed.round, opened_at=call.now)
    events: list[DomainEvent] = [PartOpened(part, handed.center_id)]
    if is_above(asked.place.site, room.here):
        made = Offer(desk.ids.new_id(call.now), asked.place.site, handed.sent_by, call.now)
        part = sent_up.send_up(part, asked.place, handed.opinion, made, call.now)
        events += [PartOffered(part, handed.center_id), *tell(room, call, part, part.materials, offer=True)]
    room.parts.create(part, events, call, mark=mark)


def ask_places(*, room: Room, call: Call, handed: HandedOn, mark: Mark) -> None:
    """Asks other places for their parts, this site leading; they follow from ``JointOpened``. Raises as ``send_up``."""
    desk, case = room.desk, handed.case
    longest = max(each.days for each in handed.places)
    deadline = room.deadline(call, handed.center_id, longest, "通办协议")
    fresh = Joint(
        id=desk.ids.new_id(call.now),
        number=case.number,
        item_name=case.item_name,
        place=Place(room.here, handed.center_id, handed.department_key),
        journey=case.journey,
        applicant=case.applicant,
        state=JointState.OPEN,
        clock=joints.clock_of(deadline, call.now),
        parts=(),
        materials=case.materials,
        case_id=case.id,
        step_key=handed.step_key,
        round=handed.round,
    )
    planned = tuple(PlannedPart(desk.ids.new_id(call.now), each.title, each.place, each.days) for each in handed.places)
    begun = joints.begin(fresh, planned)
    room.joints.create(begun, [JointOpened(begun)], call, mark=mark)


def close_used(*, room: Room, call: Call, case_id: str, step_key: str, mark: Mark) -> None:
    """The answer of what was sent up stands in the case: its owner is told that it was used. Raises ``AlreadyApplied``."""
    for part in room.parts.find("by_case", case_id=case_id).items:
        if part.step_key == step_key and part.state is PartState.ANSWERED:
            command = Command(
                id=room.desk.ids.new_id(call.now),
                part_id=part.id,
                verb=Verb.CLOSE,
                owner=part.ownership.owner,
                asked_by=_BY_ITSELF,
                asked_at=call.now,
                journey=part.journey,
                center_id=part.center_at(room.here),
                reason="答复已写入办件",
            )
            send_command(room, call, part, command, mark)
