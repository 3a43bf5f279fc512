"""What catalog hears: its own events, whose further effects stand in other documents, and standards of sites above."""

from __future__ import annotations

from kit.consumer import Delivery, Subscription
from kit.events import event_type, topic_of
from kit.timestamps import from_timestamp
from reference.protos import plain
from reference.updates import TOPIC
from services.catalog.domain.standards import CALENDAR, ITEM, POLICY, Standard
from services.catalog.events.messages import version_of
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.inheritance import after_calendar, after_center, after_policy
from services.catalog.handlers.past_versions import keep_version
from services.catalog.handlers.standards import keep_standard
from tongban.catalog.v1 import events_pb2
from tongban.federation.v1 import events_pb2 as federation_pb2
from tongban.federation.v1 import standards_pb2

_KINDS = {
    standards_pb2.STANDARD_KIND_ITEM: ITEM,
    standards_pb2.STANDARD_KIND_POLICY: POLICY,
    standards_pb2.STANDARD_KIND_CALENDAR: CALENDAR,
}


def subscriptions(catalog: Catalog) -> list[Subscription]:
    """``catalog.standards``, ``catalog.inheritance`` and ``catalog.past_versions``."""

    def center_changed(delivery: Delivery) -> None:
        center_id = delivery.event.subject
        after_center(catalog=catalog, call=delivery.call, center_id=center_id, mark_of=delivery.mark)

    def policy_changed(delivery: Delivery) -> None:
        after_policy(
            catalog=catalog,
            call=delivery.call,
            center_id=delivery.event.subject,
            mark_of=delivery.mark,
            changed_by=delivery.event.actor_name,
        )

    def calendar_changed(delivery: Delivery) -> None:
        after_calendar(
            catalog=catalog,
            call=delivery.call,
            center_id=delivery.event.subject,
            mark_of=delivery.mark,
            changed_by=delivery.read(events_pb2.CalendarChanged).changed_by,
        )

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

    def standard_changed(delivery: Delivery) -> None:
        message = delivery.read(federation_pb2.StandardReceived).standard
        told = Standard(
            id=message.id,
            kind=_KINDS.get(message.kind, ""),
            key=message.key,
            issued_by=message.issued_by,
            number=message.number,
            content=plain(message.content),
            open=tuple(message.open),
            local=plain(message.local),
            effective_from=from_timestamp(message.effective_from),
            withdrawn=message.withdrawn,
        )
        if message.received_from and told.kind:
            keep_standard(catalog=catalog, call=delivery.call, told=told, mark=delivery.mark())

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
        Subscription(
            "catalog.standards",
            [topic_of("federation")],
            # The message of both is the same: a standard as it stands now.
            {event_type("federation", name): standard_changed for name in ("StandardReceived", "StandardLocalised")},
        ),
    ]
