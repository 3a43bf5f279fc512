"""The certificates service: wiring only. Run as ``python -m services.certificates.main``."""

from __future__ import annotations

from kit.chassis import Chassis, Servicer, run_main
from kit.settings import load
from reference import REFERENCE_KINDS, Reference
from services.certificates.domain.holding import Holding
from services.certificates.domain.looks import Asked, Look
from services.certificates.events import TABLE, subscription
from services.certificates.grpc_api import CertificatesApi
from services.certificates.handlers.library import (
    ASKED,
    HOLDINGS,
    KINDS,
    LOOKS,
    Library,
    alarms,
    asked_keys,
    holding_keys,
    holding_missing,
)
from services.certificates.libraries.port import CertificateLibraryPort
from services.certificates.libraries.remote import RemoteLibrary
from services.certificates.libraries.sandbox import sandbox_library
from services.certificates.settings import SANDBOX, CertificatesSettings
from tongban.certificates.v1.service_pb2_grpc import add_CertificatesServiceServicer_to_server


def main() -> None:
    """Builds the service and runs it until it is stopped."""
    settings = load(CertificatesSettings)
    chassis = Chassis("certificates", settings, [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder = chassis.encoder(TABLE)
    library = Library(
        holdings=chassis.repository(HOLDINGS, Holding, encoder, keys=holding_keys, missing=holding_missing),
        looks=chassis.repository(LOOKS, Look, encoder),
        asked=chassis.repository(ASKED, Asked, encoder, keys=asked_keys),
        reference=reference,
        ids=chassis.ids,
        outside=libraries_of(settings),
        secret=settings.site_secret,
    )
    api = CertificatesApi(library)
    chassis.run(
        servicers=[
            Servicer("tongban.certificates.v1.CertificatesService", add_CertificatesServiceServicer_to_server, api)
        ],
        subscriptions=[reference.subscription("certificates"), subscription(library)],
        alarms=alarms(library),
    )


def libraries_of(settings: CertificatesSettings) -> dict[str, CertificateLibraryPort]:
    """The libraries outside that centers may choose from; one that speaks otherwise is wired in this place."""
    keys = settings.library_keys()
    return {
        name: sandbox_library(settings.site_secret) if address == SANDBOX else RemoteLibrary(address, keys[name])
        for name, address in settings.addresses.items()
    }


if __name__ == "__main__":
    run_main(main)
