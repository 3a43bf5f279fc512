"""Catalog's events into the local copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kit.clock import to_ms
from kit.consumer import Delivery, Handler, Subscription
from kit.events import event_type, topic_of
from kit.timestamps import from_timestamp
from reference import protos
from reference.model import Policy
from reference.policies import ALL
from reference.stored import StoredCopy
from tongban.catalog.v1 import events_pb2, messages_pb2

TOPIC: Final = topic_of("catalog")


def updates(service: str, copy: StoredCopy, forget: Callable[[str], None]) -> Subscription:
    """The subscription ``<service>.reference``; ``forget`` is told which center's documents have changed."""

    def center_changed(delivery: Delivery) -> None:
        center = protos.center(delivery.read(events_pb2.CenterChanged).center)
        copy.put_center(center, delivery.mark())
        forget(center.id)

    def item_drafted(delivery: Delivery) -> None:
        item = delivery.read(events_pb2.ItemDrafted).item
        copy.put_draft(item.id, item.center_id, delivery.mark())

    def item_published(delivery: Delivery) -> None:
        copy.put_published(protos.item(delivery.read(events_pb2.ItemPublished).item), delivery.mark())

    def item_retired(delivery: Delivery) -> None:
        item = delivery.read(events_pb2.ItemRetired).item
        copy.put_retired(item.id, item.center_id, item.item_version, delivery.mark())

    def policy_changed(delivery: Delivery) -> None:
        policy = _policy(delivery.read(events_pb2.PolicyChanged).policy)
        copy.put_policy(policy, delivery.mark())
        forget(policy.center_id)

    def calendar_changed(delivery: Delivery) -> None:
        calendar = delivery.read(events_pb2.CalendarChanged).calendar
        copy.put_calendar(calendar.center_id, calendar.version, protos.plain(calendar.data), delivery.mark())
        forget(calendar.center_id)

    def seal_changed(delivery: Delivery) -> None:
        told = delivery.read(events_pb2.SealChanged).seal
        copy.put_seal(protos.seal(told), to_ms(from_timestamp(told.registered_at)), delivery.mark())
        forget(told.center_id)

    handlers: dict[str, Handler] = {
        event_type("catalog", "CenterChanged"): center_changed,
        event_type("catalog", "ItemDrafted"): item_drafted,
        event_type("catalog", "ItemPublished"): item_published,
        event_type("catalog", "ItemRetired"): item_retired,
        event_type("catalog", "PolicyChanged"): policy_changed,
        event_type("catalog", "CalendarChanged"): calendar_changed,
        event_type("catalog", "SealChanged"): seal_changed,
    }
    return Subscription(f"{service}.reference", [TOPIC], handlers)


def _policy(message: messages_pb2.Policy) -> Policy:
    """What was set; defaults are left to the program, so that a new one holds as soon as it is installed."""
    values = {
        setting.key: ALL[setting.key].check(protos.plain(setting.value))
        for setting in message.settings
        if setting.set_by_center and setting.key in ALL
    }
    return Policy(message.center_id, values, message.version)
