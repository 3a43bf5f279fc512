"""Applications begun online (草稿; rules C15)."""

from __future__ import annotations

import grpc

from kit.call import current_call
from services.intake.commitment_protos import choice_of
from services.intake.handlers import drafts
from services.intake.handlers.desk import Desk
from services.intake.preparation_protos import draft_message
from services.intake.protos import applicant_of, delivery_of, situation_of
from tongban.intake.v1 import drafts_pb2 as pb


class DraftRpcs:
    """Saved, resumed, opened at a window, thrown away."""

    _desk: Desk

    def SaveDraft(self, request: pb.SaveDraftRequest, context: grpc.ServicerContext) -> pb.SaveDraftResponse:
        draft = drafts.save_draft(
            desk=self._desk,
            call=current_call(),
            center_id=request.center_id,
            item_id=request.item_id,
            draft_id=request.draft_id,
            applicant=applicant_of(request.applicant),
            situation=situation_of(request.situation),
            form_json=request.form_json,
            delivery=delivery_of(request.delivery),
            commitment=choice_of(request.commitment),
            expected_version=request.expected_version,
        )
        return pb.SaveDraftResponse(draft=draft_message(draft))

    def GetDraft(self, request: pb.GetDraftRequest, context: grpc.ServicerContext) -> pb.GetDraftResponse:
        resumed = drafts.get_draft(desk=self._desk, call=current_call(), draft_id=request.draft_id)
        return pb.GetDraftResponse(draft=draft_message(resumed.draft), changes=resumed.changes)

    def ListDrafts(self, request: pb.ListDraftsRequest, context: grpc.ServicerContext) -> pb.ListDraftsResponse:
        found = drafts.list_drafts(desk=self._desk, call=current_call())
        return pb.ListDraftsResponse(drafts=[draft_message(draft) for draft in found])

    def OpenDraft(self, request: pb.OpenDraftRequest, context: grpc.ServicerContext) -> pb.OpenDraftResponse:
        resumed = drafts.open_draft(
            desk=self._desk, call=current_call(), code=request.code, center_id=request.center_id
        )
        return pb.OpenDraftResponse(draft=draft_message(resumed.draft), changes=resumed.changes)

    def DiscardDraft(self, request: pb.DiscardDraftRequest, context: grpc.ServicerContext) -> pb.DiscardDraftResponse:
        drafts.discard_draft(desk=self._desk, call=current_call(), draft_id=request.draft_id)
        return pb.DiscardDraftResponse()
