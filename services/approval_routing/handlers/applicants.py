"""What intake has of a case: the applicant's full name for a paper that staff print (rules AG01), and the files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import grpc

from kit.rpc.client import invoke
from tongban.intake.v1 import bundles_pb2, following_pb2, keeping_pb2_grpc, service_pb2, service_pb2_grpc


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an applicant applied with (``resident_id``, ``credit_code``, …), and which numbers are theirs, in order."""

    id_type: str
    same: tuple[bool, ...]


class Applicants(Protocol):
    """Asks for applicants; each answer is on intake's audit record."""

    def name(self, application_id: str, *, purpose: str, token: str, once: str) -> str:
        """The full name, seen by whoever the token proves; one line on the record for all calls with the same ``once``.

        Raises what intake raises, and ``Unavailable``.
        """
        ...

    def compare(self, application_id: str, numbers: Sequence[str], *, token: str, once: str) -> Comparison:
        """Whether each of these is the applicant's number, asked by whoever the token proves; an empty one isn't.

        Raises what intake raises, and ``Unavailable``.
        """
        ...


class IntakeApplicants:
    """Asks intake over gRPC."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = service_pb2_grpc.IntakeServiceStub(channel)
        self._keeping = keeping_pb2_grpc.KeepingServiceStub(channel)

    def name(self, application_id: str, *, purpose: str, token: str, once: str) -> str:
        """The full name, seen by whoever the token proves; one line on the record for all calls with the same ``once``.

        Raises what intake raises, and ``Unavailable``.
        """
        request = service_pb2.ShowApplicantRequest(application_id=application_id, purpose=purpose)
        return invoke(self._stub.ShowApplicant, request, token=token, idempotency_key=once).applicant.name

    def compare(self, application_id: str, numbers: Sequence[str], *, token: str, once: str) -> Comparison:
        """Whether each of these is the applicant's number. Raises as the port says."""
        request = bundles_pb2.CompareApplicantRequest(application_id=application_id, id_numbers=numbers)
        said = invoke(self._keeping.CompareApplicant, request, token=token, idempotency_key=once)
        return Comparison(said.id_type, tuple(said.same))


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
