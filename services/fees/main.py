"""The fees service: wiring only. Run as ``python -m services.fees.main``."""

from __future__ import annotations

from kit.chassis import Chassis, Servicer, run_main
from kit.settings import load
from reference import REFERENCE_KINDS, Reference
from services.fees.domain.bill import Bill
from services.fees.events import TABLE, subscriptions
from services.fees.grpc_api import FeesApi
from services.fees.handlers.refunding import alarms
from services.fees.handlers.treasury import BILLS, KINDS, Treasury, bill_keys, bill_missing
from services.fees.payments.port import PaymentPort
from services.fees.payments.sandbox import NoPayments, Sandbox
from services.fees.settings import FeesSettings
from tongban.fees.v1.service_pb2_grpc import add_FeesServiceServicer_to_server


def main() -> None:
    """Builds the service and runs it until it is stopped."""
    settings = load(FeesSettings)
    chassis = Chassis("fees", settings, [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    treasury = Treasury(
        bills=chassis.repository(BILLS, Bill, chassis.encoder(TABLE), keys=bill_keys, missing=bill_missing),
        reference=reference,
        payments=payments_of(settings),
        public_url=settings.public_url,
    )
    chassis.run(
        servicers=[Servicer("tongban.fees.v1.FeesService", add_FeesServiceServicer_to_server, FeesApi(treasury))],
        subscriptions=[reference.subscription("fees"), *subscriptions(treasury)],
        alarms=alarms(treasury),
    )


def payments_of(settings: FeesSettings) -> PaymentPort:
    """Who takes money online here; a further provider is wired in this place."""
    return Sandbox(settings.site_secret) if settings.payments == "sandbox" else NoPayments()


if __name__ == "__main__":
    run_main(main)
