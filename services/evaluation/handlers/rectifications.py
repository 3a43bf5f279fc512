"""Mending what was judged negative."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Invalid
from kit.store.port import AlreadyApplied, Duplicate, Mark
from kit.store.repository import check_version
from kit.text import clean
from services.evaluation.domain import rectification as rectifications
from services.evaluation.domain.evaluation import ForwardedEvaluationConcluded, SubjectKind
from services.evaluation.domain.rectification import (
    Answer,
    Owner,
    Rectification,
    RectificationAnswered,
    RectificationAssigned,
    RectificationClosed,
    RectificationOpened,
    RectificationSentBack,
)
from services.evaluation.handlers.calendar import by_calendar, deadline_of, recounting
from services.evaluation.handlers.desk import Desk

#: What findings, measures and notes may have, in characters.
MAX_NOTE = 2000


def open_rectification(*, desk: Desk, call: Call, evaluation_id: str, mark: Mark) -> None:
    """Opens the rectification of a negative evaluation, due in the center's number of working days (rules Q05).

    The days run from the evaluation, however late its event comes. Raises ``AlreadyApplied``, ``NotFound``,
    ``Unavailable`` (``reference_not_ready``), and ``Conflict`` on an evaluation that isn't negative.
    """
    evaluation = desk.evaluations.get(evaluation_id)
    center_id = evaluation.subject.center_id
    days = desk.reference.policy(center_id).integer("rectification_days")
    calendar = desk.reference.calendar(center_id)
    deadline = deadline_of(evaluation.submitted_at or call.now, days, calendar)
    opened = rectifications.open_for(evaluation, deadline)
    try:
        opened = desk.rectifications.create(opened, [RectificationOpened(opened)], call, mark=mark)
    except AlreadyApplied:
        recounting(desk).recount(call, opened.id)  # a crash may have come between the write and the look behind it
        raise
    except Duplicate:
        if desk.rectifications.find_by_id(opened.id) is None:
            raise
    recounting(desk).by_the_present(call, opened, calendar)


def assign_rectification(
    *, desk: Desk, call: Call, rectification_id: str, owner: Owner, expected_version: int
) -> Rectification:
    """Names the owner (谁办理、谁负责; rules Q06). An empty department is the center itself.

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Conflict``, and ``Invalid`` (``department_unknown``).
    """
    rectification = _theirs(desk, call, rectification_id, expected_version)
    owner = Owner(
        owner.department.strip(),
        clean(owner.staff_id, field="owner_staff_id", max_length=64, required=False),
        clean(owner.staff_name, field="owner_staff_name", max_length=50, required=False),
    )
    if owner.department and desk.reference.center(rectification.center_id).department(owner.department) is None:
        raise Invalid("department_unknown", "本中心没有这个部门，请核对责任部门。", field="owner_department")
    assigned = rectifications.assign(rectification, owner)
    return desk.rectifications.save(assigned, [RectificationAssigned(assigned)], call)


def answer_rectification(
    *,
    desk: Desk,
    call: Call,
    rectification_id: str,
    findings: str,
    measures: str,
    callback_note: str,
    expected_version: int,
) -> Rectification:
    """The owner says what was found and mended (rules Q05). Only the owner's department may.

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Conflict`` (``rectification_not_open``), ``Invalid``.
    """
    rectification = _theirs(desk, call, rectification_id, expected_version)
    call.actor.require_department(rectification.center_id, rectification.owner.department)
    said = Answer(
        findings=clean(findings, field="findings", max_length=MAX_NOTE, multiline=True),
        measures=clean(measures, field="measures", max_length=MAX_NOTE, multiline=True),
        callback_note=clean(callback_note, field="callback_note", max_length=MAX_NOTE, required=False, multiline=True),
    )
    answered = rectifications.answer(rectification, said, call.now)
    return desk.rectifications.save(answered, [RectificationAnswered(answered)], call)


def review_rectification(
    *, desk: Desk, call: Call, rectification_id: str, accepted: bool, note: str, expected_version: int
) -> Rectification:
    """Closes it or sends it back to its owner (复查, rules Q06).

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Conflict`` (``rectification_not_answered``,
    ``callback_missing``), ``Invalid`` (``review_note_required``).
    """
    rectification = _theirs(desk, call, rectification_id, expected_version)
    note = clean(note, field="note", max_length=MAX_NOTE, required=False, multiline=True)
    if accepted:
        closed = rectifications.close(rectification, note, call.now)
        return desk.rectifications.save(closed, [RectificationClosed(closed), *_told_back(desk, call, closed)], call)
    calendar = desk.reference.calendar(rectification.center_id)
    # Its clock stood while the review had it, and the calendar may have changed.
    back = by_calendar(rectifications.send_back(rectification, note), calendar)
    saved = desk.rectifications.save(back, [RectificationSentBack(back)], call)
    return recounting(desk).by_the_present(call, saved, calendar)


def _told_back(desk: Desk, call: Call, closed: Rectification) -> list[ForwardedEvaluationConcluded]:
    evaluation = desk.evaluations.get(closed.evaluation_id)
    if evaluation.subject.kind is not SubjectKind.ELSEWHERE or closed.answer is None:
        return []
    said = closed.answer
    return [ForwardedEvaluationConcluded(evaluation, said.findings, call.actor.name, said.measures, said.callback_note)]


def _theirs(desk: Desk, call: Call, rectification_id: str, expected_version: int) -> Rectification:
    rectification = desk.rectifications.get(rectification_id)
    call.actor.require_center(rectification.center_id)
    check_version(rectification, expected_version)
    return rectification
