"""Files of materials, uploaded at the window; checked by intake for size and true type."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, request

from gateway.clients import send
from gateway.pages.access import staff
from gateway.pages.counter.applications import done
from gateway.pages.forms import Form
from gateway.pages.lookups import clients
from kit.errors import Invalid
from tongban.intake.v1 import service_pb2 as intake

blueprint = Blueprint("files", __name__)

_CHUNK_BYTES = 256 * 1024


@blueprint.post("/applications/<application_id>/materials/<key>/upload")
@staff("clerk", "chief")
def upload(application_id: str, key: str) -> Response:
    """Adds a file to a material."""

    def act(_form: Form) -> str:
        file = request.files.get("file")
        if file is None or not file.filename:
            raise Invalid("file_missing", "没有选择文件，请选择后重新上传。", field="file")
        header = intake.UploadHeader(
            application_id=application_id, material_key=key, filename=file.filename, media_type=file.mimetype
        )

        def parts() -> Iterator[intake.UploadMaterialRequest]:
            yield intake.UploadMaterialRequest(header=header)
            while chunk := file.stream.read(_CHUNK_BYTES):
                yield intake.UploadMaterialRequest(chunk=chunk)

        send(clients().intake.UploadMaterial, parts(), intake.UploadMaterialResponse)
        return "uploaded"

    return done(application_id, act)
