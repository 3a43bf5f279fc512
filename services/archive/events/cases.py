"""What approval_routing's events say of a case: how each step was done, notices, decision, result, delivery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from kit.events import Event
from kit.timestamps import from_timestamp
from services.archive.domain.case_file import Told
from services.archive.domain.completeness import Ending, Stage
from services.archive.domain.entries import PDF_TYPE, Draft, EntryKind, Origin
from services.archive.handlers import Head
from tongban.approval_routing.v1 import certificates_pb2 as certificates
from tongban.approval_routing.v1 import messages_pb2 as pb

Drafts = Callable[[Event, Any], list[Draft]]

_UNDONE: Final = frozenset({pb.STEP_STATE_WAITING, pb.STEP_STATE_OPEN, pb.STEP_STATE_CLAIMED, pb.STEP_STATE_ELSEWHERE})
_OUTCOMES: Final = {pb.OUTCOME_APPROVED: "准予", pb.OUTCOME_DENIED: "不予"}
_RECUSALS: Final = {
    pb.RECUSAL_STATE_REQUESTED: "待决定",
    pb.RECUSAL_STATE_GRANTED: "同意回避",
    pb.RECUSAL_STATE_REFUSED: "不同意回避",
}
_ENDS: Final = {certificates.RESULT_END_KIND_REVOKED: "撤销", certificates.RESULT_END_KIND_CANCELLED: "注销"}
_ENDINGS: Final = {pb.OUTCOME_APPROVED: Ending.APPROVED, pb.OUTCOME_DENIED: Ending.DENIED}


def head_of(case: pb.Case) -> Head:
    """Which case it is."""
    return Head(
        id=case.id,
        number=case.number,
        center_id=case.center_id,
        item_id=case.item_id,
        item_version=case.item_version,
        item_name=case.item_name,
        department_key=case.department_key,
        journey=case.journey,
        opened_at=from_timestamp(case.accepted_at),
        immediate=case.item_kind == "immediate",
    )


def told(event: Event, name: str, message: Any) -> Told:
    """What one of its events says; who applies is intake's to tell."""
    case: pb.Case = message.case
    responsible = case.responsible_staff_id
    return Told(
        drafts=tuple(FOLLOWED[name](event, message)),
        stages=tuple(Stage(step.key, step.name, step.state not in _UNDONE) for step in case.steps),
        papers=_papers(case),
        responsible=(responsible, case.responsible_staff_name) if responsible else None,
        ending=_ENDINGS.get(case.decision.outcome, Ending.NONE) if name == "ResultDelivered" else Ending.NONE,
    )


def _papers(case: pb.Case) -> tuple[str, ...]:
    there = (
        ("decision", case.HasField("decision")),
        ("result", case.HasField("result")),
        ("delivery", case.result.HasField("delivered_at")),
    )
    return tuple(name for name, is_there in there if is_there)


def _text(*said: tuple[str, str]) -> str:
    return "\n".join(f"{name}：{value}" for name, value in said if value)


def _record(event: Event, title: str, text: str, kind: EntryKind = EntryKind.RECORD) -> Draft:
    return Draft(event.id, kind, title, event.at, Origin.TEXT, by_name=event.actor_name, text=text)


def _nothing(event: Event, message: Any) -> list[Draft]:
    return []


def _plain(title: str) -> Drafts:
    return lambda event, message: [_record(event, title, _text(("办件流水号", message.case.number)))]


def _at_step(title: str, *fields: tuple[str, str]) -> Drafts:
    """A record of a step: ``fields`` are (what people call it, the step's field)."""

    def drafts(event: Event, message: Any) -> list[Draft]:
        step = _step_of(message)
        if step is None:
            return [_record(event, title, "")]
        said = [("环节", step.name), *((name, str(getattr(step, field))) for name, field in fields)]
        said.append(("理由", getattr(message, "reason", "")))
        return [_record(event, f"{title}：{step.name}", _text(*said))]

    return drafts


def _step_of(message: Any) -> pb.CaseStep | None:
    return next((step for step in message.case.steps if step.key == message.step_key), None)


def _signed(event: Event, message: Any) -> list[Draft]:
    step = _step_of(message)
    if step is None or not step.signatures:
        return []
    last = step.signatures[-1]
    said = _text(
        ("环节", step.name), ("意见", "同意" if last.agrees else "不同意"), ("说明", last.opinion), ("签署", last.name)
    )
    return [_record(event, f"会签：{step.name}", said)]


