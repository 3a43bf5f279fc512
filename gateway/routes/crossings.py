"""Crossings (跨域办件): handed in here for another place, or handled here for another."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field

from gateway.answers import gives, gives_page, page, resource
from gateway.clients import ask, send
from gateway.context import current_gateway
from gateway.models import (
    Body,
    CenterPath,
    Creating,
    Editing,
    IdPath,
    Key,
    NamedPath,
    Omittable,
    OneOf,
    Paging,
    Paragraph,
    Purpose,
    id_or_code,
)
from gateway.requests import client_address
from gateway.routes.applications import ApplicantBody
from gateway.routes.materials import UploadForm
from gateway.routing import ResourceRoutes
from gateway.uploads import framed, named
from gateway.wire import build
from tongban.federation.v1 import crossing_requests_pb2 as requests
from tongban.federation.v1 import messages_pb2 as messages
from tongban.federation.v1 import service_pb2 as pb

api = ResourceRoutes("crossings", "跨域办件")


class CrossingBody(Body):
    """An application for another place."""

    agreement_id: Key
    mode: Annotated[str, OneOf(messages.Mode)] = "collect_for"
    applicant: ApplicantBody
    identity_note: Annotated[str, Field(max_length=200, description="核对的证件；窗口代收必填")] = ""
    delivery: Annotated[str, Field(pattern=r"^(post|window|electronic)$")]
    form_json: Annotated[str, Field(max_length=65536, description="表单答复，JSON 对象")] = ""
    ticket_id: Annotated[str, Field(max_length=64)] = ""
    journey: Annotated[str, Field(max_length=64, description="号票所属的办事过程")] = ""


class CrossingsQuery(Paging):
    """Which crossings."""

    side: Annotated[str, OneOf(messages.Side)] = "collecting"
    state: Omittable[Annotated[str, OneOf(messages.CrossingState)]] = None


class ScanPath(NamedPath):
    """A material of a crossing."""

    key: Key = Field(description="材料代号")


class OneScanPath(ScanPath):
    """A scan of it."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class CheckPath(IdPath):
    """A material of a crossing."""

    key: Key = Field(description="材料代号")


class Check(Body):
    """What the clerk has compared."""

    checked: bool
    originals: Annotated[int, Field(ge=0, le=1000)] = 0
    copies: Annotated[int, Field(ge=0, le=1000)] = 0


class CrossingWithdrawal(Body):
    """Why it is taken back."""

    reason: Paragraph = ""


class Transfer(Body):
    """Which site it belongs to, and why."""

    site: Annotated[str, Field(min_length=1, max_length=60, description="有管辖权的站点")]
    center_id: Key
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class TransferAnswer(Body):
    """Whether it is taken over."""

    accepted: bool
    item_id: Annotated[str, Field(max_length=64, description="本中心的事项；不填则为同一编号")] = ""
    reason: Annotated[str, Field(max_length=500, description="不接收的理由")] = ""


class Tracking(Body):
    """A number with the end of the applicant's ID number."""

    number: Annotated[str, Field(min_length=1, max_length=64)]
    id_tail: Annotated[
        str, Field(min_length=6, max_length=6, pattern=r"^[0-9A-Za-z]{6}$", description="申请人证件号码后 6 位")
    ]


@api.post("/centers/<center>/crossings", responses=gives(messages.Crossing, 201))
def open_crossing(path: CenterPath, header: Creating, body: CrossingBody) -> Response:
    """代收异地办件，或由登录的群众全程网办。"""
    answer = ask(
        current_gateway().clients.federation.OpenCrossing,
        build(pb.OpenCrossingRequest, body, center_id=path.center),
        idempotency_key=header.idempotency_key,
    )
    return resource(answer.crossing, 201, location=f"/api/v1/crossings/{answer.crossing.id}")


@api.get("/centers/<center>/crossings", responses=gives_page(messages.Crossing))
def list_crossings(path: CenterPath, query: CrossingsQuery) -> Response:
    """中心代收或承办的跨域办件；群众只见自己的。"""
    wanted = build(
        pb.ListCrossingsRequest,
        center_id=path.center,
        side=query.side,
        state=query.state,
        limit=query.limit,
        cursor=query.cursor,
    )
    answer = ask(current_gateway().clients.federation.ListCrossings, wanted)
    return page(answer.crossings, answer.next_cursor)


@api.get("/crossings/<ref>", responses=gives(messages.Crossing))
def get_crossing(path: NamedPath) -> Response:
    """一件跨域办件；工作人员凭编号，申请人凭查询码。"""
    crossing_id, code = id_or_code(path.ref)
    wanted = pb.GetCrossingRequest(crossing_id=crossing_id, code=code)
    return resource(ask(current_gateway().clients.federation.GetCrossing, wanted).crossing)


@api.post("/crossing-progress", responses=gives(messages.Crossing))
def track_crossing(body: Tracking) -> Response:
    """凭任一地的编号和证件号码后 6 位查询进度。"""
    current_gateway().limits.may_guess(client_address())
    wanted = pb.GetCrossingRequest(number=body.number, id_tail=body.id_tail)
    return resource(ask(current_gateway().clients.federation.GetCrossing, wanted).crossing)


