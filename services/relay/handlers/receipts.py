"""Receipts (回执): what became of a letter, told to the site that wrote it; and what is told to this one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from kit.call import Call
from kit.errors import Forbidden, NotFound, Stale, Unavailable
from kit.store.port import AlreadyApplied, Duplicate, Mark
from kit.store.steps import Steps
from kit.timestamps import from_timestamp, to_timestamp
from services.relay.domain.events import LetterSettled
from services.relay.domain.letter import RECEIPT, Letter, following_id
from services.relay.domain.link import Link
from services.relay.domain.register import Entry, Role, Settled, Settlement
from services.relay.handlers.desk import Desk
from services.relay.handlers.outgoing import append_letters, require_route
from services.relay.handlers.place import Kept
from services.relay.protos import SETTLEMENTS, read_receipt
from tongban.relay.v1 import messages_pb2

#: The group of the marks that receipts leave with their effect. One is asked for only until the receipt's link has passed it
#: on: what comes again after that stands in its lane already, or its word in the register, which remembers longer.
RECEIPT_MARKS: Final = "relay.receipts"
_RACES: Final = 20
_SETTLEMENTS: Final = {number: settlement for settlement, number in SETTLEMENTS.items()}
#: What only the site may say that the letter is for.
_BY_DESTINATION: Final = frozenset({Settlement.DELIVERED, Settlement.READ, Settlement.ACTED_ON})


# ── Given ────────────────────────────────────────────────────────────────────────────────────────────────────────


def receipt_for(desk: Desk, call: Call, letter: Letter, settled: Settled) -> Letter | None:
    """The signed receipt for a letter; ``None``: receipts and other letters of relay's own get none."""
    if letter.is_control or letter.origin == desk.site:
        return None
    payload = messages_pb2.Receipt(
        letter_id=letter.id,
        settlement=SETTLEMENTS[settled.settlement],
        code=settled.code,
        message=settled.message,
        at=to_timestamp(settled.at),
    )
    key_id = desk.keyring.signing_key_id(call.now)
    receipt = Letter(
        id=_receipt_id(letter.id, desk.site, settled),
        origin=desk.site,
        destination=letter.origin,
        type=RECEIPT,
        type_version=1,
        journey=letter.journey,
        created_at=call.now,
        payload=payload.SerializeToString(deterministic=True),
        in_reply_to=letter.id,
        key_id=key_id,
    )
    return receipt.signed(desk.keyring.sign(receipt.key_id, receipt.canonical()))


def _receipt_id(letter_id: str, site: str, settled: Settled) -> str:
    """The same for the same word on the same letter, so that it is given once."""
    return following_id(letter_id, f"{site} {settled.settlement} {settled.code}")


def settle_letter(
    *, desk: Desk, call: Call, letter_id: str, settlement: Settlement, code: str = "", message: str = ""
) -> Entry:
    """Tells a letter's origin that it was read, acted on or refused here; again without effect.

    Raises ``NotFound`` (``letter_not_found``) unless this site got it; ``NoRoute``, ``Unavailable``.
    """
    entry = desk.register.find_by_id(letter_id)
    if entry is None or entry.role is not Role.RECEIVED or entry.destination != desk.site:
        raise NotFound("letter_not_found", "本站点没有收到过该函件，请核对函件编号。", id=letter_id)
    settled = Settled(settlement, code, message, desk.site, call.now)
    letter = letter_at(desk, entry).envelope().letter
    return give(desk, call, letter, entry, settled)


def give(desk: Desk, call: Call, letter: Letter, entry: Entry, settled: Settled) -> Entry:
    """Sends the receipt, then writes it into the register: after a crash in between, both are done again as one."""
    receipt = receipt_for(desk, call, letter, settled)
    if receipt is not None:
        send_receipt(desk, call, receipt)
    for _ in range(_RACES):
        changed, _ = entry.settle(settled)
        if changed is entry:
            return entry
        with suppress(Stale):
            return desk.register.save(changed, [], call)
        entry = desk.register.get(entry.id)
    raise Unavailable("register_contended", "函件登记繁忙，请稍后重试。", id=entry.id)


def send_receipt(desk: Desk, call: Call, receipt: Letter) -> None:
    """Puts a receipt into its lane. Raises ``NoRoute``, ``Unavailable``."""
    over = require_route(desk, receipt.destination)
    cards = desk.introductions.before(desk, call, over, receipt.destination)
    append_letters(desk, call, over, [(each, "") for each in (*cards, receipt)])


def letter_at(desk: Desk, entry: Entry) -> Kept:
    """The envelope that an entry's letter came in. Raises ``NotFound``."""
    lane = f"{entry.link}/in"
    kept = desk.envelopes.at(lane, entry.sequence)
    if kept is None or kept.letter_id != entry.id:  # the chain was agreed on anew since
        kept = desk.envelopes.of_letter(entry.id, lane) or desk.envelopes.evidence_of(entry.id, lane)
    if kept is None:
        raise NotFound("letter_not_found", "本站点没有收到过该函件，请核对函件编号。", id=entry.id)
    return kept


