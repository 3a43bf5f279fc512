"""Signing anew what waits, when a key was revoked: nobody takes what arrives with that key's signature any more.

Only what the other end doesn't have is signed anew: its hello says how far it has come, and nothing is on its way then.
Letters of others keep their writers' signatures; this site's own keep their ids, and say that they were signed now.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final

from kit.call import Call
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.keys import KeyRefused
from services.relay.domain.letter import Letter
from services.relay.domain.link import Link
from services.relay.handlers.desk import Desk
from services.relay.handlers.place import Kept

log = logging.getLogger(__name__)

_BATCH: Final = 100


def reissue(desk: Desk, call: Call, link: Link, head: Head) -> int:
    """Signs anew what stands behind ``head``, where a revoked key signed the first of it; how many envelopes.

    The first is written last: after a crash in between, all of it is done again. Raises ``Unavailable``, ``Stale``.
    """
    lane = desk.outgoing(link)
    first = desk.envelopes.at(lane.key, head.sequence + 1)
    if first is None or not _revoked(desk, call, first.envelope()):
        return 0
    key_id = desk.keyring.signing_key_id(call.now)
    began = _wrapped(desk, call, link, first, head, key_id)
    at, count = began.head(), 1
    while batch := desk.envelopes.after(lane.key, at.sequence, _BATCH):
        for kept in batch:
            made = _wrapped(desk, call, link, kept, at, key_id)
            at, count = made.head(), count + 1
            desk.envelopes.put_signed_anew(lane, made, at)
    desk.envelopes.put_signed_anew(lane, began, began.head())
    log.warning("link %s: %d envelopes are signed anew, as a revoked key had signed them", link.id, count)
    return count


def _revoked(desk: Desk, call: Call, envelope: Envelope) -> bool:
    try:
        desk.keyring.verify(desk.site, envelope.key_id, envelope.canonical(), envelope.signature, call.now)
    except KeyRefused as error:
        return error.code == "key_revoked"
    return False


def _wrapped(desk: Desk, call: Call, link: Link, kept: Kept, head: Head, key_id: str) -> Envelope:
    letter = kept.envelope().letter
    if letter.origin == desk.site:
        letter = _signed(desk, call, letter, key_id)
    envelope = desk.outgoing(link).wrap(letter, head, key_id)
    return replace(envelope, signature=desk.keyring.sign(key_id, envelope.canonical()))


def _signed(desk: Desk, call: Call, letter: Letter, key_id: str) -> Letter:
    anew = replace(letter, created_at=max(call.now, letter.created_at), key_id=key_id, signature=b"")
    return replace(anew, signature=desk.keyring.sign(key_id, anew.canonical()))
