"""What is on file for an application, as certificates knows it (国办函〔2016〕108号)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

import grpc

from kit.rpc.client import invoke
from services.intake.domain.application import Application
from services.intake.domain.material import Material, Upload
from tongban.certificates.v1 import messages_pb2, service_pb2, service_pb2_grpc

#: How long certificates may take: shorter than a caller waits for intake, which goes on without it.
SECONDS: Final = 3.0

_LEVELS: Final = {level: name.removeprefix("TRUST_LEVEL_") for name, level in messages_pb2.TrustLevel.items() if level}
_LEVEL_OF: Final = {name: level for level, name in _LEVELS.items()}


@dataclass(frozen=True, slots=True)
class OnFile:
    """A paper on file that may stand for a material. ``trust`` is A to D."""

    material_key: str
    holding_id: str
    name: str
    trust: str
    number: str
    issuer: str
    valid_until: date | None
    case_number: str
    needs_original: bool
    uploads: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True)
class WantedPaper:
    """A material that an application needs; ``trust`` A to D, empty: what the center wants in general."""

    material: Material
    trust: str


class CertificateLibrary(Protocol):
    """Asks what is on file."""

    def find(self, application: Application, wanted: Sequence[WantedPaper], *, token: str) -> list[OnFile]:
        """The best paper for each of these materials. Raises what certificates raises, and ``Unavailable``."""
        ...

    def use(self, application: Application, wanted: WantedPaper, holding_id: str, *, token: str) -> OnFile:
        """Lets the application use one, written down there. Raises what certificates raises, and ``Unavailable``."""
        ...


class CertificatesLibrary:
    """Asks certificates over gRPC."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._stub = service_pb2_grpc.CertificatesServiceStub(channel)

    def find(self, application: Application, wanted: Sequence[WantedPaper], *, token: str) -> list[OnFile]:
        """The best paper for each of these materials. Raises what certificates raises, and ``Unavailable``."""
        request = service_pb2.FindHoldingsRequest(
            center_id=application.center_id,
            holder_key=application.applicant_key,
            application_id=application.id,
            journey=application.journey,
            purpose=f"办理申请 {application.number}",
            wanted=[_wanted(each) for each in wanted],
        )
        found = invoke(self._stub.FindHoldings, request, token=token, timeout=SECONDS)
        return [_on_file(each.material_key, each.holding, each.usability) for each in found.offers]

    def use(self, application: Application, wanted: WantedPaper, holding_id: str, *, token: str) -> OnFile:
        """Lets the application use one, written down there. Raises what certificates raises, and ``Unavailable``."""
        request = service_pb2.UseHoldingRequest(
            holding_id=holding_id,
            center_id=application.center_id,
            holder_key=application.applicant_key,
            application_id=application.id,
            application_number=application.number,
            journey=application.journey,
            wanted=_wanted(wanted),
        )
        used = invoke(self._stub.UseHolding, request, token=token, timeout=SECONDS)
        return _on_file(wanted.material.key, used.holding, used.usability)


def _wanted(wanted: WantedPaper) -> messages_pb2.WantedHolding:
    return messages_pb2.WantedHolding(
        key=wanted.material.key,
        name=wanted.material.name,
        trust=_LEVEL_OF.get(wanted.trust, messages_pb2.TRUST_LEVEL_UNSPECIFIED),
    )


def _on_file(key: str, holding: messages_pb2.Holding, usability: messages_pb2.Usability.ValueType) -> OnFile:
    return OnFile(
        material_key=key,
        holding_id=holding.id,
        name=holding.name,
        trust=_LEVELS[holding.trust],
        number=holding.number,
        issuer=holding.issuer,
        valid_until=date.fromisoformat(holding.valid_until) if holding.valid_until else None,
        case_number=holding.case_number,
        needs_original=usability != messages_pb2.USABILITY_DIRECT,
        uploads=tuple(Upload(each.sha256, each.filename, each.media_type, each.size) for each in holding.files),
    )
