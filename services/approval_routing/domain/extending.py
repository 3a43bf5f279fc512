"""Extending a case's limit: once, by the item's length, approved by the head whom the law names (许可法 42; rules F04)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from kit.errors import Conflict, Invalid
from kit.workdays import Calendar, Limit
from services.approval_routing.domain.access import require_in_charge, require_undecided
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.clock import with_deadlines
from services.approval_routing.domain.extension import ApprovalLevel, ClockExtension, ExtensionState
from services.approval_routing.domain.worker import Worker


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for; ``approved_by`` is the head who approved it, by name."""

    amount: int
    reason: str
    approved_by: str


def extend(
    case: Case,
    worker: Worker,
    calendar: Calendar,
    asked: Asked,
    *,
    most: Limit | None,
    level: ApprovalLevel,
    reviewed: bool,
    now: datetime,
) -> Case:
    """Asks for the one extension; it holds at once unless the center reviews it (rules F04, ZZ15).

    ``most`` is the item's. Raises ``Conflict``: decided (``case_decided``), extended already (``extension_already_granted``),
    one waits (``extension_pending``), the item has none (``extension_not_of_item``), the legal clock has run out
    (``extension_too_late``), units differ (``extension_unit_differs``); ``Invalid`` on an amount that the item doesn't
    give, or without reason or approver; ``Forbidden`` for others than who holds the step, or their chief.
    """
    require_undecided(case)
    require_in_charge(case, worker)
    _require_none_yet(case)
    if most is None:
        raise Conflict("extension_not_of_item", "该事项的实施清单没有规定可以延期，不能延长办理期限。", id=case.id)
    if most.unit is not _legal(case).unit:
        raise Conflict("extension_unit_differs", "实施清单中延期与办理期限的单位不一致，请先更正实施清单。", id=case.id)
    if not 1 <= asked.amount <= most.amount:
        raise Invalid(
            "extension_amount_invalid", f"该事项最多延期 {most.text}，请填写 1 至 {most.amount}。", field="amount"
        )
    for value, field, what in (
        (asked.reason, "reason", "延期的理由"),
        (asked.approved_by, "approved_by", "批准人姓名"),
    ):
        if not value:
            raise Invalid("text_required", f"请写明{what}。", field=field)
    _require_in_time(case, now)
    extension = ClockExtension(
        ExtensionState.REQUESTED,
        asked.amount,
        most.unit,
        asked.reason,
        most.basis,
        level,
        asked.approved_by,
        asked_by_id=worker.id,
        asked_by_name=worker.name,
        asked_at=now,
    )
    waiting = replace(case, extensions=(*case.extensions, extension))
    return waiting if reviewed else _granted(waiting, extension, calendar, now)


def review(case: Case, reviewer: Worker, calendar: Calendar, *, granted: bool, opinion: str, now: datetime) -> Case:
    """The center's word on an extension that waits for it (rules F04, ZZ15).

    Raises ``Conflict``: none waits (``extension_not_requested``), decided (``case_decided``), the legal clock has run
    out meanwhile (``extension_too_late``); ``Invalid`` on a refusal without words.
    """
    extension = case.pending_extension
    if extension is None:
        raise Conflict("extension_not_requested", "该办件没有待审核的延期申请。", id=case.id)
    require_undecided(case)
    if not granted and not opinion:
        raise Invalid("text_required", "不同意延期的，请写明理由。", field="opinion")
    said = replace(
        extension, reviewed_by_id=reviewer.id, reviewed_by_name=reviewer.name, reviewed_at=now, opinion=opinion
    )
    if not granted:
        return _with_last(case, replace(said, state=ExtensionState.REFUSED))
    _require_in_time(case, now)
    return _granted(case, said, calendar, now)


def _granted(case: Case, extension: ClockExtension, calendar: Calendar, now: datetime) -> Case:
    """A promise that was missed before stays missed: only the law's clock moves then (our own choice)."""
    kept = case.due_at is None or now <= case.due_at
    granted = replace(extension, state=ExtensionState.GRANTED, moves_promise=kept)
    return with_deadlines(_with_last(case, granted), calendar)


def _with_last(case: Case, extension: ClockExtension) -> Case:
    return replace(case, extensions=(*case.extensions[:-1], extension))


def _legal(case: Case) -> Limit:
    """The limit that the law sets, or the promise where it sets none (rules F05)."""
    return case.statutory or case.promised


def _require_none_yet(case: Case) -> None:
    if any(each.granted for each in case.extensions):
        raise Conflict("extension_already_granted", "该办件已延期一次，依法不能再次延期。", id=case.id)
    if case.pending_extension is not None:
        raise Conflict("extension_pending", "该办件已有延期申请等待中心审核。", id=case.id)


def _require_in_time(case: Case, now: datetime) -> None:
    due_at = case.due_at if case.statutory is None else case.statutory_due_at
    if due_at is not None and now > due_at:
        raise Conflict("extension_too_late", "办理期限已经届满，不能再延期。", id=case.id)
