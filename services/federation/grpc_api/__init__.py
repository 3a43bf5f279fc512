"""Federation over gRPC: messages ↔ use cases, nothing else."""

from __future__ import annotations

from services.federation.grpc_api.agreements import AgreementRpcs
from services.federation.grpc_api.crossings import CrossingRpcs
from services.federation.grpc_api.reads import ReadRpcs
from services.federation.handlers.desk import Desk
from tongban.federation.v1 import service_pb2_grpc


class FederationApi(AgreementRpcs, CrossingRpcs, ReadRpcs, service_pb2_grpc.FederationServiceServicer):
    """tongban.federation.v1.FederationService."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
