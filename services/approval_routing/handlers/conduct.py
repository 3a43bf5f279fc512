"""Steps that take more than one person, and parts of joint cases (rules C19, C20; 许可法 34, 46–48)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.store.repository import check_version
from kit.text import clean
from services.approval_routing.domain import conduct, joint, recusal
from services.approval_routing.domain.access import behalf_of
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.events import (
    PartSettled,
    RecusalDecided,
    StaffRecused,
    StepClaimed,
    StepRecorded,
    StepSigned,
)
from services.approval_routing.domain.records import StepRecord
from services.approval_routing.domain.worker import Worker
from services.approval_routing.handlers.access import loaded, worker
from services.approval_routing.handlers.colleagues import Colleague
from services.approval_routing.handlers.office import Office
from services.approval_routing.handlers.sending import onward
from services.approval_routing.handlers.work import MOST_WORDS, acted_on

#: Who took part (our own choice).
MOST_PEOPLE = 50


def sign_step(
    *, office: Office, call: Call, case_id: str, step_key: str, agrees: bool, opinion: str, expected_version: int
) -> Case:
    """Signs a step that somebody else does.

    Raises what ``conduct.sign`` raises, ``NotFound``, ``Stale``.
    """
    case = _case(office, call, case_id, expected_version)
    opinion = clean(opinion, field="opinion", max_length=MOST_WORDS, required=False, multiline=True)
    signed = conduct.sign(case, worker(office, call), agrees=agrees, opinion=opinion, now=call.now, step_key=step_key)
    return office.cases.save(signed, [StepSigned(signed, acted_on(case, signed))], call)


def step_aside(*, office: Office, call: Call, case_id: str, reason: str, expected_version: int) -> Case:
    """The caller asks to stay away from the case. Raises what ``recusal.step_aside`` raises, ``NotFound``, ``Stale``."""
    case = _case(office, call, case_id, expected_version)
    reason = clean(reason, field="reason", max_length=MOST_WORDS, multiline=True)
    aside = recusal.step_aside(case, worker(office, call), reason=reason, now=call.now)
    return office.cases.save(aside, [StaffRecused(aside)], call)


def impose_recusal(
    *,
    office: Office,
    call: Call,
    case_id: str,
    staff_id: str,
    reason: str,
    to_staff_id: str,
    expected_version: int,
) -> Case:
    """The chief keeps somebody away from the case; what they had taken goes to another, or back to the list.

    Raises what ``recusal.impose`` and ``recusal.hand_on`` raise, ``Conflict`` (``colleague_away``), ``NotFound``, ``Stale``.
    """
    case = _case(office, call, case_id, expected_version)
    reason = clean(reason, field="reason", max_length=MOST_WORDS, multiline=True)
    chief, staff = worker(office, call), _known(office.colleagues.get(staff_id, token=call.token))
    away = recusal.impose(case, chief, staff, reason=reason, now=call.now)
    return _handed_on(office, call, away, staff_id, to_staff_id, StaffRecused)


def decide_recusal(
    *,
    office: Office,
    call: Call,
    case_id: str,
    staff_id: str,
    granted: bool,
    opinion: str,
    to_staff_id: str,
    expected_version: int,
) -> Case:
    """The chief's word on a request to stay away; what was left goes to another, or stays on the list.

    Raises what ``recusal.decide`` and ``recusal.hand_on`` raise, ``Conflict`` (``colleague_away``), ``NotFound``, ``Stale``.
    """
    case = _case(office, call, case_id, expected_version)
    opinion = clean(opinion, field="opinion", max_length=MOST_WORDS, required=False, multiline=True)
    decided = recusal.decide(
        case, worker(office, call), staff_id=staff_id, granted=granted, opinion=opinion, now=call.now
    )
    return _handed_on(office, call, decided, staff_id, to_staff_id if granted else "", RecusalDecided)


def record_step(
    *,
    office: Office,
    call: Call,
    case_id: str,
    step_key: str,
    text: str,
    held_on: str,
    notified_on: str,
    place: str,
    people: Sequence[str],
    presided_by: str,
    waived: bool,
    expected_version: int,
) -> Case:
    """Writes down how a visit, a review, a hearing, a discussion or a notice went.

    Raises what ``conduct.record`` raises, ``Invalid`` (``day_invalid``), ``NotFound``, ``Stale``.
    """
    case = _case(office, call, case_id, expected_version)
    said = StepRecord(
        text=clean(text, field="text", max_length=MOST_WORDS, required=False, multiline=True),
        recorded_at=call.now,
        recorded_by=call.actor.name,
        held_on=day_of(held_on, "held_on"),
        place=clean(place, field="place", max_length=200, required=False),
        people=tuple(clean(one, field="people", max_length=60) for one in people[:MOST_PEOPLE] if one.strip()),
        presided_by=clean(presided_by, field="presided_by", max_length=60, required=False),
        notified_on=day_of(notified_on, "notified_on"),
        waived=waived,
    )
    who = worker(office, call)
    recorded = conduct.record(case, who, said, now=call.now, step_key=step_key)
    key = acted_on(case, recorded)
    return office.cases.save(recorded, [StepRecorded(recorded, key, on_behalf_of=behalf_of(case, who, key))], call)


def settle_part(
    *, office: Office, call: Call, case_id: str, step_key: str, by_commitment: bool, reason: str, expected_version: int
) -> Case:
    """A part of a joint case that the lead needn't wait for: by the applicant's commitment, or the lead's decision.

    Raises what ``joint.commit_part`` and ``joint.waive_part`` raise, ``Invalid`` without a reason, ``NotFound``, ``Stale``.
    """
    case = _case(office, call, case_id, expected_version)
    reason = clean(reason, field="reason", max_length=MOST_WORDS, multiline=True)
    settle = joint.commit_part if by_commitment else joint.waive_part
    settled = settle(case, worker(office, call), reason=reason, now=call.now, step_key=step_key)
    key = acted_on(case, settled)
    return onward(office, call, case, settled, lambda moved: PartSettled(moved, key))


def _case(office: Office, call: Call, case_id: str, expected_version: int) -> Case:
    case = loaded(office, call, case_id)
    check_version(case, expected_version)
    return case


def _handed_on(
    office: Office,
    call: Call,
    case: Case,
    staff_id: str,
    to_staff_id: str,
    event: type[StaffRecused] | type[RecusalDecided],
) -> Case:
    if not to_staff_id:
        return office.cases.save(case, [event(case)], call)
    moved = recusal.hand_on(case, staff_id, _colleague(office, call, to_staff_id), now=call.now)
    pairs = zip(case.steps, moved.steps, strict=True)
    taken = [StepClaimed(moved, after.key) for before, after in pairs if before != after]
    return office.cases.save(moved, [event(moved), *taken], call)


def _colleague(office: Office, call: Call, staff_id: str) -> Worker:
    """Somebody who is here, as the domain knows them. Raises ``NotFound``, ``Forbidden``, ``Conflict`` (``colleague_away``)."""
    found = office.colleagues.get(staff_id, token=call.token)
    if found.away:
        raise Conflict("colleague_away", f"{found.name}正在请假，请另选他人。", staff_id=staff_id)
    return _known(found)


def _known(found: Colleague) -> Worker:
    return Worker(found.id, found.name, found.roles, found.department)


def day_of(text: str, field: str) -> date | None:
    """A day that was typed; empty: none. Raises ``Invalid`` (``day_invalid``)."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("day_invalid", "日期应为 2026-11-23 这样的格式。", field=field) from None
