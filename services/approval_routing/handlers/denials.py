"""Whether that something can't be done was reported and confirmed before it is denied (否定事项报备制; rules C18)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import grpc

from kit.rpc.client import invoke
from tongban.intake.v1 import denials_pb2, preparation_pb2_grpc


@dataclass(frozen=True, slots=True)
class ReportedDenial:
    """A report on a case, and whether its last level has said that it can't be done."""

    id: str
    confirmed: bool


class DenialReports(Protocol):
    """Asks for reports that something can't be done."""

    def newest(self, center_id: str, application_id: str, *, token: str) -> ReportedDenial | None:
        """The newest on an application, as seen by whoever the token proves; ``None``: nobody filed any.

        Raises what intake raises, and ``Unavailable``.
        """
        ...


class IntakeDenialReports:
    """Asks intake over gRPC."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = preparation_pb2_grpc.PreparationServiceStub(channel)

    def newest(self, center_id: str, application_id: str, *, token: str) -> ReportedDenial | None:
        """The newest on an application, as seen by whoever the token proves; ``None``: nobody filed any.

        Raises what intake raises, and ``Unavailable``.
        """
        request = denials_pb2.ListDenialReportsRequest(center_id=center_id, application_id=application_id, limit=1)
        found = invoke(self._stub.ListDenialReports, request, token=token).reports
        confirmed = denials_pb2.DENIAL_STATE_CONFIRMED
        return ReportedDenial(found[0].id, found[0].state == confirmed) if found else None
