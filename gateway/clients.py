"""The services as the gateway sees them: one stub each, and one way to ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar, cast

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from gateway.auth import identity
from kit.ids import new_secret
from kit.rpc.client import DEADLINE, Method, connect, invoke, invoke_stream_in, invoke_stream_out
from kit.rpc.tls import Tls
from kit.settings import ServiceSettings
from tongban.approval_routing.v1 import papers_pb2
from tongban.approval_routing.v1.papers_pb2_grpc import CasePapersServiceStub
from tongban.approval_routing.v1.service_pb2_grpc import ApprovalRoutingServiceStub
from tongban.archive.v1.service_pb2_grpc import ArchiveServiceStub
from tongban.catalog.v1.service_pb2_grpc import CatalogServiceStub
from tongban.certificates.v1.service_pb2_grpc import CertificatesServiceStub
from tongban.complaint.v1.service_pb2_grpc import ComplaintServiceStub
from tongban.evaluation.v1.service_pb2_grpc import EvaluationServiceStub
from tongban.federation.v1 import cooperation_pb2
from tongban.federation.v1.cooperation_pb2_grpc import CooperationServiceStub
from tongban.federation.v1.service_pb2_grpc import FederationServiceStub
from tongban.fees.v1.service_pb2_grpc import FeesServiceStub
from tongban.intake.v1 import keeping_pb2, preparation_pb2
from tongban.intake.v1.keeping_pb2_grpc import KeepingServiceStub
from tongban.intake.v1.preparation_pb2_grpc import PreparationServiceStub
from tongban.intake.v1.service_pb2_grpc import IntakeServiceStub
from tongban.queuing.v1.service_pb2_grpc import QueuingServiceStub
from tongban.relay.v1.service_pb2_grpc import RelayServiceStub
from tongban.supervision.v1.service_pb2_grpc import SupervisionServiceStub
from tongban.workforce.v1.service_pb2_grpc import WorkforceServiceStub

#: How long a paper may take to be made, in seconds.
PAPER_DEADLINE = 15.0

Q = TypeVar("Q")
A = TypeVar("A")

#: Every service that the gateway needs, by the folder's name.
SERVICES: Mapping[str, str] = {
    "catalog": "tongban.catalog.v1.CatalogService",
    "queuing": "tongban.queuing.v1.QueuingService",
    "intake": "tongban.intake.v1.IntakeService",
    "approval_routing": "tongban.approval_routing.v1.ApprovalRoutingService",
    "fees": "tongban.fees.v1.FeesService",
    "evaluation": "tongban.evaluation.v1.EvaluationService",
    "complaint": "tongban.complaint.v1.ComplaintService",
    "relay": "tongban.relay.v1.RelayService",
    "federation": "tongban.federation.v1.FederationService",
    # Said by its own file, which its stub doesn't load, as it holds no messages.
    "cooperation": cooperation_pb2.DESCRIPTOR.services_by_name["CooperationService"].full_name,
    "preparation": preparation_pb2.DESCRIPTOR.services_by_name["PreparationService"].full_name,
    "case_papers": papers_pb2.DESCRIPTOR.services_by_name["CasePapersService"].full_name,
    "keeping": keeping_pb2.DESCRIPTOR.services_by_name["KeepingService"].full_name,
    "supervision": "tongban.supervision.v1.SupervisionService",
    "workforce": "tongban.workforce.v1.WorkforceService",
    "archive": "tongban.archive.v1.ArchiveService",
    "certificates": "tongban.certificates.v1.CertificatesService",
}
#: In which process a service lives that isn't the first of its own.
HOSTS: Mapping[str, str] = {
    "preparation": "intake",
    "keeping": "intake",
    "cooperation": "federation",
    "case_papers": "approval_routing",
}


@dataclass(frozen=True)
class Clients:
    """A stub for each service, over one channel each."""

    channels: Mapping[str, grpc.Channel]
    catalog: CatalogServiceStub
    queuing: QueuingServiceStub
    intake: IntakeServiceStub
    approval_routing: ApprovalRoutingServiceStub
    fees: FeesServiceStub
    evaluation: EvaluationServiceStub
    complaint: ComplaintServiceStub
    relay: RelayServiceStub
    federation: FederationServiceStub
    cooperation: CooperationServiceStub
    preparation: PreparationServiceStub
    keeping: KeepingServiceStub
    case_papers: CasePapersServiceStub
    supervision: SupervisionServiceStub
    workforce: WorkforceServiceStub
    archive: ArchiveServiceStub
    certificates: CertificatesServiceStub

    @classmethod
    def over(cls, channels: Mapping[str, grpc.Channel]) -> Clients:
        """The stubs over these channels."""
        return cls(
            channels=channels,
            catalog=CatalogServiceStub(channels["catalog"]),
            queuing=QueuingServiceStub(channels["queuing"]),
            intake=IntakeServiceStub(channels["intake"]),
            approval_routing=ApprovalRoutingServiceStub(channels["approval_routing"]),
            fees=FeesServiceStub(channels["fees"]),
            evaluation=EvaluationServiceStub(channels["evaluation"]),
            complaint=ComplaintServiceStub(channels["complaint"]),
            relay=RelayServiceStub(channels["relay"]),
            federation=FederationServiceStub(channels["federation"]),
            cooperation=CooperationServiceStub(channels["cooperation"]),
            preparation=PreparationServiceStub(channels["preparation"]),
            keeping=KeepingServiceStub(channels["keeping"]),
            case_papers=CasePapersServiceStub(channels["case_papers"]),
            supervision=SupervisionServiceStub(channels["supervision"]),
            workforce=WorkforceServiceStub(channels["workforce"]),
            archive=ArchiveServiceStub(channels["archive"]),
            certificates=CertificatesServiceStub(channels["certificates"]),
        )

    @classmethod
    def to(cls, settings: ServiceSettings) -> Clients:
        """The stubs of the services of this site; connects when first asked."""
        tls = Tls.of(settings)
        return cls.over(
            {name: connect(settings.address_of(HOSTS.get(name, name)), full, tls) for name, full in SERVICES.items()}
        )

    def readiness(self, timeout: float = 1.0) -> dict[str, bool]:
        """Which services say that calls are welcome, all asked at once."""
        with ThreadPoolExecutor(len(self.channels), thread_name_prefix="readiness") as pool:
            answers = {name: pool.submit(self._serving, name, timeout) for name in self.channels}
            return {name: answer.result() for name, answer in answers.items()}

    def _serving(self, name: str, timeout: float) -> bool:
        try:
            stub = health_pb2_grpc.HealthStub(self.channels[name])
            asked = health_pb2.HealthCheckRequest(service=SERVICES[name])
            answer: health_pb2.HealthCheckResponse = stub.Check(asked, timeout=timeout)  # type: ignore[attr-defined]
        except grpc.RpcError:
            return False
        return answer.status == health_pb2.HealthCheckResponse.SERVING

    def close(self) -> None:
        """Lets go of the connections."""
        for channel in self.channels.values():
            channel.close()


def ask(method: Method[Q, A], request: Q, *, timeout: float = DEADLINE, idempotency_key: str = "") -> A:
    """One RPC in the name of whoever makes the request at hand. Raises what the service raises (``kit.errors``)."""
    return invoke(method, request, token=identity().token(), timeout=timeout, idempotency_key=idempotency_key)


def ask_for_paper(method: Method[Q, A], request: Q) -> A:
    """One RPC that makes a paper; where that shows full data, it is on the record once however often it is sent.

    Each showing is one of its own, so the key is new; what gRPC sends again, it sends with the same key.
    """
    return ask(method, request, timeout=PAPER_DEADLINE, idempotency_key=new_secret())


def send(method: object, parts: Iterable[object], answer: type[A]) -> A:
    """One RPC that takes a stream, in the same name. ``answer`` is the class that the RPC answers with."""
    return cast(A, invoke_stream_in(method, parts, token=identity().token()))


def fetch(method: object, request: object, part: type[A]) -> Iterator[A]:
    """One RPC that answers with a stream of ``part``, in the same name; refused when the first is asked for.

    Its showing is on the record once, as with ``ask_for_paper``.
    """
    return cast(Iterator[A], invoke_stream_out(method, request, token=identity().token(), idempotency_key=new_secret()))
