"""What intake has of a case: the applicant's full name for a paper that staff print (rules AG01), and the files."""

from __future__ import annotations

from typing import Protocol

import grpc

from kit.rpc.client import invoke
from tongban.intake.v1 import following_pb2, service_pb2, service_pb2_grpc


class Applicants(Protocol):
    """Asks for applicants; each answer is on intake's audit record."""

    def name(self, application_id: str, *, purpose: str, token: str, once: str) -> str:
        """The full name, seen by whoever the token proves; one line on the record for all calls with the same ``once``.

        Raises what intake raises, and ``Unavailable``.
        """
        ...


class IntakeApplicants:
    """Asks intake over gRPC."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = service_pb2_grpc.IntakeServiceStub(channel)

    def name(self, application_id: str, *, purpose: str, token: str, once: str) -> str:
        """The full name, seen by whoever the token proves; one line on the record for all calls with the same ``once``.

        Raises what intake raises, and ``Unavailable``.
        """
        request = service_pb2.ShowApplicantRequest(application_id=application_id, purpose=purpose)
        return invoke(self._stub.ShowApplicant, request, token=token, idempotency_key=once).applicant.name


class Papers(Protocol):
    """Puts the files of a case where letters to other sites take them from."""

    def carry(self, application_id: str, *, token: str) -> None:
        """In the name of whoever the token proves; again does nothing. Raises what intake raises, ``Unavailable``."""
        ...


class IntakePapers:
    """Asks intake over gRPC."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = service_pb2_grpc.IntakeServiceStub(channel)

    def carry(self, application_id: str, *, token: str) -> None:
        """In the name of whoever the token proves; again does nothing. Raises what intake raises, ``Unavailable``."""
        invoke(self._stub.CarryFiles, following_pb2.CarryFilesRequest(application_id=application_id), token=token)
