"""What was printed of all cases of a center: messages ↔ reads."""

from __future__ import annotations

import grpc

from kit.call import current_call
from reference.papers.protos import sealed_message
from services.approval_routing.handlers.office import Office
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.approval_routing.v1 import papers_pb2_grpc


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
