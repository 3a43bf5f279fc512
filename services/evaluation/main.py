"""Wiring."""

from __future__ import annotations

from kit.chassis import Chassis, Servicer, run_main
from kit.settings import ServiceSettings, load
from reference import REFERENCE_KINDS, Reference
from services.evaluation.domain.evaluation import Evaluation
from services.evaluation.domain.rectification import Rectification
from services.evaluation.events import TABLE, subscriptions
from services.evaluation.grpc_api import EvaluationApi
from services.evaluation.handlers import EVALUATIONS, KINDS, RECTIFICATIONS, Desk, alarms, evaluation_keys
from tongban.evaluation.v1.service_pb2_grpc import add_EvaluationServiceServicer_to_server


def main() -> None:
    """Serves until it is told to stop."""
    chassis = Chassis("evaluation", load(ServiceSettings), [*KINDS, *REFERENCE_KINDS])
    reference = Reference(chassis.store)
    encoder = chassis.encoder(TABLE)
    desk = Desk(
        evaluations=chassis.repository(EVALUATIONS, Evaluation, encoder, keys=evaluation_keys),
        rectifications=chassis.repository(RECTIFICATIONS, Rectification, encoder),
        reference=reference,
    )
    chassis.run(
        servicers=[
            Servicer(
                "tongban.evaluation.v1.EvaluationService",
                add_EvaluationServiceServicer_to_server,
                EvaluationApi(desk),
            )
        ],
        subscriptions=[reference.subscription("evaluation"), *subscriptions(desk)],
        alarms=alarms(desk),
    )


if __name__ == "__main__":
    run_main(main)
