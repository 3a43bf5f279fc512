"""What the room listens to: letters about parts, urging, feedback, standards and figures, and its own events.

What touches several documents is a chain: each link is the event of the one before (decision 0004).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Final

from kit.call import Call
from kit.consumer import Delivery, Handler, Subscription
from kit.events import event_type, topic_of
from kit.store.port import AlreadyApplied, Mark
from reference.recounting import subscription_of
from services.federation.domain.letters import IncomingLetter
from services.federation.events import counting, elsewhere, outcomes
from services.federation.handlers import (
    commands,
    discarding,
    feedback,
    figures,
    joints,
    mirroring,
    part_calendar,
    segment_calendar,
    standards,
    urgings,
)
from services.federation.handlers.desk import Desk
from services.federation.handlers.letters import Settled, Settler, Taker
from services.federation.handlers.room import Room
from services.federation.protos.segments import segment_kind_of
from tongban.federation.v1 import crossing_events_pb2
from tongban.federation.v1 import events_pb2 as pb

_TAKERS: Final[Mapping[str, Callable[[Room, Call, IncomingLetter, Mark], None]]] = {
    "part.told": mirroring.take_word,
    "part.declined": mirroring.take_declining,
    "part.commanded": commands.take_command,
    "part.answered": commands.take_answer,
    "urging.told": urgings.take_urging,
    "feedback.forwarded": feedback.take_feedback,
    "feedback.concluded": feedback.take_conclusion,
    "standard.told": standards.take_standard,
    "figures.told": figures.take_figures,
}
#: After which the lead of a joint case looks at the part again.
_FOLLOWED: Final = ("PartOffered", "PartFollowed", "PartReturned", "PartDeclined")


def takers(room: Room) -> Mapping[str, Taker]:
    """What is done with each type of letter."""

    def with_room(take: Callable[[Room, Call, IncomingLetter, Mark], None]) -> Taker:
        def taker(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
            take(room, call, letter, mark)

        return taker

    return {type: with_room(take) for type, take in _TAKERS.items()}


def settlers(room: Room) -> Mapping[str, Settler]:
    """Who wants to know what became of a letter."""

    def part(desk: Desk, call: Call, settled: Settled, mark: Mark) -> None:
        settle = commands.settle_command if settled.type == "part.commanded" else mirroring.settle_offer
        settle(room, call, settled, mark)

    return {"part": part}


def subscriptions(room: Room) -> list[Subscription]:
    """The room's own chain: parts follow their whole, and the whole its parts."""

    def joint_opened(delivery: Delivery) -> None:
        joint = room.joints.get(delivery.read(pb.JointOpened).joint.id)
        for standing in joint.parts:
            with contextlib.suppress(AlreadyApplied):
                joints.offer_planned(
                    room=room,
                    call=delivery.call,
                    joint_id=joint.id,
                    standing=standing,
                    by_name=delivery.event.actor_name,
                    mark=delivery.mark(standing.part_id),
                )

    def part_followed(delivery: Delivery) -> None:
        part_id = delivery.event.subject
        with contextlib.suppress(AlreadyApplied):
            joints.follow_part(room=room, call=delivery.call, part_id=part_id, mark=delivery.mark())
        joints.end_if_over(room=room, call=delivery.call, part_id=part_id, mark=delivery.mark("over"))

    def part_late(delivery: Delivery) -> None:
        said = delivery.read(pb.JointPartLate)
        urgings.urge_slow_part(
            room=room, call=delivery.call, joint_id=said.joint.id, part_id=said.part_id, mark=delivery.mark()
        )

    def segment_late(delivery: Delivery) -> None:
        said = delivery.read(pb.CrossingSegmentOverdue)
        kind = segment_kind_of(said.kind)
        if kind is not None:
            urgings.urge_slow_segment(
                room=room, call=delivery.call, crossing_id=said.crossing.id, kind=kind, mark=delivery.mark()
            )

    def segments_moved(delivery: Delivery) -> None:
        segment_calendar.tell_segment(
            desk=room.desk, call=delivery.call, crossing_id=delivery.event.subject, mark=delivery.mark()
        )

    def files_discarded(delivery: Delivery) -> None:
        said = delivery.read(crossing_events_pb2.CrossingFilesDiscarded)
        discarding.let_go(desk=room.desk, call=delivery.call, crossing_id=said.crossing.id, files=said.files)

    def joint_over(delivery: Delivery) -> None:
        joint = room.joints.get(delivery.event.subject)
        for each in joint.parts:
            with contextlib.suppress(AlreadyApplied):
                joints.end_part(
                    room=room,
                    call=delivery.call,
                    joint_id=joint.id,
                    part_id=each.part_id,
                    by_name=delivery.event.actor_name,
                    mark=delivery.mark(each.part_id),
                )

    def deadline_moved(delivery: Delivery) -> None:
        part_calendar.tell_deadline(room=room, call=delivery.call, part_id=delivery.event.subject, mark=delivery.mark())

    handlers: dict[str, Handler] = {
        "PartDeadlineRecomputed": deadline_moved,
        "JointOpened": joint_opened,
        "CrossingSegmentOverdue": segment_late,
        "CrossingSegmentsRecomputed": segments_moved,
        "CrossingFilesDiscarded": files_discarded,
        "JointPartLate": part_late,
        "JointMerged": joint_over,
        "JointWithdrawn": joint_over,
        **dict.fromkeys(_FOLLOWED, part_followed),
    }
    return [
        Subscription(
            "federation.room",
            [topic_of("federation")],
            {event_type("federation", name): handler for name, handler in handlers.items()},
        ),
        subscription_of(part_calendar.recounting(room), segment_calendar.recounting(room.desk)),
        counting.subscription(room),
        elsewhere.subscription(room),
        outcomes.subscription(room),
    ]
