"""Wiring."""

from __future__ import annotations

from kit.chassis import Chassis, Servicer, run_main
from kit.settings import ServiceSettings, load
from reference import REFERENCE_KINDS, Reference
from services.complaint.domain import Complaint, Showing
from services.complaint.events import TABLE, subscription
from services.complaint.grpc_api import ComplaintApi
from services.complaint.handlers import COMPLAINTS, KINDS, SHOWINGS, ComplaintRoom
from services.complaint.handlers.calendar import recounting
from tongban.complaint.v1.service_pb2_grpc import add_ComplaintServiceServicer_to_server


def main() -> None:
    """Serves until it is told to stop."""
    chassis = Chassis("complaint", load(ServiceSettings), [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder = chassis.encoder(TABLE)
    room = ComplaintRoom(
        complaints=chassis.repository(COMPLAINTS, Complaint, encoder),
        showings=chassis.repository(SHOWINGS, Showing, encoder),
        reference=reference,
        ids=chassis.ids,
    )
    chassis.run(
        servicers=[
            Servicer(
                "tongban.complaint.v1.ComplaintService", add_ComplaintServiceServicer_to_server, ComplaintApi(room)
            )
        ],
        subscriptions=[reference.subscription("complaint"), recounting(room).subscription(), subscription(room)],
    )


if __name__ == "__main__":
    run_main(main)
