"""What leaves over a line: no further ahead of the other end's acknowledgement than that one allows."""

from __future__ import annotations

import logging
from collections import deque
from typing import Final

from services.relay.domain.envelope import Head
from services.relay.handlers.outgoing import acknowledged, next_and_more
from services.relay.handlers.reissuing import reissue
from services.relay.session.surroundings import LineRefused, Surroundings
from tongban.relay.v1 import link_pb2, messages_pb2

log = logging.getLogger(__name__)

#: One frame of envelopes, in number and bytes.
_FRAME_ENVELOPES: Final = 100
_FRAME_BYTES: Final = 1024 * 1024
#: After how long what the other end refused is tried again, in seconds.
_REFUSED_REST: Final = 60.0
#: Refusals that a hello mends: it brings the card, and what waits is signed anew.
_NEW_CONVERSATION: Final = frozenset({"key_revoked", "key_unknown"})
#: After how long without any acknowledgement what is on its way is sent again, in seconds. Our own choice.
_PATIENCE: Final = 10.0
#: How long this end waits for its own store, in seconds.
STORE_REST: Final = 2.0


class Sending:
    """One end's outgoing direction on one line."""

    def __init__(self, around: Surroundings, link_id: str) -> None:
        self._around = around
        self._link_id = link_id
        #: Behind here the other end has been sent nothing yet, and up to where it has everything.
        self.sent = 0
        self.acknowledged = 0
        self._window = (0, 0)
        self._in_flight: deque[tuple[int, int]] = deque()
        self._bytes_in_flight = 0
        #: There may be something to send; a thread that puts it there says so at any time.
        self._nudged = True
        #: There is, and the window has no room for it.
        self._held_back = False
        self._look_at = 0.0
        self._blocked_until = 0.0
        self._moved_at = around.real()

    def nudge(self) -> None:
        """Something was put into the lane. From any thread."""
        self._nudged = True

    @property
    def may_go_on(self) -> bool:
        """Whether ``next`` may have more to give at once."""
        return self._nudged and not self._held_back

    def rest(self) -> None:
        """The store isn't there: it is asked again in a while."""
        self._nudged, self._look_at = False, self._around.real() + STORE_REST

    def allow(self, credit: link_pb2.Credit) -> None:
        """How far ahead the other end lets this one go."""
        self._window = (max(0, credit.envelopes), max(0, credit.bytes))
        self._held_back = False

    def begin(self, head: Head, skew_ms: int) -> None:
        """The other end's hello says how far it has come; see ``hear``."""
        self.sent = head.sequence
        self.hear(head, skew_ms)
        # Nothing is on its way now: what a key signed that was revoked since can be signed anew.
        reissue(self._around.desk, self._around.call(), self._around.link(self._link_id), head)

    def hear(self, head: Head, skew_ms: int | None = None) -> None:
        """The other end has everything up to there. Raises ``LineRefused`` (``chain_forked``), ``LinkClosed``."""
        call, link = self._around.call(), self._around.link(self._link_id)
        if not acknowledged(self._around.desk, call, link, head):
            raise LineRefused("chain_forked", "双方的函件链不一致，链路已停止，请运行 tongban relay reconcile 核对。")
        if head.sequence < self.acknowledged:
            return  # an older word, overtaken
        if head.sequence > self.acknowledged:
            self._moved_at = self._around.real()
        self.acknowledged = head.sequence
        self.sent = max(self.sent, head.sequence)
        while self._in_flight and self._in_flight[0][0] <= head.sequence:
            self._bytes_in_flight -= self._in_flight.popleft()[1]
        self._held_back = False
        self._around.heard(call, link, head.sequence, skew_ms)

    def resend(self, after: int) -> None:
        """The other end asks for what is behind there, also where it refused it before."""
        self._blocked_until = 0.0
        self.rewind(after)

    def rewind(self, after: int) -> None:
        """The other end misses what is behind there: it is sent again."""
        if 0 <= after < self.sent:
            self.sent = after
            while self._in_flight and self._in_flight[-1][0] > after:
                self._bytes_in_flight -= self._in_flight.pop()[1]
        self._nudged, self._held_back = True, False

    def hear_refusal(self, refused: link_pb2.Refused) -> None:
        """The other end won't take an envelope: nothing more is sent for a while, and then from there.

        Raises ``LineRefused`` where the conversation has to begin anew.
        """
        log.warning("link %s: the neighbour refuses (%s) at %d", self._link_id, refused.code[:64], refused.sequence)
        if refused.code in _NEW_CONVERSATION:
            raise LineRefused(refused.code, "对方不再接受此密钥的签名，重新连接后将以新密钥签发。")
        if refused.sequence:
            self.rewind(refused.sequence - 1)
            self._blocked_until = self._around.real() + _REFUSED_REST

    def next(self) -> link_pb2.Frame | None:
        """The next envelopes; ``None``: nothing may go now. Raises ``LinkClosed``, ``LinkStopped``, ``Unavailable``."""
        now = self._around.real()
        if self._in_flight and now - self._moved_at > _PATIENCE:
            self._moved_at = now
            self.rewind(self.acknowledged)
        if now < self._blocked_until or (now < self._look_at and not self._nudged):
            return None
        room, space = self._window[0] - len(self._in_flight), self._window[1] - self._bytes_in_flight
        self._held_back = room <= 0 or (space <= 0 and bool(self._in_flight))
        if self._held_back:
            return None
        link = self._around.link(self._link_id)
        limit, size = min(room, _FRAME_ENVELOPES), min(max(space, 1), _FRAME_BYTES)
        # Before it looks: what is put there while it does nudges it again, and isn't forgotten until it looks by itself.
        self._nudged, self._look_at = False, now + self._around.look_seconds()
        kept, more = next_and_more(self._around.desk, link, self.sent, limit, size)
        if not kept:
            return None
        if more:
            self._nudged = True
        if self._in_flight and kept[0].size > space:
            self._nudged = self._held_back = True  # it goes when there is room for it
            return None
        if not self._in_flight:
            self._moved_at = now
        message = link_pb2.Envelopes()
        for each in kept:
            message.envelopes.append(messages_pb2.Envelope.FromString(each.data))
            self._in_flight.append((each.sequence, each.size))
            self._bytes_in_flight += each.size
        self.sent = kept[-1].sequence
        return link_pb2.Frame(envelopes=message)
