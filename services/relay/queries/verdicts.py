"""Verifying a history's file: line by line, by what stands in it and nothing else; no site, no network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import Invalid, TongbanError
from kit.timestamps import from_timestamp
from services.relay.cards import card_of
from services.relay.domain.card import SiteCard, require_continuing, require_genuine, require_successor
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.history import HistoryHead, HistoryLine, trailer
from services.relay.domain.keys import SKEW, KeyRefused, find_key
from services.relay.domain.letter import RECEIPT, Letter
from services.relay.handlers.keyring import SignatureRefused, signed_with
from services.relay.protos import envelope_of, read_receipt
from tongban.relay.v1 import messages_pb2, site_pb2

#: No line of a history comes near it: a letter's payload has half a mebibyte.
MAX_LINE: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a line is, and whether it is as it was signed."""

    line: int
    what: str
    #: Stable; empty: sound.
    code: str = ""


@dataclass
class Verification:
    """A file as far as it was read."""

    verdicts: list[Verdict] = field(default_factory=list)
    head: HistoryHead | None = None
    cards: dict[str, SiteCard] = field(default_factory=dict)
    #: What was sound.
    lines: list[HistoryLine] = field(default_factory=list)
    #: Cards that somebody has compared, by site.
    trusted: Mapping[str, SiteCard] = field(default_factory=dict)
    signed: bool = False
    #: (link, incoming, number): the digest that it names, and its own.
    _places: dict[tuple[str, bool, int], tuple[bytes, bytes]] = field(default_factory=dict)
    _letters: dict[str, bytes] = field(default_factory=dict)
    _digest: Any = field(default_factory=hashlib.sha256)

    @property
    def sound(self) -> bool:
        """Whether every line is as it was signed, and the file whole."""
        return self.signed and not any(each.code for each in self.verdicts)


def verify_history(lines: Iterable[bytes], trusted: Mapping[str, SiteCard]) -> Verification:
    """Judges each line of a file; never raises for what stands in it."""
    found = Verification(trusted=trusted)
    number = 0
    for number, line in enumerate(lines, 1):
        what, code = "", ""
        try:
            what = _judge(found, number, line)
        except TongbanError as error:
            what, code = error.message, error.code
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, json_format.ParseError):
            what, code = "this line can't be read", "line_malformed"
        found.verdicts.append(Verdict(number, what, code))
        found._digest.update(line)
    if not found.signed:
        found.verdicts.append(Verdict(number + 1, "the file ends without its signature", "history_cut_off"))
    return found


def _judge(found: Verification, number: int, line: bytes) -> str:
    if found.signed:
        raise Invalid("history_goes_on", "something stands behind the signature")
    if len(line) > MAX_LINE or not line.endswith(b"\n"):
        raise ValueError("not a line")
    content = json.loads(line)
    if number == 1:
        return _head(found, content)
    if found.head is None:
        raise Invalid("history_headless", "the file's first line is no history's head")
    if "card" in content:
        return _card(found, found.head, content)
    if "envelope" in content:
        return _envelope(found, found.head, content)
    if "signature" in content:
        return _signature(found, found.head, number, content["signature"])
    raise ValueError("an unknown line")


def _head(found: Verification, content: dict[str, Any]) -> str:
    if content["tongban_history"] != 1:
        raise Invalid("history_version_unknown", "this release doesn't know the file's version")
    texts = (content["site"], content["journey"], content["exported_by"])
    if not all(isinstance(each, str) for each in texts):
        raise ValueError("no texts")
    found.head = HistoryHead(*texts[:2], _time(content["exported_at"]), texts[2])
    return f"history of {texts[1]}, told by {texts[0]} ({texts[2]}) at {content['exported_at']}"


def _card(found: Verification, head: HistoryHead, content: dict[str, Any]) -> str:
    card = card_of(json_format.ParseDict(content["card"], site_pb2.SiteCard()))
    require_genuine(card, card.issued_at, signed_with)
    if card.issued_at > head.exported_at + SKEW:
        raise Invalid("card_from_future", "the card was issued after the history was exported")
    if card.site in found.cards:
        raise Invalid("card_twice", "a site has two cards in one history")
    known = found.trusted.get(card.site)
    if known is None:
        said = "not compared with anything"
    else:
        _require_known(known, card)
        said = "continues the one given"
    found.cards[card.site] = card
    return f"card {card.serial} of {card.site} {card.name}, fingerprint {card.fingerprint()}: {said}"


def _require_known(known: SiteCard, card: SiteCard) -> None:
    """Raises ``CardRefused`` unless one of the two continues the other: the given one may be the later."""
    if known.canonical() == card.canonical():
        return
    if card.site == known.site and card.serial < known.serial:
        require_continuing(card, known)
    else:
        require_successor(known, card)


