"""Reconciling with a partner: what it asks is answered, and it is asked what this end wants to know, an answer at a time.

A partner can't be called, so its questions wait until it asks for them; the run is kept, and any replica goes on with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Exhausted, Stale
from kit.store.port import Duplicate, Kind
from kit.store.repository import Repository
from kit.text import clean
from services.relay.domain.chain import TypeRange
from services.relay.domain.comparing import Question, Run
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.link import Link
from services.relay.domain.reconcile import Report
from services.relay.handlers.comparing import Comparing
from services.relay.handlers.reconciling import Reconciling

RUNS: Final = Kind("reconcile_run")
#: How long after one that it asked for a partner may ask for another. Our own choice.
_PAUSE: Final = timedelta(minutes=10)


class QuestionAnswered(Conflict):
    """The answer is to another question than the present one."""


@dataclass(frozen=True)
class PartnerReconciling:
    """What the partner API does about it."""

    of: Reconciling
    runs: Repository[Run]
    #: Links that have their nightly turn, as far as this process knows.
    _turning: set[str] = field(default_factory=set)

    def heard(self, call: Call, link: Link) -> None:
        """Gives a link its nightly turn once its neighbour speaks."""
        if link.id not in self._turning:
            self.of.begin_rounds(call, link)
            self._turning.add(link.id)

    def ask(self, call: Call, link: Link, report_id: str, reason: str) -> None:
        """The partner wants a reconciling, of all that there is. Raises ``Exhausted``, ``Invalid``, ``Conflict``."""
        reason = clean(reason, field="reason", max_length=500, required=False, multiline=True)
        if self.of.pending(link.id) is not None:
            return
        for last in self.of.reports_of(link_id=link.id, limit=1, cursor="").items:
            wait = last.asked_at + _PAUSE - call.now
            if last.asked_by == link.peer and wait > timedelta():
                raise Exhausted(
                    "reconcile_asked_too_often",
                    "刚刚核对过，请稍后再提出；上次的结果仍然有效。",
                    retry_after=int(wait.total_seconds()) + 1,
                )
        self.of.ask_for(call, Report(report_id, link.id, link.peer, call.now, link.peer, reason, adopt=False))

    def question(self, call: Call, link: Link) -> Question | None:
        """What the partner is asked now. Raises ``Conflict`` when another replica is as quick."""
        report = self.of.pending(link.id)
        if report is None:
            return None
        run = self.runs.find_by_id(link.id)
        if run is None or run.question is None or run.report.id != report.id:
            run = self._keep(call, run, Comparing(self.of, link).begin(report))
        return run.question

    def hear_range(
        self, call: Call, link: Link, id: str, last: int, head: Head, types: Sequence[TypeRange]
    ) -> tuple[Question | None, Report]:
        """Takes what the partner has of a range. Raises ``QuestionAnswered`` and what comparing raises."""
        run = self._run(link, id)
        return self._goes_on(call, run, Comparing(self.of, link).hear_range(call, run, last, head, types))

    def hear_envelopes(
        self, call: Call, link: Link, id: str, envelopes: Sequence[Envelope]
    ) -> tuple[Question | None, Report]:
        """Takes envelopes that the partner has of a range. Raises as ``hear_range`` does."""
        run = self._run(link, id)
        return self._goes_on(call, run, Comparing(self.of, link).hear_envelopes(call, run, envelopes))

    def _run(self, link: Link, id: str) -> Run:
        run = self.runs.find_by_id(link.id)
        if run is None or run.question is None or run.question.id != id:
            raise QuestionAnswered("question_answered", "该问题已答复或已作废，请重新获取当前的问题。")
        return run

    def _goes_on(self, call: Call, before: Run, run: Run) -> tuple[Question | None, Report]:
        kept = self._keep(call, before, run)
        return kept.question, kept.report

    def _keep(self, call: Call, before: Run | None, run: Run) -> Run:
        try:
            if before is None:
                return self.runs.create(run, [], call)
            return self.runs.save(replace(run, version=before.version), [], call)
        except (Duplicate, Stale):
            raise QuestionAnswered("question_answered", "该问题已答复或已作废，请重新获取当前的问题。") from None
