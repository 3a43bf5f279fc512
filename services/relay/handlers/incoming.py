"""What comes over a link: verified, kept in its chain, and only then acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from kit import telemetry
from kit.call import Call
from kit.errors import Forbidden, Invalid, Unavailable
from kit.store.port import Duplicate
from kit.store.steps import Steps, alone
from services.relay.domain.chain import Fork, Gap, Lane, follow
from services.relay.domain.channel import Stop
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.files import Way
from services.relay.domain.link import Link
from services.relay.handlers.desk import Desk

log = logging.getLogger(__name__)

_RACES: Final = 20
_HELD_AT_A_TIME: Final = 200


def incoming_head(desk: Desk, link: Link) -> Head:
    """How far what comes over a link is here, durably."""
    return desk.envelopes.head(desk.incoming(link).key)


def receive(desk: Desk, call: Call, link: Link, envelopes: Sequence[Envelope]) -> Head:
    """Keeps what came, in its order; the head that may now be acknowledged. What is here already has no second effect.

    Raises ``LinkClosed``, ``LinkStopped``; ``Gap`` (the rest is there: ask for what is behind its head); ``Fork``, after
    which the link stands still; ``NotForThisLink``, ``Invalid``, ``KeyRefused``, ``SignatureRefused`` on an envelope that
    the neighbour had no right to send, which changes nothing; ``Unavailable``. What came before it in the same batch is
    kept in any case.
    """
    return alone(desk.envelopes.store, receiving(desk, call, link, envelopes))


def receiving(desk: Desk, call: Call, link: Link, envelopes: Sequence[Envelope]) -> Steps[Head]:
    """``receive`` in steps, so that what came over many links is one write."""
    link.require_active()
    desk.require_identity()
    lane = desk.incoming(link)
    desk.channel(link).require_open(Way.IN)
    try:
        return (yield from _receiving(desk, call, link, lane, envelopes))
    except Fork as fork:
        desk.stop(call, link, Stop(Way.IN, fork.sequence, fork.code, fork.ours, fork.theirs, call.now))
        raise
    except (Forbidden, Invalid) as refused:
        log.warning("an envelope on link %s is refused: %s", link.id, refused.code)
        telemetry.relay_refused.add(1, {"code": refused.code})
        raise


def _receiving(desk: Desk, call: Call, link: Link, lane: Lane, envelopes: Sequence[Envelope]) -> Steps[Head]:
    rest = list(envelopes)
    head = desk.envelopes.head(lane.key)
    for _ in range(_RACES):
        following, refusal = _following(desk, call, lane, head, rest)
        try:
            yield from desk.envelopes.appending(lane, [(envelope, to, "") for envelope, to in following], call.now)
        except Duplicate as refused:
            if refused.index != "id":
                _keep_repeat(desk, call, lane, following, refused)
            # Another was as quick, or a letter came again: whatever stands now, the rest is looked at behind it.
            head = desk.envelopes.head(lane.key)
            continue
        if following:
            head = following[-1][1]
            desk.nudge(link.id, False)
        if refusal is not None:
            raise refusal
        return _with_held(desk, call, link, lane, head)
    raise Unavailable("lane_contended", "链路繁忙，请稍后重试。", link=link.id)


def _following(
    desk: Desk, call: Call, lane: Lane, head: Head, envelopes: Sequence[Envelope]
) -> tuple[list[tuple[Envelope, Head]], Exception | None]:
    """Those that follow the head, verified, and why it went no further; ``None``: it is all there is."""
    found: list[tuple[Envelope, Head]] = []
    for envelope in envelopes:
        try:
            lane.require_mine(envelope)
            if envelope.sequence <= head.sequence:
                _require_same(desk, call, lane, envelope, found)
                continue
            canonical = envelope.canonical()
            if envelope.sequence > head.sequence + 1:
                raise Gap(head, envelope.sequence)
            # Before the digest is looked at: only its neighbour can make a link stop.
            desk.keyring.verify(lane.from_site, envelope.key_id, canonical, envelope.signature, call.now)
            head = follow(head, envelope, canonical)
        except Exception as error:
            return found, error
        found.append((envelope, head))
    return found, None


def _require_same(
    desk: Desk, call: Call, lane: Lane, envelope: Envelope, batch: Sequence[tuple[Envelope, Head]]
) -> None:
    """Raises ``Fork`` when a number that is here comes again, signed, with something else."""
    canonical = envelope.canonical()
    digest = envelope.head(canonical).digest
    here = next((to.digest for _, to in batch if to.sequence == envelope.sequence), None)
    if here is None:
        kept = desk.envelopes.at(lane.key, envelope.sequence)
        here = None if kept is None else kept.digest
    if here == digest:
        return
    desk.keyring.verify(lane.from_site, envelope.key_id, canonical, envelope.signature, call.now)
    raise Fork(envelope.sequence, "" if here is None else here.hex(), digest.hex())


def _keep_repeat(
    desk: Desk, call: Call, lane: Lane, following: Sequence[tuple[Envelope, Head]], refused: Duplicate
) -> None:
    """A letter that is in the lane already came under another number: it is in the chain, and has no second effect."""
    for envelope, head in following:
        if refused.id == f"{lane.key}/{envelope.sequence}":
            try:
                desk.envelopes.append_repeat(lane, envelope, head, call.now)
            except Duplicate:
                return


# ── Out of order ─────────────────────────────────────────────────────────────────────────────────────────────────


def import_envelopes(desk: Desk, call: Call, link: Link, envelopes: Sequence[Envelope]) -> Head:
    """Keeps envelopes that come in any order, as bundles do: what lies beyond a gap is held until that is closed.

    Raises what ``receive`` raises, but for ``Gap``.
    """
    ordered = sorted(envelopes, key=lambda each: each.sequence)
    try:
        return receive(desk, call, link, ordered)
    except Gap as gap:
        beyond = [each for each in ordered if each.sequence > gap.head.sequence]
    lane = desk.incoming(link)
    for envelope in beyond:
        lane.require_mine(envelope)
        desk.keyring.verify(lane.from_site, envelope.key_id, envelope.canonical(), envelope.signature, call.now)
        desk.envelopes.hold(lane, envelope, call.now)
    try:
        return _with_held(desk, call, link, lane, desk.envelopes.head(lane.key))
    except Fork as fork:
        desk.stop(call, link, Stop(Way.IN, fork.sequence, fork.code, fork.ours, fork.theirs, call.now))
        raise


def _with_held(desk: Desk, call: Call, link: Link, lane: Lane, head: Head) -> Head:
    """The head after what was held for its next numbers; verified when it was held. Raises ``Fork``, ``Unavailable``."""
    for _ in range(_RACES):
        following: list[tuple[Envelope, Head]] = []
        while len(following) < _HELD_AT_A_TIME and (held := desk.envelopes.held(lane.key, head.sequence + 1)):
            for other in held[1:]:
                raise Fork(other.sequence, held[0].head().digest.hex(), other.head().digest.hex())
            head = follow(head, held[0])
            following.append((held[0], head))
        if not following:
            return head
        try:
            desk.envelopes.append(lane, [(envelope, to, "") for envelope, to in following], call.now)
        except Duplicate as refused:
            if refused.index != "id":
                _keep_repeat(desk, call, lane, following, refused)
            head = desk.envelopes.head(lane.key)
            continue
        desk.nudge(link.id, False)
    return head
