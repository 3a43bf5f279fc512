"""What the partner API does to reconcile: ranges to compare, and this end's questions with their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.relay.partner.api import ROOT, Route
from services.relay.partner.exchange import JSON, Answer, Asked, answered
from services.relay.partner.reconcile_wire import (
    question_json,
    read_ask,
    read_range_answer,
    read_returned,
    report_json,
    type_json,
)
from services.relay.partner.routes import LINK, Counter, number_of, route
from services.relay.partner.wire import envelope_json, head_json

#: Of a number in a query.
_LAST: Final = (1 << 53) - 1


@dataclass(frozen=True)
class Comparisons:
    """The addresses beside those of the counter."""

    counter: Counter

    def routes(self) -> Sequence[Route]:
        """Every address."""
        link = f"{ROOT}/links/{LINK}"
        return (
            route(f"{link}/ranges", GET=self.ranges),
            route(f"{link}/ranges/envelopes", GET=self.kept),
            route(f"{link}/reconciliation", GET=self.question, POST=self.ask),
            route(f"{link}/reconciliation/ranges", POST=self.hear_range),
            route(f"{link}/reconciliation/envelopes", POST=self.hear_envelopes),
        )

    # ── What is here ─────────────────────────────────────────────────────────────────────────────────────────

    def ranges(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """Counts and hashes of a range of one direction, by type."""
        _, line = self.counter.admit(asked, parts)
        from_site, first, last = _range(asked)
        filled, head, types = self.counter.office.ranges(line, from_site, first, last)
        said = {"from_site": from_site, "first": first, "last": filled, "head": head_json(head)}
        return answered({**said, "types": [type_json(each) for each in types]})

    def kept(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """What is here of a range of one direction, as much as one answer holds."""
        _, line = self.counter.admit(asked, parts)
        found = self.counter.office.kept(line, *_range(asked))
        return answered({"envelopes": [envelope_json(each) for each in found]})

    # ── This end's questions ─────────────────────────────────────────────────────────────────────────────────

    def question(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """What this end asks now."""
        call, line = self.counter.admit(asked, parts)
        asked.parameters()
        return answered({"question": question_json(self.counter.office.question(call, line))})

    def ask(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """The partner wants a reconciling: this end begins to ask."""
        call, line = self.counter.admit(asked, parts, JSON)
        asked.parameters()
        self.counter.office.ask_reconciling(call, line, read_ask(asked.content))
        return answered({"question": question_json(self.counter.office.question(call, line))})

    def hear_range(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """The answer to a question about a range."""
        call, line = self.counter.admit(asked, parts, JSON)
        asked.parameters()
        question, report = self.counter.office.hear_range(call, line, *read_range_answer(asked.content))
        return answered({"question": question_json(question), "report": report_json(report, self.counter.office.site)})

    def hear_envelopes(self, asked: Asked, parts: Mapping[str, str]) -> Answer:
        """The answer to a question about envelopes."""
        call, line = self.counter.admit(asked, parts, JSON)
        asked.parameters()
        question, report = self.counter.office.hear_envelopes(call, line, *read_returned(asked.content))
        return answered({"question": question_json(question), "report": report_json(report, self.counter.office.site)})


def _range(asked: Asked) -> tuple[str, int, int]:
    given = asked.parameters("from_site", "first", "last")
    first = number_of(given, "first", 1, _LAST, least=1)
    return given.get("from_site", ""), first, number_of(given, "last", first, _LAST)
