"""The federation service: wiring only. Run as ``python -m services.federation.main``."""

from __future__ import annotations

from kit.chassis import Chassis, Servicer, run_main
from kit.settings import ServiceSettings, load
from reference import REFERENCE_KINDS, Reference
from services.federation.domain.agreement import Agreement
from services.federation.domain.crossing import Crossing
from services.federation.domain.letters import RefusedLetter
from services.federation.domain.showing import Showing
from services.federation.events.incoming import subscriptions
from services.federation.events.outgoing import TABLE
from services.federation.grpc_api import FederationApi
from services.federation.handlers.carrier import RelayCarrier
from services.federation.handlers.desk import (
    AGREEMENTS,
    CROSSINGS,
    KINDS,
    REFUSED_LETTERS,
    SHOWINGS,
    Desk,
    agreement_keys,
    agreement_missing,
    crossing_keys,
    crossing_missing,
)
from services.federation.handlers.following import alarms
from tongban.federation.v1.service_pb2_grpc import add_FederationServiceServicer_to_server


def main() -> None:
    """Builds the service and runs it until it is stopped."""
    settings = load(ServiceSettings)
    chassis = Chassis("federation", settings, [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder = chassis.encoder(TABLE)
    desk = Desk(
        site=settings.site,
        agreements=chassis.repository(AGREEMENTS, Agreement, encoder, keys=agreement_keys, missing=agreement_missing),
        crossings=chassis.repository(CROSSINGS, Crossing, encoder, keys=crossing_keys, missing=crossing_missing),
        showings=chassis.repository(SHOWINGS, Showing, encoder),
        refused_letters=chassis.repository(REFUSED_LETTERS, RefusedLetter, encoder),
        reference=reference,
        carrier=RelayCarrier(chassis.channel("relay", "tongban.relay.v1.RelayService")),
        blobs=chassis.blobs(),
        ids=chassis.ids,
        secret=settings.site_secret,
    )
    chassis.run(
        servicers=[
            Servicer(
                "tongban.federation.v1.FederationService",
                add_FederationServiceServicer_to_server,
                FederationApi(desk),
            )
        ],
        subscriptions=[reference.subscription("federation"), *subscriptions(desk)],
        alarms=alarms(desk),
    )


if __name__ == "__main__":
    run_main(main)
