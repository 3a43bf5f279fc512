"""Bringing a complaint to its end (rules R02–R05, S01)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Invalid
from kit.text import clean
from services.complaint import domain
from services.complaint.domain import (
    Assignee,
    CallBack,
    Complaint,
    ComplaintAnswered,
    ComplaintAssigned,
    ComplaintCalledBack,
    ComplaintClosed,
    ComplaintInvestigated,
    ForwardedComplaintClosed,
    Liability,
)
from services.complaint.handlers.calendar import by_calendar, recounting
from services.complaint.handlers.room import ComplaintRoom, of_center, written


def assign_complaint(
    *, room: ComplaintRoom, call: Call, complaint_id: str, assignee: Assignee, expected_version: int
) -> Complaint:
    """Names who handles it; an empty department is the center itself (rules R02, S01).

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Conflict``, ``Invalid`` (``department_unknown``).
    """
    complaint = of_center(room, call, complaint_id, expected_version)
    assignee = Assignee(
        assignee.department.strip(),
        clean(assignee.staff_id, field="staff_id", max_length=64, required=False),
        clean(assignee.staff_name, field="staff_name", max_length=50, required=False),
    )
    if assignee.department and room.reference.center(complaint.center_id).department(assignee.department) is None:
        raise Invalid("department_unknown", "本中心没有这个部门，请核对承办部门。", field="department_key")
    assigned = domain.assign(complaint, assignee)
    return room.complaints.save(assigned, [ComplaintAssigned(assigned)], call)


def investigate_complaint(
    *, room: ComplaintRoom, call: Call, complaint_id: str, findings: str, liability: Liability, expected_version: int
) -> Complaint:
    """Records what was found and who answers for it (rules R05). Raises as ``assign_complaint``."""
    complaint = of_center(room, call, complaint_id, expected_version)
    findings = written(room, complaint.center_id, findings, "findings")
    calendar = room.reference.calendar(complaint.center_id)
    # Its clock may have stood since the answer, while the calendar changed.
    investigated = by_calendar(domain.investigate(complaint, findings, liability), calendar)
    saved = room.complaints.save(investigated, [ComplaintInvestigated(investigated)], call)
    return recounting(room).by_the_present(call, saved, calendar)


def answer_complaint(
    *, room: ComplaintRoom, call: Call, complaint_id: str, answer: str, expected_version: int
) -> Complaint:
    """Answers the complainant (rules R04). Raises as ``assign_complaint``."""
    complaint = of_center(room, call, complaint_id, expected_version)
    answered = domain.answer(complaint, written(room, complaint.center_id, answer, "answer"), call.now)
    return room.complaints.save(answered, [ComplaintAnswered(answered)], call)


def call_back_complaint(
    *, room: ComplaintRoom, call: Call, complaint_id: str, satisfied: bool, note: str, expected_version: int
) -> Complaint:
    """Records the call-back (rules S01). Raises as ``assign_complaint``."""
    complaint = of_center(room, call, complaint_id, expected_version)
    said = CallBack(satisfied, written(room, complaint.center_id, note, "note"))
    called = domain.call_back(complaint, said)
    return room.complaints.save(called, [ComplaintCalledBack(called)], call)


def close_complaint(*, room: ComplaintRoom, call: Call, complaint_id: str, expected_version: int) -> Complaint:
    """Closes it (rules R03, J05). Raises as ``assign_complaint``; ``Conflict`` also as ``callback_missing``."""
    complaint = of_center(room, call, complaint_id, expected_version)
    closed = domain.close(complaint, call.now)
    told = [ForwardedComplaintClosed(closed, call.actor.name)] if closed.feedback_id else []
    return room.complaints.save(closed, [ComplaintClosed(closed), *told], call)
