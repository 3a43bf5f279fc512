"""Passing on: what came over a link is told to the site, handled by relay, put into the next lane, or set aside.

Everything can be done again without a second effect: after a crash it is, from the channel's mark on. The last write is
the channel's own, with the events of the letters that arrived; what a power cut takes back of it is told again, under the
letters' own ids. Only what leaves over a link, receipts too, has to be durable at once: it is signed under its number.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kit.call import Call
from kit.errors import Conflict, Invalid, Stale, TongbanError, Unavailable
from kit.store.port import Duplicate
from kit.store.steps import ALONE, Steps, alone
from services.relay.domain.channel import MAX_WAITING, Channel, Waiting
from services.relay.domain.events import LetterArrived
from services.relay.domain.files import FileState
from services.relay.domain.letter import CARD, RECEIPT, Letter
from services.relay.domain.link import Link
from services.relay.domain.register import Entry, Role, Settled, Settlement
from services.relay.handlers.desk import Desk
from services.relay.handlers.outgoing import NoRoute, append_letters, appending_letters, require_route
from services.relay.handlers.place import Kept
from services.relay.handlers.receipts import Word, read_word, receipt_for, take_word, taking_words

log = logging.getLogger(__name__)

#: Letters of one link that may be passed on together with those of others, at the most.
_FEW: Final = 16
#: What one write passes on at the most, in letters and bytes: a document of the store holds the events.
_LETTERS: Final = 100
_BYTES: Final = 2 * 1024 * 1024
_RACES: Final = 20


class Expired(Invalid):
    """Nobody delivers the letter any more."""


class _Wait(Exception):
    """The letter waits for its files."""


class _NotQuick(Exception):
    """What is to be passed on isn't little."""


@dataclass
class _Batch:
    """What is being passed on together."""

    channel: Channel
    waiting: list[Waiting] = field(default_factory=list)
    #: Letters for this site, in order.
    arrived: list[tuple[Kept, Letter]] = field(default_factory=list)
    #: What receipts say of this site's letters, in order.
    words: list[Word] = field(default_factory=list)
    #: What leaves over which link, in order: receipts too.
    leaving: dict[str, tuple[Link, list[tuple[Letter, str]]]] = field(default_factory=dict)
    #: For the origins of letters of this batch: where receipts leave.
    ways_back: dict[str, Link] = field(default_factory=dict)
    #: Letters that were opened before, by the numbers of their envelopes.
    opened: dict[int, Letter] = field(default_factory=dict)
    passed: int = 0
    #: Envelopes looked at anew.
    count: int = 0
    #: It is full, and there may be more behind it.
    is_cut: bool = False

    def leave(self, link: Link, letter: Letter, via: str) -> None:
        self.leaving.setdefault(link.id, (link, []))[1].append((letter, via))

    def holds_up(self, journey: str) -> bool:
        return bool(journey) and any(each.journey == journey for each in self.waiting)


@dataclass(frozen=True, slots=True)
class Passed:
    """What was passed on together."""

    #: How many; 0: nothing can be passed on now.
    count: int = 0
    #: There may be more at once.
    more: bool = False
    #: Letters wait for their files.
    waits: bool = False


def pass_on(desk: Desk, call: Call, link: Link) -> int:
    """Passes on a batch of what came over a link; how many (0: nothing can be passed on now). See ``pass_batch``."""
    return pass_batch(desk, call, link).count


def pass_batch(desk: Desk, call: Call, link: Link) -> Passed:
    """Passes on a batch of what came over a link. Raises ``LinkClosed``, ``Unavailable``."""
    return alone(desk.envelopes.store, passing(desk, call, link))


def passing(desk: Desk, call: Call, link: Link, *, quick: bool = False) -> Steps[Passed]:
    """``pass_batch`` in steps, so that what came over many links is passed on with a few writes; ``quick``: what isn't
    little is left as it is."""
    link.require_active()
    for _ in range(_RACES):
        try:
            batch = yield from _gathering(desk, call, link, quick)
        except _NotQuick:
            return Passed(more=True)
        if batch is None:
            return Passed()
        told = yield from _claiming(desk, call, link, batch)
        told += yield from taking_words(desk, call, batch.words)
        for over, letters in batch.leaving.values():
            yield from appending_letters(desk, call, over, letters)
        changed = replace(batch.channel, passed=batch.passed, waiting=tuple(batch.waiting))
        if changed == batch.channel:
            return Passed(waits=bool(changed.waiting))
        try:
            # As they came: a letter isn't told before the receipt that was sent ahead of it.
            events = [event for _, event in sorted(told, key=lambda each: each[0])]
            yield from desk.keeping(changed, events, call, durable=False)
        except (Stale, Duplicate):
            continue  # another replica passed them on, or the link was stopped meanwhile
        except Invalid as error:
            if error.code != "document_too_large":
                raise
            # The bus is behind: its events wait in this document.
            raise Unavailable("bus_behind", "站内消息积压，稍后自动继续。", link=link.id) from error
        desk.envelopes.tails.dealt_with(desk.incoming(link).key, batch.passed)
        return Passed(batch.count or 1, batch.is_cut, bool(changed.waiting))
    raise Unavailable("channel_contended", "链路繁忙，请稍后重试。", link=link.id)


