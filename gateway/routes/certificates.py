"""What is on file of a person: one's own certificates and papers, who looked at them, taking them off (国办函〔2016〕108号)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.models import Body, Editing, IdPath, Paging
from gateway.routing import ResourceRoutes
from gateway.wire import build
from tongban.certificates.v1 import messages_pb2 as messages
from tongban.certificates.v1 import service_pb2 as pb

api = ResourceRoutes("certificates", "证照和材料库")


class RevocationBody(Body):
    """Why a paper is without force."""

    reason: Annotated[str, Field(min_length=1, max_length=500, description="撤销的理由")]


@api.get("/holdings", responses=gives_page(messages.Holding))
def list_my_holdings(query: Paging) -> Response:
    """本人在库的证照和材料，最新的在前。"""
    request = build(pb.ListMyHoldingsRequest, query)
    answer = ask(current_gateway().clients.certificates.ListMyHoldings, request)
    return page(answer.holdings, answer.next_cursor)


@api.get("/holding-looks", responses=gives_page(messages.HoldingLook))
def list_holding_looks(query: Paging) -> Response:
    """谁查看过本人在库的证照和材料，为了哪一件。"""
    request = build(pb.ListHoldingLooksRequest, query)
    answer = ask(current_gateway().clients.certificates.ListHoldingLooks, request)
    return page(answer.looks, answer.next_cursor)


@api.post("/holdings/<id>/withdraw", responses=gives(messages.Holding))
def withdraw_holding(path: IdPath, header: Editing) -> Response:
    """本人从库中撤回一份材料；本中心核发的证照不能撤回。"""
    request = pb.WithdrawHoldingRequest(holding_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.certificates.WithdrawHolding, request).holding)


@api.post("/holdings/<id>/revoke", responses=gives(messages.Holding))
def revoke_holding(path: IdPath, header: Editing, body: RevocationBody) -> Response:
    """库中的材料查实不真实或者失效；引用过它的申请随之得知。"""
    request = build(pb.RevokeHoldingRequest, body, holding_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.certificates.RevokeHolding, request).holding)
