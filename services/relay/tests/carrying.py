"""A county and its hub, and what is carried between them by hand."""

from __future__ import annotations

from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.letter import Letter
from services.relay.handlers.incoming import incoming_head, receive
from services.relay.handlers.outgoing import acknowledged, next_envelopes, post_all
from services.relay.tests.world import Office


def envelopes(sender: Office, receiver: Office, after: int = 0) -> list[Envelope]:
    kept = next_envelopes(sender.desk, sender.link_to(receiver.site), after, 1000, 1 << 30)
    return [each.envelope() for each in kept]


def carry(sender: Office, receiver: Office) -> Head:
    """All that waits, over the line."""
    link = receiver.link_to(sender.site)
    after = incoming_head(receiver.desk, link).sequence
    head = receive(receiver.desk, receiver.now, link, envelopes(sender, receiver, after))
    assert acknowledged(sender.desk, sender.now, sender.link_to(receiver.site), head)
    return head


def send(sender: Office, *letters: Letter) -> None:
    post_all(desk=sender.desk, call=sender.now, letters=letters)


def payloads(receiver: Office) -> list[bytes]:
    return [each.letter.payload for each in receiver.arrived()]
