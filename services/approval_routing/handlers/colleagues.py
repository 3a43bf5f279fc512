"""What workforce knows of those who work here: whether they are here now, and whom they stand in for (rules V01–V03)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import grpc

from kit.rpc.client import invoke
from services.approval_routing.domain.worker import Covered
from tongban.access.v1 import access_pb2
from tongban.workforce.v1 import covers_pb2, service_pb2_grpc


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who works here, as of now."""

    id: str
    name: str
    center_id: str
    department: str
    roles: frozenset[str]
    active: bool = True
    away: bool = False
    covers: tuple[Covered, ...] = ()
    #: Who stands in while they are away; empty: nobody does.
    stand_in: str = ""


class Colleagues(Protocol):
    """Asks for those who work here."""

    def get(self, staff_id: str, *, token: str) -> Colleague:
        """Somebody, as whoever the token proves may know them. Raises ``NotFound``, ``Forbidden``, ``Unavailable``."""
        ...


class WorkforceColleagues:
    """Asks workforce over gRPC, each time: a leave holds from the moment that it is filed."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = service_pb2_grpc.WorkforceServiceStub(channel)

    def get(self, staff_id: str, *, token: str) -> Colleague:
        """Somebody, as whoever the token proves may know them. Raises ``NotFound``, ``Forbidden``, ``Unavailable``."""
        request = covers_pb2.GetColleagueRequest(staff_id=staff_id)
        found = invoke(self._stub.GetColleague, request, token=token).colleague
        return Colleague(
            id=found.id,
            name=found.name,
            center_id=found.center_id,
            department=found.department_key,
            roles=frozenset(access_pb2.Role.Name(role).removeprefix("ROLE_").lower() for role in found.roles),
            active=found.active,
            away=found.away,
            covers=tuple(Covered(one.staff_id, one.name) for one in found.covers),
            stand_in=found.stand_in_name,
        )
