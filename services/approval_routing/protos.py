"""Cases as messages."""

from __future__ import annotations

from datetime import date
from typing import Final

from kit.made import MadeOnce
from kit.timestamps import to_timestamp
from kit.workdays import DayLine, Deadline, Unit
from services.approval_routing.domain.case import (
    Case,
    CaseState,
    CaseStep,
    ClockPause,
    MergeRule,
    StepKind,
    StepState,
)
from services.approval_routing.domain.decision import Decision, Outcome
from services.approval_routing.domain.elsewhere import Elsewhere, ElsewhereAnswer, ElsewhereKind
from services.approval_routing.domain.extension import (
    ApprovalLevel,
    ClockExtension,
    ClockNotice,
    DateChange,
    ExtensionState,
)
from services.approval_routing.domain.hearing import notify_by
from services.approval_routing.domain.records import HearingCourse, Recusal, RecusalState, Signature, StepRecord
from services.approval_routing.licence_protos import renewal_message
from services.approval_routing.pick_up_protos import result_message
from tongban.approval_routing.v1 import messages_pb2 as pb
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.catalog.v1 import routes_pb2

STATES: Final = {
    CaseState.IN_PROGRESS: pb.CASE_STATE_IN_PROGRESS,
    CaseState.PAUSED: pb.CASE_STATE_PAUSED,
    CaseState.APPROVED: pb.CASE_STATE_APPROVED,
    CaseState.DENIED: pb.CASE_STATE_DENIED,
    CaseState.ISSUED: pb.CASE_STATE_ISSUED,
    CaseState.DELIVERED: pb.CASE_STATE_DELIVERED,
    CaseState.UNDELIVERED: pb.CASE_STATE_UNDELIVERED,
}
STEP_STATES: Final = {
    StepState.WAITING: pb.STEP_STATE_WAITING,
    StepState.OPEN: pb.STEP_STATE_OPEN,
    StepState.CLAIMED: pb.STEP_STATE_CLAIMED,
    StepState.PASSED: pb.STEP_STATE_PASSED,
    StepState.REJECTED: pb.STEP_STATE_REJECTED,
    StepState.ELSEWHERE: pb.STEP_STATE_ELSEWHERE,
    StepState.SKIPPED: pb.STEP_STATE_SKIPPED,
    StepState.COMMITTED: pb.STEP_STATE_COMMITTED,
    StepState.WAIVED: pb.STEP_STATE_WAIVED,
}
STEP_KINDS: Final = {kind: routes_pb2.StepKind.Value(f"STEP_KIND_{kind.name}") for kind in StepKind}
MERGE_RULES: Final = {rule: routes_pb2.MergeRule.Value(f"MERGE_RULE_{rule.name}") for rule in MergeRule}
OUTCOMES: Final = {
    Outcome.APPROVED: pb.OUTCOME_APPROVED,
    Outcome.DENIED: pb.OUTCOME_DENIED,
}

ELSEWHERE_KINDS: Final = {
    ElsewhereKind.SENT_UP: catalog.ELSEWHERE_KIND_SENT_UP,
    ElsewhereKind.PART: catalog.ELSEWHERE_KIND_PART,
}

EXTENSION_STATES: Final = {
    ExtensionState.REQUESTED: pb.EXTENSION_STATE_REQUESTED,
    ExtensionState.GRANTED: pb.EXTENSION_STATE_GRANTED,
    ExtensionState.REFUSED: pb.EXTENSION_STATE_REFUSED,
}
RECUSAL_STATES: Final = {
    RecusalState.REQUESTED: pb.RECUSAL_STATE_REQUESTED,
    RecusalState.GRANTED: pb.RECUSAL_STATE_GRANTED,
    RecusalState.REFUSED: pb.RECUSAL_STATE_REFUSED,
}
LEVELS: Final = {
    ApprovalLevel.AGENCY_HEAD: pb.APPROVAL_LEVEL_AGENCY_HEAD,
    ApprovalLevel.GOVERNMENT_HEAD: pb.APPROVAL_LEVEL_GOVERNMENT_HEAD,
}
UNITS: Final = {
    Unit.WORKING_DAY: catalog.LIMIT_UNIT_WORKING_DAY,
    Unit.CALENDAR_DAY: catalog.LIMIT_UNIT_CALENDAR_DAY,
    Unit.HOUR: catalog.LIMIT_UNIT_WORKING_HOUR,
}

_STATE_OF: Final = {value: key for key, value in STATES.items()}
_OUTCOME_OF: Final = {value: key for key, value in OUTCOMES.items()}


