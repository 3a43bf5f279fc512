"""What catalog tells the site: each event holds the whole new version, of which no visit is a part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from google.protobuf.message import Message

from kit.events import Mapped
from services.catalog.domain.calendars import CalendarChanged, CenterCalendar
from services.catalog.domain.centers import CenterChanged
from services.catalog.domain.items import (
    ItemDrafted,
    ItemPublished,
    ItemRetired,
    ItemReturned,
    ItemSubmitted,
)
from services.catalog.domain.policies import PolicyChanged
from services.catalog.domain.seals import SealChanged
from services.catalog.events.messages import center_message, item_message, policy_message, struct
from services.catalog.events.seals import seal_message
from tongban.catalog.v1 import events_pb2, messages_pb2


def _mapped(subject: Callable[[Any], str], message: Callable[[Any], Message]) -> Mapped:
    return Mapped(subject=subject, journey=lambda event: "", message=message)


def _item(kind: Any) -> Mapped:
    return _mapped(
        lambda event: event.item_id,
        lambda event: kind(item=item_message(event.item_id, event.center_id, event.content, event.version)),
    )


def _calendar(calendar: CenterCalendar) -> messages_pb2.Calendar:
    return messages_pb2.Calendar(center_id=calendar.id, data=struct(calendar.told), version=calendar.version)


TABLE: Final[dict[type, Mapped]] = {
    CenterChanged: _mapped(
        lambda event: event.center.id, lambda event: events_pb2.CenterChanged(center=center_message(event.center))
    ),
    ItemDrafted: _item(events_pb2.ItemDrafted),
    ItemSubmitted: _item(events_pb2.ItemSubmitted),
    ItemReturned: _item(events_pb2.ItemReturned),
    ItemPublished: _item(events_pb2.ItemPublished),
    ItemRetired: _item(events_pb2.ItemRetired),
    PolicyChanged: _mapped(
        lambda event: event.policy.id,
        lambda event: events_pb2.PolicyChanged(
            policy=policy_message(event.policy.id, event.policy.told, event.policy.version)
        ),
    ),
    CalendarChanged: _mapped(
        lambda event: event.calendar.id,
        lambda event: events_pb2.CalendarChanged(
            calendar=_calendar(event.calendar), changed_by=event.changed_by, difference=event.difference
        ),
    ),
    SealChanged: _mapped(
        lambda event: event.seal.id, lambda event: events_pb2.SealChanged(seal=seal_message(event.seal))
    ),
}
