"""Reconciling on a line: answers what the other end asks, and asks for what is pending here. One run at a time."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Exhausted, Forbidden, Invalid
from services.relay.domain.chain import TypeRange
from services.relay.domain.comparing import Question, Run, Wanted
from services.relay.domain.envelope import Head
from services.relay.domain.link import Link
from services.relay.handlers.comparing import Comparing
from services.relay.handlers.reconciling import Reconciling
from services.relay.protos import envelope_of, head_message, head_of
from services.relay.session.surroundings import LOOK
from tongban.relay.v1 import link_pb2, messages_pb2

log = logging.getLogger(__name__)

#: How long an answer may take, in seconds.
_PATIENCE: Final = 30.0
#: How long a run rests that failed, in seconds.
_REST: Final = 60.0
#: What the other end may have asked for and not got yet.
_ASKED_AT_MOST: Final = 16


class ReconcileFlow:
    """The reconciling of one link on one line. Not to be used by two threads at once."""

    def __init__(
        self,
        link_id: str,
        reconciling: Reconciling,
        call: Callable[[], Call],
        real: Callable[[], float],
        look_seconds: Callable[[], float] = lambda: LOOK,
    ) -> None:
        self._link_id = link_id
        self._look_seconds = look_seconds
        self._of = reconciling
        self._call = call
        self._real = real
        self._run: Run | None = None
        self._asked_at = self._look_at = 0.0
        self._answers: deque[link_pb2.Frame] = deque()
        self._wanted: deque[link_pb2.EnvelopesWanted] = deque()
        self._began = False

    def nudge(self) -> None:
        """Pending reports are looked for in any case."""

    # ── Answering ────────────────────────────────────────────────────────────────────────────────────────────

    def receive(self, frame: link_pb2.Frame, call: Call) -> bool:
        """Takes a frame. Raises ``TongbanError``, which the other end is told."""
        which = frame.WhichOneof("body")
        if which == "range_asked":
            self._require_room()
            self._answers.append(self._tell(frame.range_asked))
        elif which == "envelopes_wanted":
            self._require_room()
            self._of.lane(self._link(), frame.envelopes_wanted.from_site)
            self._wanted.append(frame.envelopes_wanted)
        elif which in ("range_told", "envelopes_returned"):
            try:
                self._hear(which, frame, call)
            except (Conflict, Forbidden, Invalid) as error:
                log.warning("link %s: reconciling failed: %s", self._link_id, error.code)
                self._run, self._look_at = None, self._real() + _REST
                raise
        return False

    def _require_room(self) -> None:
        if len(self._answers) + len(self._wanted) >= _ASKED_AT_MOST:
            raise Exhausted("reconcile_asked_too_often", "核对请求过多，请等待已提出的请求。")

    def _link(self) -> Link:
        return self._of.desk.links.link(self._link_id)

    def _tell(self, asked: link_pb2.RangeAsked) -> link_pb2.Frame:
        last, head, types = self._of.tell(self._link(), asked.from_site, asked.first, asked.last)
        told = link_pb2.RangeTold(
            id=asked.id[:100], from_site=asked.from_site, first=asked.first, last=last, head=head_message(head)
        )
        for each in types:
            told.types.add(type=each.type, count=each.count, hash=each.hash)
        return link_pb2.Frame(range_told=told)

    def to_give(self) -> link_pb2.Frame | None:
        """What the other end wanted, an answer at a time."""
        if not self._wanted:
            return None
        wanted = self._wanted.popleft()
        lane = self._of.lane(self._link(), wanted.from_site)
        returned = link_pb2.EnvelopesReturned(id=wanted.id[:100])
        for kept in self._of.returned(lane, max(1, wanted.first), wanted.last):
            returned.envelopes.append(messages_pb2.Envelope.FromString(kept.data))
        return link_pb2.Frame(envelopes_returned=returned)

    # ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────

    def to_ask(self) -> list[link_pb2.Frame]:
        """Answers, and the next question. Raises ``Unavailable``."""
        frames = list(self._answers)
        self._answers.clear()
        now = self._real()
        if self._run is not None and now - self._asked_at > _PATIENCE:
            self._run, self._look_at = None, now + _REST
        if self._run is None and now >= self._look_at:
            self._look_at = now + 2 * self._look_seconds()
            frames += self._begin()
        return frames

    def _begin(self) -> list[link_pb2.Frame]:
        link = self._link()
        if not self._began:
            self._began = True
            self._of.begin_rounds(self._call(), link)
        report = self._of.pending(link.id)
        return [] if report is None else self._goes_on(Comparing(self._of, link).begin(report))

    def _goes_on(self, run: Run) -> list[link_pb2.Frame]:
        """Keeps the run; its next question."""
        self._run = None if run.question is None else run
        self._asked_at = self._real()
        return [] if run.question is None else [_asked(run.question)]

    def _hear(self, which: str, frame: link_pb2.Frame, call: Call) -> None:
        run = self._run
        answer = frame.range_told if which == "range_told" else frame.envelopes_returned
        if run is None or run.question is None or answer.id != run.question.id:
            return  # the answer to a question of an earlier run
        comparing = Comparing(self._of, self._link(), self._resend)
        if which == "range_told":
            told = frame.range_told
            types = [TypeRange(each.type, each.count, each.hash) for each in told.types]
            run = comparing.hear_range(call, run, told.last, head_of(told.head), types)
        else:
            run = comparing.hear_envelopes(
                call, run, [envelope_of(each) for each in frame.envelopes_returned.envelopes]
            )
        self._answers.extend(self._goes_on(run))

    def _resend(self, head: Head) -> None:
        self._answers.append(link_pb2.Frame(resend_from=link_pb2.ResendFrom(after=head.sequence)))


def _asked(question: Question) -> link_pb2.Frame:
    id, site, first, last = question.id, question.from_site, question.first, question.last
    if question.wanted is Wanted.RANGE:
        return link_pb2.Frame(range_asked=link_pb2.RangeAsked(id=id, from_site=site, first=first, last=last))
    return link_pb2.Frame(envelopes_wanted=link_pb2.EnvelopesWanted(id=id, from_site=site, first=first, last=last))