def case_message(case: Case) -> pb.Case:
    """A case in full, as events tell it."""
    return pb.Case(
        id=case.id,
        number=case.number,
        center_id=case.center_id,
        item_id=case.item_id,
        item_version=case.item_version,
        item_name=case.item_name,
        department_key=case.department_key,
        item_kind=case.item_kind,
        state=STATES[case.state],
        steps=map(_step_message, case.steps),
        current_step=case.current_step,
        accepted_at=to_timestamp(case.accepted_at),
        due_at=to_timestamp(case.due_at),
        due_provisional=case.due_provisional,
        pauses=[_pause(pause) for pause in case.pauses],
        decision=None if case.decision is None else _decision(case.decision),
        result=None if case.result is None else result_message(case.result),
        applicant_masked=case.applicant_masked,
        journey=case.journey,
        code=case.code,
        version=case.version,
        delivery=case.delivery,
        responsible_staff_id=case.responsible_staff_id,
        responsible_staff_name=case.responsible_staff_name,
        statutory_due_at=to_timestamp(case.statutory_due_at),
        delivery_due_at=to_timestamp(case.delivery_due_at),
        special_procedures=case.special_procedures,
        return_reason=case.return_reason,
        ticket_id=case.ticket_id,
        window_number=case.window_number,
        extensions=[_extension(each) for each in case.extensions],
        date_changes=[_change(each) for each in case.date_changes],
        delivery_due_provisional=case.delivery_due_provisional,
        merge_rule=MERGE_RULES[case.merge_rule],
        history_head=case.history[-1].hash if case.history else "",
        history_length=len(case.history),
        renewal=None if case.renewal is None else renewal_message(case.renewal),
        recusals=[_recusal(one) for one in case.recusals],
    )


def staff_message(case: Case) -> pb.Case:
    """A case as staff see it: without the code, which speaks for the applicant."""
    message = case_message(case)
    message.ClearField("code")
    return message


def applicant_message(case: Case) -> pb.Case:
    """A case as its applicant sees it: who works on it by name and since when, not what they wrote to each other."""
    message = case_message(case)
    for field in ("responsible_staff_id", "history_head", "history_length", "recusals"):
        message.ClearField(field)
    granted = [each for each in message.extensions if each.state == pb.EXTENSION_STATE_GRANTED]
    message.ClearField("extensions")
    for each in granted:
        each.ClearField("opinion")
        message.extensions.append(each)
    if case.decision is not None:
        message.decision.ClearField("decided_by_id")
        message.decision.ClearField("decided_for_id")
    for step in message.steps:
        for written in ("assignee_id", "stand_in_id", "opinion", "return_reason"):
            step.ClearField(written)
        step.ClearField("signatures")
        step.ClearField("record")
        if step.HasField("answer"):
            step.answer.ClearField("opinion")
            step.answer.ClearField("basis")
            step.answer.ClearField("rights")
    return message


def _step(step: CaseStep) -> pb.CaseStep:
    return pb.CaseStep(
        key=step.key,
        name=step.name,
        role=step.role,
        department_key=step.department_key,
        state=STEP_STATES[step.state],
        assignee_id=step.assignee_id,
        assignee_name=step.assignee_name,
        opened_at=to_timestamp(step.opened_at),
        claimed_at=to_timestamp(step.claimed_at),
        done_at=to_timestamp(step.done_at),
        opinion=step.opinion,
        return_reason=step.return_reason,
        returns=step.returns,
        elsewhere=None if step.elsewhere is None else _elsewhere(step.elsewhere),
        round=step.round,
        answer=None if step.answer is None else _answer(step.answer),
        kind=STEP_KINDS[step.kind],
        after=step.after,
        days=step.days,
        signers=step.signers,
        sign_departments=step.sign_departments,
        notice_days=step.notice_days,
        signatures=map(_signature, step.signatures),
        record=None if step.record is None else _record(step.record),
        stand_in_id=step.stand_in_id,
        stand_in_name=step.stand_in_name,
        hearing=None if step.hearing is None else _hearing(step.hearing),
    )


#: A message takes copies of those that it is made of.
_step_message: Final = MadeOnce(_step)


def _recusal(away: Recusal) -> pb.Recusal:
    return pb.Recusal(
        staff_id=away.staff_id,
        name=away.name,
        reason=away.reason,
        at=to_timestamp(away.at),
        state=RECUSAL_STATES[away.state],
        department_key=away.department_key,
        imposed_by_name=away.imposed_by_name,
        decided_by_name=away.decided_by_name,
        decided_at=to_timestamp(away.decided_at),
        opinion=away.opinion,
    )


def _hearing(course: HearingCourse) -> pb.HearingCourse:
    return pb.HearingCourse(
        told_on=_iso(course.told_on),
        asked_on=_iso(course.asked_on),
        notified_on=_iso(course.notified_on),
        planned_on=_iso(course.planned_on),
        ask_by=_iso(course.ask_by),
        hold_by=_iso(course.hold_by),
        provisional=course.provisional,
        notify_by=_iso(notify_by(course)),
    )


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _signature(signed: Signature) -> pb.StepSignature:
    return pb.StepSignature(
        staff_id=signed.staff_id,
        name=signed.name,
        department_key=signed.department_key,
        agrees=signed.agrees,
        opinion=signed.opinion,
        at=to_timestamp(signed.at),
    )


