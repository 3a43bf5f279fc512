"""Links: proposed, accepted, suspended, resumed and ended by operators; every change is an event with who and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.store.port import Duplicate
from kit.store.repository import check_version
from services.relay.domain.card import CardRefused, SiteCard, require_genuine, same_fingerprint
from services.relay.domain.keys import find_key, signing_key
from services.relay.domain.limits import Limits
from services.relay.domain.link import Link, LinkChanged, LinkRefused, LinkState, accept, propose
from services.relay.domain.proposal import PROPOSAL_LIVES, Acceptance, Approval, Direction, Proposal
from services.relay.handlers.identity import Identity
from services.relay.handlers.keyring import SignatureRefused, signed_with
from services.relay.handlers.registry import Registry

T = TypeVar("T", Proposal, Acceptance)


def propose_link(
    *,
    registry: Registry,
    call: Call,
    card: SiteCard,
    fingerprint: str,
    direction: Direction,
    limits: Limits,
    approved_by: str,
    reason: str,
) -> tuple[Link, Proposal]:
    """Proposes a link to the site of a card whose fingerprint a person compared. Raises ``CardRefused``, ``Conflict``."""
    own = registry.own()
    require_genuine(card, call.now, signed_with)
    _require_compared(card, fingerprint)
    link, proposal, change = propose(
        id=registry.new_id(call.now),
        card=card,
        direction=direction,
        limits=limits,
        own=own.card,
        by=_approval(own, call, approved_by, reason),
        sign=lambda thing: _signed(thing, own, call.now),
    )
    made = _created(registry, call, link, change)
    if made.id != link.id:  # the same call, sent again: its first sending made the link
        ends = made.approval.at + PROPOSAL_LIVES
        first = Proposal(made.id, own.card, made.peer, made.direction, made.limits, made.approval, ends)
        proposal = _signed(first, own, call.now)
    return made, proposal


def accept_proposal(
    *,
    registry: Registry,
    call: Call,
    proposal: Proposal,
    fingerprint: str,
    limits: Limits,
    approved_by: str,
    reason: str,
) -> tuple[Link, Acceptance]:
    """Accepts what another site proposed. Raises ``CardRefused``, ``LinkRefused``, ``SignatureRefused``, ``Conflict``."""
    own = registry.own()
    require_genuine(proposal.card, call.now, signed_with)
    _require_compared(proposal.card, fingerprint)
    _require_signed(proposal, call.now)
    link, acceptance, change = accept(
        proposal=proposal,
        limits=limits,
        own=own.card,
        by=_approval(own, call, approved_by, reason),
        sign=lambda thing: _signed(thing, own, call.now),
    )
    made = _created(registry, call, link, change)
    if made.approval != link.approval:  # the same call, sent again
        first = Acceptance(made.id, made.proposal_digest, own.card, made.limits, made.approval)
        acceptance = _signed(first, own, call.now)
    return made, acceptance


def confirm_acceptance(
    *, registry: Registry, call: Call, acceptance: Acceptance, approved_by: str, reason: str
) -> Link:
    """Takes the answer to a proposal of this site: from here on the link carries letters."""
    own = registry.own()
    link = registry.links.get(acceptance.link)
    if acceptance.card.site != link.peer or acceptance.approval.site != link.peer:
        raise CardRefused("card_of_another_site", "答复来自另一站点，请核对文件。", expected=link.peer)
    require_genuine(acceptance.card, call.now, signed_with)
    _require_signed(acceptance, call.now)
    acceptance.limits.require_sound()
    acceptance.approval.require_sound()
    return _saved(registry, call, *link.accepted_by_peer(acceptance, _approval(own, call, approved_by, reason)))


def change_link(
    *,
    registry: Registry,
    call: Call,
    link_id: str,
    change: Callable[[Link, Approval], tuple[Link, LinkChanged]],
    approved_by: str,
    reason: str,
    expected_version: int,
) -> Link:
    """Suspends, resumes, ends or limits a link, as ``change`` says. Raises ``LinkRefused``, ``Stale``, ``Invalid``."""
    link = registry.links.get(link_id)
    check_version(link, expected_version)
    return _saved(registry, call, *change(link, _approval(registry.own(), call, approved_by, reason)))


def learn_card(
    *, registry: Registry, call: Call, card: SiteCard, fingerprint: str, approved_by: str, reason: str
) -> Link:
    """Takes a neighbour's later card by hand: a person compared its fingerprint. Raises ``CardRefused``, ``LinkRefused``."""
    own = registry.own()
    require_genuine(card, call.now, signed_with)
    _require_compared(card, fingerprint)
    link = registry.link_with(card.site)
    if link is None:
        raise LinkRefused("link_not_found", "与该站点没有链路，无需登记名片；请先建立链路。", site=card.site)
    by = _approval(own, call, approved_by, reason)
    return _saved(registry, call, *link.with_card(card, by, compared=True))


def heard_from(*, registry: Registry, call: Call, link_id: str) -> None:
    """Something came over a link that its peer signed: an accepted one is active now; again without effect."""
    if registry.link(link_id).state is not LinkState.ACCEPTED:
        return
    link = registry.links.get(link_id)
    if link.state is LinkState.ACCEPTED:
        by = Approval(registry.own().site, "系统", call.actor.id, call.now, "收到对方签名的内容")
        _saved(registry, call, *link.heard_from(by))


def _require_signed(thing: Proposal | Acceptance, now: datetime) -> None:
    key = find_key(thing.card.keys, thing.key_id)
    key.require_valid(now, thing.approval.at)
    if not signed_with(key, thing.canonical(), thing.signature):
        raise SignatureRefused(
            "signature_wrong", "文件的签名与内容不符，文件可能被改动，请向对方索取原件。", site=thing.card.site
        )


def _require_compared(card: SiteCard, fingerprint: str) -> None:
    if not fingerprint.strip():
        raise Invalid(
            "fingerprint_missing", "请通过电话等其他方式与对方核对名片指纹后填写。", site=card.site, field="fingerprint"
        )
    if not same_fingerprint(fingerprint, card):
        raise CardRefused("fingerprint_differs", "指纹与名片不符，名片可能被调换，请与对方核实。", site=card.site)


def _signed(thing: T, own: Identity, now: datetime) -> T:
    key = signing_key(own.card.keys, now)
    unsigned = replace(thing, key_id=key.id)
    return replace(unsigned, signature=own.sign(key.id, unsigned.canonical()))


def _approval(own: Identity, call: Call, name: str, reason: str) -> Approval:
    return Approval(own.site, name.strip(), call.actor.id, call.now, reason.strip())


def _created(registry: Registry, call: Call, link: Link, change: LinkChanged) -> Link:
    try:
        made = registry.links.create(link, [change], call)
    except Duplicate as error:
        raise Conflict(
            "link_exists", "与该站点已有链路（含未完成的提议），请先终止原链路：tongban link revoke。", peer=link.peer
        ) from error
    registry.forget()
    return made


def _saved(registry: Registry, call: Call, link: Link, change: LinkChanged) -> Link:
    saved = registry.links.save(link, [change], call)
    registry.forget()
    return saved
