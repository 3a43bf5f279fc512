"""What cases that several sites handle together say of the clocks that run at this site (rules G01, K07, P01).

Each site watches its own: the lower site its review, the handling site its part, the lead the whole, who was urged the
answer. Another site's clock isn't watched here; the lead urges it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from kit.timestamps import from_timestamp
from services.supervision.domain.cards import SubjectKind
from services.supervision.domain.watches import Sighting, WatchState
from tongban.federation.v1 import messages_pb2 as crossings
from tongban.federation.v1 import parts_pb2 as parts
from tongban.federation.v1 import urging_pb2 as urging

_PART_TITLES = {parts.PART_KIND_JOINT: "联办环节", parts.PART_KIND_SENT_UP: "上报件"}
_URGING_TITLES = {
    urging.URGING_KIND_URGE: "催办",
    urging.URGING_KIND_SUPERVISE: "督办",
    urging.URGING_KIND_CONSULT: "会商",
}
_SEGMENTS = {
    crossings.SEGMENT_KIND_COLLECTION: ("collection", "代收"),
    crossings.SEGMENT_KIND_TRANSIT: ("transit", "转递"),
    crossings.SEGMENT_KIND_HAND_BACK: ("hand_back", "结果送达"),
}


def segment_sightings(event: Any) -> Iterator[Sighting]:
    """The segments of a crossing that are this end's own (facts 6); each is a clock, also one that begins again.

    A segment of the other end is for its own supervision.
    """
    crossing = event.crossing
    number = crossing.number if crossing.side == crossings.SIDE_COLLECTING else crossing.status.number
    for position, segment in enumerate(crossing.segments, 1):
        if segment.kind not in _SEGMENTS or segment.kept_by != crossing.side:
            continue
        key, words = _SEGMENTS[segment.kind]
        running = not segment.HasField("ended_at")
        yield Sighting(
            kind=SubjectKind.SEGMENT,
            id=f"{crossing.id}-{position}-{key}",
            number=number,
            title=f"跨域办件{words}：{crossing.item_name}",
            center_id=crossing.center_id,
            department_key=crossing.department_key,
            journey=crossing.journey,
            state=WatchState.RUNNING if running else WatchState.ENDED,
            started_at=from_timestamp(segment.started_at),
            due_at=from_timestamp(segment.due_at),
            done_at=None if running else from_timestamp(segment.ended_at),
            version=crossing.version,
        )


def part_sighting(event: Any) -> Sighting | None:
    """The handling site's clock, else the review's (许可法 42, 43); ``None`` where neither is this center's."""
    part = event.part
    handled = part.HasField("clock") and part.handled_at.center_id == event.center_id
    if handled:
        clock, running, place = part.clock, part.state == parts.PART_STATE_HANDLING, part.handled_at
    elif part.HasField("review") and part.asked_by.center_id == event.center_id:
        clock, running, place = part.review.clock, part.state == parts.PART_STATE_REVIEWING, part.asked_by
    else:
        return None
    return _sighting(
        SubjectKind.PART,
        part,
        f"{_PART_TITLES.get(part.kind, '协办件')}：{part.title}",
        event.center_id,
        place.department_key,
        clock,
        running,
    )


def joint_sighting(event: Any) -> Sighting | None:
    """The whole's clock, at its lead (rules P01)."""
    joint = event.joint
    running = joint.state == parts.JOINT_STATE_OPEN
    title = f"多地联办：{joint.item_name}"
    return _sighting(SubjectKind.JOINT, joint, title, event.center_id, joint.place.department_key, joint.clock, running)


def urging_sighting(event: Any) -> Sighting | None:
    """The answer's clock, at the end that was asked (rules K07)."""
    asked = event.urging
    if not asked.HasField("clock"):
        return None
    running = asked.state == urging.URGING_STATE_ASKED
    title = f"{_URGING_TITLES.get(asked.kind, '催办')}：{asked.title}"
    place = asked.asked_of
    return _sighting(SubjectKind.URGING, asked, title, event.center_id, place.department_key, asked.clock, running)


def feedback_sighting(event: Any) -> Sighting | None:
    """That what a citizen said elsewhere was concluded, at the end that it concerns (rules Q05).

    While it is open, that end's own complaint or rectification has the clock and is watched; watched here too, one delay
    would be carded twice. A watch that an earlier release began ends.
    """
    said = event.feedback
    if not said.HasField("clock") or said.state == urging.FEEDBACK_STATE_FORWARDED:
        return None
    kind = "评价" if said.kind == urging.FEEDBACK_KIND_EVALUATION else "投诉"
    title = f"异地{kind}：{said.item_name}"
    place = said.concerns
    return _sighting(SubjectKind.FEEDBACK, said, title, event.center_id, place.department_key, said.clock, False)


def _sighting(
    kind: SubjectKind,
    document: Any,
    title: str,
    center_id: str,
    department_key: str,
    clock: parts.SiteClock,
    running: bool,
) -> Sighting:
    return Sighting(
        kind=kind,
        id=document.id,
        number=document.number,
        title=title,
        center_id=center_id,
        department_key=department_key,
        journey=document.journey,
        state=WatchState.RUNNING if running else WatchState.ENDED,
        started_at=from_timestamp(clock.started_at),
        due_at=from_timestamp(clock.due_at),
        done_at=None if running else _done(clock),
        version=document.version,
    )


def _done(clock: parts.SiteClock) -> datetime | None:
    return from_timestamp(clock.done_at) if clock.HasField("done_at") else None
