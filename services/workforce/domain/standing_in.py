"""What goes with standing in: the temporary badge, handed out before and given back after, and what the center says of it.

The sources ask for both (rules V05, V07) and give no form; who writes them down, and when, is our own choice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from kit.errors import Conflict, Forbidden
from kit.workdays import local_date

if TYPE_CHECKING:
    from services.workforce.domain.covers import Cover

#: How often the center may speak of one cover.
MAX_FEEDBACK: Final = 20


@dataclass(frozen=True, slots=True)
class Badge:
    """A temporary work card and plate (临时工作证、座牌)."""

    number: str
    issued_by_name: str
    issued_at: datetime
    returned_to_name: str = ""
    returned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the center says of how somebody stood in, for their department's yearly appraisal (rules V07, V08)."""

    text: str = field(repr=False)
    by_id: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class BadgeIssued:
    """A temporary badge was handed out."""

    cover: Cover
    rules: str = "rules V05"


@dataclass(frozen=True, slots=True)
class BadgeReturned:
    """It was given back."""

    cover: Cover
    rules: str = "rules V05"


@dataclass(frozen=True, slots=True)
class StandInFeedbackGiven:
    """The center said how somebody stood in."""

    cover: Cover
    rules: str = "rules V07, V08"


def issue_badge(cover: Cover, badge: Badge) -> Cover:
    """The cover with the badge of who stands in; another follows once the last was given back.

    Raises ``Conflict`` (``nobody_stands_in``, ``cover_over``, ``badge_issued``).
    """
    _require_stand_in(cover)
    if cover.ended_at is not None or cover.last_day < local_date(badge.issued_at).isoformat():
        raise Conflict("cover_over", "该请假或者委托已经结束。", id=cover.id)
    if cover.badge is not None and cover.badge.returned_at is None:
        raise Conflict("badge_issued", f"临时工作证 {cover.badge.number} 尚未归还，请先登记归还。", id=cover.id)
    return replace(cover, badge=badge)


def return_badge(cover: Cover, to_name: str, now: datetime) -> Cover:
    """The cover with its badge given back, also after it is over. Raises ``Conflict`` (``badge_not_out``)."""
    if cover.badge is None or cover.badge.returned_at is not None:
        raise Conflict("badge_not_out", "没有未归还的临时工作证，请核对。", id=cover.id)
    return replace(cover, badge=replace(cover.badge, returned_to_name=to_name, returned_at=now))


def give_feedback(cover: Cover, feedback: Feedback) -> Cover:
    """The cover with what the center says, from its first day on.

    Raises ``Conflict`` (``nobody_stands_in``, ``cover_not_begun``, ``too_much_feedback``), ``Forbidden``
    (``own_feedback``): nobody speaks of themselves.
    """
    _require_stand_in(cover)
    if local_date(feedback.at).isoformat() < cover.first_day:
        raise Conflict("cover_not_begun", "顶岗尚未开始，暂不能反馈。", id=cover.id)
    if feedback.by_id in (cover.substitute_id, cover.staff_id):
        raise Forbidden("own_feedback", "不能反馈与本人有关的顶岗情况，请由其他管理人员登记。")
    if len(cover.feedback) >= MAX_FEEDBACK:
        raise Conflict("too_much_feedback", f"一次顶岗至多反馈 {MAX_FEEDBACK} 次。", id=cover.id)
    return replace(cover, feedback=(*cover.feedback, feedback))


def _require_stand_in(cover: Cover) -> None:
    if cover.kind != "leave" or not cover.substitute_id:
        raise Conflict("nobody_stands_in", "该登记没有顶岗人员，无需办理。", id=cover.id)
