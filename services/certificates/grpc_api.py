"""Proto to use case and back."""

from __future__ import annotations

from typing import Any

from kit.call import current_call
from kit.workdays import local_date
from services.certificates import queries
from services.certificates.domain.holding import Holding
from services.certificates.events import USABILITIES, holding_message, look_message, trust_of
from services.certificates.handlers import finding, using
from services.certificates.handlers.finding import Asking, Wanted
from services.certificates.handlers.library import Library
from tongban.certificates.v1 import messages_pb2, service_pb2_grpc
from tongban.certificates.v1 import service_pb2 as pb


class CertificatesApi(service_pb2_grpc.CertificatesServiceServicer):
    """Serves the RPCs of certificates."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def FindHoldings(self, request: pb.FindHoldingsRequest, context: Any) -> pb.FindHoldingsResponse:
        offers = finding.find_holdings(
            library=self._library,
            call=current_call(),
            asking=Asking(
                request.center_id, request.holder_key, request.application_id, request.journey, request.purpose
            ),
            wanted=[_wanted(each) for each in request.wanted],
        )
        return pb.FindHoldingsResponse(
            offers=[
                messages_pb2.HoldingOffer(
                    material_key=each.key, holding=_message(each.holding), usability=USABILITIES[each.usability]
                )
                for each in offers
            ]
        )

    def UseHolding(self, request: pb.UseHoldingRequest, context: Any) -> pb.UseHoldingResponse:
        used = using.use_holding(
            library=self._library,
            call=current_call(),
            holding_id=request.holding_id,
            asking=Asking(request.center_id, request.holder_key, request.application_id, request.journey, ""),
            application_number=request.application_number,
            wanted=_wanted(request.wanted),
        )
        return pb.UseHoldingResponse(holding=_message(used.holding), usability=USABILITIES[used.usability])

    def ListMyHoldings(self, request: pb.ListMyHoldingsRequest, context: Any) -> pb.ListMyHoldingsResponse:
        found = queries.list_my_holdings(
            library=self._library, call=current_call(), limit=request.limit, cursor=request.cursor
        )
        return pb.ListMyHoldingsResponse(
            holdings=[_message(each, used=True) for each in found.items], next_cursor=found.cursor
        )

    def ListHoldingLooks(self, request: pb.ListHoldingLooksRequest, context: Any) -> pb.ListHoldingLooksResponse:
        found = queries.list_holding_looks(
            library=self._library, call=current_call(), limit=request.limit, cursor=request.cursor
        )
        return pb.ListHoldingLooksResponse(looks=map(look_message, found.items), next_cursor=found.cursor)

    def WithdrawHolding(self, request: pb.WithdrawHoldingRequest, context: Any) -> pb.WithdrawHoldingResponse:
        holding = using.withdraw_holding(
            library=self._library,
            call=current_call(),
            holding_id=request.holding_id,
            expected_version=request.expected_version,
        )
        return pb.WithdrawHoldingResponse(holding=_message(holding, used=True))

    def RevokeHolding(self, request: pb.RevokeHoldingRequest, context: Any) -> pb.RevokeHoldingResponse:
        holding = using.revoke_holding(
            library=self._library,
            call=current_call(),
            holding_id=request.holding_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return pb.RevokeHoldingResponse(holding=_message(holding, used=True))


def _wanted(message: messages_pb2.WantedHolding) -> Wanted:
    return Wanted(message.key, message.name, trust_of(message.trust))


def _message(holding: Holding, *, used: bool = False) -> messages_pb2.Holding:
    return holding_message(holding, local_date(current_call().now), used=used)
