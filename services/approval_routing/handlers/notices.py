"""Written notices about a clock: numbered, dated, and with how the new end was counted (许可法 42, 45; rules E01, F04)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from kit.call import Call
from kit.workdays import Calendar, Deadline
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.clock import promised_deadline, statutory_deadline
from services.approval_routing.domain.extension import ClockExtension, ClockNotice
from services.approval_routing.handlers.office import Office

_TITLES: Final = {"special_procedure": "特别程序告知书", "extension": "延长办理期限告知书"}


def with_pause_notice(office: Office, case: Case, call: Call, before: Case) -> Case:
    """The case whose last stop has its notice: the kind, and the days that it is expected to take (许可法 45)."""
    notice = _notice(office, case, call, "special_procedure")
    notice = replace(notice, old_due_at=before.due_at)
    return replace(case, pauses=(*case.pauses[:-1], replace(case.pauses[-1], notice=notice)))


def with_extension_notice(office: Office, case: Case, call: Call, calendar: Calendar, before: Case) -> Case:
    """The case whose granted extension has its notice, with the end as it is now and how it is counted (许可法 42)."""
    extension = case.extensions[-1]
    deadline = _moved(case, calendar, extension)
    was = before.due_at if extension.moves_promise else before.statutory_due_at
    notice = replace(
        _notice(office, case, call, "extension"),
        old_due_at=was,
        new_due_at=deadline.due_at,
        provisional=deadline.provisional,
        counted=tuple(deadline.spans()),
    )
    return replace(case, extensions=(*case.extensions[:-1], replace(extension, notice=notice)))


def _moved(case: Case, calendar: Calendar, extension: ClockExtension) -> Deadline:
    """The clock that the extension moved: the promise, or the law's where the promise had been missed."""
    statutory = statutory_deadline(case, calendar)
    if statutory is None or (extension.moves_promise and extension.unit is case.promised.unit):
        return promised_deadline(case, calendar)
    return statutory


def _notice(office: Office, case: Case, call: Call, series: str) -> ClockNotice:
    number = office.next_number(f"{series}_notice", case.center_id, call.now)
    return ClockNotice(number, call.now, office.paper(case, series, _TITLES[series], call.actor))
