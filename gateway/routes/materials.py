"""Files of an application's materials, streamed both ways, and the papers that were issued."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from gateway.answers import gives, gives_file, resource, whole
from gateway.clients import ask, ask_for_paper, fetch, send
from gateway.context import current_gateway
from gateway.models import Body, Editing, IdPath, Key, NamedPath, id_or_code
from gateway.routing import ResourceRoutes, UploadedFile
from gateway.uploads import framed, named
from gateway.wire import build
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import reuse_pb2 as reuse
from tongban.intake.v1 import service_pb2 as pb

api = ResourceRoutes("materials", "材料与文书")


class UploadPath(NamedPath):
    """A material of an application."""

    key: Key = Field(description="材料代号")


class UploadForm(BaseModel):
    """A file."""

    model_config = ConfigDict(extra="ignore")

    file: UploadedFile = Field(description="文件；按内容核对类型，大小以中心参数为限")


class ReuseBody(Body):
    """Which paper on file stands for a material."""

    holding_id: Key = Field(description="库中证照或材料的编号")
    original_seen: bool = Field(False, description="窗口已核验原件")


class FilePath(IdPath):
    """An uploaded file of an application."""

    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PaperPath(NamedPath):
    """An issued paper."""

    paper: Key = Field(description="文书编号")


@api.post(
    "/applications/<ref>/materials/<key>/files", responses=gives(messages.Application, 201, upload=messages.Upload)
)
def upload_material(path: UploadPath, form: UploadForm) -> Response:
    """上传材料的一个文件；申请人凭查询码。"""
    filename = named(form.file)
    application_id, code = id_or_code(path.ref)
    header = pb.UploadHeader(
        application_id=application_id,
        code=code,
        material_key=path.key,
        filename=filename,
        media_type=form.file.mimetype,
    )

    frames = framed(pb.UploadMaterialRequest, header, form.file)
    answer = send(current_gateway().clients.intake.UploadMaterial, frames, pb.UploadMaterialResponse)
    return resource(answer.application, 201, upload=answer.upload)


@api.get("/applications/<ref>/reusable-materials", responses=gives(reuse.ListReusableMaterialsResponse))
def list_reusable_materials(path: NamedPath) -> Response:
    """库中可以代替所缺材料的证照和材料；申请人凭查询码，只看本人的。"""
    application_id, code = id_or_code(path.ref)
    request = reuse.ListReusableMaterialsRequest(application_id=application_id, code=code)
    return whole(ask(current_gateway().clients.intake.ListReusableMaterials, request))


@api.post("/applications/<ref>/materials/<key>/reuse", responses=gives(messages.Application))
def reuse_material(path: UploadPath, header: Editing, body: ReuseBody) -> Response:
    """引用库中的证照或材料，不再提交；用户上传的须由窗口核验原件。"""
    application_id, code = id_or_code(path.ref)
    request = build(
        reuse.ReuseMaterialRequest,
        body,
        application_id=application_id,
        code=code,
        material_key=path.key,
        expected_version=header.version,
    )
    return resource(ask(current_gateway().clients.intake.ReuseMaterial, request).application)


@api.get("/applications/<id>/files/<sha256>", responses=gives_file("application/octet-stream"))
def download_material(path: FilePath) -> Response:
    """下载材料的一个文件。"""
    request = pb.DownloadMaterialRequest(application_id=path.id, sha256=path.sha256)
    parts = fetch(current_gateway().clients.intake.DownloadMaterial, request, pb.DownloadMaterialResponse)
    first = next(parts)  # what the service refuses, it refuses here
    response = Response((part.chunk for part in parts), content_type="application/octet-stream")
    response.headers["Content-Length"] = str(first.upload.size)
    response.headers["X-Media-Type"] = first.upload.media_type
    return as_attachment(response, first.upload.filename)


@api.get("/applications/<ref>/papers/<paper>", responses=gives_file("application/pdf"))
def get_paper(path: PaperPath) -> Response:
    """一份文书（PDF）；申请人凭查询码。"""
    application_id, code = id_or_code(path.ref)
    request = pb.GetPaperRequest(application_id=application_id, paper_id=path.paper, code=code)
    answer = ask_for_paper(current_gateway().clients.intake.GetPaper, request)
    return pdf(answer.pdf, f"{answer.paper.title}{answer.paper.number}.pdf")


def pdf(content: bytes, filename: str) -> Response:
    """A paper to be looked at in the browser, or kept under its name."""
    response = Response(content, content_type="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(filename)}"
    return response


def as_attachment(response: Response, filename: str) -> Response:
    """What somebody uploaded is kept, never shown in place: it may be anything."""
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response
