"""Wiring."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from kit.call import Call
from kit.chassis import Chassis, Servicer, run_main
from kit.settings import ServiceSettings, load
from services.catalog.domain.calendars import CenterCalendar
from services.catalog.domain.centers import Center
from services.catalog.domain.items import Item
from services.catalog.domain.policies import CenterPolicy
from services.catalog.domain.seals import Seal
from services.catalog.domain.standards import Standard
from services.catalog.events import TABLE, subscriptions
from services.catalog.grpc_api import CatalogApi
from services.catalog.handlers import KINDS, Catalog, refresh
from services.catalog.handlers.catalog import (
    CALENDARS,
    CENTERS,
    ITEMS,
    PAST_VERSIONS,
    POLICIES,
    SEALS,
    STANDARDS,
    PastVersion,
    center_keys,
    center_unknown,
    item_keys,
    item_unknown,
    seal_keys,
    seal_unknown,
    standard_keys,
)
from services.catalog.handlers.standards import alarms
from tongban.catalog.v1.service_pb2_grpc import add_CatalogServiceServicer_to_server

#: Threads that write the rows of an import; the store joins what they commit at the same time.
WRITERS: Final = 4


def main() -> None:
    """Serves until it is told to stop."""
    chassis = Chassis("catalog", load(ServiceSettings), KINDS)
    encoder = chassis.encoder(TABLE)
    with ThreadPoolExecutor(WRITERS, thread_name_prefix="import") as writers:
        catalog = Catalog(
            centers=chassis.repository(CENTERS, Center, encoder, keys=center_keys, missing=center_unknown),
            items=chassis.repository(ITEMS, Item, encoder, keys=item_keys, missing=item_unknown),
            past_versions=chassis.repository(PAST_VERSIONS, PastVersion, encoder),
            policies=chassis.repository(POLICIES, CenterPolicy, encoder),
            calendars=chassis.repository(CALENDARS, CenterCalendar, encoder),
            standards=chassis.repository(STANDARDS, Standard, encoder, keys=standard_keys),
            seals=chassis.repository(SEALS, Seal, encoder, keys=seal_keys, missing=seal_unknown),
            ids=chassis.ids,
            writers=writers,
        )
        chassis.run(
            servicers=[
                Servicer("tongban.catalog.v1.CatalogService", add_CatalogServiceServicer_to_server, CatalogApi(catalog))
            ],
            subscriptions=subscriptions(catalog),
            alarms=alarms(catalog),
            on_start=lambda: refresh(catalog=catalog, call=Call(chassis.actor, chassis.clock.now())),
        )


if __name__ == "__main__":
    run_main(main)
