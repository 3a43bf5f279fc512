"""Files of materials at the window: uploaded, checked by intake for size and true type; or taken from what is on file."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.clients import send
from gateway.pages.access import staff
from gateway.pages.counter.applications import done
from gateway.pages.forms import Form
from gateway.pages.holdings.offers import take
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


@blueprint.post("/applications/<application_id>/materials/<key>/reuse")
@staff("clerk", "chief")
def reuse(application_id: str, key: str) -> Response:
    """Takes a material from what is on file of the applicant (国办函〔2016〕108号)."""

    def act(form: Form) -> str:
        take(form, key, application_id=application_id)
        return "reused"

    return done(application_id, act)
