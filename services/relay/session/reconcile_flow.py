"""Reconciling on a line: answers what the other end asks, and asks for what is pending here. One run at a time."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Exhausted, Forbidden, Invalid
from services.relay.domain.chain import Fork, Lane, TypeRange
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.files import Way
from services.relay.domain.link import Link
from services.relay.domain.reconcile import Compared, Difference, Differing, Report
from services.relay.handlers.reconciling import RANGE, RETURNED, Reconciling, digest_of
from services.relay.protos import envelope_of, head_message, head_of
from tongban.relay.v1 import link_pb2, messages_pb2

log = logging.getLogger(__name__)

#: How often pending reports are looked for, and how long an answer may take, in seconds.
_LOOK: Final = 2.0
_PATIENCE: Final = 30.0
#: How long a run rests that failed, in seconds.
_REST: Final = 60.0
#: What the other end may have asked for and not got yet.
_ASKED_AT_MOST: Final = 16


@dataclass
class _Run:
    """One reconciling on its way."""

    report: Report
    lanes: list[tuple[Way, Lane]]
    done: list[Compared] = field(default_factory=list)
    compared: Compared | None = None
    #: Numbers that are being compared one by one, as their hashes differ: the next, and the last that the other end has.
    next: int = 0
    until: int = 0
    question: int = 0
    asked_at: float = 0.0
    adopted: bool = False

    @property
    def id(self) -> str:
        """Of the present question: an answer names it."""
        return f"{self.report.id} {self.question}"


class ReconcileFlow:
    """The reconciling of one link on one line. Not to be used by two threads at once."""

    def __init__(
        self, link_id: str, reconciling: Reconciling, call: Callable[[], Call], real: Callable[[], float]
    ) -> None:
        self._link_id = link_id
        self._of = reconciling
        self._call = call
        self._real = real
        self._run: _Run | None = None
        self._look_at = 0.0
        self._answers: deque[link_pb2.Frame] = deque()
        self._wanted: deque[link_pb2.EnvelopesWanted] = deque()
        self._began = False

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
        lane = self._of.lane(self._link(), asked.from_site)
        if asked.first < 1 or not asked.first - 1 <= asked.last < asked.first + RANGE:
            raise Invalid("range_malformed", "核对请求的范围不正确。", first=asked.first, last=asked.last)
        last, types = self._of.range_of(lane, asked.first, asked.last)
        told = link_pb2.RangeTold(
            id=asked.id[:100],
            from_site=asked.from_site,
            first=asked.first,
            last=last,
            head=head_message(self._of.desk.envelopes.head(lane.key)),
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
        if self._run is not None and now - self._run.asked_at > _PATIENCE:
            self._run, self._look_at = None, now + _REST
        if self._run is None and now >= self._look_at:
            self._look_at = now + _LOOK
            frames += self._begin()
        return frames

    def _begin(self) -> list[link_pb2.Frame]:
        link = self._link()
        if not self._began:
            self._began = True
            self._of.begin_rounds(self._call(), link)
        report = self._of.pending(link.id)
        if report is None:
            return []
        desk = self._of.desk
        self._run = _Run(report, [(Way.OUT, desk.outgoing(link)), (Way.IN, desk.incoming(link))])
        return [self._ask_direction(self._run)]

    def _ask_direction(self, run: _Run) -> link_pb2.Frame:
        way, lane = run.lanes[len(run.done)]
        first = self._first(run.report, way)
        head = self._of.desk.envelopes.head(lane.key)
        run.compared = Compared(way, first, first - 1, head.sequence, 0)
        run.adopted = False
        return self._ask_range(run, run.compared)

    def _first(self, report: Report, way: Way) -> int:
        """Where it begins: a night's turn goes on where the last one ended, if that found nothing; an operator's at 1."""
        if report.asked_by:
            return 1
        for before in self._of.reports_of(link_id=self._link_id, limit=5, cursor="").items:
            for compared in before.directions:
                if before.agrees and compared.way is way:
                    return compared.last + 1
        return 1

    def _ask_range(self, run: _Run, compared: Compared) -> link_pb2.Frame:
        _, lane = run.lanes[len(run.done)]
        first = compared.last + 1
        last = first + RANGE - 1
        if not lane.outgoing:  # what is on its way to here is compared another time
            last = max(first - 1, min(last, self._of.desk.envelopes.head(lane.key).sequence))
        asked = link_pb2.RangeAsked(id=self._question(run), from_site=lane.from_site, first=first, last=last)
        return link_pb2.Frame(range_asked=asked)

    def _question(self, run: _Run) -> str:
        run.question += 1
        run.asked_at = self._real()
        return run.id

    def _ask_envelopes(self, run: _Run) -> link_pb2.Frame:
        _, lane = run.lanes[len(run.done)]
        last = min(run.until, run.next + RETURNED - 1)
        wanted = link_pb2.EnvelopesWanted(id=self._question(run), from_site=lane.from_site, first=run.next, last=last)
        return link_pb2.Frame(envelopes_wanted=wanted)

    # ── Comparing ────────────────────────────────────────────────────────────────────────────────────────────

    def _hear(self, which: str, frame: link_pb2.Frame, call: Call) -> None:
        run = self._run
        answer = frame.range_told if which == "range_told" else frame.envelopes_returned
        if run is None or run.compared is None or answer.id != run.id:
            return  # the answer to a question of an earlier run
        _, lane = run.lanes[len(run.done)]
        if which == "range_told":
            self._compare_range(run, run.compared, lane, frame.range_told, call)
        else:
            self._compare_each(
                run, run.compared, lane, [envelope_of(each) for each in frame.envelopes_returned.envelopes], call
            )

    def _compare_range(self, run: _Run, compared: Compared, lane: Lane, told: link_pb2.RangeTold, call: Call) -> None:
        first, head = compared.last + 1, head_of(told.head)
        last = first + RANGE - 1
        if not lane.outgoing:
            last = min(last, compared.our_head)
        theirs = {each.type: TypeRange(each.type, each.count, each.hash) for each in told.types}
        # What leaves and isn't there yet is on its way: no difference.
        until = min(last, max(told.last, first - 1)) if lane.outgoing else last
        filled, types = self._of.range_of(lane, first, until)
        ours = {each.type: each for each in types}
        compared = replace(compared, their_head=max(compared.their_head, head.sequence))
        for type in sorted({*ours, *theirs}):
            here, there = ours.get(type), theirs.get(type)
            compared = compared.with_type(type, here.count if here else 0, there.count if there else 0)
        run.compared = compared
        if ours == theirs and filled == max(told.last, first - 1):
            self._next_range(
                run, replace(compared, last=max(filled, first - 1)), call, full=filled == first + RANGE - 1
            )
            return
        run.next, run.until = first, max(filled, min(told.last, last))
        self._answers.append(self._ask_envelopes(run))

    def _compare_each(self, run: _Run, compared: Compared, lane: Lane, returned: list[Envelope], call: Call) -> None:
        by_number = {each.sequence: each for each in returned if run.next <= each.sequence <= run.until}
        # As many as one answer holds; of fewer, those behind are asked for, unless there is nothing at all.
        answered = max(by_number, default=run.until)
        for sequence in range(run.next, answered + 1):
            found = self._compare_one(run, lane, sequence, by_number.get(sequence), call)
            if found is not None:
                compared = compared.with_difference(found)
        run.next = answered + 1
        run.compared = compared
        if run.next <= run.until:
            self._answers.append(self._ask_envelopes(run))
        else:
            self._next_range(run, replace(compared, last=run.until), call, full=True)

    def _compare_one(
        self, run: _Run, lane: Lane, sequence: int, theirs: Envelope | None, call: Call
    ) -> Differing | None:
        ours = self._of.desk.envelopes.at(lane.key, sequence)
        here = "" if ours is None else ours.digest.hex()
        if ours is not None and digest_of(ours) != ours.digest:
            return Differing(sequence, Difference.DAMAGED_HERE, here, "")
        if theirs is None:
            return None if ours is None else Differing(sequence, Difference.MISSING_THERE, here, "")
        there = theirs.head().digest
        if ours is not None and ours.digest == there:
            return None
        found = Difference.MISSING_HERE if ours is None else Difference.DIFFERENT
        before = self._of.desk.envelopes.at(lane.key, sequence - 1)
        head = Head() if before is None else before.head
        if lane.outgoing and head.sequence == sequence - 1:
            try:
                if ours is None:
                    self._of.fetch(call, lane, theirs, head)
                    found = Difference.FETCHED
                elif run.report.adopt:
                    self._of.adopt(call, lane, theirs, head, ours)
                    run.adopted = True
                    found = Difference.ADOPTED
            except (Conflict, Forbidden, Invalid, Fork) as error:
                log.warning("link %s: %d can't be taken back: %s", self._link_id, sequence, error.code)
        return Differing(sequence, found, here, there.hex())

    def _next_range(self, run: _Run, compared: Compared, call: Call, *, full: bool) -> None:
        way, lane = run.lanes[len(run.done)]
        run.compared = compared
        most = compared.their_head if lane.outgoing else compared.our_head
        if full and compared.last < most:
            self._answers.append(self._ask_range(run, compared))
            return
        link = self._link()
        if way is Way.OUT and (run.adopted or self._of.desk.channel(link).stop_of(way) is not None):
            before = self._of.desk.envelopes.at(lane.key, compared.last)
            self._of.rechain(call, lane, Head() if before is None else before.head)
        if compared.agrees:
            self._reopen(call, link, way, lane)
        run.done.append(compared)
        if len(run.done) < len(run.lanes):
            self._answers.append(self._ask_direction(run))
            return
        report = run.report.done(tuple(run.done), call.now)
        log.info("link %s: reconciled, %s", link.id, "both ends agree" if report.agrees else "they DIFFER")
        self._of.finish(call, report)
        self._run = None

    def _reopen(self, call: Call, link: Link, way: Way, lane: Lane) -> None:
        if self._of.desk.channel(link).stop_of(way) is None:
            return
        self._of.reopen(call, link, way)
        if way is Way.IN:
            head = self._of.desk.envelopes.head(lane.key)
            self._answers.append(link_pb2.Frame(resend_from=link_pb2.ResendFrom(after=head.sequence)))
