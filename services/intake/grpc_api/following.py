"""What follows a notice or an acceptance: permissions to ask again, promises, originals given back."""

from __future__ import annotations

import grpc

from kit.call import current_call
from services.intake.grpc_api.messages import declared_materials, seen
from services.intake.handlers import originals, promises, supplement
from services.intake.handlers.desk import Desk
from services.intake.queries import applications
from tongban.intake.v1 import following_pb2 as following
from tongban.intake.v1 import service_pb2 as pb


class FollowingRpcs:
    """What follows a notice or an acceptance."""

    _desk: Desk

    def PermitFurtherNotice(
        self, request: following.PermitFurtherNoticeRequest, context: grpc.ServicerContext
    ) -> following.PermitFurtherNoticeResponse:
        application = supplement.permit_further_notice(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return following.PermitFurtherNoticeResponse(application=seen(self._desk, application))

    def HandInOwed(self, request: pb.HandInOwedRequest, context: grpc.ServicerContext) -> pb.HandInOwedResponse:
        application = promises.hand_in_owed(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            code=request.code,
            declared=declared_materials(request.materials),
            expected_version=request.expected_version,
        )
        return pb.HandInOwedResponse(application=seen(self._desk, application))

    def ListPromises(
        self, request: following.ListPromisesRequest, context: grpc.ServicerContext
    ) -> following.ListPromisesResponse:
        found = applications.list_promises(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            lapsed=request.lapsed,
            limit=request.limit,
            cursor=request.cursor,
        )
        return following.ListPromisesResponse(
            applications=[seen(self._desk, application, listed=True) for application in found.items],
            next_cursor=found.cursor,
        )

    def RepairPromise(
        self, request: following.RepairPromiseRequest, context: grpc.ServicerContext
    ) -> following.RepairPromiseResponse:
        application = promises.repair_promise(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            reason=request.reason,
            expected_version=request.expected_version,
        )
        return following.RepairPromiseResponse(application=seen(self._desk, application))

    def ReturnOriginals(
        self, request: following.ReturnOriginalsRequest, context: grpc.ServicerContext
    ) -> following.ReturnOriginalsResponse:
        application = originals.return_originals(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            pieces={each.key: each.pieces for each in request.returned},
            taken_by=request.taken_by,
            expected_version=request.expected_version,
        )
        return following.ReturnOriginalsResponse(application=seen(self._desk, application))
