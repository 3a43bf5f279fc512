"""The intake service: wiring only. Run as ``python -m services.intake.main``."""

from __future__ import annotations

from kit.chassis import Chassis, Servicer, run_main
from kit.settings import load
from reference import REFERENCE_KINDS, Reference
from reference.papers.settings import PrintingSettings
from reference.papers.shelf import shelf_of
from services.intake.domain.application import Application
from services.intake.domain.bundle import Bundle
from services.intake.domain.denial import DenialReport
from services.intake.domain.draft import Draft
from services.intake.domain.hand_over import PaperList
from services.intake.domain.showing import Showing
from services.intake.events import TABLE, subscriptions
from services.intake.grpc_api import IntakeApi
from services.intake.grpc_api.keeping import KeepingApi
from services.intake.grpc_api.preparation import PreparationApi
from services.intake.handlers import reusing
from services.intake.handlers.alarms import alarms
from services.intake.handlers.clocks import recounting
from services.intake.handlers.desk import (
    APPLICATIONS,
    BUNDLES,
    DENIALS,
    DRAFTS,
    KINDS,
    LISTS,
    PAPERS_LETTER,
    SHOWINGS,
    Desk,
    application_keys,
    application_missing,
    bundle_keys,
    draft_keys,
    list_keys,
    list_missing,
)
from services.intake.handlers.library import CertificatesLibrary
from services.intake.handlers.scans import RelayScans
from services.intake.handlers.tickets import QueuingTickets
from tongban.intake.v1 import keeping_pb2, preparation_pb2
from tongban.intake.v1.keeping_pb2_grpc import add_KeepingServiceServicer_to_server
from tongban.intake.v1.preparation_pb2_grpc import add_PreparationServiceServicer_to_server
from tongban.intake.v1.service_pb2_grpc import add_IntakeServiceServicer_to_server


def main() -> None:
    """Builds the service and runs it until it is stopped."""
    settings = load(PrintingSettings)
    chassis = Chassis("intake", settings, [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder = chassis.encoder(TABLE)
    desk = Desk(
        applications=chassis.repository(
            APPLICATIONS, Application, encoder, keys=application_keys, missing=application_missing
        ),
        showings=chassis.repository(SHOWINGS, Showing, encoder),
        denials=chassis.repository(DENIALS, DenialReport, encoder),
        drafts=chassis.repository(DRAFTS, Draft, encoder, keys=draft_keys),
        bundles=chassis.repository(BUNDLES, Bundle, encoder, keys=bundle_keys),
        lists=chassis.repository(LISTS, PaperList, encoder, keys=list_keys, missing=list_missing),
        reference=reference,
        tickets=QueuingTickets(chassis.channel("queuing", "tongban.queuing.v1.QueuingService")),
        scans=RelayScans(chassis.channel("relay", "tongban.relay.v1.RelayService")),
        library=CertificatesLibrary(chassis.channel("certificates", "tongban.certificates.v1.CertificatesService")),
        blobs=chassis.blobs(),
        shelf=shelf_of(chassis, encoder, letter=PAPERS_LETTER, public_url=settings.public_url, seal=reference.seal),
        ids=chassis.ids,
        secret=settings.site_secret,
        public_url=settings.public_url,
    )
    chassis.run(
        servicers=[
            Servicer("tongban.intake.v1.IntakeService", add_IntakeServiceServicer_to_server, IntakeApi(desk)),
            Servicer(
                preparation_pb2.DESCRIPTOR.services_by_name["PreparationService"].full_name,
                add_PreparationServiceServicer_to_server,
                PreparationApi(desk),
            ),
            Servicer(
                keeping_pb2.DESCRIPTOR.services_by_name["KeepingService"].full_name,
                add_KeepingServiceServicer_to_server,
                KeepingApi(desk),
            ),
        ],
        subscriptions=[
            reference.subscription("intake"),
            recounting(desk).subscription(),
            reusing.subscription(desk),
            *subscriptions(desk),
        ],
        alarms=[*alarms(desk), *desk.shelf.uses.alarms()],
    )


if __name__ == "__main__":
    run_main(main)
