"""Applications by commitment (告知承诺; rules D03–D05)."""

from __future__ import annotations

import grpc

from kit.call import current_call
from kit.errors import Invalid
from services.intake.commitment_protos import choice_of, result_of, undertaking_state_of
from services.intake.grpc_api.messages import seen
from services.intake.handlers import commitments
from services.intake.handlers.desk import Desk
from services.intake.queries import applications
from tongban.intake.v1 import following_pb2 as pb


class CommitmentRpcs:
    """From the choice to the record of a breach."""

    _desk: Desk

    def ChooseCommitment(
        self, request: pb.ChooseCommitmentRequest, context: grpc.ServicerContext
    ) -> pb.ChooseCommitmentResponse:
        application = commitments.choose_commitment(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            choice=choice_of(request.choice),
            expected_version=request.expected_version,
        )
        return pb.ChooseCommitmentResponse(application=seen(self._desk, application))

    def SignCommitment(
        self, request: pb.SignCommitmentRequest, context: grpc.ServicerContext
    ) -> pb.SignCommitmentResponse:
        application = commitments.sign_commitment(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            code=request.code,
            signed_by=request.signed_by,
            expected_version=request.expected_version,
        )
        return pb.SignCommitmentResponse(application=seen(self._desk, application))

    def VerifyCommitment(
        self, request: pb.VerifyCommitmentRequest, context: grpc.ServicerContext
    ) -> pb.VerifyCommitmentResponse:
        result = result_of(request.result)
        if result is None:
            raise Invalid("finding_required", "请选择核查结果：已履行、需要整改或者虚假承诺。", field="result")
        application = commitments.verify_commitment(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            result=result,
            said=request.said,
            expected_version=request.expected_version,
        )
        return pb.VerifyCommitmentResponse(application=seen(self._desk, application))

    def ListCommitments(
        self, request: pb.ListCommitmentsRequest, context: grpc.ServicerContext
    ) -> pb.ListCommitmentsResponse:
        found = applications.list_commitments(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            state=undertaking_state_of(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListCommitmentsResponse(
            applications=[seen(self._desk, application, listed=True) for application in found.items],
            next_cursor=found.cursor,
        )

    def AppealBreach(self, request: pb.AppealBreachRequest, context: grpc.ServicerContext) -> pb.AppealBreachResponse:
        application = commitments.appeal_breach(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            code=request.code,
            text=request.text,
            expected_version=request.expected_version,
        )
        return pb.AppealBreachResponse(application=seen(self._desk, application))

    def RuleOnBreach(self, request: pb.RuleOnBreachRequest, context: grpc.ServicerContext) -> pb.RuleOnBreachResponse:
        application = commitments.rule_on_breach(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            upheld=request.upheld,
            ruling=request.ruling,
            expected_version=request.expected_version,
        )
        return pb.RuleOnBreachResponse(application=seen(self._desk, application))

    def RepairBreach(self, request: pb.RepairBreachRequest, context: grpc.ServicerContext) -> pb.RepairBreachResponse:
        application = commitments.repair_breach(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pb.RepairBreachResponse(application=seen(self._desk, application))