def _gathering(desk: Desk, call: Call, link: Link, quick: bool) -> Steps[_Batch | None]:
    channel = desk.channel(link)
    lane = desk.incoming(link).key
    new = desk.envelopes.after(lane, channel.passed, _LETTERS)
    if not new and not channel.waiting:
        return None
    batch = _Batch(channel, passed=channel.passed)
    if channel.waiting or not _is_quick(new, batch):
        if quick:
            raise _NotQuick
        yield ALONE
    size = 0
    for each in channel.waiting:
        kept = desk.envelopes.at(lane, each.sequence)
        if kept is None:
            raise Unavailable("envelope_missing", "函件存储内容缺失，请运行 tongban relay reconcile 核对。", lane=lane)
        size += kept.size
        if size > _BYTES and batch.arrived:
            batch.is_cut = True
            batch.waiting.append(each)
        elif not _pass_one(desk, call, link, kept, batch):
            batch.waiting.append(each)
    batch.is_cut |= len(new) >= _LETTERS
    for kept in new:
        size += kept.size
        if size > _BYTES and (batch.count or batch.arrived):
            batch.is_cut = True
            break
        if not _pass_one(desk, call, link, kept, batch):
            if len(batch.waiting) >= MAX_WAITING:
                break
            batch.waiting.append(Waiting(kept.sequence, kept.letter_id, kept.journey, call.now))
        batch.passed = kept.sequence
        batch.count += 1
    return batch


def _is_quick(new: Sequence[Kept], batch: _Batch) -> bool:
    """Whether these hold up nobody whose letters are passed on together with them: few, and without files to be opened."""
    if len(new) > _FEW:
        return False
    batch.opened.update({kept.sequence: kept.envelope().letter for kept in new if not kept.repeats})
    return not any(letter.attachments for letter in batch.opened.values())


def _pass_one(desk: Desk, call: Call, link: Link, kept: Kept, batch: _Batch) -> bool:
    """Whether the letter was dealt with; if not, it waits."""
    if kept.repeats:
        return True
    letter = batch.opened.get(kept.sequence) or kept.envelope().letter
    try:
        _direct(desk, call, link, kept, letter, batch)
    except _Wait:
        return False
    except Unavailable:
        raise
    except TongbanError as error:
        _set_aside(desk, call, link, kept, letter, batch, error)
    return True


def _direct(desk: Desk, call: Call, link: Link, kept: Kept, letter: Letter, batch: _Batch) -> None:
    """Decides where a letter goes. Raises ``_Wait``, and whatever it is set aside for."""
    link.permits(letter)
    if letter.has_expired(call.now):
        raise Expired("letter_expired", "函件在送达前已超过有效期，请重新办理。", expires_at=letter.expires_at)
    forward = letter.destination != desk.site
    over = require_route(desk, letter.destination, link.id) if forward else None
    if over is None and letter.type != CARD:  # whose site may be unknown yet: its handler verifies it
        desk.keyring.verify(
            letter.origin, letter.key_id, letter.canonical(), letter.signature, kept.at, letter.created_at
        )
    if letter.attachments:
        desk.files.claim(call, letter, carried=forward)
    if not letter.is_control and batch.holds_up(letter.journey):
        desk.files.want(call, link.id, letter.attachments)
        raise _Wait
    state = desk.files.want(call, link.id, letter.attachments)
    if state is FileState.WANTED:
        raise _Wait
    if state is FileState.REFUSED:
        code = desk.files.refusal(link.id, letter.attachments) or "attachment_refused"
        raise Invalid(code, "函件附件无法取得，请来函站点核对后重新发送。")
    if over is not None:
        over.permits_sending(letter)
        batch.leave(over, letter, kept.lane)
    elif letter.type == RECEIPT:
        batch.words.append(read_word(desk, link, kept, letter))
    elif letter.is_control:
        handler = desk.control.get(letter.type)
        if handler is None:
            raise Invalid("letter_type_unknown", "本站点不认识此类函件。", type=letter.type)
        handler(desk, call, link, letter)
    else:
        desk.sealing.unseal(call, link.id, letter)
        batch.arrived.append((kept, letter))


