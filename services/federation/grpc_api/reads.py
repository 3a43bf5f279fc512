"""RPCs that show crossings."""

from __future__ import annotations

import grpc

from kit.call import current_call
from services.federation.domain.agreement import Side
from services.federation.grpc_api.crossings import shown
from services.federation.handlers import show
from services.federation.handlers.desk import Desk
from services.federation.protos.crossings import applicant_message, state_of
from services.federation.queries import crossings as queries
from tongban.federation.v1 import messages_pb2
from tongban.federation.v1 import service_pb2 as pb


class ReadRpcs:
    """What the service shows of crossings."""

    _desk: Desk

    def GetCrossing(self, request: pb.GetCrossingRequest, context: grpc.ServicerContext) -> pb.GetCrossingResponse:
        crossing = queries.get_crossing(
            desk=self._desk,
            call=current_call(),
            crossing_id=request.crossing_id,
            code=request.code,
            number=request.number,
            id_tail=request.id_tail,
            application_id=request.application_id,
        )
        return pb.GetCrossingResponse(crossing=shown(crossing, request.code))

    def ListCrossings(
        self, request: pb.ListCrossingsRequest, context: grpc.ServicerContext
    ) -> pb.ListCrossingsResponse:
        side = Side.HANDLING if request.side == messages_pb2.SIDE_HANDLING else Side.COLLECTING
        found = queries.list_crossings(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            side=side,
            state=state_of(request.state),
            limit=request.limit,
            cursor=request.cursor,
        )
        return pb.ListCrossingsResponse(crossings=map(shown, found.items), next_cursor=found.cursor)

    def ShowCrossingApplicant(
        self, request: pb.ShowCrossingApplicantRequest, context: grpc.ServicerContext
    ) -> pb.ShowCrossingApplicantResponse:
        applicant = show.show_applicant(
            desk=self._desk, call=current_call(), crossing_id=request.crossing_id, purpose=request.purpose
        )
        return pb.ShowCrossingApplicantResponse(applicant=applicant_message(applicant))
