"""The session: greeting, then envelopes both ways, beside files and reconciling.

Small frames come out of ``receive_frame`` and ``control`` and go before the bulk of ``frames_to_send``, so that no
acknowledgement waits behind a large letter.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from kit.errors import TongbanError, Unavailable
from kit.store.steps import Steps, alone
from services.relay.domain.channel import LinkStopped
from services.relay.domain.link import LinkClosed
from services.relay.protos import head_of
from services.relay.session.gathering import FRAMES, are_well_formed, gathered
from services.relay.session.greeting import Greeting
from services.relay.session.sending import Sending
from services.relay.session.surroundings import FrameFlow, LineRefused, Side, Surroundings
from services.relay.session.taking import Taking
from tongban.relay.v1 import link_pb2

log = logging.getLogger(__name__)

#: Bytes of frames that are put into one message at the most.
_JOINED: Final = 64 * 1024
#: How often held-back acknowledgements are looked at, in seconds.
_PAYDAY = 0.1


class Session:
    """One conversation on one line. Not to be used by two threads at once.

    ``link_id`` is known from the beginning at the dialling end. ``shown_site``: whose certificate the transport saw;
    empty: it doesn't say.
    """

    def __init__(self, around: Surroundings, side: Side, link_id: str = "", shown_site: str = "") -> None:
        self._around = around
        self._side = side
        self._greeting = Greeting(around, side, link_id, shown_site)
        self._flows: Sequence[FrameFlow] = ()
        self._heard_at = self._pinged_at = around.real()
        self._pings = 0
        self._joins = False
        #: The link that is spoken on; empty: it isn't known yet.
        self.link = link_id
        self.sending: Sending | None = None
        self.taking: Taking | None = None
        self.ended = False
        #: Why it ended; empty: nothing is wrong.
        self.code = ""

    @property
    def is_open(self) -> bool:
        """Whether both ends know each other."""
        return self.sending is not None and not self.ended

    def start(self) -> list[link_pb2.Frame]:
        """The first frames: the dialling end's hello."""
        if self._side is Side.LISTENING:
            return []
        try:
            return self._greeting.start()
        except TongbanError as error:
            return [self._bye(error)]

    def nudge(self) -> None:
        """Something was put into the link's lane."""
        if self.sending is not None:
            self.sending.nudge()

    def nudge_flows(self) -> None:
        """Letters wait for files, which may have to be asked for."""
        for flow in self._flows:
            flow.nudge()

    def closed(self, reason: str) -> None:
        """The line is gone."""
        self.ended = True
        self.code = self.code or reason

    # ── Hearing ──────────────────────────────────────────────────────────────────────────────────────────────

    def receive_frame(self, frame: link_pb2.Frame) -> list[link_pb2.Frame]:
        """Hears a frame; what is to be said at once. Never raises on what the other end says."""
        return alone(self._around.desk.envelopes.store, self.hearing(frame))

    def hearing_all(self, frames: Sequence[link_pb2.Frame]) -> Steps[list[link_pb2.Frame]]:
        """Hears what came since the last turn, as ``hearing`` does."""
        said: list[link_pb2.Frame] = []
        for frame in gathered(frames):
            said += yield from self.hearing(frame)
        return said

    def hearing(self, frame: link_pb2.Frame) -> Steps[list[link_pb2.Frame]]:
        """``receive_frame`` in steps, so that what is heard on many lines is kept in one write."""
        if self.ended:
            return []
        self._heard_at = self._around.real()
        which = frame.WhichOneof("body") or ""
        try:
            if which == "bye":
                self.closed(frame.bye.code[:64] or "bye")
                return []
            if which == "frames":
                return (yield from self._hear_all(frame.frames))
            if self.sending is not None and self.taking is not None:
                return (yield from self._conversing(which, frame, self.sending, self.taking))
            return self._greet(which, frame)
        except Unavailable as error:
            if self.taking is None:
                return [self._bye(error)]
            self.taking.rest()
            return []
        except TongbanError as error:
            return [self._bye(error)]

    def _greet(self, which: str, frame: link_pb2.Frame) -> list[link_pb2.Frame]:
        frames = self._greeting.receive(which, frame)
        greeted = self._greeting.greeted
        if greeted is None:
            return frames
        self.link, self._joins = greeted.link.id, greeted.reads_frames
        self._flows = self._around.flows(self.link)
        self.sending, self.taking = Sending(self._around, self.link), Taking(self._around, self.link)
        frames.append(self._credit())
        try:
            self.sending.begin(greeted.theirs.received, greeted.skew_ms)
        except LineRefused as error:
            frames += self.taking.refuse(error)  # what comes in goes on
        return frames

    def _conversing(
        self, which: str, frame: link_pb2.Frame, sending: Sending, taking: Taking
    ) -> Steps[list[link_pb2.Frame]]:
        if which == "envelopes":
            return (yield from self._around.beside(self.link, taking.taking(frame.envelopes)))
        if which == "acknowledged":
            try:
                sending.hear(head_of(frame.acknowledged.head))
            except LineRefused as error:
                return taking.refuse(error)
        elif which == "resend_from":
            sending.resend(frame.resend_from.after)
        elif which == "credit":
            sending.allow(frame.credit)
        elif which == "ping":
            return [link_pb2.Frame(pong=link_pb2.Pong(number=frame.ping.number)), self._credit()]
        elif which == "refused":
            sending.hear_refusal(frame.refused)
        elif which in ("hello", "proof"):
            raise LineRefused("hello_again", "对方重复问候，连接已关闭。")
        elif which != "pong":
            return self._hand_over(frame, taking)
        return []

    def _hear_all(self, message: link_pb2.Frames) -> Steps[list[link_pb2.Frame]]:
        """What came in one message, as if each had come by itself."""
        if not are_well_formed(message):
            raise LineRefused("frames_malformed", "对方一次发送的内容过多，连接已关闭。")
        said: list[link_pb2.Frame] = []
        for each in message.frames:
            said += yield from self.hearing(each)
        return said

    def _hand_over(self, frame: link_pb2.Frame, taking: Taking) -> list[link_pb2.Frame]:
        """Frames of the flows; those that none knows are a later protocol's, and passed over."""
        for flow in self._flows:
            try:
                if flow.receive(frame, self._around.call()):
                    self._around.desk.nudge(self.link, False)
            except Unavailable:
                raise
            except TongbanError as error:
                return taking.refuse(error)
        return []

    # ── Speaking ─────────────────────────────────────────────────────────────────────────────────────────────

    def control(self) -> list[link_pb2.Frame]:
        """Small frames that are due now, whatever was heard."""
        if self.ended:
            return []
        now = self._around.real()
        if now - self._heard_at > self._around.terms.silence_seconds:
            self.closed("silent")
            return []
        if self.taking is None:
            return []
        frames: list[link_pb2.Frame] = []
        try:
            frames += self.taking.due()
            self._around.settle(self._around.call(), self.link)
            for flow in self._flows:
                frames += flow.to_ask()
        except LinkClosed as error:
            return [*frames, self._bye(error)]
        except Unavailable:
            self.taking.rest()
        if now - max(self._heard_at, self._pinged_at) >= self._around.terms.ping_seconds:
            self._pings += 1
            self._pinged_at = now
            frames.append(link_pb2.Frame(ping=link_pb2.Ping(number=self._pings)))
        return frames

    def frames_to_send(self) -> list[link_pb2.Frame]:
        """Bulk: the next envelopes and the next piece of a file. Ask again once they are written, while ``may_go_on``."""
        if self.sending is None or self.ended:
            return []
        frames: list[link_pb2.Frame] = []
        try:
            envelopes = self._next_envelopes(self.sending)
            if envelopes is not None:
                frames.append(envelopes)
            pieces = (flow.to_give() for flow in self._flows)
            frames += [piece for piece in pieces if piece is not None]
        except LinkClosed as error:
            frames.append(self._bye(error))
        except Unavailable:
            self.sending.rest()
        return frames

    def along(self) -> list[link_pb2.Frame]:
        """What can wait until something else is said anyway: to be asked for then, and said with it."""
        return [] if self.taking is None or self.ended else self.taking.unsaid()

    def joined(self, frames: Sequence[link_pb2.Frame]) -> list[link_pb2.Frame]:
        """Small frames in one message, where the other end reads that."""
        if not self._joins or not 1 < len(frames) <= FRAMES or sum(each.ByteSize() for each in frames) > _JOINED:
            return list(frames)
        return [link_pb2.Frame(frames=link_pb2.Frames(frames=frames))]

    def may_go_on(self, said: Sequence[link_pb2.Frame]) -> bool:
        """Whether there may be more bulk at once, behind what was just said."""
        if self.sending is None or self.ended or not said:
            return False
        return self.sending.may_go_on or any(not each.HasField("envelopes") for each in said)

    @staticmethod
    def _next_envelopes(sending: Sending) -> link_pb2.Frame | None:
        try:
            return sending.next()
        except LinkStopped:
            sending.rest()  # an operator reconciles it; what comes in goes on
            return None

    def again_in(self) -> float:
        """After how many seconds ``control`` and ``frames_to_send`` are to be asked, whatever comes."""
        if self.taking is not None and self.taking.owes:
            return _PAYDAY
        waits = self._around.terms.ping_seconds if self.taking is None else self.taking.silent_for()
        return min(self._around.look_seconds(), self._around.terms.ping_seconds, waits)

    def _credit(self) -> link_pb2.Frame:
        terms = self._around.terms
        return link_pb2.Frame(credit=link_pb2.Credit(envelopes=terms.window_envelopes, bytes=terms.window_bytes))

    def _bye(self, error: TongbanError) -> link_pb2.Frame:
        log.warning("line of link %s ends: %s", self.link[:64] or "?", error.code)
        self.closed(error.code)
        return link_pb2.Frame(bye=link_pb2.Bye(code=error.code, message=error.message))
