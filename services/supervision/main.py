"""Wiring."""

from __future__ import annotations

from kit.call import Call
from kit.chassis import Chassis, Servicer, run_main
from kit.settings import ServiceSettings, load
from reference import REFERENCE_KINDS, Reference
from services.supervision.domain.beginnings import Beginning
from services.supervision.domain.cards import Card
from services.supervision.domain.findings import Finding
from services.supervision.domain.lines import JourneyLine
from services.supervision.domain.measures import Measure
from services.supervision.domain.orders import Order
from services.supervision.domain.rules import RuleEdition
from services.supervision.domain.watches import Watch
from services.supervision.events import GROUP_WATCHES, TABLE, WATCHED_TOPICS, subscriptions
from services.supervision.grpc_api import SupervisionApi
from services.supervision.handlers import (
    BEGINNINGS,
    CARDS,
    FINDINGS,
    KINDS,
    LINES,
    MEASURES,
    ORDERS,
    RULES,
    WATCHES,
    Backlog,
    Beginnings,
    Editions,
    Tower,
    alarms,
    card_keys,
    finding_keys,
    measure_keys,
    order_keys,
    rules_keys,
    watch_keys,
)
from tongban.supervision.v1.service_pb2_grpc import add_SupervisionServiceServicer_to_server


def main() -> None:
    """Serves until it is told to stop."""
    chassis = Chassis("supervision", load(ServiceSettings), [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder = chassis.encoder(TABLE)
    rules = chassis.repository(RULES, RuleEdition, encoder, keys=rules_keys)
    tower = Tower(
        lines=chassis.repository(LINES, JourneyLine, encoder),
        watches=chassis.repository(WATCHES, Watch, encoder, keys=watch_keys),
        cards=chassis.repository(CARDS, Card, encoder, keys=card_keys),
        orders=chassis.repository(ORDERS, Order, encoder, keys=order_keys),
        findings=chassis.repository(FINDINGS, Finding, encoder, keys=finding_keys),
        measures=chassis.repository(MEASURES, Measure, encoder, keys=measure_keys),
        rules=rules,
        editions=Editions(rules),
        beginnings=Beginnings(chassis.repository(BEGINNINGS, Beginning, encoder)),
        reference=reference,
        ids=chassis.ids,
    )
    backlog = Backlog(lambda: chassis.bus.lag(GROUP_WATCHES, WATCHED_TOPICS))
    listening = subscriptions(tower)

    def begin() -> None:
        for each in listening:
            tower.beginnings.note(each.group, each.topics, Call(chassis.actor, chassis.clock.now()))

    chassis.run(
        servicers=[
            Servicer(
                "tongban.supervision.v1.SupervisionService",
                add_SupervisionServiceServicer_to_server,
                SupervisionApi(tower),
            )
        ],
        subscriptions=[reference.subscription("supervision"), *listening],
        alarms=alarms(tower, backlog),
        on_start=begin,
    )


if __name__ == "__main__":
    run_main(main)