@api.post("/crossings/<ref>/materials/<key>/scans", responses=gives(messages.Crossing, 201, scan=messages.Scan))
def upload_scan(path: ScanPath, form: UploadForm) -> Response:
    """上传材料的一个扫描件；申请人凭查询码。"""
    filename = named(form.file)
    crossing_id, code = id_or_code(path.ref)
    header = pb.ScanHeader(
        crossing_id=crossing_id,
        code=code,
        material_key=path.key,
        filename=filename,
        media_type=form.file.mimetype,
    )

    frames = framed(pb.UploadScanRequest, header, form.file)
    answer = send(current_gateway().clients.federation.UploadScan, frames, pb.UploadScanResponse)
    return resource(answer.crossing, 201, scan=answer.scan)


@api.delete("/crossings/<ref>/materials/<key>/scans/<sha256>", responses=gives(messages.Crossing))
def remove_scan(path: OneScanPath, header: Editing) -> Response:
    """发送前移除一个扫描件；申请人凭查询码。"""
    crossing_id, code = id_or_code(path.ref)
    wanted = pb.RemoveScanRequest(
        crossing_id=crossing_id,
        code=code,
        material_key=path.key,
        sha256=path.sha256,
        expected_version=header.version,
    )
    return resource(ask(current_gateway().clients.federation.RemoveScan, wanted).crossing)


@api.put("/crossings/<id>/materials/<key>/check", responses=gives(messages.Crossing))
def check_scanned_material(path: CheckPath, header: Editing, body: Check) -> Response:
    """核对扫描件与原件、形式标准是否一致。"""
    wanted = build(
        pb.CheckScannedMaterialRequest,
        body,
        crossing_id=path.id,
        material_key=path.key,
        expected_version=header.version,
    )
    return resource(ask(current_gateway().clients.federation.CheckScannedMaterial, wanted).crossing)


@api.post("/crossings/<ref>/send", responses=gives(messages.Crossing))
def send_crossing(path: NamedPath, header: Editing) -> Response:
    """发往办理地；被退回的更正后再次发送。"""
    crossing_id, code = id_or_code(path.ref)
    wanted = pb.SendCrossingRequest(crossing_id=crossing_id, code=code, expected_version=header.version)
    return resource(ask(current_gateway().clients.federation.SendCrossing, wanted).crossing)


@api.post("/crossings/<ref>/supplement", responses=gives(messages.Crossing))
def send_crossing_supplement(path: NamedPath, header: Editing) -> Response:
    """把办理地要求补正的材料发往办理地。"""
    crossing_id, code = id_or_code(path.ref)
    wanted = pb.SendCrossingSupplementRequest(crossing_id=crossing_id, code=code, expected_version=header.version)
    return resource(ask(current_gateway().clients.federation.SendCrossingSupplement, wanted).crossing)


@api.post("/crossings/<ref>/withdraw", responses=gives(messages.Crossing))
def withdraw_crossing(path: NamedPath, header: Editing, body: CrossingWithdrawal) -> Response:
    """发送前取消；发送后请办理地退回。"""
    crossing_id, code = id_or_code(path.ref)
    wanted = build(
        pb.WithdrawCrossingRequest, body, crossing_id=crossing_id, code=code, expected_version=header.version
    )
    return resource(ask(current_gateway().clients.federation.WithdrawCrossing, wanted).crossing)


@api.post("/crossings/<id>/offer", responses=gives(messages.Crossing))
def offer_crossing(path: IdPath, header: Editing, body: Transfer) -> Response:
    """移送给有管辖权的站点；对方接收前本站点仍是主办，且不再改动。"""
    wanted = build(requests.OfferCrossingRequest, body, crossing_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.federation.OfferCrossing, wanted).crossing)


@api.post("/crossings/<id>/ask-back", responses=gives(messages.Crossing))
def ask_crossing_back(path: IdPath, header: Editing) -> Response:
    """请求撤回移送；是否来得及以对方答复为准。"""
    wanted = requests.AskCrossingBackRequest(crossing_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.federation.AskCrossingBack, wanted).crossing)


@api.post("/crossings/<id>/offer-answer", responses=gives(messages.Crossing))
def answer_crossing_offer(path: IdPath, header: Editing, body: TransferAnswer) -> Response:
    """接收其他站点移送的件，或者不接收并说明理由。"""
    wanted = build(requests.AnswerCrossingOfferRequest, body, crossing_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.federation.AnswerCrossingOffer, wanted).crossing)


@api.post("/crossings/<id>/read", responses=gives(messages.Crossing))
def read_crossing(path: IdPath) -> Response:
    """办理地已查看来件；收件地收到已读回执。"""
    wanted = pb.ReadCrossingRequest(crossing_id=path.id)
    return resource(ask(current_gateway().clients.federation.ReadCrossing, wanted).crossing)


@api.post("/crossings/<id>/applicant", responses=gives(messages.CrossingApplicant))
def show_crossing_applicant(path: IdPath, body: Purpose) -> Response:
    """查看申请人的完整信息；须说明目的并留痕。"""
    wanted = pb.ShowCrossingApplicantRequest(crossing_id=path.id, purpose=body.purpose)
    return resource(ask(current_gateway().clients.federation.ShowCrossingApplicant, wanted).applicant)
