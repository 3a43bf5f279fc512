"""Parts of other sites' cases (上报件、多地联办): reviewed, offered, taken, handled, answered."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource, whole
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import (
    Body,
    CenterPath,
    Creating,
    Editing,
    IdPath,
    Key,
    Line,
    Omittable,
    OneOf,
    Paging,
    Paragraph,
    Purpose,
    Said,
    Stated,
)
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.federation.v1 import part_requests_pb2 as pb
from tongban.federation.v1 import parts_pb2 as messages

api = ResourceRoutes("parts", "协办件")

Outcome = Annotated[str, OneOf(messages.PartOutcome)]
OptionalKey = Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z0-9][A-Za-z0-9._:-]*)?$")]


class PlaceBody(Body):
    """A department of a center of a site."""

    site: Key = Field(description="站点编号，如 610900.ankang")
    center_id: Key
    department_key: OptionalKey = ""


class PartApplicantBody(Body):
    """Who applies."""

    name: Said
    id_number: Annotated[str, Field(max_length=40)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""


class PaperBody(Body):
    """A paper, and its file where there is one."""

    key: Key
    name: Said
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    size: Annotated[int, Field(ge=0)] = 0
    media_type: Annotated[str, Field(max_length=100)] = ""
    filename: Annotated[str, Field(max_length=120)] = ""


class WantedBody(Body):
    """A paper that is still needed."""

    key: Key
    name: Said
    note: Annotated[str, Field(max_length=500)] = ""


Papers = Annotated[list[PaperBody], Field(max_length=100)]


class CaseBody(Body):
    """A case that another site has to do with."""

    center_id: Key
    department_key: OptionalKey = ""
    case_id: Key
    number: Said
    item_name: Said
    journey: Key
    applicant: PartApplicantBody
    materials: Papers = Field(default_factory=list)


class SendingUp(Body):
    """Where to, and the review's opinion."""

    place: PlaceBody
    opinion: Stated


class Offering(Body):
    """Where to."""

    place: PlaceBody


class OfferAnswer(Body):
    """Whether this site takes it."""

    accepted: bool
    department_key: OptionalKey = ""
    reason: Paragraph = ""


class Wanting(Body):
    """What is still needed."""

    wanted: Annotated[list[WantedBody], Field(min_length=1, max_length=100)]


class PartAnswerBody(Body):
    """What the handling site says."""

    outcome: Outcome
    opinion: Stated
    basis: Paragraph = ""
    number: Line = ""
    files: Papers = Field(default_factory=list)


class CommandBody(Body):
    """What is asked of the owner."""

    verb: Annotated[str, OneOf(messages.Verb)]
    reason: Paragraph = ""
    materials: Papers = Field(default_factory=list)


class PartsQuery(Paging):
    """Which parts."""

    kind: Omittable[Annotated[str, OneOf(messages.PartKind)]] = None
    state: Omittable[Annotated[str, OneOf(messages.PartState)]] = None


@api.post("/parts", responses=gives(messages.Part, 201))
def open_sent_up(header: Creating, body: CaseBody) -> Response:
    """开始审查上报件。"""
    answer = ask(
        current_gateway().clients.cooperation.OpenSentUp,
        build(pb.OpenSentUpRequest, body),
        idempotency_key=header.idempotency_key,
    )
    return resource(answer.part, 201, location=f"/api/v1/parts/{answer.part.id}")


@api.get("/centers/<center>/parts", responses=gives_page(messages.Part))
def list_parts(path: CenterPath, query: PartsQuery) -> Response:
    """中心的上报件（默认）或联办环节。"""
    request = build(pb.ListPartsRequest, query, center_id=path.center)
    answer = ask(current_gateway().clients.cooperation.ListParts, request)
    return page(answer.parts, answer.next_cursor)


@api.get("/parts/<id>", responses=gives(pb.GetPartResponse))
def get_part(path: IdPath) -> Response:
    """一件协办件，及本站点向主办站点提出的请求。"""
    return whole(ask(current_gateway().clients.cooperation.GetPart, pb.GetPartRequest(part_id=path.id)))


@api.post("/parts/<id>/applicant", responses=gives(messages.PartApplicant))
def show_part_applicant(path: IdPath, body: Purpose) -> Response:
    """查看申请人完整信息；记入审计。"""
    request = pb.ShowPartApplicantRequest(part_id=path.id, purpose=body.purpose)
    return resource(ask(current_gateway().clients.cooperation.ShowPartApplicant, request).applicant)


@api.post("/parts/<id>/send-up", responses=gives(messages.Part))
def send_up(path: IdPath, header: Editing, body: SendingUp) -> Response:
    """审查完毕，连同全部材料上报。"""
    request = build(pb.SendUpRequest, body, part_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.SendUp, request).part)


@api.post("/parts/<id>/offer", responses=gives(messages.Part))
def offer_part(path: IdPath, header: Editing, body: Offering) -> Response:
    """被退回的协办件重新发出。"""
    request = build(pb.OfferPartRequest, body, part_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.OfferPart, request).part)


@api.post("/parts/<id>/ask-back", responses=gives(messages.Part))
def ask_part_back(path: IdPath, header: Editing) -> Response:
    """请求撤回尚未接收的协办件。"""
    request = pb.AskPartBackRequest(part_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.AskPartBack, request).part)


@api.post("/parts/<id>/offer-answer", responses=gives(messages.Part))
def answer_part_offer(path: IdPath, header: Editing, body: OfferAnswer) -> Response:
    """接收或退回其他站点发来的协办件。"""
    request = build(pb.AnswerPartOfferRequest, body, part_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.AnswerPartOffer, request).part)


@api.post("/parts/<id>/wanted", responses=gives(messages.Part))
def ask_part_materials(path: IdPath, header: Editing, body: Wanting) -> Response:
    """要求补充材料；已提交或已要求过的不得重复要求。"""
    request = build(pb.AskPartMaterialsRequest, body, part_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.AskPartMaterials, request).part)


@api.post("/parts/<id>/answer", responses=gives(messages.Part))
def answer_part(path: IdPath, header: Editing, body: PartAnswerBody) -> Response:
    """答复协办件。"""
    request = build(pb.AnswerPartRequest, body, part_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.cooperation.AnswerPart, request).part)


@api.post("/parts/<id>/commands", responses=gives(messages.Command, 201))
def command_part(path: IdPath, header: Creating, body: CommandBody) -> Response:
    """向主办站点提出请求：提交补充材料、撤回、办结。"""
    request = build(pb.CommandPartRequest, body, part_id=path.id)
    answer = ask(current_gateway().clients.cooperation.CommandPart, request, idempotency_key=header.idempotency_key)
    return resource(answer.command, 201)
