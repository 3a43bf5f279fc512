"""A journey's history: gathered, and written as a file that can be verified offline (docs/relay/trust.md).

One JSON object a line: the head, the cards of all who signed, the envelopes as they were kept, and a signature over all.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from kit.call import Call
from kit.errors import NotFound
from kit.timestamps import to_timestamp
from services.relay.cards import card_message
from services.relay.domain.card import SiteCard
from services.relay.domain.history import HistoryHead, HistoryLine, trailer
from services.relay.domain.keys import signing_key
from services.relay.handlers.desk import Desk
from services.relay.handlers.registry import Registry
from services.relay.protos import envelope_message


def lines_of(desk: Desk, journey: str) -> Iterator[HistoryLine]:
    """Every envelope of a journey that this site sent or got, in the order in which it kept them."""
    for _, together in groupby(desk.envelopes.of_journey(journey), key=lambda kept: kept.at):
        for kept in sorted(together, key=lambda kept: (kept.lane, kept.sequence)):
            yield HistoryLine(kept.envelope(), kept.at, kept.lane.endswith("/in"))


def cards_of(desk: Desk, registry: Registry, journey: str) -> dict[str, SiteCard]:
    """The present cards of all sites that signed something of it, this one's first. Raises ``NotFound``."""
    own = registry.own().card
    cards = {own.site: own}
    signed = set()
    for line in lines_of(desk, journey):
        signed |= {line.envelope.from_site, line.envelope.letter.origin}
    if not signed:
        raise NotFound("history_not_found", "本站点没有该业务的函件往来，请核对编号。", journey=journey[:80])
    for site in sorted(signed - {own.site}):
        card = registry.card(site)
        if card is not None:
            cards[site] = card
    return cards


def history_file(desk: Desk, registry: Registry, call: Call, journey: str, exported_by: str) -> Iterator[bytes]:
    """The file's lines, the signature last. Raises ``NotFound`` (``history_not_found``), ``Unavailable``."""
    own = registry.own()
    digest, count = hashlib.sha256(), 0
    head = HistoryHead(own.site, journey, call.now, exported_by)
    for line in _content(desk, registry, head):
        digest.update(line)
        count += 1
        yield line
    key = signing_key(own.card.keys, call.now)
    signature = own.sign(key.id, trailer(own.site, digest.digest(), count, key.id))
    yield _line({"signature": {"key_id": key.id, "lines": count, "signature": signature.hex()}})


def _content(desk: Desk, registry: Registry, head: HistoryHead) -> Iterator[bytes]:
    cards = cards_of(desk, registry, head.journey)
    yield _line(
        {
            "tongban_history": 1,
            "site": head.site,
            "journey": head.journey,
            "exported_at": _time(head.exported_at),
            "exported_by": head.exported_by,
        }
    )
    for card in cards.values():
        yield _line({"card": _dict(card_message(card))})
    for each in lines_of(desk, head.journey):
        direction = "in" if each.incoming else "out"
        envelope = _dict(envelope_message(each.envelope))
        yield _line({"envelope": envelope, "kept_at": _time(each.kept_at), "direction": direction})


def _dict(message: Message) -> dict[str, Any]:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def _time(at: datetime) -> str:
    stamp = to_timestamp(at)
    return "" if stamp is None else stamp.ToJsonString()


def _line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