# ── To this site ─────────────────────────────────────────────────────────────────────────────────────────────────


def _claiming(desk: Desk, call: Call, link: Link, batch: _Batch) -> Steps[list[tuple[int, Any]]]:
    """Writes the letters for this site into the register, with receipts for their origins; what is to be told, with its place.

    The register has a letter once: one that came over another link before, or under another number, is told no more.
    """
    entries, events = [], []
    for kept, letter in batch.arrived:
        settled = Settled(Settlement.DELIVERED, "", "", desk.site, call.now)
        entries.append(_entry(kept, letter, link, settled))
    mine = yield from _claims(desk, entries)
    for (kept, letter), entry in zip(batch.arrived, entries, strict=True):
        if letter.id in mine:
            events.append((kept.sequence, LetterArrived(letter, link.id, kept.at)))
            _answer(desk, call, link, letter, batch, entry.history[-1])
    return events


def _claims(desk: Desk, entries: Sequence[Entry]) -> Steps[set[str]]:
    """The letters whose entry is this one, written now or, before a crash, then."""
    mine: set[str] = set()
    rest = list(entries)
    while rest:
        try:
            yield from desk.register.appending(rest, durable=False)
        except Duplicate as refused:
            at = next(index for index, each in enumerate(rest) if each.id == refused.id)
            there = desk.register.get(refused.id)
            mine |= {each.id for each in rest[:at]}
            if (there.link, there.sequence) == (rest[at].link, rest[at].sequence):
                mine.add(there.id)
            rest = rest[at + 1 :]
        else:
            mine |= {each.id for each in rest}
            rest = []
    return mine


def _entry(kept: Kept, letter: Letter, link: Link, settled: Settled, *, waits: bool = False) -> Entry:
    return Entry(
        letter.id, Role.RECEIVED, letter.type, letter.journey, letter.origin, letter.destination, link.id,
        kept.sequence, kept.at, settled.settlement, settled.code, (settled,), waits,
    )  # fmt: skip


def _answer(desk: Desk, call: Call, link: Link, letter: Letter, batch: _Batch, settled: Settled) -> None:
    """Lets the receipt leave with the batch: by the route to the origin, or back where the letter came from."""
    receipt = receipt_for(desk, call, letter, settled)
    if receipt is None:
        return
    back = batch.ways_back.get(letter.origin)
    if back is None:
        try:
            back = require_route(desk, letter.origin)
        except NoRoute:
            back = link
        batch.ways_back[letter.origin] = back
        for card in desk.introductions.before(desk, call, back, letter.origin):
            batch.leave(back, card, "")
    batch.leave(back, receipt, "")


# ── Aside ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _set_aside(
    desk: Desk, call: Call, link: Link, kept: Kept, letter: Letter, batch: _Batch, error: TongbanError
) -> None:
    """Keeps a letter for the operator, or says that its time is over; its origin is told, and the next one follows."""
    expired = isinstance(error, Expired)
    settlement = Settlement.EXPIRED if expired else Settlement.SET_ASIDE
    settled = Settled(settlement, error.code, error.message, desk.site, call.now)
    entry = _entry(kept, letter, link, settled, waits=not expired)
    if alone(desk.register.store, _claims(desk, [entry])):
        log.warning("letter %s of link %s is %s: %s", letter.id, link.id, settlement, error.code)
        if expired and letter.attachments:
            desk.files.let_go(call, letter.id, [each.sha256 for each in letter.attachments])
        _answer(desk, call, link, letter, batch, settled)


def pass_again(desk: Desk, call: Call, link: Link, kept: Kept, entry: Entry) -> Entry:
    """Passes on one letter that was set aside, by its operator's word.

    Raises whatever it would be set aside for again; ``Conflict`` (``attachments_missing``) while its files aren't here.
    """
    letter = kept.envelope().letter
    batch = _Batch(desk.channel(link))
    try:
        _direct(desk, call, link, kept, letter, batch)
    except _Wait:
        raise Conflict("attachments_missing", "函件的附件尚未收齐，请稍后再试。", id=letter.id) from None
    for word in batch.words:
        take_word(desk, call, word)
    events: list[LetterArrived] = []
    if batch.arrived:
        settled = Settled(Settlement.DELIVERED, "", "", desk.site, call.now)
        entry, _ = entry.settle(settled)
        events = [LetterArrived(letter, link.id, kept.at)]
        _answer(desk, call, link, letter, batch, settled)
    for over, letters in batch.leaving.values():
        append_letters(desk, call, over, letters)
    return desk.register.save(replace(entry, waits=False), events, call)
