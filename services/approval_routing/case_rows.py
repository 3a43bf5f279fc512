"""What belongs to a case as messages of their own: rows of work lists, lines of its history, notes and questions."""

from __future__ import annotations

from kit.timestamps import from_timestamp, to_timestamp
from services.approval_routing.domain.case import HistoryLine
from services.approval_routing.domain.records import Note
from services.approval_routing.domain.talk import Inquiry
from services.approval_routing.domain.tasks import Task
from services.approval_routing.protos import STATES, STEP_KINDS, STEP_STATES
from tongban.approval_routing.v1 import messages_pb2 as pb
from tongban.approval_routing.v1 import talk_pb2, tasks_pb2


def task_message(task: Task) -> tasks_pb2.Task:
    """A row of a work list."""
    return tasks_pb2.Task(
        case_id=task.case_id,
        case_number=task.case_number,
        case_state=STATES[task.case_state],
        center_id=task.center_id,
        item_id=task.item_id,
        item_name=task.item_name,
        applicant_masked=task.applicant_masked,
        step_key=task.step_key,
        step_name=task.step_name,
        kind=STEP_KINDS[task.kind],
        role=task.role,
        department_key=task.department_key,
        state=STEP_STATES[task.state],
        assignee_id=task.assignee_id,
        assignee_name=task.assignee_name,
        opened_at=to_timestamp(task.opened_at),
        due_at=to_timestamp(task.due_at),
        due_provisional=task.due_provisional,
        version=task.case_version,
    )


def note_message(note: Note) -> talk_pb2.CaseNote:
    """A department's note, for its own staff."""
    return talk_pb2.CaseNote(
        number=note.number,
        department_key=note.department_key,
        author_name=note.author_name,
        text=note.text,
        at=to_timestamp(note.at),
        corrects=note.corrects,
    )


def inquiry_message(inquiry: Inquiry) -> talk_pb2.CaseQuestion:
    """A question to a colleague, and the answer."""
    question = inquiry.question
    return talk_pb2.CaseQuestion(
        case_id=inquiry.case_id,
        case_number=inquiry.case_number,
        item_name=inquiry.item_name,
        number=question.number,
        step_key=question.step_key,
        step_name=inquiry.step_name,
        asked_by_name=question.asked_by_name,
        asked_id=question.asked_id,
        asked_name=question.asked_name,
        text=question.text,
        at=to_timestamp(question.at),
        answer=question.answer,
        answered_by_name=question.answered_by_name,
        answered_at=to_timestamp(question.answered_at),
    )


def history_message(line: HistoryLine) -> pb.HistoryLine:
    """One line of a case's history."""
    return pb.HistoryLine(
        number=line.number,
        at=to_timestamp(line.at),
        actor_id=line.actor_id,
        actor_name=line.actor_name,
        what=line.what,
        step_key=line.step_key,
        state_hash=line.state_hash,
        hash=line.hash,
        behalf=line.behalf,
        form=line.form,
    )


def history_line(message: pb.HistoryLine) -> HistoryLine:
    """A line as it was told, to be counted anew by whoever was told it."""
    return HistoryLine(
        number=message.number,
        at=from_timestamp(message.at),
        actor_id=message.actor_id,
        actor_name=message.actor_name,
        what=message.what,
        step_key=message.step_key,
        state_hash=message.state_hash,
        hash=message.hash,
        form=message.form,
        behalf=message.behalf,
    )
