"""Cards on their way: this site's own to whom it writes, and others' that come, as letters of type ``relay.card``.

A card goes before the first letter to a destination, and once to each neighbour whenever there is a new one. Its letter
has an id that site, destination and card decide, so that it stands in a lane once, whoever sends it again.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from kit.call import Call
from kit.errors import TongbanError
from kit.ids import uuid7
from services.relay.cards import card_message, parse_card
from services.relay.domain.card import CardRefused, SiteCard, require_genuine
from services.relay.domain.keys import find_key
from services.relay.domain.known_site import CardLearned, introduce
from services.relay.domain.letter import CARD, Letter
from services.relay.domain.link import Link
from services.relay.domain.proposal import Approval
from services.relay.handlers.desk import Desk
from services.relay.handlers.identity import Identity
from services.relay.handlers.keyring import SignatureRefused, signed_with
from services.relay.handlers.outgoing import append_letters, require_route
from services.relay.handlers.registry import Registry


class Introductions:
    """Tells others this site's card before they need it."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        #: (destination, serial) whose letter is known to stand in a lane.
        self._told: set[tuple[str, int]] = set()

    def before(self, desk: Desk, call: Call, link: Link, destination: str) -> list[Letter]:
        """The letters that have to go before the next one to this destination: none, or the card."""
        own = self._registry.identity()
        if own is None or (destination, own.card.serial) in self._told:
            return []
        told = link.peer == destination and link.own_serial >= own.card.serial
        letter = card_letter(own, destination, call)
        if not told and desk.envelopes.of_letter(letter.id, desk.outgoing(link).key) is None:
            key_id = desk.keyring.signing_key_id(call.now)
            letter = replace(letter, key_id=key_id)
            return [replace(letter, signature=desk.keyring.sign(key_id, letter.canonical()))]
        self._told.add((destination, own.card.serial))
        return []

    def card(self) -> bytes:
        """This site's card, for a hello; empty: it has none."""
        own = self._registry.identity()
        return b"" if own is None else card_message(own.card).SerializeToString(deterministic=True)

    def meet(self, call: Call, link: Link, card: bytes) -> None:
        """Takes the card of a neighbour's hello, if it is a later one: so no neighbour stays away so long that it can't
        prove itself any more. Raises ``CardRefused``, ``Invalid``.
        """
        found = parse_card(card)
        if found.site != link.peer:
            raise CardRefused("card_of_another_site", "名片不是对方站点自己的，请与对方核实。", site=found.site)
        if found.serial > link.peer_card.serial:
            require_genuine(found, call.now, signed_with)
            _follow(self._registry, call, link.id, found)

    def announce(self, desk: Desk, call: Call) -> int:
        """Tells every neighbour a card that it hasn't got yet; how many were told. May be done again at any time."""
        count = 0
        for link in self._registry.standing_links():
            letters = self.before(desk, call, link, link.peer)
            if letters:
                try:
                    append_letters(desk, call, link, [(letter, "") for letter in letters])
                except TongbanError:
                    continue  # this link stands still; the others needn't wait
                count += 1
        return count

    def introduce_to(self, desk: Desk, call: Call, destination: str) -> None:
        """Tells a destination, wherever it is, this site's card if it hasn't got it. Raises ``NoRoute``."""
        link = require_route(desk, destination)
        letters = self.before(desk, call, link, destination)
        if letters:
            append_letters(desk, call, link, [(letter, "") for letter in letters])


def card_letter(own: Identity, destination: str, call: Call) -> Letter:
    """The letter with this site's card, not signed yet; its id is the same whenever it is made."""
    card = own.card
    said = f"{card.site} {destination} {card.serial} {card.fingerprint()}".encode()
    return Letter(
        id=uuid7(card.issued_at, lambda size: hashlib.sha256(said).digest()[:size]),
        origin=card.site,
        destination=destination,
        type=CARD,
        type_version=1,
        journey="",
        created_at=call.now,
        payload=card_message(card).SerializeToString(deterministic=True),
    )


def take_card(registry: Registry, desk: Desk, call: Call, link: Link, letter: Letter) -> None:
    """Takes the card in a letter: a later one of a site that is known, or the first that a neighbour introduces.

    An older one than is known has no effect. Raises ``CardRefused``, ``KeyRefused``, ``SignatureRefused``, ``Invalid``.
    """
    card = parse_card(letter.payload)
    if card.site != letter.origin:
        raise CardRefused("card_of_another_site", "名片不是来函站点自己的，请与对方核实。", site=card.site)
    require_genuine(card, call.now, signed_with)
    _require_signed(card, letter, call)
    neighbour = registry.link_with(card.site)
    if neighbour is not None:
        _follow(registry, call, neighbour.id, card)
    else:
        _learn(registry, desk, call, link, card)
        registry.forget()


def _follow(registry: Registry, call: Call, link_id: str, card: SiteCard) -> None:
    link = registry.links.get(link_id)
    if card.serial > link.peer_card.serial:
        by = Approval(registry.own().site, "系统", call.actor.id, call.now, "对方站点发来新的名片")
        changed, event = link.with_card(card, by, compared=False)
        registry.links.save(changed, [event], call)
        registry.forget()


def _learn(registry: Registry, desk: Desk, call: Call, link: Link, card: SiteCard) -> None:
    known = registry.sites.find_by_id(card.site)
    learned = CardLearned(card, link.peer, link.id, call.now)
    if known is None:
        may = link.may_introduce(card.site)
        made = introduce(card, by=link.peer, may=may, own=desk.site, now=call.now)
        registry.sites.create(made, [learned], call)
    elif card.serial > known.card.serial:
        registry.sites.save(known.with_card(card, call.now), [learned], call)


def _require_signed(card: SiteCard, letter: Letter, call: Call) -> None:
    """With a key of the card itself: whether that card is to be believed is another question, and answered after it."""
    key = find_key(card.keys, letter.key_id)
    key.require_valid(call.now, letter.created_at)
    if not signed_with(key, letter.canonical(), letter.signature):
        raise SignatureRefused("signature_wrong", "签名与内容不符，内容可能被改动。", site=letter.origin, key=key.id)
