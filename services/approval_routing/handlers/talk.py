"""Internal notes and questions to colleagues (rules K07)."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Final

from kit.call import Call
from kit.clock import to_ms
from kit.errors import Forbidden
from kit.store.port import Body, Duplicate, Index, Kind
from kit.store.repository import Found
from kit.text import clean
from services.approval_routing.domain import talk
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.events import ColleagueAsked, NoteAdded, QuestionAnswered
from services.approval_routing.domain.records import Note
from services.approval_routing.domain.talk import Inquiry
from services.approval_routing.domain.worker import Worker
from services.approval_routing.handlers.access import CENTER_ROLES, loaded, visible, worker
from services.approval_routing.handlers.office import Office

#: Of a note, a question or an answer, in characters.
MOST_WORDS: Final = 1000
#: The longest page of a list.
MOST: Final = 200

INQUIRIES: Final = Kind(
    "inquiry", (Index("by_asked", ("center_id", "asked_id", "at")), Index("by_case", ("case_id", "at")))
)


def inquiry_keys(inquiry: Inquiry) -> Body:
    """What lists are read by."""
    return {"at": to_ms(inquiry.question.at)}


def add_note(*, office: Office, call: Call, case_id: str, text: str, corrects: int) -> Note:
    """Writes a note for one's own department. Raises what ``talk.add_note`` raises, ``NotFound``."""
    case = loaded(office, call, case_id)
    text = clean(text, field="text", max_length=MOST_WORDS, multiline=True)
    noted = talk.add_note(case, worker(office, call), text=text, corrects=corrects, now=call.now)
    return office.cases.save(noted, [NoteAdded(noted)], call).notes[-1]


def ask_colleague(*, office: Office, call: Call, case_id: str, step_key: str, staff_id: str, text: str) -> Inquiry:
    """Asks a colleague of the center. Raises what ``talk.ask`` raises, ``NotFound`` (``staff_not_found``)."""
    case = loaded(office, call, case_id)
    text = clean(text, field="text", max_length=MOST_WORDS, multiline=True)
    who = worker(office, call)
    found = office.colleagues.get(staff_id, token=call.token)
    if found.center_id != case.center_id or not found.active:
        raise Forbidden("colleague_not_here", "只能征询本中心在岗的同事，请重新选择。")
    asked = Worker(found.id, found.name, found.roles, found.department)
    now = talk.ask(case, who, asked, away=found.away, text=text, now=call.now, step_key=step_key)
    question = now.questions[-1]
    saved = office.cases.save(now, [ColleagueAsked(now, question.step_key)], call)
    return talk.inquiry_of(saved, question)


def answer_question(*, office: Office, call: Call, case_id: str, number: int, answer: str) -> Inquiry:
    """Answers what one was asked. Raises what ``talk.answer`` raises, ``NotFound``."""
    case = loaded(office, call, case_id)
    answer = clean(answer, field="answer", max_length=MOST_WORDS, multiline=True)
    said = talk.answer(case, worker(office, call), number=number, text=answer, now=call.now)
    question = said.questions[number - 1]
    saved = office.cases.save(said, [QuestionAnswered(said, question.step_key)], call)
    return talk.inquiry_of(saved, question)


def case_talk(*, office: Office, call: Call, case_id: str) -> tuple[list[Note], list[Inquiry]]:
    """The notes of the caller's own department, and all questions; who was only asked sees what they were asked.

    Raises ``NotFound``, ``Forbidden``.
    """
    try:
        case = visible(office, call, case_id)
    except Forbidden:
        case = loaded(office, call, case_id)
        own = [talk.inquiry_of(case, each) for each in case.questions if each.asked_id == call.actor.id]
        if not own:
            raise
        return [], own
    department = call.actor.department
    handles = department in case.departments and call.actor.has("chief", "reviewer", "approver")
    notes = talk.notes_of(case, department) if handles else []
    return notes, [talk.inquiry_of(case, each) for each in case.questions]


def list_questions(*, office: Office, call: Call, center_id: str, limit: int, cursor: str) -> Found[Inquiry]:
    """What waits for the caller's answer, or that of somebody whom they stand in for. Raises ``Forbidden``."""
    actor = call.actor
    actor.require(*CENTER_ROLES, "chief", "reviewer", "approver")
    actor.require_center(center_id)
    covered = (each.id for each in office.colleagues.get(actor.id, token=call.token).covers)
    page = min(limit, MOST) if limit > 0 else 50
    return office.inquiries.find(
        "by_asked", center_id=center_id, asked_id=tuple(sorted({actor.id, *covered})), limit=page, cursor=cursor
    )


def keep_inquiries(*, office: Office, call: Call, case: Case) -> None:
    """Makes the lists say what of a case waits for an answer; again changes nothing. Raises ``Stale``."""
    wanted = {one.id: one for one in talk.waiting(case)}
    for there in list(office.inquiries.each("by_case", case_id=case.id)):
        one = wanted.pop(there.id, None)
        if one is None:
            office.inquiries.store.remove(INQUIRIES.name, [(there.id, there.version)])
        elif replace(one, version=there.version) != there:
            office.inquiries.save(replace(one, version=there.version), [], call)
    for one in wanted.values():
        with contextlib.suppress(Duplicate):
            office.inquiries.create(one, [], call)
