"""What is in dispute: as this site's complaints tell it, and what citizens said at the other end (rules R04)."""

from __future__ import annotations

from contextlib import suppress

from kit.call import Call
from kit.store.port import Duplicate
from services.federation.domain.crossing import Crossing
from services.federation.domain.dispute import Dispute
from services.federation.domain.feedback import FeedbackKind, FeedbackState
from services.federation.handlers.room import Room


def opened(*, room: Room, call: Call, complaint_id: str, journey: str) -> None:
    """A complaint was filed, or reopened; again without effect."""
    if journey:
        with suppress(Duplicate):
            room.disputes.create(Dispute(complaint_id, journey, call.now), [], call)


def closed(*, room: Room, complaint_id: str) -> None:
    """It was closed; again without effect."""
    dispute = room.disputes.find_by_id(complaint_id)
    if dispute is not None:
        room.disputes.store.remove(room.disputes.kind.name, [(dispute.id, dispute.version)])


def is_disputed(room: Room, crossing: Crossing) -> bool:
    """Whether a complaint is open about a crossing, at this end or at the other."""
    if room.disputes.find("by_journey", journey=crossing.journey, limit=1).items:
        return True
    return any(
        each.kind is FeedbackKind.COMPLAINT and each.state is FeedbackState.FORWARDED
        for each in room.feedbacks.each("by_about", about=crossing.id)
    )
