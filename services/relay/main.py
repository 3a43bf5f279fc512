"""The relay service: wiring only. Run as ``python -m services.relay.main``."""

from __future__ import annotations

from kit.chassis import Chassis, Servicer, run_main
from kit.settings import load
from services.relay.events import subscriptions
from services.relay.grpc_api import RelayApi
from services.relay.handlers.receipts import RECEIPT_MARKS
from services.relay.settings import RelaySettings
from services.relay.wiring import ALL_KINDS, build
from tongban.relay.v1.service_pb2_grpc import add_RelayServiceServicer_to_server

#: What ``tongban init`` makes indexes for.
KINDS = ALL_KINDS


def main() -> None:
    """Builds the service and runs it until it is stopped."""
    settings = load(RelaySettings)
    chassis = Chassis("relay", settings, ALL_KINDS)
    relay = build(chassis, settings)
    chassis.run(
        servicers=[
            Servicer(
                "tongban.relay.v1.RelayService",
                add_RelayServiceServicer_to_server,
                RelayApi(
                    relay.registry,
                    relay.files,
                    relay.desk,
                    relay.contacts,
                    relay.bundles,
                    relay.reconciling,
                    relay.anchoring,
                    settings.scratch_dir,
                ),
            )
        ],
        subscriptions=subscriptions(relay.desk),
        alarms=[*relay.reconciling.alarms(), *relay.pruner.alarms(), *relay.files.uses.alarms()],
        marked=[RECEIPT_MARKS],
        on_start=relay.start,
        on_stop=relay.stop,
    )


if __name__ == "__main__":
    run_main(main)
