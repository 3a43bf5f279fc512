"""Materials that are taken from what is on file."""

from __future__ import annotations

import grpc

from kit.call import current_call
from services.intake.grpc_api.messages import seen
from services.intake.handlers import reusing
from services.intake.handlers.desk import Desk
from services.intake.handlers.library import OnFile
from tongban.intake.v1 import reuse_pb2 as pb


class ReuseRpcs:
    """What is on file, and taking it."""

    _desk: Desk

    def ListReusableMaterials(
        self, request: pb.ListReusableMaterialsRequest, context: grpc.ServicerContext
    ) -> pb.ListReusableMaterialsResponse:
        offers = reusing.list_reusable_materials(
            desk=self._desk, call=current_call(), application_id=request.application_id, code=request.code
        )
        return pb.ListReusableMaterialsResponse(offers=map(_offer, offers.found), library_down=offers.library_down)

    def ReuseMaterial(
        self, request: pb.ReuseMaterialRequest, context: grpc.ServicerContext
    ) -> pb.ReuseMaterialResponse:
        application = reusing.reuse_material(
            desk=self._desk,
            call=current_call(),
            application_id=request.application_id,
            code=request.code,
            material_key=request.material_key,
            holding_id=request.holding_id,
            original_seen=request.original_seen,
            expected_version=request.expected_version,
        )
        return pb.ReuseMaterialResponse(application=seen(self._desk, application))


def _offer(found: OnFile) -> pb.ReusableMaterial:
    return pb.ReusableMaterial(
        material_key=found.material_key,
        holding_id=found.holding_id,
        name=found.name,
        trust=found.trust,
        number=found.number,
        issuer=found.issuer,
        valid_until=found.valid_until.isoformat() if found.valid_until else "",
        case_number=found.case_number,
        needs_original=found.needs_original,
    )
