"""Where contents are before they are kept here: with the services that made them, who say who may read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, cast

import grpc

from kit.errors import NotFound
from kit.rpc.client import invoke, invoke_stream_out
from services.archive.domain.entries import Entry, Origin
from tongban.approval_routing.v1 import certificates_pb2 as certificates
from tongban.approval_routing.v1 import pick_up_pb2 as pick_ups
from tongban.approval_routing.v1 import service_pb2 as approval
from tongban.approval_routing.v1.papers_pb2_grpc import CasePapersServiceStub
from tongban.approval_routing.v1.service_pb2_grpc import ApprovalRoutingServiceStub
from tongban.intake.v1 import service_pb2 as intake
from tongban.intake.v1.service_pb2_grpc import IntakeServiceStub

#: How long a paper may take to be made, in seconds.
_PAPER_SECONDS = 20.0


class Originals(Protocol):
    """Reads contents where they were made; each read is on their audit record."""

    def read(self, case_id: str, entry: Entry, *, token: str, once: str) -> Iterator[bytes]:
        """The content of a line, in the name of whoever the token proves; ``once`` makes one line of audit of several.

        Raises what its owner raises (``NotFound``, ``Forbidden``), and ``Unavailable``.
        """
        ...


class ServiceOriginals:
    """Asks intake and approval_routing over gRPC."""

    def __init__(self, intake_channel: grpc.Channel, approval_channel: grpc.Channel) -> None:
        self._intake = IntakeServiceStub(intake_channel)
        self._approval = ApprovalRoutingServiceStub(approval_channel)
        self._printed = CasePapersServiceStub(approval_channel)

    def read(self, case_id: str, entry: Entry, *, token: str, once: str) -> Iterator[bytes]:
        """The content of a line, in the name of whoever the token proves. Raises as the port says."""
        if entry.origin is Origin.UPLOAD:
            asked = intake.DownloadMaterialRequest(application_id=case_id, sha256=entry.ref)
            parts = invoke_stream_out(self._intake.DownloadMaterial, asked, token=token, idempotency_key=once)
            for part in cast(Iterator[intake.DownloadMaterialResponse], parts):
                if part.chunk:
                    yield part.chunk
        else:
            yield self._paper(case_id, entry, token, once)

    def _paper(self, case_id: str, entry: Entry, token: str, once: str) -> bytes:
        timeout, key = _PAPER_SECONDS, once
        if entry.origin is Origin.PAPER:
            paper = intake.GetPaperRequest(application_id=case_id, paper_id=entry.ref)
            return invoke(self._intake.GetPaper, paper, token=token, timeout=timeout, idempotency_key=key).pdf
        if entry.origin is Origin.DECISION:
            decision = approval.GetDecisionPaperRequest(case_id=case_id)
            answer = invoke(
                self._approval.GetDecisionPaper, decision, token=token, timeout=timeout, idempotency_key=key
            )
            return answer.pdf
        if entry.origin is Origin.RESULT:
            result = certificates.GetResultPaperRequest(case_id=case_id)
            return invoke(self._approval.GetResultPaper, result, token=token, timeout=timeout, idempotency_key=key).pdf
        if entry.origin is Origin.SLIP:
            slip = pick_ups.GetDeliverySlipRequest(case_id=case_id)
            return invoke(self._printed.GetDeliverySlip, slip, token=token, timeout=timeout, idempotency_key=key).pdf
        if entry.origin is Origin.NOTICE:
            notice = approval.GetClockNoticeRequest(case_id=case_id, number=entry.ref)
            return invoke(self._approval.GetClockNotice, notice, token=token, timeout=timeout, idempotency_key=key).pdf
        raise NotFound("content_elsewhere", "该项没有可下载的文件。", number=entry.number)
