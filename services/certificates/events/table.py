"""How the events of certificates become messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from google.protobuf.message import Message

from kit.events import Mapped
from kit.workdays import local_date
from services.certificates.domain import events as domain
from services.certificates.events.messages import holding_message, use_message
from tongban.certificates.v1 import events_pb2


def _kept(event: domain.HoldingKept) -> Message:
    content = event.holding.content
    assert content is not None  # noqa: S101 - what isn't known isn't told
    return events_pb2.HoldingKept(holding=holding_message(event.holding, local_date(content.issued_at)))


def _used(event: domain.HoldingUsed) -> Message:
    holding = holding_message(event.holding, local_date(event.use.at))
    return events_pb2.HoldingUsed(holding=holding, use=use_message(event.use))


def _ended(event: domain.HoldingEnded) -> Message:
    ended = event.holding.ended
    assert ended is not None  # noqa: S101 - it tells of an end
    return events_pb2.HoldingEnded(holding=holding_message(event.holding, local_date(ended.at), used=True))


def _shown(event: domain.HoldingsShown) -> Message:
    look = event.look
    return events_pb2.HoldingsShown(
        application_id=look.application_id, center_id=look.center_id, purpose=look.purpose, shown=len(look.shown)
    )


TABLE: Final[Mapping[type, Mapped]] = {
    domain.HoldingKept: Mapped(
        subject=lambda event: event.holding.id, journey=lambda event: event.holding.journey, message=_kept
    ),
    domain.HoldingUsed: Mapped(
        subject=lambda event: event.holding.id, journey=lambda event: event.use.journey, message=_used
    ),
    domain.HoldingEnded: Mapped(
        subject=lambda event: event.holding.id, journey=lambda event: event.holding.journey, message=_ended
    ),
    domain.HoldingsShown: Mapped(
        subject=lambda event: event.look.application_id, journey=lambda event: event.look.journey, message=_shown
    ),
}
