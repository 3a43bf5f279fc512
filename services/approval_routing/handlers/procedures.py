"""Special procedures: the clock stops and runs again (rules E01, E02; 许可法 45)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Conflict
from kit.store.repository import check_version
from kit.text import clean
from services.approval_routing.domain import clock
from services.approval_routing.domain.access import behalf_of
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.events import CasePaused, CaseResumed
from services.approval_routing.handlers.access import loaded, worker
from services.approval_routing.handlers.calendar import recounting
from services.approval_routing.handlers.notices import with_pause_notice
from services.approval_routing.handlers.office import Office


def pause_case(
    *, office: Office, call: Call, case_id: str, kind: str, expected_days: int, reason: str, expected_version: int
) -> Case:
    """Stops the clock for a special procedure of the item, with its expected days and a written notice (许可法 45).

    Only the procedures of rules E01 stop it; a site visit, say, is part of the work. Raises ``Conflict``
    (``case_already_paused``, ``case_decided``, ``procedure_not_of_item``, ``procedure_does_not_pause``), ``Invalid``
    without a reason or expected days, ``Forbidden``, ``NotFound``, ``Stale``.
    """
    case = loaded(office, call, case_id)
    check_version(case, expected_version)
    kind = clean(kind, field="kind", max_length=40)
    reason = clean(reason, field="reason", max_length=500, multiline=True)
    if kind not in office.reference.policy(case.center_id).data("pausing_procedures"):
        raise Conflict("procedure_does_not_pause", "该程序的时间计入办理期限，不能据此暂停计时。", kind=kind)
    calendar = office.reference.calendar(case.center_id)
    who = worker(office, call)
    paused = clock.pause(
        case,
        who,
        calendar,
        kind=kind,
        expected_days=expected_days,
        reason=reason,
        now=call.now,
    )
    paused = with_pause_notice(office, paused, call, case)
    saved = office.cases.save(paused, [CasePaused(paused, on_behalf_of=behalf_of(case, who))], call)
    return recounting(office).by_the_present(call, saved, calendar)


def resume_case(*, office: Office, call: Call, case_id: str, expected_version: int) -> Case:
    """Lets the clock run again; the due dates move by the days that it stood.

    Raises ``Conflict`` (``case_not_paused``), ``Forbidden``, ``NotFound``, ``Stale``.
    """
    case = loaded(office, call, case_id)
    check_version(case, expected_version)
    calendar = office.reference.calendar(case.center_id)
    who = worker(office, call)
    resumed = clock.resume(case, who, calendar, now=call.now)
    saved = office.cases.save(resumed, [CaseResumed(resumed, on_behalf_of=behalf_of(case, who))], call)
    return recounting(office).by_the_present(call, saved, calendar)
