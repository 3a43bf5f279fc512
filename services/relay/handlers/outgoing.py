"""What leaves: letters of this site and letters on their way through are put into the lane of their link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from kit.call import Call
from kit.errors import Forbidden, Invalid, TongbanError, Unavailable
from kit.store.port import Duplicate, Mark
from kit.store.steps import Steps, alone
from services.relay.domain.chain import Lane
from services.relay.domain.channel import Stop
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.events import LetterSettled
from services.relay.domain.files import Way, Wish
from services.relay.domain.letter import Letter
from services.relay.domain.link import Direction, Link
from services.relay.domain.register import Entry, Role, Settled, Settlement
from services.relay.domain.route import patterns
from services.relay.handlers.desk import Desk
from services.relay.handlers.kept import sequence_of
from services.relay.handlers.place import Kept

#: How often a race for the next number is run before it is left for later.
_RACES: Final = 20


#: Letters that are put into a lane in one write.
_AT_A_TIME: Final = 100


class NoRoute(Forbidden):
    """No link leads there."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a letter stands: its link and number. ``sequence`` 0: it has none, as it was refused or is held."""

    letter_id: str
    link: str
    sequence: int


def post(*, desk: Desk, call: Call, letter: Letter, mark: Mark | None = None, wish: Wish = Wish.NONE) -> Placed:
    """Signs a letter of this site and puts it into the lane of the link that leads to its destination.

    Again under its id it has no second effect. What can't be posted is refused: its poster is told by ``LetterSettled``.
    Raises ``Unavailable``; ``Invalid`` (``site_has_no_identity``).
    """
    return post_all(desk=desk, call=call, letters=[letter], marks=[mark], wishes=[wish])[0]


def post_all(
    *,
    desk: Desk,
    call: Call,
    letters: Sequence[Letter],
    marks: Sequence[Mark | None] = (),
    wishes: Sequence[Wish] = (),
) -> list[Placed]:
    """Posts letters in their order, as many as follow each other over one link in one write. See ``post``."""
    desk.require_identity()
    placed: dict[str, Placed] = {}
    run: list[Letter] = []
    over: Link | None = None
    wanted = zip(letters, marks or [None] * len(letters), wishes or [Wish.NONE] * len(letters), strict=True)
    for letter, mark, wish in wanted:
        try:
            link = require_route(desk, letter.destination)
            letter = _signed(desk, call, link, replace(letter, origin=desk.site), wish)
        except Unavailable:
            raise
        except TongbanError as error:
            refuse_own(desk, call, replace(letter, origin=desk.site), error, mark)
            placed[letter.id] = Placed(letter.id, "", 0)
            continue
        if over is not None and link.id != over.id:
            placed |= _place(desk, call, over, run)
            run = []
        over, run = link, [*run, *desk.introductions.before(desk, call, link, letter.destination), letter]
    if over is not None:
        placed |= _place(desk, call, over, run)
    return [placed[letter.id] for letter in letters]


def _signed(desk: Desk, call: Call, link: Link, letter: Letter, wish: Wish) -> Letter:
    letter.require_well_formed()
    if letter.has_expired(call.now):
        raise Invalid("letter_expired", "函件已超过有效期，请重新办理后再寄出。")
    link.permits_sending(letter)
    if letter.attachments:
        desk.files.claim(call, letter, carried=False)
        desk.files.require_kept(letter.attachments)
        letter = desk.sealing.seal(call, link, letter, wish)
    link.permits_sending(letter)  # sealed files are a little larger
    letter = replace(letter, key_id=desk.keyring.signing_key_id(call.now), signature=b"")
    return letter.signed(desk.keyring.sign(letter.key_id, letter.canonical()))


def _place(desk: Desk, call: Call, link: Link, letters: Sequence[Letter]) -> dict[str, Placed]:
    places = append_letters(desk, call, link, [(letter, "") for letter in letters])
    return {id: Placed(id, link.id, sequence) for id, sequence in places.items()}


def append_letters(desk: Desk, call: Call, link: Link, letters: Sequence[tuple[Letter, str]]) -> dict[str, int]:
    """Puts signed (letter, via) into a lane, in order; the number of each, old or new, by its id.

    A lane that stands still gets them when it goes on: until then they are held, and their number is 0. Raises
    ``Unavailable``: what stands then is the first of them.
    """
    return alone(desk.envelopes.store, appending_letters(desk, call, link, letters))


def appending_letters(
    desk: Desk, call: Call, link: Link, letters: Sequence[tuple[Letter, str]]
) -> Steps[dict[str, int]]:
    """``append_letters`` in steps, so that what leaves over many links is one write."""
    if desk.channel(link).stop_of(Way.OUT) is not None:
        for letter, via in letters:
            desk.envelopes.hold_letter(desk.outgoing(link), letter, via, call.now)
        return {letter.id: 0 for letter, _ in letters}
    return (yield from _appending(desk, call, link, letters))


def append_held(desk: Desk, call: Call, link: Link) -> None:
    """Puts into a lane what was held for it while it stood still; again without effect. Raises ``Unavailable``."""
    letters: list[tuple[Letter, str]] = []
    for each in desk.envelopes.held_letters(desk.outgoing(link)):
        letters.append(each)
        if len(letters) == _AT_A_TIME:
            _append(desk, call, link, letters)
            letters = []
    if letters:
        _append(desk, call, link, letters)


def _append(desk: Desk, call: Call, link: Link, letters: Sequence[tuple[Letter, str]]) -> dict[str, int]:
    return alone(desk.envelopes.store, _appending(desk, call, link, letters))


