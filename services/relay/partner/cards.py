"""Cards over the partner API: this site's for the asking, and a later one of the partner's that proves itself.

A partner whose keys were all stolen signs with a key that nobody knows yet: its card is looked at first, and the request is
verified by it, where that card follows the known one (a key of it that goes on, or its root key, signed it).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kit.errors import Invalid, NotFound
from services.relay.cards import card_message, card_of, file_text, read_file
from services.relay.domain.card import SiteCard
from services.relay.partner.api import ROOT, Route
from services.relay.partner.components import BadSignature
from services.relay.partner.exchange import JSON, Answer, Asked, answered
from services.relay.partner.routes import LINK, Counter, route
from services.relay.partner.wire import FieldMalformed
from tongban.relay.v1 import site_pb2

#: What stands in a card's file.
_FIELD: Final = "site_card"


@dataclass(frozen=True)
class CardCounter:
    """The address of cards."""

    counter: Counter

    def routes(self) -> Sequence[Route]:
        """Every address."""
        return (route(f"{ROOT}/links/{LINK}/card", GET=self.show, PUT=self.take),)

    def show(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """This site's present card, as its file."""
        self.counter.admit(asked, parts, active=False)
        asked.parameters()
        card = self.counter.office.card()
        if card is None:
            raise NotFound("card_not_found", "本站点没有名片。")
        return Answer(200, file_text(card_message(card)).encode())

    def take(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """A later card of the partner's; again without effect."""
        office = self.counter.office
        line = office.line(parts["link"])
        card = _card(asked.content)
        if card.site != line.peer:
            raise BadSignature("card_of_another_site", "名片不是链路对方站点的，请核对。", site=card.site[:80])
        verify = office.card_to_follow(line, card, self.counter.clock.now())
        call, line = self.counter.admit(asked, parts, JSON, active=False, verify=verify)
        asked.parameters()
        office.learn(call, line, card)
        return answered({"site": card.site, "serial": card.serial, "fingerprint": card.fingerprint()})


def _card(content: bytes) -> SiteCard:
    try:
        return card_of(read_file(content.decode("utf-8"), site_pb2.SiteCard))
    except (UnicodeDecodeError, Invalid):
        raise FieldMalformed(_FIELD, "站点名片文件的内容") from None