def _envelope(found: Verification, head: HistoryHead, content: dict[str, Any]) -> str:
    envelope = envelope_of(json_format.ParseDict(content["envelope"], messages_pb2.Envelope()))
    kept_at, incoming = _time(content["kept_at"]), {"in": True, "out": False}[content["direction"]]
    letter = envelope.letter
    if letter.journey != head.journey:
        raise Invalid("another_journey", "a letter of another journey")
    if (envelope.to_site if incoming else envelope.from_site) != head.site:
        raise Invalid("another_site", "an envelope that neither left nor reached the site that tells the history")
    if kept_at > head.exported_at + SKEW:
        raise Invalid("kept_in_future", "kept after the history was exported")
    canonical = envelope.canonical()
    _require_signed(found, envelope.from_site, envelope.key_id, canonical, envelope.signature, kept_at, None)
    _require_signed(
        found, letter.origin, letter.key_id, letter.canonical(), letter.signature, kept_at, letter.created_at
    )
    _require_place(found, envelope, envelope.head(canonical), incoming)
    said = hashlib.sha256(letter.canonical()).digest()
    if found._letters.setdefault(letter.id, said) != said:
        raise Invalid("letter_twice", "the same letter's id with another content")
    found.lines.append(HistoryLine(envelope, kept_at, incoming))
    way = "in " if incoming else "out"
    return f"{way} {envelope.sequence:>6} {content['kept_at']} {letter.origin} → {letter.destination} {_said(letter)}"


def _require_place(found: Verification, envelope: Envelope, at: Head, incoming: bool) -> None:
    """A number comes once in a lane, and one that follows another names that one's digest, in whichever order they stand."""
    lane, number = (envelope.link, incoming), envelope.sequence
    before, after = found._places.get((*lane, number - 1)), found._places.get((*lane, number + 1))
    if (*lane, number) in found._places:
        raise Invalid("number_twice", "the envelope's number is there already")
    if (before is not None and envelope.previous != before[1]) or (after is not None and after[0] != at.digest):
        raise Invalid("chain_broken", "the envelope doesn't follow the one before it")
    found._places[*lane, number] = (envelope.previous, at.digest)


def _said(letter: Letter) -> str:
    if letter.type != RECEIPT:
        files = f", {len(letter.attachments)} files" if letter.attachments else ""
        return f"{letter.type} {letter.id}{files}, signed by {letter.key_id}"
    receipt = read_receipt(letter.payload)
    name = messages_pb2.Settlement.Name(receipt.settlement).removeprefix("SETTLEMENT_").lower()
    code = f" ({receipt.code})" if receipt.code else ""
    return f"receipt: {receipt.letter_id} {name}{code}, signed by {letter.key_id}"


def _signature(found: Verification, head: HistoryHead, number: int, content: dict[str, Any]) -> str:
    if content["lines"] != number - 1:
        raise Invalid("lines_missing", "lines are missing, or were added")
    data = trailer(head.site, found._digest.digest(), content["lines"], content["key_id"])
    signature = bytes.fromhex(content["signature"])
    _require_signed(found, head.site, content["key_id"], data, signature, head.exported_at, head.exported_at)
    found.signed = True
    return f"signed as a whole by {head.site} with {content['key_id']}"


def _require_signed(
    found: Verification, site: str, key_id: str, data: bytes, signature: bytes, at: datetime, signed_at: datetime | None
) -> None:
    card = found.cards.get(site)
    if card is None:
        raise KeyRefused("site_unknown", f"the history has no sound card of {site}")
    key = find_key(card.keys, key_id)
    key.require_valid(at, signed_at)
    if not signed_with(key, data, signature):
        raise SignatureRefused("signature_wrong", f"not what {site} signed")


def _time(text: str) -> datetime:
    stamp = Timestamp()
    stamp.FromJsonString(text)
    return from_timestamp(stamp)


# ── Two ends ─────────────────────────────────────────────────────────────────────────────────────────────────────


def differences(one: Verification, other: Verification) -> list[Verdict]:
    """What the histories of two ends say differently: letters between the two, and envelopes on their links.

    A letter that only its origin has may be on its way still; one that only its destination has can't be.
    """
    if one.head is None or other.head is None:
        return [Verdict(0, "one of the files is no history", "history_headless")]
    if one.head.journey != other.head.journey:
        return [Verdict(0, "the files are of different journeys", "another_journey")]
    sites = {one.head.site, other.head.site}
    found = _forks(one, other)
    here, there = _between(one, sites), _between(other, sites)
    for id in sorted(here.keys() | there.keys()):
        if id not in here or id not in there:
            only = one.head.site if id in here else other.head.site
            letter = here.get(id) or there[id]
            code = "on_its_way" if letter.origin == only else "missing_at_origin"
            found.append(Verdict(0, f"{letter.type} {id}: only {only} has it", code))
        elif here[id].canonical() != there[id].canonical():
            found.append(Verdict(0, f"{here[id].type} {id}: the two ends have different letters", "letters_differ"))
    return found


def _forks(one: Verification, other: Verification) -> list[Verdict]:
    def digests(side: Verification) -> dict[tuple[str, str, int], bytes]:
        return {
            (each.envelope.link, each.envelope.from_site, each.envelope.sequence): each.envelope.head().digest
            for each in side.lines
        }

    here, there = digests(one), digests(other)
    return [
        Verdict(0, f"link {place[0]}: number {place[2]} from {place[1]} differs", "chain_forked")
        for place in sorted(here.keys() & there.keys())
        if here[place] != there[place]
    ]


def _between(side: Verification, sites: set[str]) -> dict[str, Letter]:
    letters = (each.envelope.letter for each in side.lines)
    return {letter.id: letter for letter in letters if {letter.origin, letter.destination} == sites}
