"""Files of materials, uploaded at the window; checked by intake for size and true type."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.clients import send
from gateway.pages.access import staff
from gateway.pages.counter.applications import done
from gateway.pages.forms import Form
from gateway.pages.lookups import clients
from gateway.uploads import chosen, framed
from tongban.intake.v1 import service_pb2 as intake

blueprint = Blueprint("files", __name__)


@blueprint.post("/applications/<application_id>/materials/<key>/upload")
@staff("clerk", "chief")
def upload(application_id: str, key: str) -> Response:
    """Adds a file to a material."""

    def act(_form: Form) -> str:
        filename, file = chosen()
        header = intake.UploadHeader(
            application_id=application_id, material_key=key, filename=filename, media_type=file.mimetype
        )
        frames = framed(intake.UploadMaterialRequest, header, file)
        send(clients().intake.UploadMaterial, frames, intake.UploadMaterialResponse)
        return "uploaded"

    return done(application_id, act)
