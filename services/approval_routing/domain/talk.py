"""What staff say to each other about a case: a department's own notes, and questions to colleagues (rules K07).

Nothing of it stops a clock, and none of it leaves the house: neither the applicant nor another site is told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from kit.errors import Conflict, Forbidden, Invalid, NotFound
from services.approval_routing.domain.access import require_held, require_unbiased
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.records import Note, Question
from services.approval_routing.domain.worker import Worker

#: In one case (our own choice).
MOST_NOTES: Final = 100
MOST_QUESTIONS: Final = 50


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question that waits, as lists show it; made from the case, which decides."""

    id: str
    case_id: str
    case_number: str
    center_id: str
    item_name: str
    step_name: str
    asked_id: str
    question: Question
    version: int = 0


def add_note(case: Case, worker: Worker, *, text: str, corrects: int, now: datetime) -> Case:
    """A note of the worker's department; what was written stays, and is corrected by a further one.

    Raises ``Forbidden`` (``department_not_allowed``, ``recused``), ``Invalid`` (``text_required``, ``note_unknown``),
    ``Conflict`` (``too_many_notes``).
    """
    if not worker.department or worker.department not in case.departments:
        raise Forbidden("department_not_allowed", "内部备注只由承办部门填写。", department=worker.department)
    require_unbiased(case, worker)
    if not text:
        raise Invalid("text_required", "请填写备注。", field="text")
    if corrects and corrects not in {note.number for note in notes_of(case, worker.department)}:
        raise Invalid("note_unknown", "没有找到要更正的备注，请刷新后重新选择。", field="corrects")
    if len(case.notes) >= MOST_NOTES:
        raise Conflict("too_many_notes", f"每件最多 {MOST_NOTES} 条备注。", id=case.id)
    note = Note(len(case.notes) + 1, worker.department, worker.id, worker.name, text, now, corrects)
    return replace(case, notes=(*case.notes, note))


def notes_of(case: Case, department: str) -> list[Note]:
    """What the staff of one department may read; nobody else's."""
    return [note for note in case.notes if department and note.department_key == department]


def ask(case: Case, worker: Worker, asked: Worker, *, away: bool, text: str, now: datetime, step_key: str = "") -> Case:
    """Asks a colleague about a step that the worker holds; the clock goes on.

    Raises what ``require_held`` raises, ``Invalid`` (``text_required``, ``colleague_invalid``), ``Conflict``
    (``colleague_away``, ``colleague_recused``, ``too_many_questions``).
    """
    _, step = require_held(case, worker, step_key)
    if not text:
        raise Invalid("text_required", "请写明要征询的问题。", field="text")
    if asked.id == worker.id:
        raise Invalid("colleague_invalid", "请选择其他同事。", field="staff_id")
    if case.bars(asked):
        raise Conflict("colleague_recused", f"{asked.name}已在该办件中回避，请征询其他同事。", id=case.id)
    if away:
        raise Conflict("colleague_away", f"{asked.name}正在请假，请征询其顶岗人员。", id=case.id)
    if len(case.questions) >= MOST_QUESTIONS:
        raise Conflict("too_many_questions", f"每件最多征询 {MOST_QUESTIONS} 次。", id=case.id)
    question = Question(len(case.questions) + 1, step.key, worker.id, worker.name, asked.id, asked.name, text, now)
    return replace(case, questions=(*case.questions, question))


def answer(case: Case, worker: Worker, *, number: int, text: str, now: datetime) -> Case:
    """Answers what one was asked, or somebody whom one stands in for.

    Raises ``NotFound`` (``question_unknown``), ``Forbidden`` (``question_not_yours``, ``recused``), ``Conflict``
    (``question_answered``), ``Invalid`` (``text_required``).
    """
    if not 1 <= number <= len(case.questions):
        raise NotFound("question_unknown", "没有找到该征询，请刷新后核对。")
    question = case.questions[number - 1]
    if question.asked_id != worker.id and not worker.stands_in_for(question.asked_id):
        raise Forbidden("question_not_yours", f"该问题征询的是{question.asked_name}，请由其本人答复。")
    require_unbiased(case, worker)
    if question.answered_at is not None:
        raise Conflict("question_answered", "该征询已经答复。", id=case.id)
    if not text:
        raise Invalid("text_required", "请填写答复。", field="answer")
    said = replace(question, answer=text, answered_by_id=worker.id, answered_by_name=worker.name, answered_at=now)
    return replace(case, questions=(*case.questions[: number - 1], said, *case.questions[number:]))


def inquiry_of(case: Case, question: Question) -> Inquiry:
    """A question with what lists say of its case."""
    return Inquiry(
        id=f"{case.id}.q{question.number}",
        case_id=case.id,
        case_number=case.number,
        center_id=case.center_id,
        item_name=case.item_name,
        step_name=next((step.name for step in case.steps if step.key == question.step_key), question.step_key),
        asked_id=question.asked_id,
        question=question,
    )


def waiting(case: Case) -> list[Inquiry]:
    """The questions that wait for an answer; none once the case is decided."""
    open_ones = [each for each in case.questions if each.answered_at is None]
    return [inquiry_of(case, each) for each in open_ones] if case.state.undecided else []
