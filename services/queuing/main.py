"""Queuing's process: wiring only."""

from __future__ import annotations

from kit.chassis import Chassis, Servicer, run_main
from kit.settings import ServiceSettings, load
from reference import REFERENCE_KINDS, Reference
from services.queuing.domain.appointment import Appointment
from services.queuing.domain.hall_day import HallDay
from services.queuing.domain.ticket import Ticket
from services.queuing.domain.window import HallWindow
from services.queuing.events import TABLE
from services.queuing.grpc_api import QueuingApi
from services.queuing.handlers.alarms import alarms
from services.queuing.handlers.hall import Hall
from services.queuing.handlers.kinds import (
    APPOINTMENTS,
    HALL_DAYS,
    HALL_WINDOWS,
    KINDS,
    TICKETS,
    appointment_keys,
    ticket_keys,
    window_keys,
)
from tongban.queuing.v1.service_pb2_grpc import add_QueuingServiceServicer_to_server


def main() -> None:
    """Serves until told to stop."""
    chassis = Chassis("queuing", load(ServiceSettings), [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder = chassis.encoder(TABLE)
    hall = Hall(
        store=chassis.store,
        tickets=chassis.repository(TICKETS, Ticket, encoder, keys=ticket_keys),
        windows=chassis.repository(HALL_WINDOWS, HallWindow, encoder, keys=window_keys),
        days=chassis.repository(HALL_DAYS, HallDay, encoder),
        appointments=chassis.repository(APPOINTMENTS, Appointment, encoder, keys=appointment_keys),
        reference=reference,
        ids=chassis.ids,
        site_secret=chassis.settings.site_secret,
    )
    chassis.run(
        servicers=[
            Servicer("tongban.queuing.v1.QueuingService", add_QueuingServiceServicer_to_server, QueuingApi(hall))
        ],
        subscriptions=[reference.subscription("queuing")],
        alarms=alarms(hall),
    )


if __name__ == "__main__":
    run_main(main)
