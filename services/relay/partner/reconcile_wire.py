"""Reconciling as JSON and back: ranges, questions, answers and reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.relay.domain.chain import TypeRange
from services.relay.domain.comparing import Question
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.files import Way
from services.relay.domain.reconcile import Report, ReportState
from services.relay.partner.wire import BATCH, Fields, Json, decode_json, head_of, read_envelope

#: Types of letters in one range at the most: as many as it has letters.
_TYPES: Final = 1000


def type_json(range: TypeRange) -> Json:
    """Letters of one type in a range."""
    return {"type": range.type, "count": range.count, "hash": range.hash.hex()}


def question_json(question: Question | None) -> Json | None:
    """What the other end is asked."""
    if question is None:
        return None
    asked = {"from_site": question.from_site, "first": question.first, "last": question.last}
    return {"id": question.id, "wanted": question.wanted.value, **asked}


def report_json(report: Report, site: str) -> Json:
    """A reconciling as the site sees it, as far as it has come."""
    return {
        "id": report.id,
        "done": report.state is not ReportState.ASKED,
        "agrees": report.agrees,
        "directions": [
            {
                "from_site": site if each.way is Way.OUT else report.peer,
                "first": each.first,
                "last": each.last,
                "our_head": each.our_head,
                "their_head": each.their_head,
                "types": [{"type": of.type, "ours": of.ours, "theirs": of.theirs} for of in each.types],
                "differing": each.differing,
                "mended": each.mended,
                "differences": [
                    {"sequence": of.sequence, "difference": of.difference.value, "ours": of.ours, "theirs": of.theirs}
                    for of in each.differences
                ],
            }
            for each in report.directions
        ],
    }


def read_ask(content: bytes) -> str:
    """Why a reconciling is asked for; empty: nothing is said. Raises ``FieldMalformed``."""
    fields = Fields(decode_json(content), "")
    reason = fields.text("reason", "")
    fields.done()
    return reason


def read_range_answer(content: bytes) -> tuple[str, int, Head, Sequence[TypeRange]]:
    """Which question is answered, how far the range is filled there, their head and types. Raises ``FieldMalformed``."""
    fields = Fields(decode_json(content), "")
    id, last = fields.text("question"), fields.number("last")
    head = head_of(fields.value("head"), fields.at("head"))
    types = fields.list("types", _read_type, _TYPES)
    fields.done()
    return id, last, head, types


def read_returned(content: bytes) -> tuple[str, Sequence[Envelope]]:
    """Which question is answered, and the envelopes. Raises ``FieldMalformed``."""
    fields = Fields(decode_json(content), "")
    id, envelopes = fields.text("question"), fields.list("envelopes", read_envelope, BATCH)
    fields.done()
    return id, envelopes


def _read_type(value: object, where: str) -> TypeRange:
    fields = Fields(value, where)
    found = TypeRange(fields.text("type"), fields.number("count", 1), fields.digest("hash"))
    fields.done()
    return found
