"""Whether a paper is genuine, for anybody who holds one: by the code on it, by its file, or by both."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.codes import as_meant
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import clients, limits
from gateway.pages.rendering import page
from gateway.requests import client_address
from gateway.routes.papers import verified
from gateway.uploads import CHUNK_BYTES
from kit.errors import Invalid, NotFound
from tongban.approval_routing.v1 import papers_pb2 as case_papers
from tongban.papers.v1 import messages_pb2 as papers

blueprint = Blueprint("verifying", __name__)


@blueprint.get("/verify")
def form() -> Response:
    """Asks for a code, or a file."""
    return _form(Form.blank())


@blueprint.post("/verify")
def verify() -> Response:
    """Says of a code or a file which paper it is."""
    return carry_out(_verify, _form)


@blueprint.get("/verify/<code>")
def scanned(code: str) -> Response:
    """What the code on a paper opens."""
    return _shown(verified(code, ""))


def _verify(sent: Form) -> Response:
    code, sha256 = as_meant(sent.text("code")), _chosen()
    if not code and not sha256:
        raise Invalid("nothing_to_verify", "请填写文书上的验真码，或者选择收到的电子文书。", field="code")
    limits().may_guess(client_address())
    return _shown(verified(code, sha256) if code else _by_file(sha256))


def _by_file(sha256: str) -> papers.VerifiedPaper:
    try:
        return verified("", sha256)
    except NotFound:
        wanted = case_papers.VerifyCasePaperRequest(sha256=sha256)
        return ask(clients().approval_routing.VerifyCasePaper, wanted).paper


def _chosen() -> str:
    """The SHA-256 of the file on the form, which isn't kept; empty where none was chosen."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return ""
    digest = hashlib.sha256()
    while chunk := file.stream.read(CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _shown(paper: papers.VerifiedPaper) -> Response:
    return page("papers/verified.html", paper=paper)


def _form(sent: Form) -> Response:
    return page("papers/verify.html", status=sent.status, form=sent)
