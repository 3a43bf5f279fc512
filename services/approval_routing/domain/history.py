"""What happened to a case, line by line, each sealed with the one before it: nobody edits the past unseen (rules F12, G02).

A line's hash covers the line before it and what the case said after the change; so a changed line, a missing one, or a case
that was changed past its own lines doesn't agree any more. Each event carries the newest hash away from this store.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from services.approval_routing.domain.case import Case, CaseStep, HistoryLine
from services.approval_routing.domain.changing import changed
from services.approval_routing.domain.records import HearingCourse

#: Which fields ``said`` tells; a release that tells more takes the next number and still checks this one.
FORM: Final = 2


@dataclass(frozen=True, slots=True)
class Checked:
    """Whether the lines agree; ``broken_at``: the first that doesn't, or one past the last where the case itself doesn't."""

    intact: bool
    broken_at: int = 0


def remembered(
    case: Case, *, what: str, step_key: str, actor_id: str, actor_name: str, at: datetime, behalf: str = ""
) -> Case:
    """The case with a line about the change that made it what it is."""
    line = HistoryLine(
        number=len(case.history) + 1,
        at=at,
        actor_id=actor_id,
        actor_name=actor_name,
        what=what,
        step_key=step_key,
        state_hash=_hash(said(case, FORM)),
        hash="",
        form=FORM,
        behalf=behalf,
    )
    before = case.history[-1].hash if case.history else ""
    return changed(case, history=(*case.history, changed(line, hash=_sealed(before, line))))


def check(case: Case) -> Checked:
    """Counts the chain anew, from the first line to what the case says now."""
    broken = first_broken(case.history)
    if broken:
        return Checked(False, broken)
    if case.history and case.history[-1].state_hash != _hash(said(case, case.history[-1].form)):
        return Checked(False, len(case.history) + 1)
    return Checked(True)


def first_broken(lines: Sequence[HistoryLine]) -> int:
    """The number of the first line that doesn't agree with those before it; 0: all agree."""
    before = ""
    for number, line in enumerate(lines, start=1):
        if line.number != number or line.hash != _sealed(before, line):
            return number
        before = line.hash
    return 0


def said(case: Case, form: int) -> list[Any]:
    """What a line of this form vouches for: who has done what with which words, the decision, the result, the clock.

    The second form adds what was extended and moved, who stays away, who stood in for whom, and what staff
    wrote for each other.
    """
    return _first(case) if form == 1 else [*_first(case), *_second(case)]


def _first(case: Case) -> list[Any]:
    decision, result = case.decision, case.result
    return [
        [
            case.id,
            case.number,
            case.center_id,
            case.item_id,
            case.item_version,
            case.state.value,
            _ms(case.accepted_at),
        ],
        [_step(step) for step in case.steps],
        [[one.kind, one.expected_days, one.reason, _ms(one.started_at), _ms(one.ended_at)] for one in case.pauses],
        decision
        and [
            decision.outcome.value,
            decision.reason,
            decision.basis,
            decision.rights,
            decision.number,
            decision.decided_by_id,
            _ms(decision.decided_at),
        ],
        result
        and [
            result.name,
            result.number,
            result.method,
            result.received_by,
            _ms(result.delivered_at),
            # Of one that was ended only: all others are sealed as they were before results could be.
            *([[result.ended.kind.value, result.ended.reason, _ms(result.ended.at)]] if result.ended else []),
            # Of one that was taken with a check or a signature only, for the same reason.
            *(
                [[result.pick_up.id_number, result.pick_up.authority, result.pick_up.signature_sha256]]
                if result.pick_up
                else []
            ),
        ],
    ]


def _second(case: Case) -> list[Any]:
    decision = case.decision
    return [
        [
            [
                one.state.value,
                one.amount,
                one.unit.value,
                one.reason,
                one.approved_by,
                one.asked_by_id,
                _ms(one.asked_at),
                one.reviewed_by_id,
                _ms(one.reviewed_at),
                one.opinion,
                one.notice and [one.notice.number, _ms(one.notice.old_due_at), _ms(one.notice.new_due_at)],
            ]
            for one in case.extensions
        ],
        [
            [_ms(one.at), one.changed_by, _ms(one.old_due_at), _ms(one.new_due_at), one.reason]
            for one in case.date_changes
        ],
        [
            [
                one.staff_id,
                one.name,
                one.reason,
                _ms(one.at),
                one.state.value,
                one.imposed_by_id,
                one.decided_by_id,
                _ms(one.decided_at),
                one.opinion,
            ]
            for one in case.recusals
        ],
        [[step.key, *_days(step.hearing)] for step in case.steps if step.hearing],
        [[step.key, step.stand_in_id, step.stand_in_name] for step in case.steps if step.stand_in_id],
        [[one.department_key, one.author_id, one.text, _ms(one.at), one.corrects] for one in case.notes],
        [
            [one.step_key, one.asked_by_id, one.asked_id, one.text, _ms(one.at), one.answered_by_id, one.answer]
            for one in case.questions
        ],
        decision and [decision.decided_for_id, decision.decided_for_name],
    ]


def _days(course: HearingCourse) -> list[str]:
    days = (course.told_on, course.asked_on, course.notified_on, course.planned_on)
    return [day.isoformat() if day else "" for day in days]


def _step(step: CaseStep) -> list[Any]:
    record = step.record
    return [
        step.key,
        step.state.value,
        step.assignee_id,
        step.assignee_name,
        _ms(step.claimed_at),
        _ms(step.done_at),
        step.opinion,
        step.return_reason,
        step.returns,
        [[one.staff_id, one.agrees, one.opinion, _ms(one.at)] for one in step.signatures],
        record and [record.text, record.recorded_by, _ms(record.recorded_at), record.presided_by, list(record.people)],
    ]


def _sealed(before: str, line: HistoryLine) -> str:
    told = [line.form, line.number, _ms(line.at), line.actor_id, line.actor_name, line.what, line.step_key]
    told += [line.behalf] if line.form > 1 else []
    return _hash([before, *told, line.state_hash])


def _hash(value: Any) -> str:
    return sha256(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _ms(at: datetime | None) -> int | None:
    return None if at is None else round(at.timestamp() * 1000)
