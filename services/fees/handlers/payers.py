"""Who pays, by their full name, for a paper that staff hand out (rules AG01): intake knows, and writes down who asked."""

from __future__ import annotations

from typing import Protocol

import grpc

from kit.rpc.client import invoke
from tongban.intake.v1 import service_pb2, service_pb2_grpc


class Payers(Protocol):
    """Asks for applicants; each answer is on intake's audit record."""

    def name(self, application_id: str, *, purpose: str, token: str, once: str) -> str:
        """The full name, seen by whoever the token proves; one line on the record for all calls with the same ``once``.

        Raises what intake raises, and ``Unavailable``.
        """
        ...


class IntakePayers:
    """Asks intake over gRPC."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = service_pb2_grpc.IntakeServiceStub(channel)

    def name(self, application_id: str, *, purpose: str, token: str, once: str) -> str:
        """The full name, as the port says."""
        request = service_pb2.ShowApplicantRequest(application_id=application_id, purpose=purpose)
        return invoke(self._stub.ShowApplicant, request, token=token, idempotency_key=once).applicant.name