# ── Got ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Word:
    """A receipt that was read: what it says of which letter of this site's."""

    #: The receipt's own place.
    kept: Kept
    about: Letter
    sent: Kept
    settled: Settled

    @property
    def mark(self) -> Mark:
        """That its effect, and what the site is told of it, were written together."""
        return Mark(RECEIPT_MARKS, self.settled.receipt)

    @property
    def told(self) -> LetterSettled:
        """What the site is told."""
        about = self.about
        return LetterSettled(about.id, about.journey, about.type, about.destination, self.settled)

    @property
    def entry(self) -> Entry:
        """What the register has where it is the first word of its letter."""
        about, settled = self.about, self.settled
        return Entry(
            about.id, Role.SENT, about.type, about.journey, about.origin, about.destination,
            self.sent.lane.partition("/")[0], self.sent.sequence, self.sent.at, settled.settlement, settled.code,
            (settled,),
        )  # fmt: skip


def read_word(desk: Desk, link: Link, kept: Kept, letter: Letter) -> Word:
    """What a receipt says. Raises ``Invalid`` (``payload_undecodable``), ``NotFound`` (``receipt_for_nothing``),
    ``Forbidden`` (``receipt_not_theirs``)."""
    receipt = read_receipt(letter.payload)
    sent = next((each for each in desk.envelopes.places(receipt.letter_id) if each.lane.endswith("/out")), None)
    if sent is None or sent.via:
        raise NotFound("receipt_for_nothing", "回执所指的函件不是本站点寄出的。", id=receipt.letter_id)
    about = sent.envelope().letter
    settlement = _SETTLEMENTS[receipt.settlement]
    over = sent.lane.partition("/")[0]
    theirs = letter.origin == about.destination if settlement in _BY_DESTINATION else over == link.id
    if not theirs:
        raise Forbidden("receipt_not_theirs", "该站点无权出具此函件的回执。", id=receipt.letter_id)
    settled = Settled(
        settlement, receipt.code[:64], receipt.message[:500], letter.origin, from_timestamp(receipt.at), letter.id
    )
    return Word(kept, about, sent, settled)


def taking_words(desk: Desk, call: Call, words: Sequence[Word]) -> Steps[list[tuple[int, LetterSettled]]]:
    """Writes into the register what receipts say; what is still to be told, with the place of each receipt.

    Letters of which nothing was known, nearly all, are one write, and told with the caller's own; done again after a
    crash, they are told then. Words of other letters are written with what is told, once a receipt.
    """
    groups: dict[str, list[Word]] = {}
    for word in words:
        groups.setdefault(word.about.id, []).append(word)
    told: list[Word] = []
    further: list[Word] = []

    def known(there: Entry, group: Sequence[Word]) -> None:
        if not there.history or there.history[0].receipt != group[0].settled.receipt:
            further.extend(group)
            return
        # Written by this very function before a crash, or over another link.
        here = {each.receipt for each in there.history}
        told.extend(each for each in _joined(group)[1] if each.settled.receipt in here and not _was_told(desk, each))
        further.extend(each for each in group if each.settled.receipt not in here)

    rest: list[tuple[Entry, list[Word]]] = []
    for id, group in groups.items():
        if there := desk.register.find_by_id(id):
            known(there, group)
        else:
            rest.append(_joined(group))
    while rest:
        try:
            yield from desk.register.appending([entry for entry, _ in rest], durable=False)
            done = len(rest)
        except Duplicate as refused:  # another replica was faster
            done = next(index for index, (entry, _) in enumerate(rest) if entry.id == refused.id)
            known(desk.register.get(refused.id), groups[refused.id])
        told += [word for _, effects in rest[:done] for word in effects]
        rest = rest[done + 1 :]
    for word in further:
        take_word(desk, call, word)
    return [(word.kept.sequence, word.told) for word in told]


def _joined(words: Sequence[Word]) -> tuple[Entry, list[Word]]:
    """The entry of a letter of which nothing was known before these words, and those of them that have an effect."""
    entry, effects = words[0].entry, [words[0]]
    for word in words[1:]:
        entry, has_effect = entry.settle(word.settled)
        if has_effect:
            effects.append(word)
    return entry, effects


def _was_told(desk: Desk, word: Word) -> bool:
    """Whether a receipt whose word is in the register has been told: it came over another link, too, and was passed on."""
    if desk.register.store.is_marked(word.mark):
        return True
    for place in desk.envelopes.places(word.settled.receipt):
        link, _, way = place.lane.partition("/")
        channel = desk.channels.find_by_id(link) if way == "in" and place.lane != word.kept.lane else None
        if channel is not None and channel.passed >= place.sequence:
            return True
    return False


def take_word(desk: Desk, call: Call, word: Word) -> None:
    """Writes what one receipt says, with what is told of it; once a receipt. Raises ``Unavailable``."""
    for _ in range(_RACES):
        entry = desk.register.find_by_id(word.about.id)
        try:
            if entry is None:
                desk.register.create(word.entry, [word.told], call, mark=word.mark)
            else:
                changed, has_effect = entry.settle(word.settled)
                desk.register.save(changed, [word.told] if has_effect else [], call, mark=word.mark)
        except AlreadyApplied:
            return
        except (Stale, Duplicate):
            continue
        return
    raise Unavailable("register_contended", "函件登记繁忙，请稍后重试。", id=word.about.id)
