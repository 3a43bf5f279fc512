"""When a calendar changes, the segments that run here are counted anew, and the other end is told (许可法 82)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from kit.call import Call
from kit.store.port import Mark
from reference.recounting import Recounting
from services.federation.domain import hand_back
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing, CrossingState
from services.federation.domain.events import CrossingSegmentsRecomputed
from services.federation.handlers import handling
from services.federation.handlers.desk import Desk


def recounting(desk: Desk) -> Recounting[Crossing]:
    """How the segments of crossings follow the calendar of the center that has them."""

    def running(center_id: str) -> Iterable[Crossing]:
        for side in Side:
            for state in CrossingState:
                if not state.closed:
                    yield from desk.crossings.each(
                        "by_center_state", center_id=center_id, side=side.value, state=state.value
                    )

    return Recounting(
        service="federation",
        reference=desk.reference,
        repository=desk.crossings,
        center_of=lambda crossing: crossing.center_id,
        running=running,
        count=hand_back.counted_anew,
        due_at=_due_at,
        moved=lambda before, after, reason: CrossingSegmentsRecomputed(after, before.segments, reason),
    )


def tell_segment(*, desk: Desk, call: Call, crossing_id: str, mark: Mark) -> None:
    """The owner tells the mirror of its own segment that was counted anew; the collecting place has none to tell of.

    Raises ``AlreadyApplied``, ``Stale``.
    """
    crossing = desk.crossings.get(crossing_id)
    segment = hand_back.of(crossing.segments)
    if crossing.side is Side.HANDLING and segment is not None and segment.kept_by is Side.HANDLING:
        handling.tell_anew(desk, call, crossing, mark)


def _due_at(crossing: Crossing) -> datetime | None:
    return min((each.due_at for each in crossing.segments if each.ended_at is None), default=None)
