"""Results that expire: kept, reminded of, renewed, or continued by the law (许可法 50)."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from kit.alarms import ALARMS, Alarm
from kit.call import Call
from kit.clock import to_ms
from kit.errors import Conflict, NotReady
from kit.store.port import Body, Duplicate, Index, Kind, Mark
from kit.workdays import local_date
from reference import ItemResult
from services.approval_routing.domain import licences
from services.approval_routing.domain.case import Case, CaseState
from services.approval_routing.domain.events import RenewalApplied, RenewalDeemed
from services.approval_routing.domain.licences import Licence, LicenceState
from services.approval_routing.domain.outcomes import AcceptedApplication
from services.approval_routing.domain.validity import Validity, validity
from services.approval_routing.handlers.office import Office

log = logging.getLogger(__name__)

LICENCES: Final = Kind(
    "licence",
    (
        Index("by_number", ("center_id", "number", "given_until")),
        Index("by_state", ("center_id", "state", "given_until")),
        Index("by_applying", ("center_id", "state", "validity.apply_by")),
        ALARMS,
    ),
)


def licence_keys(licence: Licence) -> Body:
    """When it wakes up, and until when it is valid."""
    return {
        "due_at": None if licence.wake_at is None else to_ms(licence.wake_at),
        "given_until": licence.valid_until.isoformat(),
    }


def validity_of(office: Office, case: Case, issued_at: datetime) -> Validity | None:
    """How long the result of a case is valid: as its item version says, a renewal from the end of what it renews.

    Raises ``Unavailable`` while the item version isn't known here.
    """
    result = _result(office, case)
    if result is None or not result.valid_months:
        return None
    lead_days = result.renewal_days or office.reference.policy(case.center_id).integer("renewal_lead_days")
    issued_on, renewal = local_date(issued_at), case.renewal
    first = issued_on
    if renewal is not None and (renewal.in_time or issued_on <= renewal.valid_until):
        first = date.fromordinal(renewal.valid_until.toordinal() + 1)
    return validity(first, result.valid_months, lead_days)


def _result(office: Office, case: Case) -> ItemResult | None:
    results = office.reference.item(case.item_id, case.item_version).results
    return results[0] if results else None


def keep_licence(*, office: Office, call: Call, case_id: str) -> None:
    """A result was made: it is kept as long as it is valid, and what it renews is over. Again changes nothing.

    Raises ``Stale``.
    """
    case = office.cases.get(case_id)
    reminder_days = office.reference.policy(case.center_id).integer("renewal_reminder_days")
    licence = licences.given(case, reminder_days=reminder_days)
    if licence is not None:
        with contextlib.suppress(Duplicate):
            office.licences.create(licence, [], call)
    former = office.licences.find_by_id(case.renewal.licence_id) if case.renewal else None
    if former is None or case.result is None or former.state in (LicenceState.RENEWED, LicenceState.ENDED):
        return
    office.licences.save(licences.followed(former, case.result.number), [], call)


def apply_for_renewal(*, office: Office, call: Call, application: AcceptedApplication, mark: Mark) -> None:
    """An application that names the result that it renews, in the field that its item says: its case has to follow it.

    What can't be renewed leaves the case an ordinary one. Raises ``NotReady`` before the case is there, ``Stale``,
    ``AlreadyApplied``, ``Unavailable``.
    """
    results = office.reference.item(application.item_id, application.item_version).results
    field = results[0].renewal_field if results else ""
    number = next(iter(application.answers.get(field, ())), "").strip() if field else ""
    if not number:
        return
    case = office.cases.find_by_id(application.id)
    if case is None:
        raise NotReady("case_not_ready", "办件正在建立，请稍后重试。", id=application.id)
    found = office.licences.find("by_number", center_id=case.center_id, number=number[:80], descending=True, limit=1)
    for licence in found.items:
        if case.renewal is None:
            try:
                case = licences.renewed_by(case, licence, application.received_at or application.accepted_at)
            except Conflict as refused:
                log.info("case %s renews nothing: %s", case.id, refused.code)
                return
            case = office.cases.save(case, [RenewalApplied(case)], call, mark=mark)
        if licence.renewal_case_id != case.id and not licence.state.over:  # it may have been cut off in between
            office.licences.save(licences.awaits(licence, case), [], call)


def refuse_renewal(*, office: Office, call: Call, case_id: str) -> None:
    """A renewal was decided: where it was refused, the licence may be applied for once more. Again changes nothing."""
    case = office.cases.get(case_id)
    licence = office.licences.find_by_id(case.renewal.licence_id) if case.renewal else None
    if licence is None or licence.state is not LicenceState.VALID or licence.renewal_case_id != case.id:
        return
    if case.state is CaseState.DENIED:
        office.licences.save(licences.not_renewed(licence), [], call)


def alarms(office: Office) -> list[Alarm]:
    """The alarm of licences: reminders, and their end."""

    def fire(licence: Licence, call: Call) -> None:
        case = office.cases.find_by_id(licence.renewal_case_id) if licence.renewal_case_id else None
        undecided = case is not None and case.state.undecided
        after, told = licences.wake(licence, call.now, undecided=undecided)
        if after.state is licences.LicenceState.CONTINUED and case is not None:
            _deem(office, call, case)
        office.licences.save(after, told, call)

    return [Alarm("licence_end", office.licences, fire)]


def _deem(office: Office, call: Call, case: Case) -> None:
    """Its renewal counts as granted, and the case says so. Raises ``Stale``: it may have been decided meanwhile."""
    if case.renewal is not None and case.renewal.deemed_at is None:
        deemed = replace(case, renewal=replace(case.renewal, deemed_at=call.now))
        office.cases.save(deemed, [RenewalDeemed(deemed)], call)
