"""The mirror: how the collecting place's crossing follows what the owner says, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Forbidden
from kit.workdays import Calendar
from services.federation.domain import hand_back
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing, CrossingState, Status
from services.federation.domain.letters import LetterLine, with_line
from services.federation.domain.segments import SegmentKind, ended


def require_owner(crossing: Crossing, sender: str) -> None:
    """Raises ``Forbidden`` (``not_the_owner``): only the handling place's letters change the mirror."""
    if crossing.side is not Side.COLLECTING or crossing.parties.peer_site != sender:
        raise Forbidden("not_the_owner", "只有办理地站点的来函可以改动该件。", sender=sender, crossing=crossing.id)


def follow(crossing: Crossing, status: Status, line: LetterLine, calendar: Calendar, *, now: datetime) -> Crossing:
    """The mirror after the owner's letter; an older picture than the one here changes nothing but the history."""
    noted = replace(crossing, letters=with_line(crossing.letters, line))
    if crossing.status is not None and status.revision <= crossing.status.revision:
        return noted
    followed = replace(noted, status=status, state=status.state, trouble=None, sent_at=crossing.sent_at or now)
    if status.state is CrossingState.SUPPLEMENT_REQUESTED and crossing.state is not status.state:
        wanted = {each.key for each in status.wanted}
        followed = replace(
            followed,
            # What was compared once isn't what the notice asks for.
            materials=tuple(replace(m, checked=m.checked and m.key not in wanted) for m in followed.materials),
        )
    return _clocks(followed, status, calendar, now)


def _clocks(crossing: Crossing, status: Status, calendar: Calendar, now: datetime) -> Crossing:
    segments = hand_back.followed(crossing, status, calendar)
    if not crossing.supplement_on_its_way:
        segments = ended(segments, status.said_at, SegmentKind.TRANSIT)
    segments = ended(segments, status.said_at, SegmentKind.COLLECTION)
    if not status.state.closed:
        return replace(crossing, segments=segments)
    return replace(crossing, closed_at=now, segments=ended(segments, now, *SegmentKind))
