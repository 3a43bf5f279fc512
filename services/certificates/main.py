"""The certificates service: wiring only. Run as ``python -m services.certificates.main``."""

from __future__ import annotations

from kit.chassis import Chassis, Servicer, run_main
from kit.settings import ServiceSettings, load
from reference import REFERENCE_KINDS, Reference
from services.certificates.domain.holding import Holding
from services.certificates.domain.looks import Look
from services.certificates.events import TABLE, subscription
from services.certificates.grpc_api import CertificatesApi
from services.certificates.handlers.library import (
    HOLDINGS,
    KINDS,
    LOOKS,
    Library,
    alarms,
    holding_keys,
    holding_missing,
)
from tongban.certificates.v1.service_pb2_grpc import add_CertificatesServiceServicer_to_server


def main() -> None:
    """Builds the service and runs it until it is stopped."""
    chassis = Chassis("certificates", load(ServiceSettings), [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder = chassis.encoder(TABLE)
    library = Library(
        holdings=chassis.repository(HOLDINGS, Holding, encoder, keys=holding_keys, missing=holding_missing),
        looks=chassis.repository(LOOKS, Look, encoder),
        reference=reference,
        ids=chassis.ids,
    )
    api = CertificatesApi(library)
    chassis.run(
        servicers=[
            Servicer("tongban.certificates.v1.CertificatesService", add_CertificatesServiceServicer_to_server, api)
        ],
        subscriptions=[reference.subscription("certificates"), subscription(library)],
        alarms=alarms(library),
    )


if __name__ == "__main__":
    run_main(main)
