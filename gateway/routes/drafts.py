"""Applications that a citizen has begun (草稿; rules C15)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_nothing, gives_page, nothing, page, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, CenterPath, Code, Creating, Editing, IdPath, Key, Line, OneOf
from gateway.routes.applications import SituationAnswerBody
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.intake.v1 import drafts_pb2 as pb
from tongban.intake.v1 import messages_pb2 as messages

api = ResourceRoutes("drafts", "申请草稿")


class BegunApplicantBody(Body):
    """Who applies, as far as it was typed."""

    name: Annotated[str, Field(max_length=100)] = ""
    id_type: Annotated[str, Field(max_length=20)] = ""
    id_number: Annotated[str, Field(max_length=30)] = ""
    phone: Annotated[str, Field(max_length=20)] = ""
    address: Line = ""
    agent_name: Annotated[str, Field(max_length=100)] = ""


class DraftBody(Body):
    """What was filled in so far."""

    item_id: Key
    applicant: BegunApplicantBody = Field(default_factory=BegunApplicantBody)
    delivery: Annotated[str, OneOf(messages.DeliveryMethod)] = "window"
    form_json: Annotated[str, Field(max_length=65536, description="表单答复，JSON 对象，可以不完整")] = ""
    situation: Annotated[list[SituationAnswerBody], Field(max_length=20)] = Field(default_factory=list)
    commitment: Annotated[str, OneOf(commitments.CommitmentChoice)] | None = None


class DraftPath(CenterPath, IdPath):
    """A draft for an item of a center."""


class DraftCode(Body):
    """What the citizen shows at the window."""

    code: Code


@api.post("/centers/<center>/drafts", responses=gives(pb.Draft, 201))
def begin_draft(path: CenterPath, header: Creating, body: DraftBody) -> Response:
    """保存一份新草稿。"""
    request = build(pb.SaveDraftRequest, body, center_id=path.center)
    answer = ask(current_gateway().clients.preparation.SaveDraft, request, idempotency_key=header.idempotency_key)
    return resource(answer.draft, 201, location=f"/api/v1/drafts/{answer.draft.id}")


@api.put("/centers/<center>/drafts/<id>", responses=gives(pb.Draft))
def save_draft(path: DraftPath, header: Editing, body: DraftBody) -> Response:
    """保存草稿的新内容。"""
    request = build(pb.SaveDraftRequest, body, center_id=path.center, draft_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.preparation.SaveDraft, request).draft)


@api.get("/drafts", responses=gives_page(pb.Draft))
def list_drafts() -> Response:
    """自己的草稿，最近保存的在前。"""
    return page(ask(current_gateway().clients.preparation.ListDrafts, pb.ListDraftsRequest()).drafts, "")


@api.get("/drafts/<id>", responses=gives(pb.GetDraftResponse))
def get_draft(path: IdPath) -> Response:
    """自己的一份草稿，及保存后事项的变化。"""
    return whole(ask(current_gateway().clients.preparation.GetDraft, pb.GetDraftRequest(draft_id=path.id)))


@api.delete("/drafts/<id>", responses=gives_nothing())
def discard_draft(path: IdPath) -> Response:
    """删除自己的草稿。"""
    ask(current_gateway().clients.preparation.DiscardDraft, pb.DiscardDraftRequest(draft_id=path.id))
    return nothing()


@api.post("/centers/<center>/opened-drafts", responses=gives(pb.OpenDraftResponse))
def open_draft(path: CenterPath, body: DraftCode) -> Response:
    """窗口凭群众出示的编码打开草稿；留痕。"""
    request = pb.OpenDraftRequest(center_id=path.center, code=body.code)
    return whole(ask(current_gateway().clients.preparation.OpenDraft, request))
