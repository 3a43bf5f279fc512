"""Comparing a link with its other end: the next question after each answer, until both directions are done.

Whoever carries the questions (a line in frames, a partner in requests) keeps the run between them. An answer may be heard
again after a crash: what it mended is there by then.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid
from services.relay.domain.chain import Fork, Lane, TypeRange
from services.relay.domain.comparing import Question, Run, Wanted
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.files import Way
from services.relay.domain.link import Link
from services.relay.domain.reconcile import Compared, Difference, Differing, Report
from services.relay.handlers.reconciling import RANGE, RETURNED, Reconciling, digest_of

log = logging.getLogger(__name__)

#: Outgoing first: what is mended there is this end's own.
_WAYS = (Way.OUT, Way.IN)


@dataclass(frozen=True)
class Comparing:
    """The asking end of one link."""

    of: Reconciling
    link: Link
    #: Told how far an incoming direction is here that goes on again: what follows is wanted.
    goes_on: Callable[[Head], None] = lambda head: None

    def begin(self, report: Report) -> Run:
        """The first question."""
        return self._ask_direction(Run(self.link.id, report))

    def _lane(self, run: Run) -> Lane:
        desk = self.of.desk
        return desk.outgoing(self.link) if _WAYS[len(run.done)] is Way.OUT else desk.incoming(self.link)

    # ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────

    def _ask_direction(self, run: Run) -> Run:
        way = _WAYS[len(run.done)]
        first = self._first(run.report, way)
        head = self.of.desk.envelopes.head(self._lane(run).key)
        compared = Compared(way, first, first - 1, head.sequence, 0)
        return self._ask_range(replace(run, adopted=False), compared)

    def _first(self, report: Report, way: Way) -> int:
        """Where it begins: a night's turn goes on where the last one ended, if that found nothing; another's at 1."""
        if report.asked_by:
            return 1
        before = self.of.agreed_last(self.link.id)
        compared = (each for each in before.directions if each.way is way) if before is not None else iter(())
        return next((each.last + 1 for each in compared), 1)

    def _ask_range(self, run: Run, compared: Compared) -> Run:
        lane = self._lane(run)
        first = compared.last + 1
        last = first + RANGE - 1
        if not lane.outgoing:  # what is on its way to here is compared another time
            last = max(first - 1, min(last, self.of.desk.envelopes.head(lane.key).sequence))
        return self._ask(replace(run, compared=compared), Wanted.RANGE, first, last)

    def _ask_envelopes(self, run: Run) -> Run:
        return self._ask(run, Wanted.ENVELOPES, run.next, min(run.until, run.next + RETURNED - 1))

    def _ask(self, run: Run, wanted: Wanted, first: int, last: int) -> Run:
        asked = run.asked + 1
        question = Question(f"{run.report.id} {asked}", wanted, self._lane(run).from_site, first, last)
        return replace(run, asked=asked, question=question)

    # ── Hearing ──────────────────────────────────────────────────────────────────────────────────────────────

    def hear_range(self, call: Call, run: Run, last: int, head: Head, types: Sequence[TypeRange]) -> Run:
        """Takes the answer to a question about a range. Raises ``TongbanError``."""
        compared = run.compared
        if compared is None or run.question is None or run.question.wanted is not Wanted.RANGE:
            raise Invalid("range_malformed", "答复与所问不符。")
        lane = self._lane(run)
        first = compared.last + 1
        end = first + RANGE - 1
        if not lane.outgoing:
            end = min(end, compared.our_head)
        theirs = {each.type: each for each in types}
        # What leaves and isn't there yet is on its way: no difference.
        until = min(end, max(last, first - 1)) if lane.outgoing else end
        filled, found = self.of.range_of(lane, first, until)
        ours = {each.type: each for each in found}
        compared = replace(compared, their_head=max(compared.their_head, head.sequence))
        for type in sorted({*ours, *theirs}):
            here, there = ours.get(type), theirs.get(type)
            compared = compared.with_type(type, here.count if here else 0, there.count if there else 0)
        run = replace(run, compared=compared)
        if ours == theirs and filled == max(last, first - 1):
            compared = replace(compared, last=max(filled, first - 1))
            return self._next_range(call, run, compared, full=filled == first + RANGE - 1)
        return self._ask_envelopes(replace(run, next=first, until=max(filled, min(last, end))))

    def hear_envelopes(self, call: Call, run: Run, returned: Sequence[Envelope]) -> Run:
        """Takes what the other end has of a range, each compared with what is here. Raises ``TongbanError``."""
        compared = run.compared
        if compared is None or run.question is None or run.question.wanted is not Wanted.ENVELOPES:
            raise Invalid("range_malformed", "答复与所问不符。")
        by_number = {each.sequence: each for each in returned if run.next <= each.sequence <= run.until}
        # As many as one answer holds; of fewer, those behind are asked for, unless there is nothing at all.
        answered = max(by_number, default=run.until)
        for sequence in range(run.next, answered + 1):
            found = self._compare_one(call, run, sequence, by_number.get(sequence))
            if found is not None:
                compared = compared.with_difference(found)
                run = replace(run, adopted=run.adopted or found.difference is Difference.ADOPTED)
        run = replace(run, next=answered + 1, compared=compared)
        if run.next <= run.until:
            return self._ask_envelopes(run)
        return self._next_range(call, run, replace(compared, last=run.until), full=True)

    def _compare_one(self, call: Call, run: Run, sequence: int, theirs: Envelope | None) -> Differing | None:
        lane, envelopes = self._lane(run), self.of.desk.envelopes
        ours = envelopes.at(lane.key, sequence)
        here = "" if ours is None else ours.digest.hex()
        if ours is not None and digest_of(ours) != ours.digest:
            return Differing(sequence, Difference.DAMAGED_HERE, here, "")
        if theirs is None:
            return None if ours is None else Differing(sequence, Difference.MISSING_THERE, here, "")
        there = theirs.head().digest
        if ours is not None and ours.digest == there:
            return None
        found = Difference.MISSING_HERE if ours is None else Difference.DIFFERENT
        before = envelopes.at(lane.key, sequence - 1)
        head = Head() if before is None else before.head
        if lane.outgoing and head.sequence == sequence - 1:
            try:
                if ours is None:
                    self.of.fetch(call, lane, theirs, head)
                    found = Difference.FETCHED
                elif run.report.adopt:
                    self.of.adopt(call, lane, theirs, head, ours)
                    found = Difference.ADOPTED
            except (Conflict, Forbidden, Invalid, Fork) as error:
                log.warning("link %s: %d can't be taken back: %s", self.link.id, sequence, error.code)
        return Differing(sequence, found, here, there.hex())

    # ── A direction done ─────────────────────────────────────────────────────────────────────────────────────

    def _next_range(self, call: Call, run: Run, compared: Compared, *, full: bool) -> Run:
        way, lane = _WAYS[len(run.done)], self._lane(run)
        most = compared.their_head if lane.outgoing else compared.our_head
        if full and compared.last < most:
            return self._ask_range(run, compared)
        stop = self.of.desk.channel(self.link).stop_of(way)
        if way is Way.OUT and (run.adopted or stop is not None):
            before = self.of.desk.envelopes.at(lane.key, compared.last)
            self.of.rechain(call, lane, Head() if before is None else before.head)
        if compared.agrees and stop is not None:
            self.of.reopen(call, self.link, way)
            if way is Way.IN:
                self.goes_on(self.of.desk.envelopes.head(lane.key))
        run = replace(run, done=(*run.done, compared), compared=None)
        if len(run.done) < len(_WAYS):
            return self._ask_direction(run)
        report = run.report.done(run.done, call.now)
        log.info("link %s: reconciled, %s", self.link.id, "both ends agree" if report.agrees else "they DIFFER")
        self.of.finish(call, report)
        return replace(run, report=report, question=None)