def _record(said: StepRecord) -> pb.StepRecord:
    return pb.StepRecord(
        text=said.text,
        recorded_at=to_timestamp(said.recorded_at),
        recorded_by=said.recorded_by,
        held_on=_iso(said.held_on),
        place=said.place,
        people=said.people,
        presided_by=said.presided_by,
        notified_on=_iso(said.notified_on),
        waived=said.waived,
    )


def _elsewhere(there: Elsewhere) -> catalog.Elsewhere:
    places = (
        catalog.ElsewherePlace(
            site=one.site,
            center_id=one.center_id,
            department_key=one.department_key,
            days=one.days,
            title=one.title,
        )
        for one in there.places
    )
    return catalog.Elsewhere(kind=ELSEWHERE_KINDS[there.kind], places=places)


def _answer(said: ElsewhereAnswer) -> pb.ElsewhereAnswer:
    return pb.ElsewhereAnswer(
        outcome=OUTCOMES[said.outcome],
        site=said.site,
        answered_by=said.answered_by,
        answered_at=to_timestamp(said.answered_at),
        opinion=said.opinion,
        basis=said.basis,
        rights=said.rights,
        number=said.number,
    )


def _pause(pause: ClockPause) -> pb.Pause:
    message = pb.Pause(kind=pause.kind, expected_days=pause.expected_days, reason=pause.reason)
    # `from` is a word of Python's own.
    getattr(message, "from").FromDatetime(pause.started_at)
    if pause.ended_at is not None:
        message.to.FromDatetime(pause.ended_at)
    if pause.notice is not None:
        message.notice.CopyFrom(_notice(pause.notice))
    return message


def _extension(extension: ClockExtension) -> pb.ClockExtension:
    return pb.ClockExtension(
        state=EXTENSION_STATES[extension.state],
        amount=extension.amount,
        unit=UNITS[extension.unit],
        reason=extension.reason,
        basis=extension.basis,
        level=LEVELS[extension.level],
        approved_by=extension.approved_by,
        asked_by_name=extension.asked_by_name,
        asked_at=to_timestamp(extension.asked_at),
        reviewed_by_name=extension.reviewed_by_name,
        reviewed_at=to_timestamp(extension.reviewed_at),
        opinion=extension.opinion,
        notice=None if extension.notice is None else _notice(extension.notice),
    )


def _change(change: DateChange) -> pb.DateChange:
    return pb.DateChange(
        at=to_timestamp(change.at),
        changed_by=change.changed_by,
        old_due_at=to_timestamp(change.old_due_at),
        new_due_at=to_timestamp(change.new_due_at),
        reason=change.reason,
    )


def _notice(notice: ClockNotice) -> pb.ClockNotice:
    return pb.ClockNotice(
        number=notice.number,
        issued_at=to_timestamp(notice.issued_at),
        old_due_at=to_timestamp(notice.old_due_at),
        new_due_at=to_timestamp(notice.new_due_at),
        provisional=notice.provisional,
    )


def _decision(decision: Decision) -> pb.Decision:
    return pb.Decision(
        outcome=OUTCOMES[decision.outcome],
        reason=decision.reason,
        basis=decision.basis,
        rights=decision.rights,
        decided_by_id=decision.decided_by_id,
        decided_by_name=decision.decided_by_name,
        decided_at=to_timestamp(decision.decided_at),
        number=decision.number,
        decided_for_id=decision.decided_for_id,
        decided_for_name=decision.decided_for_name,
        denial_report_id=decision.denial_report_id,
    )


def clock_message(kind: str, title: str, deadline: Deadline) -> pb.ExplainedClock:
    """One clock with its days."""
    return pb.ExplainedClock(
        kind=kind,
        title=title,
        due_at=to_timestamp(deadline.due_at),
        provisional=deadline.provisional,
        summary=deadline.summary(),
        days=[_day(line) for line in deadline.explain()],
    )


def _day(line: DayLine) -> pb.ExplainedDay:
    """One line of an explanation."""
    return pb.ExplainedDay(
        date=line.on.isoformat(),
        weekday=line.weekday,
        effect=line.outcome.value,
        number=line.number or 0,
        reason=line.reason,
        provisional=line.provisional,
    )


def state_of(value: pb.CaseState.ValueType) -> CaseState | None:
    """The state asked for; None for any."""
    return _STATE_OF.get(value)


def outcome_of(value: pb.Outcome.ValueType) -> Outcome | None:
    """The outcome asked for; None when nothing was said."""
    return _OUTCOME_OF.get(value)
