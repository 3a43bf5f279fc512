"""What comes before an application, or beside it: messages ↔ use cases."""

from __future__ import annotations

import grpc

from kit.call import current_call
from services.intake.grpc_api.drafts import DraftRpcs
from services.intake.handlers import denials
from services.intake.handlers.desk import Desk
from services.intake.preparation_protos import denial_state_of, report_message
from services.intake.queries import denials as reports
from tongban.intake.v1 import denials_pb2 as pb
from tongban.intake.v1 import preparation_pb2_grpc


class PreparationApi(DraftRpcs, preparation_pb2_grpc.PreparationServiceServicer):
    """tongban.intake.v1.PreparationService."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def FileDenialReport(
        self, request: pb.FileDenialReportRequest, context: grpc.ServicerContext
    ) -> pb.FileDenialReportResponse:
        report = denials.file_denial_report(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            item_id=request.item_id,
            application_id=request.application_id,
            asked_for=request.asked_for,
            reason=request.reason,
            basis=request.basis,
        )
        return pb.FileDenialReportResponse(report=report_message(report))

    def GetDenialReport(
        self, request: pb.GetDenialReportRequest, context: grpc.ServicerContext
    ) -> pb.GetDenialReportResponse:
        report = reports.get_denial_report(desk=self._desk, call=current_call(), report_id=request.report_id)
        return pb.GetDenialReportResponse(report=report_message(report))

    def ListDenialReports(
        self, request: pb.ListDenialReportsRequest, context: grpc.ServicerContext
    ) -> pb.ListDenialReportsResponse:
        found = reports.list_denial_reports(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            state=denial_state_of(request.state),
            limit=request.limit,
            cursor=request.cursor,
            application_id=request.application_id,
        )
        return pb.ListDenialReportsResponse(
            reports=[report_message(report) for report in found.items], next_cursor=found.cursor
        )

    def AnswerDenialReport(
        self, request: pb.AnswerDenialReportRequest, context: grpc.ServicerContext
    ) -> pb.AnswerDenialReportResponse:
        report = denials.answer_denial_report(
            desk=self._desk,
            call=current_call(),
            report_id=request.report_id,
            agrees=request.agrees,
            said=request.said,
            basis=request.basis,
            expected_version=request.expected_version,
        )
        return pb.AnswerDenialReportResponse(report=report_message(report))
