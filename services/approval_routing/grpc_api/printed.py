"""What was printed of all cases of a center, and what says that a result was given: messages ↔ reads."""

from __future__ import annotations

import grpc

from kit.call import current_call
from reference.papers.protos import sealed_message
from services.approval_routing.handlers.office import Office
from services.approval_routing.queries import papers
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.approval_routing.v1 import papers_pb2_grpc
from tongban.approval_routing.v1 import pick_up_pb2 as pick_ups


class CasePapersApi(papers_pb2_grpc.CasePapersServiceServicer):
    """tongban.approval_routing.v1.CasePapersService."""

    def __init__(self, office: Office) -> None:
        self._office = office

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
        paper, pdf = papers.get_delivery_slip(office=self._office, call=current_call(), case_id=request.case_id)
        return pick_ups.GetDeliverySlipResponse(title=paper.title, number=paper.number, pdf=pdf)

    def GetPickUpSignature(
        self, request: pick_ups.GetPickUpSignatureRequest, context: grpc.ServicerContext
    ) -> pick_ups.GetPickUpSignatureResponse:
        content, media_type = papers.get_pick_up_signature(
            office=self._office, call=current_call(), case_id=request.case_id
        )
        return pick_ups.GetPickUpSignatureResponse(content=content, media_type=media_type)
