"""Orders on the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.message import Message

from kit.events import Mapped
from kit.timestamps import to_timestamp
from services.supervision.domain.orders import (
    Order,
    OrderAnswered,
    OrderClosed,
    OrderDeadlineRecomputed,
    OrderEscalated,
    OrderIssued,
    OrderKind,
    OrderSentBack,
    OrderState,
)
from tongban.supervision.v1 import events_pb2, messages_pb2

_KINDS = {
    OrderKind.URGE: messages_pb2.ORDER_KIND_URGE,
    OrderKind.TACIT_APPROVAL: messages_pb2.ORDER_KIND_TACIT_APPROVAL,
}
ORDER_STATES = {
    OrderState.OPEN: messages_pb2.ORDER_STATE_OPEN,
    OrderState.ANSWERED: messages_pb2.ORDER_STATE_ANSWERED,
    OrderState.CLOSED: messages_pb2.ORDER_STATE_CLOSED,
}


def order_message(order: Order) -> messages_pb2.Order:
    """An order as it is told and shown."""
    return messages_pb2.Order(
        id=order.id,
        center_id=order.center_id,
        kind=_KINDS[order.kind],
        state=ORDER_STATES[order.state],
        department_key=order.department_key,
        subject_kind=order.subject_kind,
        subject_id=order.subject_id,
        subject_number=order.subject_number,
        title=order.title,
        journey=order.journey,
        text=order.text,
        issued_by_id=order.issued_by.id,
        issued_by_name=order.issued_by.name,
        issued_at=to_timestamp(order.issued_at),
        due_at=to_timestamp(order.answer_due_at),
        due_provisional=order.due_provisional,
        answers=[
            messages_pb2.OrderAnswer(
                text=said.text, by_id=said.by.id, by_name=said.by.name, at=to_timestamp(said.at), review_note=note
            )
            for said, note in zip(order.answers, order.reviews, strict=True)
        ],
        escalations=[messages_pb2.OrderEscalation(level=up.level, at=to_timestamp(up.at)) for up in order.escalations],
        next_level=order.next_level,
        closed_at=to_timestamp(order.closed_at),
        version=order.version,
    )


def _of_order(message: Callable[..., Message], **more: Callable[[Any], Any]) -> Mapped:
    return Mapped(
        subject=lambda event: event.order.id,
        journey=lambda event: event.order.journey,
        message=lambda event: message(
            order=order_message(event.order), **{name: value(event) for name, value in more.items()}
        ),
    )


TABLE = {
    OrderIssued: _of_order(events_pb2.OrderIssued),
    OrderAnswered: _of_order(events_pb2.OrderAnswered),
    OrderSentBack: _of_order(events_pb2.OrderSentBack),
    OrderEscalated: _of_order(events_pb2.OrderEscalated),
    OrderDeadlineRecomputed: _of_order(
        events_pb2.OrderDeadlineRecomputed,
        old_due_at=lambda event: to_timestamp(event.old_due_at),
        reason=lambda event: event.reason,
    ),
    OrderClosed: _of_order(events_pb2.OrderClosed),
}