def _appending(desk: Desk, call: Call, link: Link, letters: Sequence[tuple[Letter, str]]) -> Steps[dict[str, int]]:
    lane = desk.outgoing(link)
    for letter, via in letters:
        if letter.attachments:
            desk.files.offer(call, link.id, letter, carried=bool(via))
    places: dict[str, int] = {}
    rest = list(letters)
    races = 0
    while rest:
        head = desk.envelopes.head(lane.key)
        wrapped = _wrapped(desk, call, lane, head, rest)
        try:
            yield from desk.envelopes.appending(lane, wrapped, call.now)
        except Duplicate as refused:
            done = sequence_of(refused) - head.sequence - 1
            if refused.index == "id":
                races += 1
                if races > _RACES:
                    raise Unavailable("lane_contended", "链路繁忙，请稍后重试。", link=link.id) from refused
            else:  # it is in the lane already: its place stays
                again = rest[done][0].id
                places[again] = _place_of(desk, lane, again)
                rest = [each for at, each in enumerate(rest) if at < done or each[0].id != again]
        else:
            done = len(wrapped)
        places |= {wrapped[at][0].letter.id: wrapped[at][1].sequence for at in range(done)}
        rest = rest[done:]
    for letter, via in letters:
        if via and letter.attachments:  # from now on they stay for the neighbour, and for no letter of this site
            desk.files.let_go(call, letter.id)
    desk.nudge(link.id, True)
    return places


def _wrapped(
    desk: Desk, call: Call, lane: Lane, head: Head, letters: Sequence[tuple[Letter, str]]
) -> list[tuple[Envelope, Head, str]]:
    key_id = desk.keyring.signing_key_id(call.now)
    found = []
    for letter, via in letters:
        envelope = lane.wrap(letter, head, key_id)
        canonical = envelope.canonical()
        envelope = replace(envelope, signature=desk.keyring.sign(key_id, canonical))
        head = envelope.head(canonical)
        found.append((envelope, head, via))
    return found


def _place_of(desk: Desk, lane: Lane, letter_id: str) -> int:
    kept = desk.envelopes.of_letter(letter_id, lane.key)
    if kept is None:
        raise Unavailable("lane_contended", "链路繁忙，请稍后重试。", link=lane.link)
    return kept.sequence


def refuse_own(desk: Desk, call: Call, letter: Letter, error: TongbanError, mark: Mark | None = None) -> None:
    """Tells whoever posted a letter that it can't be, once. Raises ``AlreadyApplied`` with a mark that is there."""
    settled = Settled(Settlement.REFUSED, error.code, error.message, desk.site, call.now)
    entry = Entry(
        letter.id, Role.SENT, letter.type, letter.journey, letter.origin, letter.destination, "", 0, call.now,
        Settlement.REFUSED, error.code, (settled,),
    )  # fmt: skip
    told = LetterSettled(letter.id, letter.journey, letter.type, letter.destination, settled)
    try:
        desk.register.create(entry, [told], call, mark=mark)
    except Duplicate:
        return


# ── Routes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def require_route(desk: Desk, destination: str, came_over: str = "") -> Link:
    """The link that leads to a site: its own, then the nearest route, then the one to the parent.

    Raises ``NoRoute`` (``no_route``): none does, or only the one that the letter came over.
    """
    own = desk.links.standing_with(destination)
    if own is not None and own.id != came_over:
        return own
    standing = {link.id: link for link in desk.links.standing_links() if link.id != came_over}
    for pattern in patterns(destination):
        route = desk.routes.find_by_id(pattern)
        if route is not None and route.link in standing:
            return standing[route.link]
    for link in standing.values():
        if link.direction is Direction.PARENT:
            return link
    raise NoRoute("no_route", "没有通往该站点的链路或路由，请联系管理员配置后重发。", destination=destination)


# ── To the other end ─────────────────────────────────────────────────────────────────────────────────────────────


def outgoing_head(desk: Desk, link: Link) -> Head:
    """How far what leaves over a link has come."""
    return desk.envelopes.head(desk.outgoing(link).key)


def next_envelopes(desk: Desk, link: Link, after: int, limit: int, max_bytes: int) -> list[Kept]:
    """What the other end is to get behind a number: at least one, if there is any, then as many as fit.

    Raises ``LinkClosed``, ``LinkStopped``.
    """
    return next_and_more(desk, link, after, limit, max_bytes)[0]


def next_and_more(desk: Desk, link: Link, after: int, limit: int, max_bytes: int) -> tuple[list[Kept], bool]:
    """See ``next_envelopes``; and whether there may be more behind them."""
    link.require_active()
    desk.channel(link).require_open(Way.OUT)
    found: list[Kept] = []
    size = 0
    for kept in desk.envelopes.after(desk.outgoing(link).key, after, limit):
        size += kept.size
        if found and size > max_bytes:
            return found, True
        found.append(kept)
    return found, len(found) >= limit


def acknowledged(desk: Desk, call: Call, link: Link, head: Head) -> bool:
    """The other end says how far it has come durably. Whether that is in our chain; if not, the link stops.

    A head that isn't in our chain is one that we have lost, or never wrote: both wait for an operator's reconciling.
    """
    if head.sequence == 0:
        return True
    lane = desk.outgoing(link).key
    digest = desk.envelopes.digest(lane, head.sequence)
    if digest == head.digest:
        desk.envelopes.tails.dealt_with(lane, head.sequence)
        return True
    ours = "" if digest is None else digest.hex()
    desk.stop(call, link, Stop(Way.OUT, head.sequence, "chain_forked", ours, head.digest.hex(), call.now))
    return False
