"""Wiring."""

from __future__ import annotations

from kit.blobs.uses import KEPT_FILES, KeptFile, Uses
from kit.chassis import Chassis, Servicer, run_main
from kit.settings import ServiceSettings, load
from reference import REFERENCE_KINDS, Reference
from services.archive.domain.case_file import CaseFile, CaseHead
from services.archive.domain.destruction import Destruction
from services.archive.domain.hand_over import HandOver
from services.archive.domain.looks import Look
from services.archive.events import TABLE, subscription
from services.archive.grpc_api import ArchiveApi
from services.archive.handlers import (
    CASE_FILES,
    DESTRUCTIONS,
    HAND_OVERS,
    KINDS,
    LOOKS,
    UPGRADES,
    ArchiveRoom,
    alarms,
    carrying_out,
    case_file_keys,
    case_file_missing,
    destruction_missing,
    hand_over_missing,
    settling_keys,
)
from services.archive.handlers.calendar import recounting
from services.archive.handlers.catalogue import Printer
from services.archive.handlers.originals import ServiceOriginals
from tongban.archive.v1.service_pb2_grpc import add_ArchiveServiceServicer_to_server


def main() -> None:
    """Serves until it is told to stop."""
    settings = load(ServiceSettings)
    chassis = Chassis("archive", settings, [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder, blobs = chassis.encoder(TABLE), chassis.blobs()
    files = chassis.repository(
        CASE_FILES, CaseFile, encoder, keys=case_file_keys, upgrades=UPGRADES, missing=case_file_missing
    )
    printer = Printer(reference)
    room = ArchiveRoom(
        files=files,
        heads=files.heads(CaseHead),
        hand_overs=chassis.repository(HAND_OVERS, HandOver, encoder, keys=settling_keys, missing=hand_over_missing),
        destructions=chassis.repository(
            DESTRUCTIONS, Destruction, encoder, keys=settling_keys, missing=destruction_missing
        ),
        looks=chassis.repository(LOOKS, Look, encoder),
        reference=reference,
        originals=ServiceOriginals(
            chassis.channel("intake", "tongban.intake.v1.IntakeService"),
            chassis.channel("approval_routing", "tongban.approval_routing.v1.ApprovalRoutingService"),
        ),
        print_catalogue=printer.catalogue,
        print_receipt=printer.receipt,
        blobs=blobs,
        uses=Uses("archive", chassis.repository(KEPT_FILES, KeptFile, encoder), blobs),
        ids=chassis.ids,
        secret=settings.site_secret,
    )
    chassis.run(
        servicers=[
            Servicer("tongban.archive.v1.ArchiveService", add_ArchiveServiceServicer_to_server, ArchiveApi(room))
        ],
        subscriptions=[reference.subscription("archive"), recounting(room).subscription(), subscription(room)],
        alarms=[*alarms(room), carrying_out(room), *room.uses.alarms()],
    )


if __name__ == "__main__":
    run_main(main)
