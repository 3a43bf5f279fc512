"""Using what is on file instead of a paper handed in, and taking papers off the file."""

from __future__ import annotations

from dataclasses import dataclass

from kit.call import Call
from kit.errors import Conflict
from kit.store.repository import check_version
from kit.text import clean
from services.certificates.domain import holding as holdings
from services.certificates.domain.events import HoldingEnded, HoldingUsed
from services.certificates.domain.holding import Holding, Use
from services.certificates.domain.trust import Usability, kind_of, usability
from services.certificates.handlers.finding import Asking, Wanted, wanted_trust
from services.certificates.handlers.library import Library, holding_missing, own_key, require_in_hand


@dataclass(frozen=True, slots=True)
class Used:
    """What an application uses: as it stands now, and whether its original must be seen."""

    holding: Holding
    usability: Usability


def use_holding(
    *, library: Library, call: Call, holding_id: str, asking: Asking, application_number: str, wanted: Wanted
) -> Used:
    """Lets an application use a paper on file for a material; written down with it, once however often it is asked.

    Raises ``NotFound`` (also for another person's or another center's), ``Conflict`` (``holding_expired``,
    ``holding_revoked``, ``holding_withdrawn``, ``holding_replaced``; ``holding_of_another_kind``,
    ``holding_trust_too_low``, ``holding_used_up``), ``Forbidden``, ``Stale``, ``Unavailable``.
    """
    require_in_hand(call, asking.center_id, asking.holder_key)
    holding = library.holdings.find_by_id(holding_id)
    if holding is None or holding.holder is None or holding.content is None:
        raise holding_missing(holding_id)
    if holding.center_id != asking.center_id or holding.holder.key != asking.holder_key:
        raise holding_missing(holding_id)
    if holding.content.kind != kind_of(wanted.name, library.names(asking.center_id)):
        raise Conflict(
            "holding_of_another_kind",
            f"库中的“{holding.content.name}”不是“{wanted.name}”，不能代替。",
            id=holding.id,
        )
    made = Use(asking.application_id, application_number, wanted.key, asking.journey, call.now)
    used = holdings.use(holding, made)
    level = usability(holding.content.trust, wanted_trust(library, asking.center_id, wanted.trust))
    if level is Usability.NOT_ENOUGH:
        raise Conflict(
            "holding_trust_too_low",
            f"库中的“{holding.content.name}”可信等级为 {holding.content.trust.value} 级，不满足该材料的要求，请提交原件。",
            id=holding.id,
        )
    if used is not holding:
        used = library.holdings.save(used, [HoldingUsed(used, made)], call)
    return Used(used, level)


def withdraw_holding(*, library: Library, call: Call, holding_id: str, expected_version: int) -> Holding:
    """The holder takes a paper off the file.

    Raises ``NotFound`` (also for somebody else's), ``Conflict`` (``holding_issued_here``, ``holding_over``),
    ``Forbidden``, ``Stale``.
    """
    key = own_key(call.actor)
    holding = library.holdings.find_by_id(holding_id)
    if holding is None or not holding.known or holding.holder is None or holding.holder.key != key:
        raise holding_missing(holding_id)
    check_version(holding, expected_version)
    withdrawn = _retained(library, holdings.withdraw(holding, reason="本人撤回", now=call.now))
    return library.holdings.save(withdrawn, [HoldingEnded(withdrawn)], call)


def revoke_holding(*, library: Library, call: Call, holding_id: str, reason: str, expected_version: int) -> Holding:
    """A paper on file was found false or without force; whoever used it learns so.

    Raises ``NotFound``, ``Conflict`` (``holding_issued_here``, ``holding_over``), ``Forbidden``, ``Invalid`` without a
    reason, ``Stale``.
    """
    reason = clean(reason, field="reason", max_length=500, multiline=True)
    holding = library.holdings.find_by_id(holding_id)
    if holding is None or not holding.known:
        raise holding_missing(holding_id)
    call.actor.require_center(holding.center_id)
    check_version(holding, expected_version)
    revoked = _retained(library, holdings.revoke(holding, reason=reason, now=call.now))
    return library.holdings.save(revoked, [HoldingEnded(revoked)], call)


def _retained(library: Library, holding: Holding) -> Holding:
    days = library.reference.policy(holding.center_id).integer("holding_retention_days")
    return holdings.with_retention(holding, days)
