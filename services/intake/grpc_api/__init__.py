"""Intake over gRPC: messages ↔ use cases, nothing else."""

from __future__ import annotations

from services.intake.grpc_api.applications import ApplicationRpcs
from services.intake.grpc_api.commitments import CommitmentRpcs
from services.intake.grpc_api.following import FollowingRpcs
from services.intake.grpc_api.reuse import ReuseRpcs
from services.intake.handlers.desk import Desk
from tongban.intake.v1 import service_pb2_grpc


class IntakeApi(ApplicationRpcs, FollowingRpcs, CommitmentRpcs, ReuseRpcs, service_pb2_grpc.IntakeServiceServicer):
    """tongban.intake.v1.IntakeService."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
