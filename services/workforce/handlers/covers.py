"""Filing, confirming and ending leave and delegation (rules V01–V06)."""

from __future__ import annotations

from dataclasses import dataclass

from kit.call import Call
from kit.errors import Forbidden, Invalid
from kit.store.port import Range
from kit.store.repository import check_version
from kit.text import clean
from services.workforce.domain import covers as rules
from services.workforce.domain.covers import (
    Cover,
    CoverConfirmed,
    CoverEnded,
    CoverFiled,
    CoverKind,
    CoverRule,
    DayPart,
)
from services.workforce.domain.staff import Staff
from services.workforce.handlers.windows import iso_day, today
from services.workforce.handlers.workforce import Workforce


@dataclass(frozen=True, slots=True)
class Filing:
    """What is asked for; an empty ``staff_id``: for the caller. Days are ISO."""

    kind: CoverKind | None
    staff_id: str
    substitute_id: str
    first_day: str
    last_day: str
    day_part: DayPart
    reason: str


def file_cover(*, workforce: Workforce, call: Call, filing: Filing) -> Cover:
    """Files a leave or a delegation with the center ahead of its first day, or on it (rules V04).

    One delegates for oneself; a leave may also be filed by the department's chief or a manager. Two filings at once could
    name each other; whoever acts then acts by their own authority, and nobody while away. Raises what ``covers.file``
    raises, ``Invalid`` (``cover_kind_required``, ``day_invalid``, ``day_past``), ``Forbidden``, ``NotFound``.
    """
    before = workforce.covers.created_before(call)
    if before is not None:
        return before
    if filing.kind is None:
        raise Invalid("cover_kind_required", "请选择请假顶岗或者委托代办。", field="kind")
    staff = workforce.staff.get(filing.staff_id or call.actor.id)
    call.actor.require_center(staff.center_id)
    if staff.id != call.actor.id and (filing.kind is CoverKind.DELEGATION or not _heads(call, staff)):
        raise Forbidden("cover_not_yours", "委托只能由本人提出；请假由本人、部门首席代表或者中心管理人员登记。")
    substitute = workforce.staff.get(filing.substitute_id) if filing.substitute_id else None
    first, last = iso_day(filing.first_day), iso_day(filing.last_day or filing.first_day)
    if first < today(call):
        raise Invalid("day_past", "请假、委托须事先登记，请选择今天或以后的日期。", field="first_day")
    policy = workforce.reference.policy(staff.center_id)
    cover = Cover(
        id=workforce.ids.new_id(call.now),
        kind=filing.kind,
        center_id=staff.center_id,
        department_key=staff.department_key,
        staff_id=staff.id,
        staff_name=staff.name,
        substitute_id=substitute.id if substitute else "",
        substitute_name=substitute.name if substitute else "",
        first_day=first,
        last_day=last,
        day_part=filing.day_part,
        reason=clean(filing.reason, field="reason", max_length=200, multiline=True),
        filed_by_id=call.actor.id,
        filed_by_name=call.actor.name,
        filed_at=call.now,
    )
    both = [staff.id, *([substitute.id] if substitute else [])]
    others = [cover for one in both for cover in unfinished(workforce, call, one)]
    rule = CoverRule(policy.number("substitute_from_days"), policy.integer("substitute_max_days"))
    filed = rules.file(cover, staff, substitute, others, rule)
    return workforce.covers.create(filed, [CoverFiled(filed)], call)


def confirm_cover(*, workforce: Workforce, call: Call, cover_id: str, expected_version: int) -> Cover:
    """The substitute says that they are here. Raises what ``covers.confirm`` raises, ``NotFound``, ``Stale``."""
    cover = workforce.covers.get(cover_id)
    check_version(cover, expected_version)
    needs_badge = workforce.reference.policy(cover.center_id).flag("substitute_needs_badge")
    confirmed = rules.confirm(cover, call.actor.id, call.now, needs_badge=needs_badge)
    return workforce.covers.save(confirmed, [CoverConfirmed(confirmed)], call)


def end_cover(*, workforce: Workforce, call: Call, cover_id: str, expected_version: int) -> Cover:
    """Ends it before its last day: who is covered, their department's chief, or a manager.

    Raises ``Conflict`` (``cover_over``), ``Forbidden`` (``cover_not_yours``), ``NotFound``, ``Stale``.
    """
    cover = workforce.covers.get(cover_id)
    call.actor.require_center(cover.center_id)
    check_version(cover, expected_version)
    if cover.staff_id != call.actor.id and not _heads(call, workforce.staff.get(cover.staff_id)):
        raise Forbidden("cover_not_yours", "只有本人、部门首席代表或者中心管理人员可以终止。")
    ended = rules.end(cover, call.actor.name, call.now)
    return workforce.covers.save(ended, [CoverEnded(ended)], call)


def unfinished(workforce: Workforce, call: Call, staff_id: str) -> list[Cover]:
    """The covers of somebody, and those in which they stand in, that aren't over; few, by the longest that one may be."""
    onward = Range(least=today(call))
    found = [
        *workforce.covers.each("by_staff", range=onward, staff_id=staff_id),
        *workforce.covers.each("by_substitute", range=onward, substitute_id=staff_id),
    ]
    return [cover for cover in found if cover.ended_at is None]


def _heads(call: Call, staff: Staff) -> bool:
    """Whether the caller may speak for them: a manager of their center, or the chief of their department."""
    chief = call.actor.has("chief") and bool(staff.department_key) and call.actor.department == staff.department_key
    return call.actor.has("manager") or chief
