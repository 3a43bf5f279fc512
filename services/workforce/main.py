"""Wiring."""

from __future__ import annotations

from kit.chassis import Chassis, Servicer, run_main
from kit.clock import SystemClock
from kit.settings import ServiceSettings, load
from reference import REFERENCE_KINDS, Reference
from services.workforce.domain.covers import Cover
from services.workforce.domain.sign_in import Session, SignInGuard
from services.workforce.domain.staff import Staff
from services.workforce.domain.windows import WindowAssignment
from services.workforce.events import TABLE
from services.workforce.grpc_api import WorkforceApi
from services.workforce.handlers import KINDS, Passwords, Workforce
from services.workforce.handlers.workforce import ASSIGNMENTS, COVERS, GUARDS, SESSIONS, STAFF, cover_keys
from tongban.workforce.v1.service_pb2_grpc import add_WorkforceServiceServicer_to_server


def main() -> None:
    """Serves until it is told to stop."""
    chassis = Chassis("workforce", load(ServiceSettings), [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder = chassis.encoder(TABLE)
    workforce = Workforce(
        staff=chassis.repository(STAFF, Staff, encoder),
        guards=chassis.repository(GUARDS, SignInGuard, encoder),
        sessions=chassis.repository(SESSIONS, Session, encoder),
        assignments=chassis.repository(ASSIGNMENTS, WindowAssignment, encoder),
        covers=chassis.repository(COVERS, Cover, encoder, keys=cover_keys),
        reference=reference,
        passwords=Passwords(),
        ids=chassis.ids,
        real=SystemClock(),
    )
    chassis.run(
        servicers=[
            Servicer(
                "tongban.workforce.v1.WorkforceService", add_WorkforceServiceServicer_to_server, WorkforceApi(workforce)
            )
        ],
        subscriptions=[reference.subscription("workforce")],
        alarms=[],
    )


if __name__ == "__main__":
    run_main(main)
