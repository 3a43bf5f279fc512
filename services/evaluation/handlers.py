"""Use cases: inviting, judging, letting expire, and mending what was judged negative."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.alarms import ALARMS, Alarm
from kit.call import Call
from kit.clock import to_ms
from kit.errors import Forbidden, Invalid, NotFound
from kit.store.port import Body, Duplicate, Index, Kind, Mark
from kit.store.repository import Repository, check_version
from kit.text import clean
from kit.workdays import Limit, Unit, due
from reference import Reference
from services.evaluation.domain import evaluation as evaluations
from services.evaluation.domain import rectification as rectifications
from services.evaluation.domain.evaluation import (
    MAX_TAG_LENGTH,
    MAX_TAGS,
    Channel,
    Evaluation,
    EvaluationExpired,
    EvaluationInvited,
    EvaluationState,
    EvaluationSubmitted,
    Judgement,
    Level,
    Subject,
)
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

EVALUATIONS = Kind(
    "evaluation",
    (
        Index("by_code", ("subject.code",), unique=True),
        Index("by_center", ("subject.center_id", "standing", "invited_at")),
        ALARMS,
    ),
)
RECTIFICATIONS = Kind(
    "rectification",
    (
        Index("by_center", ("center_id", "state", "opened_at")),
        Index("by_owner", ("center_id", "owner.department", "state", "opened_at")),
    ),
)
KINDS = (EVALUATIONS, RECTIFICATIONS)

#: What findings, measures and notes may have, in characters.
MAX_NOTE = 2000


@dataclass(frozen=True)
class Desk:
    """What the use cases work with."""

    evaluations: Repository[Evaluation]
    rectifications: Repository[Rectification]
    reference: Reference


def standing(evaluation: Evaluation) -> str:
    """How an evaluation is listed: its state, the submitted ones told apart by what they say."""
    if evaluation.state is EvaluationState.SUBMITTED:
        return "negative" if evaluation.negative else "positive"
    return evaluation.state.value


def evaluation_keys(evaluation: Evaluation) -> Body:
    """Indexed values beside the fields: the standing, and when an open invitation must be let go."""
    is_open = evaluation.state is EvaluationState.INVITED
    return {"standing": standing(evaluation), "due_at": to_ms(evaluation.expires_at) + 1 if is_open else None}


def alarms(desk: Desk) -> list[Alarm]:
    """What wakes up: invitations that nobody answered."""

    def fire(evaluation: Any, call: Call) -> None:
        expire_evaluation(desk=desk, call=call, evaluation=evaluation)

    return [Alarm("evaluation.expiry", desk.evaluations, fire)]


# ── Evaluations ──────────────────────────────────────────────────────────────────────────────────────────────────


def invite_user(*, desk: Desk, call: Call, subject: Subject, mark: Mark) -> None:
    """Invites the user of a service that ended, once (rules Q04; 一次一评、一事一评).

    An invitation stands for the center's number of natural days; a subject that has one already gets no second.
    Raises ``AlreadyApplied``, ``Unavailable`` (``reference_not_ready``), and ``Invalid`` on a subject of no center or
    without a code, which can't be invited however often it is tried.
    """
    if not subject.center_id or not subject.code:
        raise Invalid("event_incomplete", "事件缺少中心编码或查询码，无法邀请评价。", subject=subject.id)
    days = desk.reference.policy(subject.center_id).integer("evaluation_valid_days")
    invited = evaluations.invite(subject, call.now, days)
    try:
        desk.evaluations.create(invited, [EvaluationInvited(invited)], call, mark=mark)
    except Duplicate:
        if desk.evaluations.find_by_id(invited.id) is None:
            raise


def submit_evaluation(
    *, desk: Desk, call: Call, code: str, level: Level, tags: tuple[str, ...], comment: str, channel: Channel
) -> Evaluation:
    """Judges a service, once, by the code that its user holds (rules Q01, Q02).

    Raises ``NotFound`` (``invitation_not_found``), ``Conflict`` (``already_evaluated``, ``evaluation_expired``),
    ``Forbidden`` (``own_service``: whoever served doesn't judge; 国办发〔2019〕51号) and ``Invalid``.
    """
    evaluation = desk.evaluations.find_unique("by_code", code) if code else None
    if evaluation is None:
        raise invitation_not_found()
    if evaluation.subject.staff_id and call.actor.id == evaluation.subject.staff_id:
        raise Forbidden("own_service", "工作人员不能评价本人提供的服务，请由办事群众评价。")
    longest = desk.reference.policy(evaluation.subject.center_id).integer("evaluation_comment_length")
    judgement = Judgement(
        level=level,
        tags=_clean_tags(tags),
        comment=clean(comment, field="comment", max_length=longest, required=False, multiline=True),
        channel=channel,
    )
    judged = evaluations.submit(evaluation, judgement, call.now)
    return desk.evaluations.save(judged, [EvaluationSubmitted(judged)], call)


def expire_evaluation(*, desk: Desk, call: Call, evaluation: Evaluation) -> None:
    """Lets an invitation go that nobody answered in time: not evaluated, never satisfied. Raises ``Conflict``."""
    expired = evaluations.expire(evaluation, call.now)
    desk.evaluations.save(expired, [EvaluationExpired(expired)], call)


def invitation_not_found() -> NotFound:
    """No invitation has this code: the code is wrong, or the service hasn't ended."""
    return NotFound("invitation_not_found", "没有找到评价邀请，请核对评价码；如业务尚未办完，请办完后再评价。")


def _clean_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    cleaned = tuple(dict.fromkeys(clean(tag, field="tags", max_length=MAX_TAG_LENGTH) for tag in tags))
    if len(cleaned) > MAX_TAGS:
        raise Invalid("too_many_tags", f"评价标签最多选择 {MAX_TAGS} 个，请减少后重试。", field="tags", max=MAX_TAGS)
    return cleaned


# ── Rectifications ───────────────────────────────────────────────────────────────────────────────────────────────


def open_rectification(*, desk: Desk, call: Call, evaluation_id: str, mark: Mark) -> None:
    """Opens the rectification of a negative evaluation, due in the center's number of working days (rules Q05).

    The days run from the evaluation, however late its event comes. Raises ``AlreadyApplied``, ``NotFound``,
    ``Unavailable`` (``reference_not_ready``), and ``Conflict`` on an evaluation that isn't negative.
    """
    evaluation = desk.evaluations.get(evaluation_id)
    center_id = evaluation.subject.center_id
    days = desk.reference.policy(center_id).integer("rectification_days")
    deadline = due(
        evaluation.submitted_at or call.now,
        Limit(days, Unit.WORKING_DAY, "rules Q05"),
        desk.reference.calendar(center_id),
    )
    opened = rectifications.open_for(evaluation, deadline)
    try:
        desk.rectifications.create(opened, [RectificationOpened(opened)], call, mark=mark)
    except Duplicate:
        if desk.rectifications.find_by_id(opened.id) is None:
            raise


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
        return desk.rectifications.save(closed, [RectificationClosed(closed)], call)
    back = rectifications.send_back(rectification, note)
    return desk.rectifications.save(back, [RectificationSentBack(back)], call)


def _theirs(desk: Desk, call: Call, rectification_id: str, expected_version: int) -> Rectification:
    rectification = desk.rectifications.get(rectification_id)
    call.actor.require_center(rectification.center_id)
    check_version(rectification, expected_version)
    return rectification
