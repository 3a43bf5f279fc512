"""What says that a result was given: the delivery slip and the signature (送达回证、领取签名; rules I03, I04)."""

from __future__ import annotations

from flask import Response

from gateway.answers import gives_file
from gateway.clients import PAPER_DEADLINE, ask
from gateway.context import current_gateway
from gateway.models import IdPath
from gateway.routes.materials import pdf
from gateway.routes.paper_lists import signature_file
from gateway.routing import ResourceRoutes
from tongban.approval_routing.v1 import pick_up_pb2 as pb

api = ResourceRoutes("pick_ups", "领取与送达回证")


@api.get("/cases/<id>/delivery-slip", responses=gives_file("application/pdf"))
def get_delivery_slip(path: IdPath) -> Response:
    """送达回证（PDF）。"""
    method = current_gateway().clients.case_papers.GetDeliverySlip
    answer = ask(method, pb.GetDeliverySlipRequest(case_id=path.id), timeout=PAPER_DEADLINE)
    return pdf(answer.pdf, f"{answer.title}{answer.number}.pdf")


@api.get("/cases/<id>/result/signature", responses=gives_file("application/octet-stream"))
def get_pick_up_signature(path: IdPath) -> Response:
    """窗口领取时的签名。"""
    request = pb.GetPickUpSignatureRequest(case_id=path.id)
    answer = ask(current_gateway().clients.case_papers.GetPickUpSignature, request)
    return signature_file(answer.content, answer.media_type)