def _recorded(event: Event, message: Any) -> list[Draft]:
    step = _step_of(message)
    if step is None:
        return []
    record = step.record
    said = _text(
        ("环节", step.name),
        ("日期", record.held_on),
        ("地点", record.place),
        ("参加人", "、".join(record.people)),
        ("主持人", record.presided_by),
        ("记录", record.text),
    )
    return [_record(event, f"办理记录：{step.name}", said)]


def _answered(event: Event, message: Any) -> list[Draft]:
    step = _step_of(message)
    if step is None:
        return []
    answer = step.answer
    said = _text(
        ("环节", step.name),
        ("答复站点", answer.site),
        ("答复人", answer.answered_by),
        ("结论", _OUTCOMES.get(answer.outcome, "")),
        ("意见", answer.opinion),
        ("依据", answer.basis),
        ("文号", answer.number),
    )
    return [_record(event, f"外部门办理答复：{step.name}", said, EntryKind.MESSAGE)]


def _paused(event: Event, message: Any) -> list[Draft]:
    if not message.case.pauses:
        return []
    pause = message.case.pauses[-1]
    said = _text(("程序", pause.kind), ("理由", pause.reason), ("预计天数", str(pause.expected_days)))
    return [_record(event, "期限中止（特别程序）", said), *_notice("特别程序告知书", pause.notice)]


def _extended(event: Event, message: Any) -> list[Draft]:
    if not message.case.extensions:
        return []
    extension = message.case.extensions[-1]
    said = _text(
        ("理由", extension.reason),
        ("依据", extension.basis),
        ("批准人", extension.approved_by),
        ("审核", extension.reviewed_by_name),
        ("审核意见", extension.opinion),
    )
    titles = {
        pb.EXTENSION_STATE_REQUESTED: "申请延长期限",
        pb.EXTENSION_STATE_GRANTED: "延长期限",
        pb.EXTENSION_STATE_REFUSED: "不同意延长期限",
    }
    drafts = [_record(event, titles.get(extension.state, "延长期限"), said)]
    return [*drafts, *_notice("延长办理期限告知书", extension.notice)]


def _notice(title: str, notice: pb.ClockNotice) -> list[Draft]:
    if not notice.number:
        return []
    at = from_timestamp(notice.issued_at)
    return [
        Draft(
            key=f"notice/{notice.number}",
            kind=EntryKind.PAPER,
            title=f"{title} {notice.number}",
            at=at,
            origin=Origin.NOTICE,
            ref=notice.number,
            media_type=PDF_TYPE,
        )
    ]


def _decided(event: Event, message: Any) -> list[Draft]:
    decision = message.case.decision
    return [
        Draft(
            key=f"decision/{decision.number}",
            kind=EntryKind.DECISION,
            title=f"{_OUTCOMES.get(decision.outcome, '')}决定书 {decision.number}",
            at=from_timestamp(decision.decided_at),
            origin=Origin.DECISION,
            ref=decision.number,
            by_name=decision.decided_by_name,
            media_type=PDF_TYPE,
        )
    ]


def _issued(event: Event, message: Any) -> list[Draft]:
    result = message.case.result
    return [
        Draft(
            key=f"result/{result.number}",
            kind=EntryKind.RESULT,
            title=f"办理结果 {result.name} {result.number}".strip(),
            at=from_timestamp(result.issued_at),
            origin=Origin.RESULT,
            ref=result.number,
            by_name=event.actor_name,
            media_type=PDF_TYPE,
        )
    ]


def _delivered(event: Event, message: Any) -> list[Draft]:
    result = message.case.result
    methods = {"window": "窗口领取", "post": "邮寄", "electronic": "电子送达"}
    said = _text(
        ("方式", methods.get(result.method, result.method)),
        ("领取人", result.received_by),
        ("邮件号", result.tracking_number),
        ("证件", f"{result.pick_up.id_type} {result.pick_up.id_number}".strip()),
        ("授权委托", result.pick_up.authority),
        ("签名 SHA-256", result.pick_up.signature_sha256),
        ("送达回证", result.slip_number),
    )
    slip = Draft(
        key=f"slip/{result.slip_number}",
        kind=EntryKind.PAPER,
        title=f"送达回证 {result.slip_number}",
        at=from_timestamp(result.delivered_at),
        origin=Origin.SLIP,
        ref=result.slip_number,
        by_name=result.pick_up.given_by,
        media_type=PDF_TYPE,
    )
    return [_record(event, "送达记录", said), *([slip] if result.slip_number else [])]


