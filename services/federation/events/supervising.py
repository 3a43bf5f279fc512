"""Rules of supervision that this site's own sets for the sites below (rules G02)."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.json_format import MessageToDict

from kit.consumer import Delivery, Subscription
from kit.events import event_type, topic_of
from kit.timestamps import from_timestamp
from services.federation.domain.standards import Standard, StandardKind
from services.federation.handlers import standards
from services.federation.handlers.room import Room
from tongban.supervision.v1 import events_pb2, rules_pb2

#: What an edition says beside its rules.
_SAID: Final = ("ladder", "period", "recovered_counts", "ladder_open", "reason", "set_by_name")


def subscription(room: Room) -> Subscription:
    """Each edition goes to the sites that it is for, and to those that it no longer is for."""

    def rules_set(delivery: Delivery) -> None:
        said = delivery.read(events_pb2.SupervisionRulesSet)
        standards.hand_rules_down(
            room=room,
            call=delivery.call,
            told=_standard(said.rules),
            bound=said.bound_sites,
            left=said.left_sites,
            mark=delivery.mark(),
        )

    return Subscription(
        "federation.supervision",
        [topic_of("supervision")],
        {event_type("supervision", "SupervisionRulesSet"): rules_set},
    )


def _standard(rules: rules_pb2.SupervisionRules) -> Standard:
    """An edition as a standard: one field a rule by its number, and what it says beside; those open that it leaves open."""
    said: dict[str, Any] = MessageToDict(rules, preserving_proto_field_name=True)
    content = {name: said[name] for name in _SAID if name in said} | {each["number"]: each for each in said["rules"]}
    left_open = [each.number for each in rules.rules if each.open_below]
    return Standard(
        id="",
        kind=StandardKind.SUPERVISION,
        key=rules.center_id,
        title="监察规则",
        issued_by="",
        number=rules.number,
        content=content,
        issued_at=from_timestamp(rules.set_at),
        effective_from=from_timestamp(rules.effective_from),
        open=tuple(sorted([*left_open, "ladder"] if rules.ladder_open else left_open)),
    )
