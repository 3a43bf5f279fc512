"""Evaluations and complaints about a case of two sites, at the end that they concern (rules Q05, R05)."""

from __future__ import annotations

from dataclasses import replace

from kit.call import Call
from kit.errors import Forbidden, Invalid
from kit.events import DomainEvent
from kit.store.port import Mark
from kit.store.repository import check_version
from kit.text import clean
from services.federation.domain import feedback as feedbacks
from services.federation.domain.feedback import Conclusion, Feedback, FeedbackKind, FeedbackState
from services.federation.domain.letters import IncomingLetter, LetterPosted
from services.federation.domain.part_events import (
    FeedbackArrived,
    FeedbackConcluded,
    FeedbackForwarded,
    FeedbackHandedOn,
)
from services.federation.domain.parts import Place
from services.federation.handlers import letters
from services.federation.handlers.letters import answered
from services.federation.handlers.parts import MAX_WORDS
from services.federation.handlers.room import Room
from services.federation.protos.by_name import entity_of, message_of
from tongban.federation.v1 import urging_pb2


def forward_feedback(*, room: Room, call: Call, said: Feedback) -> Feedback:
    """Tells another site what a citizen said here of a case that it handles. Raises ``Invalid``, ``Forbidden``."""
    before = room.feedbacks.created_before(call)
    if before is not None:
        return before
    call.actor.require_center(said.given_at.center_id)
    fresh = feedbacks.forward(
        replace(
            said,
            id=room.desk.ids.new_id(call.now),
            given_at=replace(said.given_at, site=room.here),
            number=clean(said.number, field="number", max_length=64, required=False),
            item_name=clean(said.item_name, field="item_name", max_length=200),
            source_id=clean(said.source_id, field="source_id", max_length=64, required=False),
            about=clean(said.about, field="about", max_length=64, required=False),
            text=clean(said.text, field="text", max_length=MAX_WORDS, required=False, multiline=True),
            contact=clean(said.contact, field="contact", max_length=100, required=False),
            said_at=call.now,
        )
    )
    letter = _letter(room, call, fresh, fresh.concerns, "feedback.forwarded")
    return room.feedbacks.create(fresh, [FeedbackForwarded(fresh, fresh.given_at.center_id), letter], call)


def conclude_feedback(
    *,
    room: Room,
    call: Call,
    feedback_id: str,
    findings: str,
    measures: str,
    callback_note: str,
    expected_version: int,
) -> Feedback:
    """Says what was found and done; both ends then show it. Raises ``Conflict``, ``Forbidden``, ``Invalid``, ``Stale``."""
    held = room.feedbacks.get(feedback_id)
    call.actor.require_center(held.concerns.center_id)
    check_version(held, expected_version)
    said = Conclusion(
        clean(findings, field="findings", max_length=MAX_WORDS, multiline=True),
        clean(measures, field="measures", max_length=MAX_WORDS, required=False, multiline=True),
        call.actor.name,
        call.now,
        clean(callback_note, field="callback_note", max_length=MAX_WORDS, required=False, multiline=True),
    )
    concluded = feedbacks.conclude(held, room.here, said)
    letter = _letter(room, call, concluded, concluded.given_at, "feedback.concluded")
    return room.feedbacks.save(concluded, [FeedbackConcluded(concluded, concluded.concerns.center_id), letter], call)


def conclude_by_itself(*, room: Room, call: Call, feedback_id: str, said: Conclusion, mark: Mark) -> None:
    """What came of it here, in complaint or evaluation: told to the end where it was said, once.

    What staff concluded before, stays. Raises ``AlreadyApplied``, ``Stale``.
    """
    held = room.feedbacks.find_by_id(feedback_id)
    if held is None or held.state is not FeedbackState.FORWARDED or held.concerns.site != room.here:
        return
    concluded = feedbacks.conclude(held, room.here, said)
    letter = _letter(room, call, concluded, concluded.given_at, "feedback.concluded")
    events: list[DomainEvent] = [FeedbackConcluded(concluded, concluded.concerns.center_id), letter]
    room.feedbacks.save(concluded, events, call, mark=mark)


def take_feedback(room: Room, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """What a citizen said elsewhere concerns this site. Raises ``Forbidden``, ``Invalid``, ``NotFound``."""
    told = entity_of(letters.read(letter, urging_pb2.FeedbackTold).feedback, Feedback)
    if room.feedbacks.find_by_id(told.id) is not None:
        return
    feedbacks.forward(told)
    center_id = told.concerns.center_id
    days = room.desk.reference.policy(center_id).integer(
        "rectification_days" if told.kind is FeedbackKind.EVALUATION else "complaint_days"
    )
    arrived = feedbacks.arrived(told, letter.origin, room.here, room.clock(call, center_id, days, "rules Q05"))
    events: list[DomainEvent] = [
        FeedbackArrived(arrived, center_id),
        FeedbackHandedOn(arrived, center_id),
        answered(letter, call, "read"),
    ]
    room.feedbacks.create(arrived, events, call, mark=mark)


def take_conclusion(room: Room, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """What came of it at the end that it concerned."""
    told = entity_of(letters.read(letter, urging_pb2.FeedbackTold).feedback, Feedback)
    held = room.feedbacks.find_by_id(told.id)
    if held is None or held.given_at.site != room.here:
        raise Forbidden("not_of_this_feedback", "来函站点与该评价或投诉无关，不予登记。", sender=letter.origin)
    heard = feedbacks.hear(held, told, letter.origin)
    if heard is not None:
        events: list[DomainEvent] = [
            FeedbackConcluded(heard, heard.given_at.center_id),
            answered(letter, call, "acted_on"),
        ]
        room.feedbacks.save(heard, events, call, mark=mark)


def _letter(room: Room, call: Call, feedback: Feedback, to: Place, type: str) -> LetterPosted:
    if not to.site:
        raise Invalid("site_invalid", "请选择该评价或投诉所涉及的站点。", field="site")
    said = urging_pb2.FeedbackTold(feedback=message_of(replace(feedback, clock=None, version=0), urging_pb2.Feedback()))
    return LetterPosted(
        letters.write(room.desk, call, to=to.site, type=type, journey=feedback.journey or feedback.id, payload=said)
    )
