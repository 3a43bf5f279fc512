"""Extending a case's limit, and the center's word on it (许可法 42; rules F04, F10, ZZ15)."""

from __future__ import annotations

from kit.call import Call
from kit.store.repository import check_version
from kit.text import clean
from reference.model import Cooperation, ServiceItem
from services.approval_routing.domain import extending
from services.approval_routing.domain.access import behalf_of
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.events import CaseExtended, ExtensionRefused, ExtensionRequested
from services.approval_routing.domain.extending import Asked
from services.approval_routing.domain.extension import ApprovalLevel
from services.approval_routing.handlers.access import loaded, worker
from services.approval_routing.handlers.calendar import recounting
from services.approval_routing.handlers.notices import with_extension_notice
from services.approval_routing.handlers.office import Office


def extend_case(
    *, office: Office, call: Call, case_id: str, amount: int, reason: str, approved_by: str, expected_version: int
) -> Case:
    """Asks for the one extension, of the item's length at the most, approved by the head whom the law names (许可法 42).

    In a center that reviews extensions (rules ZZ15) it waits for that; elsewhere it holds at once, and the center is
    told by its event. Raises what ``extending.extend`` raises, ``Invalid`` on missing texts, ``NotFound``, ``Stale``.
    """
    case = loaded(office, call, case_id)
    check_version(case, expected_version)
    asked = Asked(
        amount,
        clean(reason, field="reason", max_length=500, multiline=True),
        clean(approved_by, field="approved_by", max_length=60),
    )
    item = office.reference.item(case.item_id, case.item_version)
    calendar = office.reference.calendar(case.center_id)
    who = worker(office, call)
    extended = extending.extend(
        case,
        who,
        calendar,
        asked,
        most=item.extension_limit,
        level=_level(item),
        reviewed=office.reference.policy(case.center_id).flag("extension_requires_approval"),
        now=call.now,
    )
    if extended.pending_extension is not None:
        return office.cases.save(extended, [ExtensionRequested(extended, on_behalf_of=behalf_of(case, who))], call)
    extended = with_extension_notice(office, extended, call, calendar, case)
    saved = office.cases.save(extended, [CaseExtended(extended, on_behalf_of=behalf_of(case, who))], call)
    return recounting(office).by_the_present(call, saved, calendar)


def review_extension(
    *, office: Office, call: Call, case_id: str, granted: bool, opinion: str, expected_version: int
) -> Case:
    """Says the center's word on an extension that waits (rules F04, ZZ15); a granted one is told with its notice.

    Raises what ``extending.review`` raises, ``NotFound``, ``Forbidden``, ``Stale``.
    """
    case = loaded(office, call, case_id)
    check_version(case, expected_version)
    opinion = clean(opinion, field="opinion", max_length=500, required=False, multiline=True)
    calendar = office.reference.calendar(case.center_id)
    reviewed = extending.review(case, worker(office, call), calendar, granted=granted, opinion=opinion, now=call.now)
    if not granted:
        return office.cases.save(reviewed, [ExtensionRefused(reviewed)], call)
    reviewed = with_extension_notice(office, reviewed, call, calendar, case)
    saved = office.cases.save(reviewed, [CaseExtended(reviewed)], call)
    return recounting(office).by_the_present(call, saved, calendar)


def _level(item: ServiceItem) -> ApprovalLevel:
    """What several departments handle together is extended by the head of their government (许可法 42, second part)."""
    joint = item.cooperation is Cooperation.JOINT
    return ApprovalLevel.GOVERNMENT_HEAD if joint else ApprovalLevel.AGENCY_HEAD
