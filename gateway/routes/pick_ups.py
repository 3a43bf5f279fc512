"""How a result reaches its applicant, and what says so: slip, signature, the post's receipt (送达; rules I01–I04)."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_file, resource
from gateway.clients import PAPER_DEADLINE, ask
from gateway.context import current_gateway
from gateway.models import Body, Day, Editing, IdPath, Line
from gateway.routes.materials import pdf
from gateway.routes.paper_lists import signature_file
from gateway.routing import ResourceRoutes
from gateway.signatures import Signature, decoded
from gateway.wire import build
from tongban.approval_routing.v1 import messages_pb2 as messages
from tongban.approval_routing.v1 import papers_pb2 as papers
from tongban.approval_routing.v1 import pick_up_pb2 as pick_ups
from tongban.approval_routing.v1 import service_pb2 as pb

api = ResourceRoutes("pick_ups", "领取与送达回证")


class TakerBody(Body):
    """Who takes it at a window."""

    by_agent: bool = Field(False, description="代理人领取；须有授权委托书")
    id_type: Annotated[str, Field(max_length=20, pattern=r"^[a-z_]*$")] = ""
    id_number: Annotated[str, Field(max_length=30, pattern=r"^[0-9A-Za-z()（）-]*$", description="留存时遮盖")] = ""
    check: Annotated[str, Field(pattern=r"^(card_reader|seen|other)?$", description="核验方式")] = ""
    authority: Line = Field("", description="授权委托书")
    applicant_number: Annotated[
        str,
        Field(
            max_length=30,
            pattern=r"^[0-9A-Za-z()（）-]*$",
            description="代领的：申请人的证件号码，单位为统一社会信用代码；只核对，不留存",
        ),
    ] = ""
    signature: Signature = ""


class Delivery(Body):
    """How it reached the applicant."""

    method: Annotated[str, Field(pattern=r"^(window|post|electronic)$")]
    received_by: Line = ""
    tracking_number: Annotated[str, Field(max_length=64)] = ""
    taker: TakerBody = Field(default_factory=TakerBody, description="窗口领取的领取人")


class SignOffBody(Body):
    """Whom the post gave it to."""

    signed_by: Annotated[str, Field(min_length=1, max_length=100, description="签收人；留存时遮盖")]
    by_proxy: bool = Field(False, description="他人代收")
    signed_on: Day = Field(description="寄递回执上的签收日期")


@api.post("/cases/<id>/result/deliver", responses=gives(messages.Case))
def deliver_result(path: IdPath, header: Editing, body: Delivery) -> Response:
    """送达结果，或不予许可的决定。"""
    said = body.model_dump(exclude={"taker": {"signature"}})
    request = build(pb.DeliverResultRequest, said, case_id=path.id, expected_version=header.version)
    request.taker.signature = decoded(body.taker.signature)
    return resource(ask(current_gateway().clients.approval_routing.DeliverResult, request).case)


@api.post("/cases/<id>/result/sign-off", responses=gives(messages.Case))
def sign_off_post(path: IdPath, header: Editing, body: SignOffBody) -> Response:
    """登记邮寄的结果已经签收，签收之日即送达之日。"""
    request = build(papers.SignOffPostRequest, body, case_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.case_papers.SignOffPost, request).case)


@api.get("/cases/<id>/delivery-slip", responses=gives_file("application/pdf"))
def get_delivery_slip(path: IdPath) -> Response:
    """送达回证（PDF）。"""
    method = current_gateway().clients.case_papers.GetDeliverySlip
    answer = ask(method, pick_ups.GetDeliverySlipRequest(case_id=path.id), timeout=PAPER_DEADLINE)
    return pdf(answer.pdf, f"{answer.title}{answer.number}.pdf")


@api.get("/cases/<id>/result/signature", responses=gives_file("application/octet-stream"))
def get_pick_up_signature(path: IdPath) -> Response:
    """窗口领取时的签名。"""
    request = pick_ups.GetPickUpSignatureRequest(case_id=path.id)
    answer = ask(current_gateway().clients.case_papers.GetPickUpSignature, request)
    return signature_file(answer.content, answer.media_type)