def _undelivered(event: Event, message: Any) -> list[Draft]:
    return [_record(event, "未能送达，退回部门", _text(("理由", message.reason)))]


def _recusal(title: str) -> Drafts:
    def drafts(event: Event, message: Any) -> list[Draft]:
        recusals = message.case.recusals
        recusal = recusals[-1] if recusals else pb.Recusal()
        said = _text(
            ("人员", recusal.name),
            ("理由", recusal.reason),
            ("决定", _RECUSALS.get(recusal.state, "")),
            ("决定人", recusal.decided_by_name or recusal.imposed_by_name),
            ("意见", recusal.opinion),
        )
        return [_record(event, title, said)]

    return drafts


def _renewal(title: str) -> Drafts:
    def drafts(event: Event, message: Any) -> list[Draft]:
        renewal = message.case.renewal
        said = _text(
            ("原证照", renewal.number),
            ("有效期至", renewal.valid_until),
            ("申请时间", "在规定期限内" if renewal.in_time else "超过规定期限"),
        )
        return [_record(event, title, said)]

    return drafts


def _hearing(event: Event, message: Any) -> list[Draft]:
    step = _step_of(message)
    if step is None:
        return []
    course = step.hearing
    said = _text(
        ("环节", step.name),
        ("告知", course.told_on),
        ("申请", course.asked_on),
        ("通知", course.notified_on),
        ("举行", course.planned_on),
        ("申请截止", course.ask_by),
        ("最迟举行", course.hold_by),
    )
    return [_record(event, f"听证安排：{step.name}", said)]


def _ended(event: Event, message: Any) -> list[Draft]:
    ended = message.case.result.ended
    said = _text(("方式", _ENDS.get(ended.kind, "")), ("理由", ended.reason), ("依据", ended.basis))
    return [_record(event, "证照撤销或者注销", said)]


def _internal(title: str) -> Drafts:
    """What a department keeps for itself; others are told of it without its words."""
    return lambda event, message: [_record(event, title, "内容由办理部门留存，不随案卷公开。")]


def _moved(event: Event, message: Any) -> list[Draft]:
    return [_record(event, "期限因日历变更重新计算", _text(("理由", message.reason)))]


#: Events of approval_routing that a file follows, with the lines that each leaves.
FOLLOWED: Final[dict[str, Drafts]] = {
    "CaseOpened": _nothing,
    "StepPassed": _at_step("办理意见", ("意见", "opinion")),
    "StepReturned": _at_step("退回"),
    "StepRejected": _at_step("建议不予许可", ("意见", "opinion")),
    "StaffRecused": _recusal("回避"),
    "RecusalDecided": _recusal("回避决定"),
    "RenewalApplied": _renewal("申请延续证照"),
    "RenewalDeemed": _renewal("逾期未决定，视为准予延续"),
    "HearingPlanned": _hearing,
    "StepSigned": _signed,
    "StepRecorded": _recorded,
    "PartSettled": _at_step("并联环节处理", ("意见", "opinion")),
    "StepSentElsewhere": _at_step("转外部门办理"),
    "StepAnsweredElsewhere": _answered,
    "StepCameBack": _at_step("外部门未办理，退回"),
    "CasePaused": _paused,
    "CaseResumed": _plain("期限恢复计算"),
    "ExtensionRequested": _extended,
    "CaseExtended": _extended,
    "ExtensionRefused": _extended,
    "DeadlineRecomputed": _moved,
    "CaseDecided": _decided,
    "ResultIssued": _issued,
    "ResultDelivered": _delivered,
    "ResultUndelivered": _undelivered,
    "ResultEnded": _ended,
    "NoteAdded": _internal("部门内部备注"),
    "ColleagueAsked": _internal("征询同事意见"),
    "QuestionAnswered": _internal("同事答复征询"),
}
#: Those of them that a center's policy keeps out of files, or lets in.
INTERNAL: Final = frozenset({"NoteAdded", "ColleagueAsked", "QuestionAnswered"})
