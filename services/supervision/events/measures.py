"""Measures of accountability on the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from kit.events import Mapped
from kit.timestamps import to_timestamp
from services.supervision.domain.measures import (
    Measure,
    MeasureAnswered,
    MeasureClosed,
    MeasureDeadlineRecomputed,
    MeasureDismissed,
    MeasureEscalated,
    MeasureImposed,
    MeasureLapsed,
    MeasureProposed,
    MeasureRevoked,
    MeasureState,
    Said,
)
from services.supervision.events.rules import SANCTIONS
from tongban.supervision.v1 import accountability_pb2, events_pb2

MEASURE_STATES = {
    MeasureState.PROPOSED: accountability_pb2.MEASURE_STATE_PROPOSED,
    MeasureState.IMPOSED: accountability_pb2.MEASURE_STATE_IMPOSED,
    MeasureState.DISMISSED: accountability_pb2.MEASURE_STATE_DISMISSED,
    MeasureState.LAPSED: accountability_pb2.MEASURE_STATE_LAPSED,
    MeasureState.ANSWERED: accountability_pb2.MEASURE_STATE_ANSWERED,
    MeasureState.CLOSED: accountability_pb2.MEASURE_STATE_CLOSED,
    MeasureState.REVOKED: accountability_pb2.MEASURE_STATE_REVOKED,
}


def measure_message(measure: Measure) -> accountability_pb2.AccountabilityMeasure:
    """A measure as it is told and shown."""
    message = accountability_pb2.AccountabilityMeasure(
        id=measure.id,
        center_id=measure.center_id,
        department_key=measure.department_key,
        person_id="" if measure.person is None else measure.person.id,
        person_name="" if measure.person is None else measure.person.name,
        period=measure.period,
        sanction=SANCTIONS[measure.sanction],
        points=measure.points,
        threshold=measure.threshold,
        rule_edition=measure.edition,
        card_ids=measure.cards,
        state=MEASURE_STATES[measure.state],
        proposed_at=to_timestamp(measure.proposed_at),
        version=measure.version,
        answer_due_at=to_timestamp(measure.answer_due_at),
        due_provisional=measure.due_provisional,
        escalations=[
            accountability_pb2.MeasureEscalation(level=up.level, at=to_timestamp(up.at)) for up in measure.escalations
        ],
        next_level=measure.next_level,
    )
    decided: tuple[tuple[Said | None, str, str], ...] = (
        (measure.decision, "decided", "decision_reason"),
        (measure.answer, "answered", "answer"),
        (measure.conclusion, "concluded", "conclusion"),
    )
    for said, act, text in decided:
        if said is not None:
            words = {text: said.text, f"{act}_by_id": said.by.id, f"{act}_by_name": said.by.name}
            for name, value in words.items():
                setattr(message, name, value)
            getattr(message, f"{act}_at").CopyFrom(to_timestamp(said.at))
    return message


def _of_measure(message: Callable[..., Message], **more: Callable[[Any], Any]) -> Mapped:
    return Mapped(
        subject=lambda event: event.measure.id,
        journey=lambda event: "",
        message=lambda event: message(
            measure=measure_message(event.measure), **{name: value(event) for name, value in more.items()}
        ),
    )


TABLE = {
    MeasureProposed: _of_measure(events_pb2.MeasureProposed),
    MeasureImposed: _of_measure(events_pb2.MeasureImposed),
    MeasureDismissed: _of_measure(events_pb2.MeasureDismissed),
    MeasureLapsed: _of_measure(events_pb2.MeasureLapsed),
    MeasureAnswered: _of_measure(events_pb2.MeasureAnswered),
    MeasureEscalated: _of_measure(events_pb2.MeasureEscalated),
    MeasureDeadlineRecomputed: _of_measure(
        events_pb2.MeasureDeadlineRecomputed,
        old_due_at=lambda event: to_timestamp(event.old_due_at),
        reason=lambda event: event.reason,
    ),
    MeasureClosed: _of_measure(events_pb2.MeasureClosed),
    MeasureRevoked: _of_measure(events_pb2.MeasureRevoked),
}
