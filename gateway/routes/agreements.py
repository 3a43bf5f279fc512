"""Agreements with other sites (通办清单): proposed, answered, ended; what is offered for other places."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import (
    Body,
    CenterPath,
    Creating,
    Day,
    Editing,
    IdPath,
    Key,
    Omittable,
    OneOf,
    Paging,
    Paragraph,
    Query,
    Said,
    Stated,
)
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.federation.v1 import messages_pb2 as messages
from tongban.federation.v1 import service_pb2 as pb

api = ResourceRoutes("agreements", "通办协议")

Mode = Annotated[str, OneOf(messages.Mode)]


class ContactBody(Body):
    """Who to call."""

    name: Annotated[str, Field(min_length=1, max_length=50)]
    phone: Annotated[str, Field(min_length=1, max_length=30)]
    department: Annotated[str, Field(max_length=100)] = ""


class AgreedMaterialBody(Body):
    """A material and its form standard."""

    key: Key
    name: Said
    main: bool = True
    form: Annotated[str, Field(pattern=r"^(original|copy|electronic|original_and_copy)?$")] = ""
    standard: Annotated[str, Field(max_length=500, description="材料形式标准")] = ""


class SegmentDaysBody(Body):
    """Working days of each segment."""

    collection: Annotated[int, Field(ge=0, le=30, description="收件至发出，工作日")]
    transit: Annotated[int, Field(ge=0, le=30, description="发出至到达，工作日")]
    hand_back: Annotated[int, Field(ge=0, le=60, description="出件至送达，工作日")]


class TermsBody(Body):
    """What both sides agree on."""

    handling_site: Key
    handling_center_id: Key
    handling_center_name: Said
    collecting_site: Key
    collecting_center_id: Key
    collecting_center_name: Said
    item_id: Key
    item_code: Annotated[str, Field(max_length=64)] = ""
    item_name: Said
    modes: Annotated[list[Mode], Field(min_length=1, max_length=3)]
    handling_unit: Said
    materials: Annotated[list[AgreedMaterialBody], Field(min_length=1, max_length=100)]
    deliveries: Annotated[
        list[Annotated[str, Field(pattern=r"^(post|window|electronic)$")]], Field(min_length=1, max_length=3)
    ]
    days: SegmentDaysBody
    handling_contact: ContactBody
    collecting_contact: ContactBody
    effective_from: Day
    effective_until: Annotated[str, Field(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")] = ""
    sealing: Annotated[str, OneOf(messages.Sealing)] = "where_possible"


class Proposal(Body):
    """An edition that is proposed."""

    terms: TermsBody


class AnswerBody(Body):
    """What is answered."""

    edition_id: Key
    confirmed: bool
    note: Paragraph = ""


class Ending(Body):
    """From when on, and why."""

    ends_on: Day
    reason: Stated


class OfferedQuery(Query):
    """Which of them."""

    mode: Omittable[Mode] = None


@api.post("/agreements", responses=gives(messages.Agreement, 201))
def propose_agreement(header: Creating, body: Proposal) -> Response:
    """向对方站点提出通办协议；对方确认后生效。"""
    answer = ask(
        current_gateway().clients.federation.ProposeAgreement,
        build(pb.ProposeAgreementRequest, body),
        idempotency_key=header.idempotency_key,
    )
    return resource(answer.agreement, 201, location=f"/api/v1/agreements/{answer.agreement.id}")


@api.post("/agreements/<id>/editions", responses=gives(messages.Agreement, 201))
def propose_edition(path: IdPath, body: Proposal) -> Response:
    """提出协议的新版本；原版本在新版本生效前继续有效。"""
    request = build(pb.ProposeAgreementRequest, body, agreement_id=path.id)
    return resource(ask(current_gateway().clients.federation.ProposeAgreement, request).agreement, 201)


@api.post("/agreements/<id>/answer", responses=gives(messages.Agreement))
def answer_agreement(path: IdPath, header: Editing, body: AnswerBody) -> Response:
    """确认或不同意对方提出的版本。"""
    request = build(pb.AnswerAgreementRequest, body, agreement_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.federation.AnswerAgreement, request).agreement)


@api.post("/agreements/<id>/end", responses=gives(messages.Agreement))
def end_agreement(path: IdPath, header: Editing, body: Ending) -> Response:
    """终止协议；在途办件继续办完。"""
    request = build(pb.EndAgreementRequest, body, agreement_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.federation.EndAgreement, request).agreement)


@api.get("/agreements/<id>", responses=gives(messages.Agreement))
def get_agreement(path: IdPath) -> Response:
    """一份协议及其各版本。"""
    request = pb.GetAgreementRequest(agreement_id=path.id)
    return resource(ask(current_gateway().clients.federation.GetAgreement, request).agreement)


@api.get("/centers/<center>/agreements", responses=gives_page(messages.Agreement))
def list_agreements(path: CenterPath, query: Paging) -> Response:
    """中心的通办清单。"""
    request = pb.ListAgreementsRequest(center_id=path.center, limit=query.limit, cursor=query.cursor)
    answer = ask(current_gateway().clients.federation.ListAgreements, request)
    return page(answer.agreements, answer.next_cursor)


@api.get("/centers/<center>/offered-items", responses=gives_page(messages.OfferedItem))
def list_offered_items(path: CenterPath, query: OfferedQuery) -> Response:
    """今天可在本中心代收的异地事项。"""
    request = build(pb.ListOfferedItemsRequest, center_id=path.center, mode=query.mode)
    return page(ask(current_gateway().clients.federation.ListOfferedItems, request).items, "")
