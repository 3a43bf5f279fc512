"""What was printed of all cases of a center, and what says that a result was given: messages ↔ reads."""

from __future__ import annotations

import grpc

from kit.call import current_call
from reference.papers.protos import sealed_message
from reference.protos import plain
from services.approval_routing.handlers import posting
from services.approval_routing.handlers.office import Office
from services.approval_routing.protos import staff_message
from services.approval_routing.queries import samples, slips
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.approval_routing.v1 import papers_pb2_grpc
from tongban.approval_routing.v1 import pick_up_pb2 as pick_ups


class CasePapersApi(papers_pb2_grpc.CasePapersServiceServicer):
    """tongban.approval_routing.v1.CasePapersService."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def PreviewCasePaper(
        self, request: case_papers.PreviewCasePaperRequest, context: grpc.ServicerContext
    ) -> case_papers.PreviewCasePaperResponse:
        pdf = samples.preview_case_paper(
            office=self._office,
            call=current_call(),
            center_id=request.center_id,
            kind=request.kind,
            wording=plain(request.wording),
            layout=plain(request.layout),
        )
        return case_papers.PreviewCasePaperResponse(pdf=pdf)

    def ListSealedCasePapers(
        self, request: case_papers.ListSealedCasePapersRequest, context: grpc.ServicerContext
    ) -> case_papers.ListSealedCasePapersResponse:
        current_call().actor.require_center(request.center_id)
        found = self._office.shelf.sealed(request.center_id, request.seal_id, request.limit, request.cursor)
        return case_papers.ListSealedCasePapersResponse(
            papers=map(sealed_message, found.items), next_cursor=found.cursor
        )

    def GetDeliverySlip(
        self, request: pick_ups.GetDeliverySlipRequest, context: grpc.ServicerContext
    ) -> pick_ups.GetDeliverySlipResponse:
        paper, pdf = slips.get_delivery_slip(office=self._office, call=current_call(), case_id=request.case_id)
        return pick_ups.GetDeliverySlipResponse(title=paper.title, number=paper.number, pdf=pdf)

    def SignOffPost(
        self, request: case_papers.SignOffPostRequest, context: grpc.ServicerContext
    ) -> case_papers.SignOffPostResponse:
        case = posting.sign_off_post(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            signed_by=request.signed_by,
            by_proxy=request.by_proxy,
            signed_on=request.signed_on,
            expected_version=request.expected_version,
        )
        return case_papers.SignOffPostResponse(case=staff_message(case))

    def GetPickUpSignature(
        self, request: pick_ups.GetPickUpSignatureRequest, context: grpc.ServicerContext
    ) -> pick_ups.GetPickUpSignatureResponse:
        content, media_type = slips.get_pick_up_signature(
            office=self._office, call=current_call(), case_id=request.case_id
        )
        return pick_ups.GetPickUpSignatureResponse(content=content, media_type=media_type)
