"""Filing a complaint, and filing it anew (rules K05, R01, R04, AH06)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from kit.call import Call
from kit.errors import Forbidden, Invalid
from kit.text import clean
from kit.workdays import Calendar, local_date
from services.complaint import domain
from services.complaint.domain import (
    Complainant,
    Complaint,
    ComplaintFiled,
    ComplaintReopened,
    ComplaintState,
    Promise,
    Source,
    Subject,
    Topic,
)
from services.complaint.handlers.calendar import promised, recounting
from services.complaint.handlers.room import ComplaintRoom, by_code, of_center, written

#: Roles that may take a complaint for somebody else.
STAFF = ("clerk", "chief", "supervisor", "manager")
#: Sources that a person without an account may name.
_OPEN_SOURCES = (Source.PAGE, Source.VISIT)
_PHONE = re.compile(r"\+?[0-9][0-9 -]{5,18}[0-9]")
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
#: Our own choice, in characters.
MAX_REASON = 500


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
    calendar = room.reference.calendar(filing.center_id)
    source, taken_by = _source(call, filing)
    visit = _linked_id(filing.journey, "journey")
    subject = Subject(
        journey=visit or room.ids.new_id(call.now),
        ticket_id=_linked_id(filing.ticket_id, "ticket_id"),
        case_id=_linked_id(filing.case_id, "case_id"),
        joined=bool(visit),
    )
    complainant = None if filing.anonymous else _complainant(filing)
    text = written(room, filing.center_id, filing.text, "text")
    promise = promise_of(room, filing.center_id, call.now, calendar)
    complaint = Complaint(
        id=room.ids.new_id(call.now),
        number=next_number(room, filing.center_id, call.now),
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
    filed = room.complaints.create(complaint, [ComplaintFiled(complaint)], call)
    return recounting(room).by_the_present(call, filed, calendar)


def reopen_complaint(*, room: ComplaintRoom, call: Call, complaint_id: str, code: str, reason: str) -> Complaint:
    """Reopens a closed complaint, once: its complainant by the code, or staff of the center by the id (rules AH06).

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` (``already_reopened``, ``complaint_state``), ``Invalid``.
    """
    if code:
        complaint = by_code(room, code)
    else:
        call.actor.require("supervisor", "manager")
        complaint = of_center(room, call, complaint_id, 0)
    reason = clean(reason, field="reason", max_length=MAX_REASON, multiline=True)
    calendar = room.reference.calendar(complaint.center_id)
    reopened = domain.reopen(complaint, reason, promise_of(room, complaint.center_id, call.now, calendar))
    saved = room.complaints.save(reopened, [ComplaintReopened(reopened)], call)
    return recounting(room).by_the_present(call, saved, calendar)


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


def promise_of(room: ComplaintRoom, center_id: str, now: datetime, calendar: Calendar) -> Promise:
    """An answer in the center's number of working days (rules R03). Raises ``Unavailable``."""
    return promised(now, room.reference.policy(center_id).integer("complaint_days"), calendar)


def next_number(room: ComplaintRoom, center_id: str, now: datetime) -> str:
    """The next number of a center's year; a crash may leave a gap (convention 15)."""
    year = local_date(now).year
    number = room.complaints.store.next_number(f"complaint:{center_id}:{year}")
    return f"TS{center_id}-{year}-{number:05d}"
