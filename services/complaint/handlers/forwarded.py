"""Complaints that were made at another site and concern this one (rules R05): filed once, handled as any other.

What came of it goes back when it is closed, see ``ForwardedComplaintClosed``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kit.call import Call
from kit.store.port import AlreadyApplied, Duplicate, Mark
from services.complaint.domain import Complainant, Complaint, ComplaintFiled, ComplaintState, Source, Subject, Topic
from services.complaint.handlers.calendar import recounting
from services.complaint.handlers.filing import next_number, promise_of
from services.complaint.handlers.room import ComplaintRoom

#: Whom the other site knows; a name doesn't travel, whom to call does.
_SOMEBODY = "异地投诉人"


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What a citizen said there; ``contact`` is empty for who stays unknown."""

    feedback_id: str
    center_id: str
    from_site: str
    journey: str
    case_id: str
    text: str = field(repr=False)
    contact: str = field(repr=False)


def file_forwarded(*, room: ComplaintRoom, call: Call, forwarded: Forwarded, mark: Mark) -> None:
    """Files it under a number and a promise of this center, once: its id is the forwarded one's.

    Raises ``AlreadyApplied``, ``NotFound`` (``center_unknown``), ``Unavailable``.
    """
    calendar = room.reference.calendar(forwarded.center_id)
    complaint_id = f"elsewhere-{forwarded.feedback_id}"
    if room.complaints.find_by_id(complaint_id) is not None:
        return
    complaint = Complaint(
        id=complaint_id,
        number=next_number(room, forwarded.center_id, call.now),
        center_id=forwarded.center_id,
        source=Source.ELSEWHERE,
        topic=Topic.OTHER,
        state=ComplaintState.FILED,
        text=forwarded.text,
        complainant=Complainant(_SOMEBODY, forwarded.contact) if forwarded.contact else None,
        subject=Subject(
            journey=forwarded.journey or room.ids.new_id(call.now),
            case_id=forwarded.case_id,
            joined=bool(forwarded.journey),
        ),
        promise=promise_of(room, forwarded.center_id, call.now, calendar),
        filed_at=call.now,
        code=room.ids.new_code(),
        feedback_id=forwarded.feedback_id,
        from_site=forwarded.from_site,
    )
    try:
        filed = room.complaints.create(complaint, [ComplaintFiled(complaint)], call, mark=mark)
    except AlreadyApplied:
        recounting(room).recount(call, complaint.id)  # a crash may have come between the write and the look behind it
        raise
    except Duplicate:
        if room.complaints.find_by_id(complaint.id) is None:
            raise
        return
    recounting(room).by_the_present(call, filed, calendar)
