"""When a calendar changes, the due dates of the cases that are still open are counted anew (许可法 82; facts 11)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from kit.actor import service_actor
from kit.call import Call
from kit.errors import Stale, Unavailable
from kit.store.port import AlreadyApplied, Mark
from kit.workdays import Calendar, local_text
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.clock import deadlines_differ, with_deadlines
from services.approval_routing.domain.events import DeadlineRecomputed
from services.approval_routing.handlers.office import Office


def recompute_deadlines(
    *, office: Office, call: Call, center_id: str, calendar_version: int, mark: Callable[[str], Mark]
) -> int:
    """Counts the open cases of a center anew, one save a case whose date moved; returns how many moved.

    Waits (``Unavailable``, so that the event is tried again) until this service's own copy of the calendar is as new
    as the event: from then on a case that opens is counted by it as well, and none is missed.
    """
    if office.reference.calendar(center_id).version < calendar_version:
        raise Unavailable("reference_not_ready", "基础数据正在同步，请稍后重试。", center=center_id)
    moved = 0
    for case in office.cases.each("clocked", clocked_center=center_id):
        with contextlib.suppress(AlreadyApplied):
            moved += recompute_case(office=office, call=call, case_id=case.id, mark=mark(case.id))
    return moved


def recompute_case(*, office: Office, call: Call, case_id: str, mark: Mark | None) -> bool:
    """Counts one case anew by the calendar as it is now; whether a date moved, or became certain."""
    while True:
        case = office.cases.get(case_id)
        counted = with_deadlines(case, office.reference.calendar(case.center_id))
        if not deadlines_differ(case, counted):
            return False
        event = DeadlineRecomputed(counted, case.due_at, _reason(case, counted))
        try:
            office.cases.save(counted, [event], call, mark=mark)
        except Stale:
            continue  # somebody worked on it in between: count what they saved
        return True


def by_the_present(*, office: Office, call: Call, case: Case, counted_by: Calendar) -> Case:
    """A case that was just saved, counted anew if the calendar changed after it was read for that save.

    Whoever recomputed the open cases meanwhile saw this one as it was before, with no date that moved.
    """
    if office.reference.calendar(case.center_id).version == counted_by.version:
        return case
    recompute_case(office=office, call=call.by(service_actor("approval_routing")), case_id=case.id, mark=None)
    return office.cases.get(case.id)


def _reason(before: Case, after: Case) -> str:
    version = f"工作日历更新为第 {after.calendar_version} 版"
    if before.due_at is not None and after.due_at is not None and before.due_at != after.due_at:
        return f"{version}，承诺到期时间由 {local_text(before.due_at)} 调整为 {local_text(after.due_at)}"
    if before.delivery_due_at != after.delivery_due_at and after.delivery_due_at is not None:
        return f"{version}，送达期限调整为 {local_text(after.delivery_due_at)}"
    return f"{version}，承诺到期时间不变"
