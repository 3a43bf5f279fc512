"""Approval over gRPC: messages ↔ use cases, nothing else."""

from __future__ import annotations

from typing import Final

import grpc

from kit.call import current_call
from reference.papers.protos import copy_message, printed_message, verified_message
from services.approval_routing.case_rows import task_message
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.licences import LicenceState
from services.approval_routing.grpc_api.conduct import ConductApi
from services.approval_routing.handlers import (
    bulk,
    certificates,
    deciding,
    delivery,
    extending,
    procedures,
    work,
)
from services.approval_routing.handlers.bulk import BulkAction, BulkResult, BulkRow
from services.approval_routing.handlers.office import Office
from services.approval_routing.licence_protos import END_KIND_OF, STATE_OF, licence_history, licence_message
from services.approval_routing.pick_up_protos import taker_of
from services.approval_routing.protos import (
    applicant_message,
    clock_message,
    outcome_of,
    staff_message,
    state_of,
)
from services.approval_routing.queries import cases, licences, papers, tasks
from services.approval_routing.queries.cases import Scope
from services.approval_routing.queries.licences import LicenceFilter
from services.approval_routing.queries.tasks import TaskFilter, TaskScope, TaskSort
from tongban.approval_routing.v1 import (
    certificates_pb2,
    conduct_pb2,
    licences_pb2,
    messages_pb2,
    tasks_pb2,
)
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.approval_routing.v1 import service_pb2 as pb

_SCOPES: Final = {
    pb.CASE_SCOPE_CLAIMABLE: Scope.CLAIMABLE,
    pb.CASE_SCOPE_MINE: Scope.MINE,
    pb.CASE_SCOPE_EXTENSIONS: Scope.EXTENSIONS,
}
_TASK_SCOPES: Final = {
    tasks_pb2.TASK_SCOPE_POOL: TaskScope.POOL,
    tasks_pb2.TASK_SCOPE_MINE: TaskScope.MINE,
    tasks_pb2.TASK_SCOPE_DEPARTMENT: TaskScope.DEPARTMENT,
    tasks_pb2.TASK_SCOPE_CENTER: TaskScope.CENTER,
    tasks_pb2.TASK_SCOPE_COVERED: TaskScope.COVERED,
}
_ACTIONS: Final = {
    tasks_pb2.BULK_ACTION_CLAIM: BulkAction.CLAIM,
    tasks_pb2.BULK_ACTION_RELEASE: BulkAction.RELEASE,
    tasks_pb2.BULK_ACTION_PASS: BulkAction.PASS,
    tasks_pb2.BULK_ACTION_RETURN: BulkAction.RETURN,
}


