"""Reads: a complaint by its code or its id, and a center's complaints."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Forbidden
from kit.store.port import Scalar
from kit.store.repository import Found
from services.complaint.domain import Complaint, ComplaintState
from services.complaint.handlers import ComplaintRoom, by_code

_PAGE = 50
_LONGEST_PAGE = 200


def get_by_code(*, room: ComplaintRoom, code: str) -> Complaint:
    """The complaint that a code opens, to be shown without internal findings. Raises ``NotFound``."""
    return by_code(room, code)


def get_complaint(*, room: ComplaintRoom, call: Call, complaint_id: str) -> Complaint:
    """A complaint with its findings, for the center's supervisors and managers and for whom it concerns.

    That is who took it, who handles it, and the chief of the department that handles it. Raises ``Forbidden``
    (whether or not there is such a complaint, to somebody without an account) and ``NotFound``.
    """
    if not call.actor.centers:
        raise Forbidden("code_required", "请使用投诉时获得的查询码查询进度。")
    complaint = room.complaints.get(complaint_id)
    call.actor.require_center(complaint.center_id)
    handled_by = complaint.assignee
    concerned = call.actor.id == complaint.taken_by or (
        handled_by is not None
        and (
            call.actor.id == handled_by.staff_id
            or (call.actor.has("chief") and call.actor.department == handled_by.department)
        )
    )
    if not concerned:
        call.actor.require("supervisor", "manager")
    return complaint


def list_complaints(
    *, room: ComplaintRoom, call: Call, center_id: str, state: ComplaintState | None, limit: int, cursor: str
) -> Found[Complaint]:
    """A center's complaints, the latest first. Raises ``Forbidden``, ``Invalid`` (``cursor_invalid``)."""
    call.actor.require_center(center_id)
    states: tuple[Scalar, ...] = (state,) if state else tuple(ComplaintState)
    return room.complaints.find(
        "by_center",
        descending=True,
        limit=min(limit, _LONGEST_PAGE) if limit > 0 else _PAGE,
        cursor=cursor,
        center_id=center_id,
        state=states,
    )
