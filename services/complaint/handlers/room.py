"""What the use cases work with, and how complaints are kept."""

from __future__ import annotations

from dataclasses import dataclass

from kit.call import Call
from kit.errors import NotFound
from kit.ids import Ids
from kit.store.port import Index, Kind
from kit.store.repository import Repository, check_version
from kit.text import clean
from reference import Reference
from services.complaint.domain import (
    Complaint,
    Showing,
)

COMPLAINTS = Kind(
    "complaint",
    (
        Index("by_code", ("code",), unique=True),
        Index("by_center", ("center_id", "state", "filed_at")),
    ),
)
SHOWINGS = Kind("complainant_showing", (Index("by_complaint", ("complaint_id", "shown_at")),))
KINDS = (COMPLAINTS, SHOWINGS)


@dataclass(frozen=True)
class ComplaintRoom:
    """What the use cases work with."""

    complaints: Repository[Complaint]
    showings: Repository[Showing]
    reference: Reference
    ids: Ids


def by_code(room: ComplaintRoom, code: str) -> Complaint:
    """The complaint whose progress a code opens. Raises ``NotFound``."""
    complaint = room.complaints.find_unique("by_code", code) if code else None
    if complaint is None:
        raise NotFound("complaint_not_found", "没有找到该投诉，请核对查询码。")
    return complaint


def of_center(room: ComplaintRoom, call: Call, complaint_id: str, expected_version: int) -> Complaint:
    """A complaint of a center that the actor works for. Raises ``NotFound``, ``Forbidden``, ``Stale``."""
    complaint = room.complaints.get(complaint_id)
    call.actor.require_center(complaint.center_id)
    check_version(complaint, expected_version)
    return complaint


def written(room: ComplaintRoom, center_id: str, value: str, name: str) -> str:
    """What somebody wrote, within the center's limit. Raises ``Invalid``."""
    longest = room.reference.policy(center_id).integer("complaint_text_length")
    return clean(value, field=name, max_length=longest, multiline=True)
