"""What catalog hears: its own events, whose further effects stand in other documents."""

from __future__ import annotations

from kit.consumer import Delivery, Subscription
from kit.events import event_type
from reference.updates import TOPIC
from services.catalog.events.messages import version_of
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.inheritance import after_calendar, after_center, after_policy
from services.catalog.handlers.past_versions import keep_version
from tongban.catalog.v1 import events_pb2


def subscriptions(catalog: Catalog) -> list[Subscription]:
    """``catalog.inheritance`` and ``catalog.past_versions``."""

    def center_changed(delivery: Delivery) -> None:
        center_id = delivery.event.subject
        after_center(catalog=catalog, call=delivery.call, center_id=center_id, mark_of=delivery.mark)

    def policy_changed(delivery: Delivery) -> None:
        center_id = delivery.event.subject
        after_policy(catalog=catalog, call=delivery.call, center_id=center_id, mark_of=delivery.mark)

    def calendar_changed(delivery: Delivery) -> None:
        center_id = delivery.event.subject
        after_calendar(catalog=catalog, call=delivery.call, center_id=center_id, mark_of=delivery.mark)

    def item_published(delivery: Delivery) -> None:
        item = delivery.read(events_pb2.ItemPublished).item
        keep_version(
            catalog=catalog,
            call=delivery.call,
            item_id=item.id,
            center_id=item.center_id,
            content=version_of(item),
            mark=delivery.mark(),
        )

    return [
        Subscription(
            "catalog.inheritance",
            [TOPIC],
            {
                event_type("catalog", "CenterChanged"): center_changed,
                event_type("catalog", "PolicyChanged"): policy_changed,
                event_type("catalog", "CalendarChanged"): calendar_changed,
            },
        ),
        Subscription("catalog.past_versions", [TOPIC], {event_type("catalog", "ItemPublished"): item_published}),
    ]
