"""When a calendar changes, the clocks of parts that run here are counted anew, and the other sites are told (许可法 82)."""

from __future__ import annotations

from collections.abc import Iterable

from kit.call import Call
from kit.store.port import Mark
from kit.workdays import Calendar, Limit, Unit, due
from reference.recounting import Recounting
from services.federation.domain import part_moves
from services.federation.domain.part_events import PartDeadlineRecomputed
from services.federation.domain.parts import Part, PartKind, PartState
from services.federation.handlers.room import Room, tell

_RUNNING = (PartState.HANDLING, PartState.REVIEWING)


def recounting(room: Room) -> Recounting[Part]:
    """How parts follow the calendar of the center whose clock runs."""

    def running(center_id: str) -> Iterable[Part]:
        for kind in PartKind:
            for state in _RUNNING:
                yield from room.parts.each("by_center", center=center_id, kind=kind.value, state=state.value)

    def count(part: Part, calendar: Calendar) -> Part:
        clock = part.running
        if clock is None or part.ownership.owner != room.here or part.ownership.offer is not None:
            return part
        return part_moves.by_deadline(
            part, room.here, due(clock.started_at, Limit(clock.days, Unit.WORKING_DAY), calendar)
        )

    return Recounting(
        service="federation",
        reference=room.desk.reference,
        repository=room.parts,
        center_of=lambda part: part.center_at(room.here),
        running=running,
        count=count,
        due_at=lambda part: part.running.due_at if part.running else None,
        moved=lambda before, after, reason: PartDeadlineRecomputed(
            after,
            after.center_at(room.here),
            before.running.due_at if before.running else after.opened_at,
            reason,
        ),
    )


def tell_deadline(*, room: Room, call: Call, part_id: str, mark: Mark) -> None:
    """Tells the other sites of a date that was counted anew; whoever owns it by now has told them itself."""
    part = room.parts.get(part_id)
    if part.ownership.owner == room.here:
        room.parts.save(part, tell(room, call, part), call, mark=mark)
