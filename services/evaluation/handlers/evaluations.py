"""Inviting, judging, letting expire."""

from __future__ import annotations

from typing import Any

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import Forbidden, Invalid, NotFound
from kit.events import DomainEvent
from kit.store.port import Duplicate, Mark
from kit.text import clean
from services.evaluation.domain import evaluation as evaluations
from services.evaluation.domain.evaluation import (
    MAX_TAG_LENGTH,
    MAX_TAGS,
    Channel,
    Evaluation,
    EvaluationExpired,
    EvaluationInvited,
    EvaluationSubmitted,
    ForwardedEvaluationConcluded,
    Judgement,
    Level,
    Subject,
)
from services.evaluation.handlers.desk import Desk


def alarms(desk: Desk) -> list[Alarm]:
    """What wakes up: invitations that nobody answered."""

    def fire(evaluation: Any, call: Call) -> None:
        expire_evaluation(desk=desk, call=call, evaluation=evaluation)

    return [Alarm("evaluation.expiry", desk.evaluations, fire)]


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


def take_forwarded(*, desk: Desk, call: Call, subject: Subject, judgement: Judgement, mark: Mark) -> None:
    """Takes in what was judged at another site of this one's part, once; a negative one is mended as any other.

    Of one that needs nothing done the other site is told at once that it counts. Raises ``AlreadyApplied``.
    """
    invited = evaluations.invite(subject, call.now, 0)
    judged = evaluations.submit(invited, judgement, call.now)
    events: list[DomainEvent] = [EvaluationSubmitted(judged)]
    if not judged.negative:
        events.append(ForwardedEvaluationConcluded(judged, "评价已计入本单位", "系统"))
    try:
        desk.evaluations.create(judged, events, call, mark=mark)
    except Duplicate:
        if desk.evaluations.find_by_id(judged.id) is None:
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
