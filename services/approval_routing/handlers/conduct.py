"""Steps that take more than one person, and parts of joint cases (rules C19, C20; 许可法 34, 46–48)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from kit.call import Call
from kit.errors import Invalid
from kit.store.repository import check_version
from kit.text import clean
from services.approval_routing.domain import conduct, joint, recusal
from services.approval_routing.domain.access import behalf_of
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.events import PartSettled, StaffRecused, StepRecorded, StepSigned
from services.approval_routing.domain.records import StepRecord
from services.approval_routing.handlers.access import loaded, worker
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
    """The caller stays away from the case. Raises what ``recusal.step_aside`` raises, ``NotFound``, ``Stale``."""
    case = _case(office, call, case_id, expected_version)
    reason = clean(reason, field="reason", max_length=MOST_WORDS, multiline=True)
    aside = recusal.step_aside(case, worker(office, call), reason=reason, now=call.now)
    return office.cases.save(aside, [StaffRecused(aside)], call)


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
        held_on=_day(held_on, "held_on"),
        place=clean(place, field="place", max_length=200, required=False),
        people=tuple(clean(one, field="people", max_length=60) for one in people[:MOST_PEOPLE] if one.strip()),
        presided_by=clean(presided_by, field="presided_by", max_length=60, required=False),
        notified_on=_day(notified_on, "notified_on"),
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


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("day_invalid", "日期应为 2026-11-23 这样的格式。", field=field) from None
