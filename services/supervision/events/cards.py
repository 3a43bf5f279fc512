"""Cards on the wire, out and back in."""

from __future__ import annotations

from kit.events import Mapped
from kit.timestamps import from_timestamp, to_timestamp
from services.supervision.domain.cards import (
    Card,
    CardRecovered,
    CardState,
    Colour,
    RedCardRaised,
    ReminderRaised,
    SubjectKind,
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
}
_COLOURS = {number: colour for colour, number in COLOURS.items()}


def card_message(card: Card) -> messages_pb2.Card:
    """A card as it is told and shown."""
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
    )


def _of_card(
    message: type[
        events_pb2.ReminderRaised | events_pb2.YellowCardRaised | events_pb2.RedCardRaised | events_pb2.CardRecovered
    ],
) -> Mapped:
    # The watch is what is saved, so it is what orders its cards' events.
    return Mapped(
        subject=lambda event: watch_id(event.card.subject_kind, event.card.subject_id),
        journey=lambda event: event.card.journey,
        message=lambda event: message(card=card_message(event.card)),
    )


TABLE = {
    ReminderRaised: _of_card(events_pb2.ReminderRaised),
    YellowCardRaised: _of_card(events_pb2.YellowCardRaised),
    RedCardRaised: _of_card(events_pb2.RedCardRaised),
    CardRecovered: _of_card(events_pb2.CardRecovered),
}