class ApprovalRoutingApi(ConductApi):
    """tongban.approval_routing.v1.ApprovalRoutingService."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def GetCase(self, request: pb.GetCaseRequest, context: grpc.ServicerContext) -> pb.GetCaseResponse:
        case = cases.get_case(office=self._office, call=current_call(), case_id=request.case_id, code=request.code)
        return pb.GetCaseResponse(case=_seen(case, request.code))

    def ListCases(self, request: pb.ListCasesRequest, context: grpc.ServicerContext) -> pb.ListCasesResponse:
        found = cases.list_cases(
            office=self._office,
            call=current_call(),
            center_id=request.center_id,
            scope=_SCOPES.get(request.scope, Scope.CENTER),
            state=state_of(request.state),
            department_key=request.department_key,
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListCasesResponse(cases=[staff_message(case) for case in found.items], next_cursor=found.cursor)

    def ListLicences(
        self, request: licences_pb2.ListLicencesRequest, context: grpc.ServicerContext
    ) -> licences_pb2.ListLicencesResponse:
        found = licences.list_licences(
            office=self._office,
            call=current_call(),
            center_id=request.center_id,
            state=STATE_OF.get(request.state, LicenceState.VALID),
            wanted=LicenceFilter(request.query, request.item_id, request.before, request.apply_within_days),
            limit=request.limit,
            cursor=request.cursor,
        )
        return licences_pb2.ListLicencesResponse(licences=map(licence_message, found.items), next_cursor=found.cursor)

    def GetLicence(
        self, request: licences_pb2.GetLicenceRequest, context: grpc.ServicerContext
    ) -> licences_pb2.GetLicenceResponse:
        licence, case = licences.get_licence(office=self._office, call=current_call(), licence_id=request.licence_id)
        return licence_history(licence, case)

    def ListTasks(
        self, request: tasks_pb2.ListTasksRequest, context: grpc.ServicerContext
    ) -> tasks_pb2.ListTasksResponse:
        found = tasks.list_tasks(
            office=self._office,
            call=current_call(),
            center_id=request.center_id,
            scope=_TASK_SCOPES.get(request.scope, TaskScope.POOL),
            department_key=request.department_key,
            wanted=TaskFilter(request.query, request.item_id, request.role, request.overdue),
            sort=TaskSort.SINCE if request.sort == tasks_pb2.TASK_SORT_SINCE else TaskSort.DUE,
            limit=request.limit,
            cursor=request.cursor,
        )
        return tasks_pb2.ListTasksResponse(tasks=map(task_message, found.items), next_cursor=found.cursor)

    def ActOnSteps(
        self, request: tasks_pb2.ActOnStepsRequest, context: grpc.ServicerContext
    ) -> tasks_pb2.ActOnStepsResponse:
        results = bulk.act_on_steps(
            office=self._office,
            call=current_call(),
            action=_ACTIONS.get(request.action),
            rows=[BulkRow(one.case_id, one.step_key, one.version) for one in request.rows],
            words=request.words,
        )
        return tasks_pb2.ActOnStepsResponse(results=map(_result, results))

    def ClaimStep(self, request: pb.ClaimStepRequest, context: grpc.ServicerContext) -> pb.ClaimStepResponse:
        case = work.claim_step(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            expected_version=request.expected_version,
            step_key=request.step_key,
        )
        return pb.ClaimStepResponse(case=staff_message(case))

    def ReleaseStep(self, request: pb.ReleaseStepRequest, context: grpc.ServicerContext) -> pb.ReleaseStepResponse:
        case = work.release_step(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            expected_version=request.expected_version,
            step_key=request.step_key,
        )
        return pb.ReleaseStepResponse(case=staff_message(case))

    def PassStep(self, request: pb.PassStepRequest, context: grpc.ServicerContext) -> pb.PassStepResponse:
        case = work.pass_step(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            opinion=request.opinion,
            expected_version=request.expected_version,
            step_key=request.step_key,
        )
        return pb.PassStepResponse(case=staff_message(case))

    def ReturnStep(self, request: pb.ReturnStepRequest, context: grpc.ServicerContext) -> pb.ReturnStepResponse:
        case = work.return_step(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            reason=request.reason,
            expected_version=request.expected_version,
            step_key=request.step_key,
            to_step=request.to_step,
        )
        return pb.ReturnStepResponse(case=staff_message(case))

    def RejectStep(self, request: pb.RejectStepRequest, context: grpc.ServicerContext) -> pb.RejectStepResponse:
        case = work.reject_step(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            reason=request.reason,
            expected_version=request.expected_version,
            step_key=request.step_key,
        )
        return pb.RejectStepResponse(case=staff_message(case))

    def DecideCase(self, request: pb.DecideCaseRequest, context: grpc.ServicerContext) -> pb.DecideCaseResponse:
        case = deciding.decide_case(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            outcome=outcome_of(request.outcome),
            reason=request.reason,
            basis=request.basis,
            expected_version=request.expected_version,
        )
        return pb.DecideCaseResponse(case=staff_message(case))

    def PauseCase(self, request: pb.PauseCaseRequest, context: grpc.ServicerContext) -> pb.PauseCaseResponse:
        case = procedures.pause_case(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            kind=request.kind,
            expected_days=request.expected_days,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pb.PauseCaseResponse(case=staff_message(case))

    def ResumeCase(self, request: pb.ResumeCaseRequest, context: grpc.ServicerContext) -> pb.ResumeCaseResponse:
        case = procedures.resume_case(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            expected_version=request.expected_version,
        )
        return pb.ResumeCaseResponse(case=staff_message(case))

    def ExtendCase(self, request: pb.ExtendCaseRequest, context: grpc.ServicerContext) -> pb.ExtendCaseResponse:
        case = extending.extend_case(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            amount=request.amount,
            reason=request.reason,
            approved_by=request.approved_by,
            expected_version=request.expected_version,
        )
        return pb.ExtendCaseResponse(case=staff_message(case))

    def ReviewExtension(
        self, request: pb.ReviewExtensionRequest, context: grpc.ServicerContext
    ) -> pb.ReviewExtensionResponse:
        case = extending.review_extension(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            granted=request.granted,
            opinion=request.opinion,
            expected_version=request.expected_version,
        )
        return pb.ReviewExtensionResponse(case=staff_message(case))

    def IssueResult(self, request: pb.IssueResultRequest, context: grpc.ServicerContext) -> pb.IssueResultResponse:
        case = delivery.issue_result(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            expected_version=request.expected_version,
        )
        return pb.IssueResultResponse(case=staff_message(case))

    def DeliverResult(
        self, request: pb.DeliverResultRequest, context: grpc.ServicerContext
    ) -> pb.DeliverResultResponse:
        case = delivery.deliver_result(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            method=request.method,
            received_by=request.received_by,
            tracking_number=request.tracking_number,
            expected_version=request.expected_version,
            taker=taker_of(request.taker),
        )
        return pb.DeliverResultResponse(case=staff_message(case))

    def ReturnResult(self, request: pb.ReturnResultRequest, context: grpc.ServicerContext) -> pb.ReturnResultResponse:
        case = delivery.return_result(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pb.ReturnResultResponse(case=staff_message(case))

    def ExplainDeadline(
        self, request: pb.ExplainDeadlineRequest, context: grpc.ServicerContext
    ) -> pb.ExplainDeadlineResponse:
        case, clocks = cases.explain_deadline(
            office=self._office, call=current_call(), case_id=request.case_id, code=request.code
        )
        explained = [clock_message(clock.kind, clock.title, clock.deadline) for clock in clocks]
        return pb.ExplainDeadlineResponse(case=_seen(case, request.code), days=explained[0].days, clocks=explained)

    def VerifyCasePaper(
        self, request: case_papers.VerifyCasePaperRequest, context: grpc.ServicerContext
    ) -> case_papers.VerifyCasePaperResponse:
        paper, match = self._office.shelf.verified(request.code, request.sha256)
        standing = papers.standing_of(self._office, current_call(), paper)
        return case_papers.VerifyCasePaperResponse(paper=verified_message(paper, match, standing))

    def GetResultPaper(
        self, request: certificates_pb2.GetResultPaperRequest, context: grpc.ServicerContext
    ) -> certificates_pb2.GetResultPaperResponse:
        number, pdf = papers.get_result_paper(
            office=self._office, call=current_call(), case_id=request.case_id, code=request.code
        )
        return certificates_pb2.GetResultPaperResponse(number=number, pdf=pdf)

    def EndResult(
        self, request: certificates_pb2.EndResultRequest, context: grpc.ServicerContext
    ) -> conduct_pb2.EndResultResponse:
        case = certificates.end_result(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            kind=END_KIND_OF.get(request.kind),
            reason=request.reason,
            basis=request.basis,
            expected_version=request.expected_version,
        )
        return conduct_pb2.EndResultResponse(case=staff_message(case))

    def ReprintCasePaper(
        self, request: case_papers.ReprintCasePaperRequest, context: grpc.ServicerContext
    ) -> case_papers.ReprintCasePaperResponse:
        paper, copy, pdf = papers.reprint_case_paper(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            paper_id=request.paper_id,
            reason=request.reason,
        )
        return case_papers.ReprintCasePaperResponse(
            title=paper.title, number=paper.number, copy=copy_message(copy), pdf=pdf
        )

    def ListPrintedCasePapers(
        self, request: case_papers.ListPrintedCasePapersRequest, context: grpc.ServicerContext
    ) -> case_papers.ListPrintedCasePapersResponse:
        printed = papers.list_printed_case_papers(office=self._office, call=current_call(), case_id=request.case_id)
        return case_papers.ListPrintedCasePapersResponse(
            papers=[printed_message(paper, copies) for paper, copies in printed]
        )

    def GetClockNotice(
        self, request: pb.GetClockNoticeRequest, context: grpc.ServicerContext
    ) -> pb.GetClockNoticeResponse:
        number, pdf = papers.get_clock_notice(
            office=self._office,
            call=current_call(),
            case_id=request.case_id,
            code=request.code,
            number=request.number,
        )
        return pb.GetClockNoticeResponse(number=number, pdf=pdf)

    def GetDecisionPaper(
        self, request: pb.GetDecisionPaperRequest, context: grpc.ServicerContext
    ) -> pb.GetDecisionPaperResponse:
        number, pdf = papers.get_decision_paper(
            office=self._office, call=current_call(), case_id=request.case_id, code=request.code
        )
        return pb.GetDecisionPaperResponse(number=number, pdf=pdf)


def _result(found: BulkResult) -> tasks_pb2.TaskResult:
    error = found.error
    return tasks_pb2.TaskResult(
        case_id=found.row.case_id,
        step_key=found.row.step_key,
        done=error is None,
        code="" if error is None else error.code,
        message="" if error is None else error.message,
    )


def _seen(case: Case, code: str) -> messages_pb2.Case:
    """The case as whoever comes by its code, or as staff, may see it."""
    return applicant_message(case) if code else staff_message(case)
