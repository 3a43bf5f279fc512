"""Results of crossings: issued at the collecting center, or as files that follow the case (rules I01; 许可法 44)."""

from __future__ import annotations

from flask import Response

from gateway.answers import gives, gives_file, resource
from gateway.clients import ask, fetch, send
from gateway.context import current_gateway
from gateway.models import Body, Editing, IdPath, Said
from gateway.routes.materials import UploadForm, as_attachment
from gateway.routing import ResourceRoutes
from gateway.uploads import framed, named
from gateway.wire import build
from tongban.federation.v1 import crossing_requests_pb2 as requests
from tongban.federation.v1 import messages_pb2 as messages
from tongban.federation.v1 import service_pb2 as pb

api = ResourceRoutes("crossing_results", "跨域办件结果")


class HandOver(Body):
    """Who took it."""

    received_by: Said


@api.post("/crossings/<id>/result/arrival", responses=gives(messages.Crossing))
def receive_crossing_result(path: IdPath, header: Editing) -> Response:
    """登记办理结果到达收件地。"""
    wanted = pb.ReceiveCrossingResultRequest(crossing_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.federation.ReceiveCrossingResult, wanted).crossing)


@api.post("/crossings/<id>/result/hand-over", responses=gives(messages.Crossing))
def hand_over_crossing_result(path: IdPath, header: Editing, body: HandOver) -> Response:
    """把办理结果发给申请人。"""
    wanted = build(pb.HandOverCrossingResultRequest, body, crossing_id=path.id, expected_version=header.version)
    return resource(ask(current_gateway().clients.federation.HandOverCrossingResult, wanted).crossing)


@api.post("/crossings/<id>/result/file", responses=gives(messages.Crossing, 201))
def upload_crossing_result(path: IdPath, form: UploadForm) -> Response:
    """上传结果文件（证照、批文），随进展发往收件地。"""
    filename = named(form.file)
    header = requests.ResultHeader(crossing_id=path.id, filename=filename, media_type=form.file.mimetype)

    frames = framed(requests.UploadCrossingResultRequest, header, form.file)
    client = current_gateway().clients.federation
    answer = send(client.UploadCrossingResult, frames, requests.UploadCrossingResultResponse)
    return resource(answer.crossing, 201)


@api.get("/crossings/<id>/result/file", responses=gives_file("application/octet-stream"))
def download_crossing_result(path: IdPath) -> Response:
    """下载结果文件：两地工作人员打印（留痕），或登录的申请人本人。"""
    request = requests.DownloadCrossingResultRequest(crossing_id=path.id)
    client = current_gateway().clients.federation
    parts = fetch(client.DownloadCrossingResult, request, requests.DownloadCrossingResultResponse)
    first = next(parts)  # what the service refuses, it refuses here
    response = Response((part.chunk for part in parts), content_type="application/octet-stream")
    response.headers["Content-Length"] = str(first.file.size)
    response.headers["X-Media-Type"] = first.file.media_type
    return as_attachment(response, first.file.filename)
