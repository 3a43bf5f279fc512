"""Who stands in for whom: leave with cover (顶岗) and delegation, on dated days (rules V01–V06, ZZ10, ZZ11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from kit.errors import Conflict, Forbidden, Invalid
from kit.workdays import CENTER_ZONE, local_date
from services.workforce.domain.staff import Role, Staff, StaffState
from services.workforce.domain.standing_in import Badge, Feedback

#: Noon divides a day into its parts (our own choice).
_NOON: Final = 12
#: What a substitute must be able to do themselves.
_WORKING: Final = frozenset({Role.CLERK, Role.CHIEF, Role.REVIEWER, Role.APPROVER})
#: Who has something to delegate.
_APPROVING: Final = frozenset({Role.CHIEF, Role.REVIEWER, Role.APPROVER})


class CoverKind(StrEnum):
    """Why somebody stands in."""

    LEAVE = "leave"
    DELEGATION = "delegation"


class DayPart(StrEnum):
    """Which part of its one day a cover takes."""

    WHOLE = "whole"
    MORNING = "morning"
    AFTERNOON = "afternoon"


@dataclass(frozen=True, slots=True)
class Cover:
    """Somebody stands in for somebody else; days are ISO, both included. ``substitute_id`` is empty of a short leave."""

    id: str
    kind: CoverKind
    center_id: str
    department_key: str
    staff_id: str
    staff_name: str
    substitute_id: str
    substitute_name: str
    first_day: str
    last_day: str
    day_part: DayPart
    reason: str
    filed_by_id: str
    filed_by_name: str
    filed_at: datetime
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by_name: str = ""
    badge: Badge | None = None
    feedback: tuple[Feedback, ...] = ()
    version: int = 0

    def holds(self, now: datetime) -> bool:
        """Whether it is in force at this moment."""
        if self.ended_at is not None or not self.first_day <= local_date(now).isoformat() <= self.last_day:
            return False
        morning = now.astimezone(CENTER_ZONE).hour < _NOON
        return self.day_part is DayPart.WHOLE or (self.day_part is DayPart.MORNING) is morning

    def meets(self, other: Cover) -> bool:
        """Whether both have a day in common."""
        return self.first_day <= other.last_day and other.first_day <= self.last_day


@dataclass(frozen=True, slots=True)
class CoverFiled:
    """A leave or a delegation was filed with the center."""

    cover: Cover
    rules: str = "rules V01, V04"


@dataclass(frozen=True, slots=True)
class CoverConfirmed:
    """The substitute is here."""

    cover: Cover
    rules: str = "rules V03"


@dataclass(frozen=True, slots=True)
class CoverEnded:
    """It ended before its last day."""

    cover: Cover
    rules: str = "rules V01"


@dataclass(frozen=True, slots=True)
class CoverRule:
    """From how many days of leave somebody stands in, and for how many at the most (rules V02, V06)."""

    needed_from: float
    most_days: int


def length(cover: Cover) -> float:
    """Calendar days; a part of a day is half of one."""
    if cover.day_part is not DayPart.WHOLE:
        return 0.5
    return float((date.fromisoformat(cover.last_day) - date.fromisoformat(cover.first_day)).days + 1)


def stood_in(cover: Cover) -> float:
    """For how many days of it somebody stood in: what was ended early counts to that day."""
    if cover.ended_at is None or cover.day_part is not DayPart.WHOLE:
        return length(cover)
    return length(replace(cover, last_day=min(cover.last_day, local_date(cover.ended_at).isoformat())))


def file(cover: Cover, staff: Staff, substitute: Staff | None, others: Iterable[Cover], rule: CoverRule) -> Cover:
    """Checks what is filed; ``others``: the covers of both that aren't over.

    Nobody delegates what was delegated to them: who stands in is here themselves, and who is covered stands in for nobody
    in those days. Raises ``Invalid`` (``cover_days_invalid``, ``cover_too_long``, ``substitute_required``,
    ``substitute_invalid``), ``Conflict`` (``staff_not_active``, ``substitute_not_active``, ``substitute_lacks_authority``,
    ``cover_overlaps``, ``substitute_away``, ``covers_somebody``), ``Forbidden`` (``nothing_to_delegate``).
    """
    _check_days(cover, rule)
    if staff.state is not StaffState.ACTIVE:
        raise Conflict("staff_not_active", "该人员已停用或离岗，无需登记请假或者委托。", staff_id=staff.id)
    if cover.kind is CoverKind.DELEGATION and _APPROVING.isdisjoint(staff.roles):
        raise Forbidden("nothing_to_delegate", "只有审查、审批人员和首席代表可以委托他人代办。")
    if substitute is None:
        if cover.kind is CoverKind.DELEGATION or length(cover) >= rule.needed_from:
            raise Invalid("substitute_required", "请选择顶岗（受托）人员。", field="substitute_id")
    else:
        _check_substitute(staff, substitute)
    for other in others:
        if not cover.meets(other):
            continue
        if other.staff_id == staff.id:
            raise Conflict("cover_overlaps", f"{staff.name}在{_days(other)}已登记请假或者委托，请先终止原登记。")
        if other.substitute_id == staff.id:
            raise Conflict(
                "covers_somebody",
                f"{staff.name}在{_days(other)}为{other.staff_name}顶岗，不能再转交他人，请先终止顶岗。",
            )
        if substitute is not None and other.staff_id == substitute.id:
            raise Conflict("substitute_away", f"{substitute.name}在{_days(other)}已请假或者委托他人，请另选顶岗人员。")
    return cover


def confirm(cover: Cover, staff_id: str, now: datetime, *, needs_badge: bool = False) -> Cover:
    """The substitute is here, before the other leaves (rules V03), with a badge where the center asks for it (rules V05).

    Raises ``Forbidden`` (``substitute_only``), ``Conflict`` (``cover_over``, ``cover_confirmed``, ``badge_missing``).
    """
    if cover.substitute_id != staff_id:
        raise Forbidden("substitute_only", "只有顶岗人员本人可以确认到岗。")
    _require_unfinished(cover, now)
    if cover.arrived_at is not None:
        raise Conflict("cover_confirmed", "您已确认到岗。", id=cover.id)
    if needs_badge and cover.kind is CoverKind.LEAVE and (cover.badge is None or cover.badge.returned_at is not None):
        raise Conflict("badge_missing", "请先到中心领取临时工作证、座牌，再确认到岗。", id=cover.id)
    return replace(cover, arrived_at=now)


def end(cover: Cover, by_name: str, now: datetime) -> Cover:
    """Ends it at once. Raises ``Conflict`` (``cover_over``)."""
    _require_unfinished(cover, now)
    return replace(cover, ended_at=now, ended_by_name=by_name)


def _require_unfinished(cover: Cover, now: datetime) -> None:
    if cover.ended_at is not None or cover.last_day < local_date(now).isoformat():
        raise Conflict("cover_over", "该请假或者委托已经结束。", id=cover.id)


def _check_days(cover: Cover, rule: CoverRule) -> None:
    if cover.last_day < cover.first_day:
        raise Invalid("cover_days_invalid", "结束日期不能早于开始日期。", field="last_day")
    if cover.day_part is not DayPart.WHOLE and cover.first_day != cover.last_day:
        raise Invalid("cover_days_invalid", "半天的请假或者委托，开始和结束日期应为同一天。", field="last_day")
    if length(cover) > rule.most_days:
        raise Invalid(
            "cover_too_long",
            f"顶岗、委托一次最长 {rule.most_days} 天，请缩短或者分次登记。",
            field="last_day",
            rule="V06",
        )


def _check_substitute(staff: Staff, substitute: Staff) -> None:
    if substitute.id == staff.id or substitute.center_id != staff.center_id:
        raise Invalid("substitute_invalid", "请选择本中心的其他同事。", field="substitute_id")
    if substitute.state is not StaffState.ACTIVE:
        raise Conflict("substitute_not_active", "顶岗人员已停用或离岗，请另选他人。", staff_id=substitute.id)
    lacking = (set(staff.roles) & _WORKING) - set(substitute.roles)
    if lacking or substitute.department_key != staff.department_key:
        raise Conflict(
            "substitute_lacks_authority",
            f"{substitute.name}与{staff.name}不在同一部门，或者没有相同的岗位权限，请另选他人。",
            staff_id=substitute.id,
        )


def _days(cover: Cover) -> str:
    return f"{cover.first_day} 至 {cover.last_day}"
