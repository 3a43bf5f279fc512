"""Use cases: filing a complaint and bringing it to its end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, NotFound
from kit.ids import Ids
from kit.store.port import Index, Kind
from kit.store.repository import Repository, check_version
from kit.text import clean
from kit.workdays import Limit, Unit, due, local_date
from reference import Reference
from services.complaint import domain
from services.complaint.domain import (
    Assignee,
    CallBack,
    Complainant,
    ComplainantShown,
    Complaint,
    ComplaintAnswered,
    ComplaintAssigned,
    ComplaintCalledBack,
    ComplaintClosed,
    ComplaintFiled,
    ComplaintInvestigated,
    ComplaintReopened,
    ComplaintState,
    Liability,
    Promise,
    Showing,
    Source,
    Subject,
    Topic,
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

#: Roles that may take a complaint for somebody else.
STAFF = ("clerk", "chief", "supervisor", "manager")
#: Sources that a person without an account may name.
_OPEN_SOURCES = (Source.PAGE, Source.VISIT)
_PHONE = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_MAX_REASON = 500


@dataclass(frozen=True)
class ComplaintRoom:
    """What the use cases work with."""

    complaints: Repository[Complaint]
    showings: Repository[Showing]
    reference: Reference
    ids: Ids


@dataclass(frozen=True, slots=True)
class Filing:
    """What somebody complains of, as it was handed in."""

    center_id: str
    #: None: a page for the public, a call for staff.
    source: Source | None
    topic: Topic
    text: str
    anonymous: bool
    name: str = ""
    phone: str = ""
    ticket_id: str = ""
    case_id: str = ""
    #: Empty: a journey of its own.
    journey: str = ""


def file_complaint(*, room: ComplaintRoom, call: Call, filing: Filing) -> Complaint:
    """Files a complaint from a page, or for somebody by staff of the center (rules K05, R01, R04).

    It gets a number of the center's year and a promise in working days (rules R03); linked to a visit, it goes on
    with that visit's journey. An anonymous one keeps no name and no phone. Raises ``NotFound`` (``center_unknown``),
    ``Forbidden`` (``source_not_allowed``, ``center_not_allowed``), ``Invalid``, ``Unavailable``.
    """
    before = room.complaints.created_before(call)
    if before is not None:
        return before
    room.reference.center(filing.center_id)
    source, taken_by = _source(call, filing)
    visit = _linked_id(filing.journey, "journey")
    subject = Subject(
        journey=visit or room.ids.new_id(call.now),
        ticket_id=_linked_id(filing.ticket_id, "ticket_id"),
        case_id=_linked_id(filing.case_id, "case_id"),
        joined=bool(visit),
    )
    complainant = None if filing.anonymous else _complainant(filing)
    text = _written(room, filing.center_id, filing.text, "text")
    promise = _promise(room, filing.center_id, call.now)
    complaint = Complaint(
        id=room.ids.new_id(call.now),
        number=_next_number(room, filing.center_id, call.now),
        center_id=filing.center_id,
        source=source,
        topic=filing.topic,
        state=ComplaintState.FILED,
        text=text,
        complainant=complainant,
        subject=subject,
        promise=promise,
        filed_at=call.now,
        code=room.ids.new_code(),
        taken_by=taken_by,
    )
    return room.complaints.create(complaint, [ComplaintFiled(complaint)], call)


def assign_complaint(
    *, room: ComplaintRoom, call: Call, complaint_id: str, assignee: Assignee, expected_version: int
) -> Complaint:
    """Names who handles it; an empty department is the center itself (rules R02, S01).

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Conflict``, ``Invalid`` (``department_unknown``).
    """
    complaint = _theirs(room, call, complaint_id, expected_version)
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
    complaint = _theirs(room, call, complaint_id, expected_version)
    findings = _written(room, complaint.center_id, findings, "findings")
    investigated = domain.investigate(complaint, findings, liability)
    return room.complaints.save(investigated, [ComplaintInvestigated(investigated)], call)


def answer_complaint(
    *, room: ComplaintRoom, call: Call, complaint_id: str, answer: str, expected_version: int
) -> Complaint:
    """Answers the complainant (rules R04). Raises as ``assign_complaint``."""
    complaint = _theirs(room, call, complaint_id, expected_version)
    answered = domain.answer(complaint, _written(room, complaint.center_id, answer, "answer"), call.now)
    return room.complaints.save(answered, [ComplaintAnswered(answered)], call)


def call_back_complaint(
    *, room: ComplaintRoom, call: Call, complaint_id: str, satisfied: bool, note: str, expected_version: int
) -> Complaint:
    """Records the call-back (rules S01). Raises as ``assign_complaint``."""
    complaint = _theirs(room, call, complaint_id, expected_version)
    said = CallBack(satisfied, _written(room, complaint.center_id, note, "note"))
    called = domain.call_back(complaint, said)
    return room.complaints.save(called, [ComplaintCalledBack(called)], call)


def close_complaint(*, room: ComplaintRoom, call: Call, complaint_id: str, expected_version: int) -> Complaint:
    """Closes it (rules R03, J05). Raises as ``assign_complaint``; ``Conflict`` also as ``callback_missing``."""
    complaint = _theirs(room, call, complaint_id, expected_version)
    closed = domain.close(complaint, call.now)
    return room.complaints.save(closed, [ComplaintClosed(closed)], call)


def reopen_complaint(*, room: ComplaintRoom, call: Call, complaint_id: str, code: str, reason: str) -> Complaint:
    """Reopens a closed complaint, once: its complainant by the code, or staff of the center by the id (rules AH06).

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` (``already_reopened``, ``complaint_state``), ``Invalid``.
    """
    if code:
        complaint = by_code(room, code)
    else:
        call.actor.require("supervisor", "manager")
        complaint = _theirs(room, call, complaint_id, 0)
    reason = clean(reason, field="reason", max_length=_MAX_REASON, multiline=True)
    reopened = domain.reopen(complaint, reason, _promise(room, complaint.center_id, call.now))
    return room.complaints.save(reopened, [ComplaintReopened(reopened)], call)


def show_complainant(*, room: ComplaintRoom, call: Call, complaint_id: str, purpose: str) -> Complainant:
    """Shows a complainant's name and phone, after writing down to whom and what for (convention 13, rules AG01).

    Raises ``NotFound``, ``Forbidden``, ``Invalid``, ``Conflict`` (``complaint_anonymous``).
    """
    complaint = _theirs(room, call, complaint_id, 0)
    purpose = clean(purpose, field="purpose", max_length=_MAX_REASON)
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


def by_code(room: ComplaintRoom, code: str) -> Complaint:
    """The complaint whose progress a code opens. Raises ``NotFound``."""
    complaint = room.complaints.find_unique("by_code", code) if code else None
    if complaint is None:
        raise NotFound("complaint_not_found", "没有找到该投诉，请核对查询码。")
    return complaint


# ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _theirs(room: ComplaintRoom, call: Call, complaint_id: str, expected_version: int) -> Complaint:
    complaint = room.complaints.get(complaint_id)
    call.actor.require_center(complaint.center_id)
    check_version(complaint, expected_version)
    return complaint


def _source(call: Call, filing: Filing) -> tuple[Source, str]:
    """Where it came from, and the staff who took it."""
    if not call.actor.has(*STAFF):
        source = filing.source or Source.PAGE
        if source not in _OPEN_SOURCES:
            raise Forbidden("source_not_allowed", "电话和检查发现的投诉由工作人员登记，请直接在本页面投诉。")
        return source, ""
    call.actor.require_center(filing.center_id)
    return filing.source or Source.PHONE, call.actor.id


def _complainant(filing: Filing) -> Complainant:
    name = clean(filing.name, field="name", max_length=50)
    phone = clean(filing.phone, field="phone", max_length=20)
    if not _PHONE.fullmatch(phone):
        raise Invalid("phone_invalid", "联系电话格式不正确，请填写手机号或带区号的座机号。", field="phone")
    return Complainant(name, phone)


def _linked_id(value: str, name: str) -> str:
    value = value.strip()
    if value and not _ID.fullmatch(value):
        raise Invalid("link_invalid", "关联的办事记录编号不正确，请从办事进度页面进入投诉，或不填写。", field=name)
    return value


def _written(room: ComplaintRoom, center_id: str, value: str, name: str) -> str:
    longest = room.reference.policy(center_id).integer("complaint_text_length")
    return clean(value, field=name, max_length=longest, multiline=True)


def _promise(room: ComplaintRoom, center_id: str, now: datetime) -> Promise:
    days = room.reference.policy(center_id).integer("complaint_days")
    deadline = due(now, Limit(days, Unit.WORKING_DAY, "rules R03"), room.reference.calendar(center_id))
    if deadline.due_at is None:
        raise ValueError("a promise without pauses has a due date")
    return Promise(deadline.due_at, deadline.provisional)


def _next_number(room: ComplaintRoom, center_id: str, now: datetime) -> str:
    year = local_date(now).year
    number = room.complaints.store.next_number(f"complaint:{center_id}:{year}")
    return f"TS{center_id}-{year}-{number:05d}"
