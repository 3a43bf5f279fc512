"""Showing who complains, on the record (convention 13, rules AG01)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Conflict
from kit.text import clean
from services.complaint.domain import (
    Complainant,
    ComplainantShown,
    Showing,
)
from services.complaint.handlers.filing import MAX_REASON
from services.complaint.handlers.room import ComplaintRoom, of_center


def show_complainant(*, room: ComplaintRoom, call: Call, complaint_id: str, purpose: str) -> Complainant:
    """Shows a complainant's name and phone, after writing down to whom and what for (convention 13, rules AG01).

    Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``Conflict`` (``complaint_anonymous``).
    """
    complaint = of_center(room, call, complaint_id, 0)
    purpose = clean(purpose, field="purpose", max_length=MAX_REASON)
    if complaint.complainant is None:
        raise Conflict("complaint_anonymous", "该投诉为匿名投诉，没有留下姓名和电话。")
    showing = Showing(
        id=room.ids.new_id(call.now),
        complaint_id=complaint.id,
        center_id=complaint.center_id,
        journey=complaint.subject.journey,
        purpose=purpose,
        shown_to=call.actor.id,
        shown_at=call.now,
    )
    room.showings.create(showing, [ComplainantShown(showing)], call)
    return complaint.complainant
