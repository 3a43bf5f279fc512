"""RPCs of agreements."""

from __future__ import annotations

import grpc

from kit.call import current_call
from kit.workdays import local_date
from services.federation.domain.agreement import Agreement
from services.federation.handlers import agreements
from services.federation.handlers.desk import Desk
from services.federation.protos.agreements import agreement_message, day_of, mode_of, terms_message, terms_of
from services.federation.queries import agreements as queries
from tongban.federation.v1 import messages_pb2
from tongban.federation.v1 import service_pb2 as pb


class AgreementRpcs:
    """What the service answers of agreements."""

    _desk: Desk

    def ProposeAgreement(
        self, request: pb.ProposeAgreementRequest, context: grpc.ServicerContext
    ) -> pb.ProposeAgreementResponse:
        agreement = agreements.propose_agreement(
            desk=self._desk, call=current_call(), agreement_id=request.agreement_id, terms=terms_of(request.terms)
        )
        return pb.ProposeAgreementResponse(agreement=self._shown(agreement))

    def AnswerAgreement(
        self, request: pb.AnswerAgreementRequest, context: grpc.ServicerContext
    ) -> pb.AnswerAgreementResponse:
        agreement = agreements.answer_agreement(
            desk=self._desk,
            call=current_call(),
            agreement_id=request.agreement_id,
            edition_id=request.edition_id,
            confirmed=request.confirmed,
            note=request.note,
            expected_version=request.expected_version,
        )
        return pb.AnswerAgreementResponse(agreement=self._shown(agreement))

    def EndAgreement(self, request: pb.EndAgreementRequest, context: grpc.ServicerContext) -> pb.EndAgreementResponse:
        agreement = agreements.end_agreement(
            desk=self._desk,
            call=current_call(),
            agreement_id=request.agreement_id,
            ends_on=day_of(request.ends_on, "ends_on"),
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pb.EndAgreementResponse(agreement=self._shown(agreement))

    def GetAgreement(self, request: pb.GetAgreementRequest, context: grpc.ServicerContext) -> pb.GetAgreementResponse:
        agreement = queries.get_agreement(desk=self._desk, call=current_call(), agreement_id=request.agreement_id)
        return pb.GetAgreementResponse(agreement=self._shown(agreement))

    def ListAgreements(
        self, request: pb.ListAgreementsRequest, context: grpc.ServicerContext
    ) -> pb.ListAgreementsResponse:
        found = queries.list_agreements(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListAgreementsResponse(agreements=map(self._shown, found.items), next_cursor=found.cursor)

    def ListOfferedItems(
        self, request: pb.ListOfferedItemsRequest, context: grpc.ServicerContext
    ) -> pb.ListOfferedItemsResponse:
        mode = mode_of(request.mode) if request.mode else None
        offered = queries.list_offered(desk=self._desk, call=current_call(), center_id=request.center_id, mode=mode)
        return pb.ListOfferedItemsResponse(
            items=[
                messages_pb2.OfferedItem(
                    agreement_id=agreement.id, edition_id=edition.id, terms=terms_message(edition.terms)
                )
                for agreement, edition in offered
            ]
        )

    def _shown(self, agreement: Agreement) -> messages_pb2.Agreement:
        return agreement_message(agreement, self._desk.site, local_date(current_call().now))
