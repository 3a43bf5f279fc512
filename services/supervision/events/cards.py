"""Cards on the wire, out and back in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from google.protobuf.message import Message

from kit.events import Mapped
from kit.timestamps import from_timestamp, to_timestamp
from services.supervision.domain.appeals import RedCardAppealed, RedCardOverturned, RedCardUpheld
from services.supervision.domain.cards import (
    Appeal,
    Card,
    CardRecovered,
    CardState,
    Colour,
    Person,
    RedCardRaised,
    ReminderRaised,
    Ruling,
    SubjectKind,
    Trigger,
    YellowCardRaised,
)
from services.supervision.domain.watches import watch_id
from tongban.supervision.v1 import events_pb2, messages_pb2

COLOURS = {
    Colour.REMINDER: messages_pb2.CARD_COLOUR_REMINDER,
    Colour.YELLOW: messages_pb2.CARD_COLOUR_YELLOW,
    Colour.RED: messages_pb2.CARD_COLOUR_RED,
}
STATES = {
    CardState.ACTIVE: messages_pb2.CARD_STATE_ACTIVE,
    CardState.RECOVERED: messages_pb2.CARD_STATE_RECOVERED,
    CardState.OVERTURNED: messages_pb2.CARD_STATE_OVERTURNED,
}
_RULINGS = {
    Ruling.PENDING: messages_pb2.APPEAL_RULING_PENDING,
    Ruling.UPHELD: messages_pb2.APPEAL_RULING_UPHELD,
    Ruling.OVERTURNED: messages_pb2.APPEAL_RULING_OVERTURNED,
}
TRIGGERS = {
    Trigger.STEP: messages_pb2.CARD_TRIGGER_STEP,
    Trigger.PROMISE: messages_pb2.CARD_TRIGGER_PROMISE,
    Trigger.LAW: messages_pb2.CARD_TRIGGER_LAW,
    Trigger.FURTHER_NOTICE: messages_pb2.CARD_TRIGGER_FURTHER_NOTICE,
    Trigger.NO_GROUNDS: messages_pb2.CARD_TRIGGER_NO_GROUNDS,
    Trigger.NOT_ACCEPTED: messages_pb2.CARD_TRIGGER_NOT_ACCEPTED,
    Trigger.FEE: messages_pb2.CARD_TRIGGER_FEE,
    Trigger.IDLE: messages_pb2.CARD_TRIGGER_IDLE,
}
_COLOURS = {number: colour for colour, number in COLOURS.items()}
#: A card of a release that told no trigger is about a limit.
_TRIGGERS = {number: trigger for trigger, number in TRIGGERS.items()}


def card_message(card: Card, appeal_until: datetime | None = None) -> messages_pb2.Card:
    """A card as it is told, and shown; by itself it is shown with the time that there is for an appeal."""
    return messages_pb2.Card(
        id=card.id,
        center_id=card.center_id,
        colour=COLOURS[card.colour],
        state=STATES[card.state],
        subject_kind=card.subject_kind,
        subject_id=card.subject_id,
        subject_number=card.subject_number,
        title=card.title,
        department_key=card.department_key,
        due_at=to_timestamp(card.due_at),
        raised_at=to_timestamp(card.raised_at),
        recovered_at=to_timestamp(card.recovered_at),
        reason=card.reason,
        journey=card.journey,
        version=card.version,
        appeal=None if card.appeal is None else _appeal_message(card.appeal),
        appeal_until=to_timestamp(appeal_until),
        trigger=TRIGGERS[card.trigger],
        rule=card.rule,
        rule_edition=card.edition,
        points=card.points,
        person_id="" if card.person is None else card.person.id,
        person_name="" if card.person is None else card.person.name,
        evidence=card.evidence,
        source=card.source,
    )


def _appeal_message(appeal: Appeal) -> messages_pb2.Appeal:
    ruled_by = appeal.ruled_by or Person("", "")
    return messages_pb2.Appeal(
        grounds=appeal.grounds,
        filed_by_id=appeal.filed_by.id,
        filed_by_name=appeal.filed_by.name,
        filed_at=to_timestamp(appeal.filed_at),
        ruling=_RULINGS[appeal.ruling],
        ruling_reason=appeal.ruling_reason,
        ruled_by_id=ruled_by.id,
        ruled_by_name=ruled_by.name,
        ruled_at=to_timestamp(appeal.ruled_at),
    )


def told_card(message: messages_pb2.Card) -> Card:
    """The card that an event tells of. Raises ``KeyError`` or ``ValueError`` on one that supervision never told."""
    recovered_at = from_timestamp(message.recovered_at) if message.HasField("recovered_at") else None
    return Card(
        id=message.id,
        center_id=message.center_id,
        colour=_COLOURS[message.colour],
        state=CardState.ACTIVE if recovered_at is None else CardState.RECOVERED,
        subject_kind=SubjectKind(message.subject_kind),
        subject_id=message.subject_id,
        subject_number=message.subject_number,
        title=message.title,
        department_key=message.department_key,
        due_at=from_timestamp(message.due_at),
        raised_at=from_timestamp(message.raised_at),
        recovered_at=recovered_at,
        reason=message.reason,
        journey=message.journey,
        trigger=_TRIGGERS.get(message.trigger, Trigger.PROMISE),
        rule=message.rule,
        edition=message.rule_edition,
        points=message.points,
        person=Person(message.person_id, message.person_name) if message.person_id else None,
        evidence=message.evidence,
        source=message.source,
    )


def _of_card(message: Callable[..., Message]) -> Mapped:
    # The watch is what is saved, so it is what orders its cards' events.
    return Mapped(
        subject=lambda event: event.card.source or watch_id(event.card.subject_kind, event.card.subject_id),
        journey=lambda event: event.card.journey,
        message=lambda event: message(card=card_message(event.card)),
    )


TABLE = {
    ReminderRaised: _of_card(events_pb2.ReminderRaised),
    YellowCardRaised: _of_card(events_pb2.YellowCardRaised),
    RedCardRaised: _of_card(events_pb2.RedCardRaised),
    CardRecovered: _of_card(events_pb2.CardRecovered),
    RedCardAppealed: _of_card(events_pb2.RedCardAppealed),
    RedCardUpheld: _of_card(events_pb2.RedCardUpheld),
    RedCardOverturned: _of_card(events_pb2.RedCardOverturned),
}
