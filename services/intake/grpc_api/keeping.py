"""Lists of papers for departments, and papers that wait to be fetched: messages ↔ use cases (rules B08, C16)."""

from __future__ import annotations

import grpc

from kit.call import current_call
from services.intake.handlers import bundles as papers
from services.intake.handlers import hand_overs as handing
from services.intake.handlers.desk import Desk
from services.intake.keeping_protos import bundle_message, found_lines, list_message, list_state_of, settled_lines
from services.intake.queries import keeping
from tongban.intake.v1 import bundles_pb2 as bundles
from tongban.intake.v1 import hand_overs_pb2 as hand_overs
from tongban.intake.v1 import keeping_pb2_grpc


class KeepingApi(keeping_pb2_grpc.KeepingServiceServicer):
    """tongban.intake.v1.KeepingService."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def DraftPaperList(
        self, request: hand_overs.DraftPaperListRequest, context: grpc.ServicerContext
    ) -> hand_overs.DraftPaperListResponse:
        made = handing.draft_list(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            department_key=request.department_key,
            application_ids=list(request.application_ids),
        )
        return hand_overs.DraftPaperListResponse(list=list_message(made))

    def GivePaperList(
        self, request: hand_overs.GivePaperListRequest, context: grpc.ServicerContext
    ) -> hand_overs.GivePaperListResponse:
        made = handing.give_list(
            desk=self._desk,
            call=current_call(),
            list_id=request.list_id,
            list_sha256=request.list_sha256,
            expected_version=request.expected_version,
        )
        return hand_overs.GivePaperListResponse(list=list_message(made))

    def WithdrawPaperList(
        self, request: hand_overs.WithdrawPaperListRequest, context: grpc.ServicerContext
    ) -> hand_overs.WithdrawPaperListResponse:
        made = handing.withdraw_list(
            desk=self._desk,
            call=current_call(),
            list_id=request.list_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return hand_overs.WithdrawPaperListResponse(list=list_message(made))

    def ReceivePaperList(
        self, request: hand_overs.ReceivePaperListRequest, context: grpc.ServicerContext
    ) -> hand_overs.ReceivePaperListResponse:
        made = handing.receive_list(
            desk=self._desk,
            call=current_call(),
            list_id=request.list_id,
            found=found_lines(request.lines),
            list_sha256=request.list_sha256,
            expected_version=request.expected_version,
        )
        return hand_overs.ReceivePaperListResponse(list=list_message(made))

    def SettlePaperList(
        self, request: hand_overs.SettlePaperListRequest, context: grpc.ServicerContext
    ) -> hand_overs.SettlePaperListResponse:
        made = handing.settle_list(
            desk=self._desk,
            call=current_call(),
            list_id=request.list_id,
            settled=settled_lines(request.lines),
            said=request.said,
            expected_version=request.expected_version,
        )
        return hand_overs.SettlePaperListResponse(list=list_message(made))

    def GetPaperList(
        self, request: hand_overs.GetPaperListRequest, context: grpc.ServicerContext
    ) -> hand_overs.GetPaperListResponse:
        made = keeping.get_list(
            desk=self._desk,
            call=current_call(),
            list_id=request.list_id,
        )
        return hand_overs.GetPaperListResponse(list=list_message(made))

    def LeavePapers(
        self, request: bundles.LeavePapersRequest, context: grpc.ServicerContext
    ) -> bundles.LeavePapersResponse:
        bundle = papers.leave_papers(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            pieces={each.key: each.originals for each in request.pieces},
            place=request.place,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return bundles.LeavePapersResponse(bundle=bundle_message(bundle))

    def FetchLeftPapers(
        self, request: bundles.FetchLeftPapersRequest, context: grpc.ServicerContext
    ) -> bundles.FetchLeftPapersResponse:
        bundle = papers.fetch_left_papers(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            fetched_by=request.fetched_by,
            signature=request.signature,
            expected_version=request.expected_version,
        )
        return bundles.FetchLeftPapersResponse(bundle=bundle_message(bundle))

    def GetPaperBundle(
        self, request: bundles.GetPaperBundleRequest, context: grpc.ServicerContext
    ) -> bundles.GetPaperBundleResponse:
        bundle = keeping.get_bundle(
            desk=self._desk, call=current_call(), application_id=request.application_id, code=request.code
        )
        return bundles.GetPaperBundleResponse(bundle=None if bundle is None else bundle_message(bundle))

    def ListPaperLists(
        self, request: hand_overs.ListPaperListsRequest, context: grpc.ServicerContext
    ) -> hand_overs.ListPaperListsResponse:
        found = keeping.list_lists(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            state=list_state_of(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return hand_overs.ListPaperListsResponse(
            lists=[list_message(each) for each in found.items], next_cursor=found.cursor
        )

    def PrintPaperList(
        self, request: hand_overs.PrintPaperListRequest, context: grpc.ServicerContext
    ) -> hand_overs.PrintPaperListResponse:
        paper, pdf = keeping.print_list(desk=self._desk, call=current_call(), list_id=request.list_id)
        return hand_overs.PrintPaperListResponse(title=paper.title, number=paper.number, pdf=pdf)

    def ListWaitingPapers(
        self, request: bundles.ListWaitingPapersRequest, context: grpc.ServicerContext
    ) -> bundles.ListWaitingPapersResponse:
        found = keeping.list_waiting(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            department_key=request.department_key,
            limit=request.limit,
            cursor=request.cursor,
        )
        return bundles.ListWaitingPapersResponse(
            bundles=[bundle_message(each) for each in found.items], next_cursor=found.cursor
        )

    def ListLeftPapers(
        self, request: bundles.ListLeftPapersRequest, context: grpc.ServicerContext
    ) -> bundles.ListLeftPapersResponse:
        found = keeping.list_left(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            limit=request.limit,
            cursor=request.cursor,
        )
        return bundles.ListLeftPapersResponse(
            bundles=[bundle_message(each) for each in found.items], next_cursor=found.cursor
        )

    def GetLeftPapersSignature(
        self, request: bundles.GetLeftPapersSignatureRequest, context: grpc.ServicerContext
    ) -> bundles.GetLeftPapersSignatureResponse:
        content, media_type = keeping.get_signature(
            desk=self._desk, call=current_call(), application_id=request.application_id
        )
        return bundles.GetLeftPapersSignatureResponse(content=content, media_type=media_type)
