"""Applications: taken in, looked at, judged."""

from __future__ import annotations

from collections.abc import Iterator

import grpc

from kit.call import current_call
from kit.errors import Invalid
from reference.papers.protos import copy_message, printed_message, sealed_message, verified_message
from reference.papers.shelf import Standing
from services.intake.commitment_protos import choice_of
from services.intake.grpc_api.messages import MOST_MATERIALS, declared_materials, seen
from services.intake.handlers import (
    handing_on,
    judge,
    materials,
    receive,
    show,
    supplement,
    withdraw,
)
from services.intake.handlers.desk import Desk
from services.intake.protos import (
    applicant_message,
    applicant_of,
    application_message,
    checklist_message,
    delivery_of,
    paper_message,
    refusal_kind_of,
    situation_of,
    state_of,
    upload_message,
)
from services.intake.queries import applications, checklists
from tongban.intake.v1 import following_pb2
from tongban.intake.v1 import papers_pb2 as intake_papers
from tongban.intake.v1 import service_pb2 as pb


class ApplicationRpcs:
    """From the checklist to the judgement, with files and papers."""

    _desk: Desk

    def ReceiveApplication(
        self, request: pb.ReceiveApplicationRequest, context: grpc.ServicerContext
    ) -> pb.ReceiveApplicationResponse:
        application = receive.receive_application(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            item_id=request.item_id,
            ticket_id=request.ticket_id,
            applicant=applicant_of(request.applicant),
            declared=declared_materials(request.materials),
            delivery=delivery_of(request.delivery),
            form_json=request.form_json,
            situation=situation_of(request.situation),
            commitment=choice_of(request.commitment),
            draft_code=request.draft_code,
        )
        # Whoever hands the receipt out, or gets it, sees the code this once.
        return pb.ReceiveApplicationResponse(application=application_message(application))

    def GetChecklist(self, request: pb.GetChecklistRequest, context: grpc.ServicerContext) -> pb.GetChecklistResponse:
        checklist = checklists.get_checklist(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            item_id=request.item_id,
            situation=situation_of(request.situation),
        )
        return pb.GetChecklistResponse(checklist=checklist_message(checklist))

    def GetApplication(
        self, request: pb.GetApplicationRequest, context: grpc.ServicerContext
    ) -> pb.GetApplicationResponse:
        application = applications.get_application(
            desk=self._desk, call=current_call(), application_id=request.application_id, code=request.code
        )
        return pb.GetApplicationResponse(application=seen(self._desk, application))

    def ListApplications(
        self, request: pb.ListApplicationsRequest, context: grpc.ServicerContext
    ) -> pb.ListApplicationsResponse:
        found = applications.list_applications(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            state=state_of(request.state),
            ticket_id=request.ticket_id,
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListApplicationsResponse(
            applications=[seen(self._desk, application, listed=True) for application in found.items],
            next_cursor=found.cursor,
        )

    def ShowApplicant(
        self, request: pb.ShowApplicantRequest, context: grpc.ServicerContext
    ) -> pb.ShowApplicantResponse:
        applicant = show.show_applicant(
            desk=self._desk, call=current_call(), application_id=request.application_id, purpose=request.purpose
        )
        return pb.ShowApplicantResponse(applicant=applicant_message(applicant))

    def RecordMaterial(
        self, request: pb.RecordMaterialRequest, context: grpc.ServicerContext
    ) -> pb.RecordMaterialResponse:
        application = materials.record_material(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            declared=declared_materials([request.material])[0],
            expected_version=request.expected_version,
        )
        return pb.RecordMaterialResponse(application=seen(self._desk, application))

    def UploadMaterial(
        self, request_iterator: Iterator[pb.UploadMaterialRequest], context: grpc.ServicerContext
    ) -> pb.UploadMaterialResponse:
        first = next(request_iterator, None)
        if first is None or first.WhichOneof("part") != "header":
            raise Invalid("upload_header_missing", "上传须先说明申请、材料和文件名，请重新上传。")
        header = first.header
        application, upload = materials.upload_material(
            desk=self._desk,
            call=current_call(),
            application_id=header.application_id,
            code=header.code,
            material_key=header.material_key,
            filename=header.filename,
            media_type=header.media_type,
            chunks=(part.chunk for part in request_iterator),
        )
        return pb.UploadMaterialResponse(application=seen(self._desk, application), upload=upload_message(upload))

    def DownloadMaterial(
        self, request: pb.DownloadMaterialRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.DownloadMaterialResponse]:
        upload, chunks = show.download_material(
            desk=self._desk, call=current_call(), application_id=request.application_id, sha256=request.sha256
        )
        yield pb.DownloadMaterialResponse(upload=upload_message(upload))
        for chunk in chunks:
            yield pb.DownloadMaterialResponse(chunk=chunk)

    def AcceptApplication(
        self, request: pb.AcceptApplicationRequest, context: grpc.ServicerContext
    ) -> pb.AcceptApplicationResponse:
        application = judge.accept_application(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            expected_version=request.expected_version,
            deferred=request.deferred[:MOST_MATERIALS],
            signed_by=request.signed_by,
        )
        return pb.AcceptApplicationResponse(application=seen(self._desk, application))

    def RequestSupplement(
        self, request: pb.RequestSupplementRequest, context: grpc.ServicerContext
    ) -> pb.RequestSupplementResponse:
        application = supplement.request_supplement(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            wants=declared_materials(request.wanted),
            expected_version=request.expected_version,
        )
        return pb.RequestSupplementResponse(application=seen(self._desk, application))

    def HandInSupplement(
        self, request: pb.HandInSupplementRequest, context: grpc.ServicerContext
    ) -> pb.HandInSupplementResponse:
        application = supplement.hand_in_supplement(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            code=request.code,
            declared=declared_materials(request.materials),
            expected_version=request.expected_version,
        )
        return pb.HandInSupplementResponse(application=seen(self._desk, application))

    def RefuseApplication(
        self, request: pb.RefuseApplicationRequest, context: grpc.ServicerContext
    ) -> pb.RefuseApplicationResponse:
        application = judge.refuse_application(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            reason=request.reason,
            basis=request.basis,
            expected_version=request.expected_version,
            kind=refusal_kind_of(request.kind),
            authority=request.authority,
        )
        return pb.RefuseApplicationResponse(application=seen(self._desk, application))

    def WithdrawApplication(
        self, request: pb.WithdrawApplicationRequest, context: grpc.ServicerContext
    ) -> pb.WithdrawApplicationResponse:
        application = withdraw.withdraw_application(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            code=request.code,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pb.WithdrawApplicationResponse(application=seen(self._desk, application))

    def CarryFiles(
        self, request: following_pb2.CarryFilesRequest, context: grpc.ServicerContext
    ) -> following_pb2.CarryFilesResponse:
        handing_on.carry_files(desk=self._desk, call=current_call(), application_id=request.application_id)
        return following_pb2.CarryFilesResponse()

    def VerifyPaper(
        self, request: intake_papers.VerifyPaperRequest, context: grpc.ServicerContext
    ) -> intake_papers.VerifyPaperResponse:
        paper, match = self._desk.shelf.verified(request.code, request.sha256)
        return intake_papers.VerifyPaperResponse(paper=verified_message(paper, match, Standing()))

    def ReprintPaper(
        self, request: intake_papers.ReprintPaperRequest, context: grpc.ServicerContext
    ) -> intake_papers.ReprintPaperResponse:
        paper, copy, pdf = show.reprint_paper(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            paper_id=request.paper_id,
            reason=request.reason,
        )
        return intake_papers.ReprintPaperResponse(
            title=paper.title, number=paper.number, copy=copy_message(copy), pdf=pdf
        )

    def ListPrintedPapers(
        self, request: intake_papers.ListPrintedPapersRequest, context: grpc.ServicerContext
    ) -> intake_papers.ListPrintedPapersResponse:
        printed = show.list_printed_papers(desk=self._desk, call=current_call(), application_id=request.application_id)
        return intake_papers.ListPrintedPapersResponse(
            papers=[printed_message(paper, copies) for paper, copies in printed]
        )

    def ListSealedPapers(
        self, request: intake_papers.ListSealedPapersRequest, context: grpc.ServicerContext
    ) -> intake_papers.ListSealedPapersResponse:
        current_call().actor.require_center(request.center_id)
        found = self._desk.shelf.sealed(request.center_id, request.seal_id, request.limit, request.cursor)
        return intake_papers.ListSealedPapersResponse(papers=map(sealed_message, found.items), next_cursor=found.cursor)

    def GetPaper(self, request: pb.GetPaperRequest, context: grpc.ServicerContext) -> pb.GetPaperResponse:
        paper, pdf = show.get_paper(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            paper_id=request.paper_id,
            code=request.code,
        )
        return pb.GetPaperResponse(paper=paper_message(paper), pdf=pdf)
