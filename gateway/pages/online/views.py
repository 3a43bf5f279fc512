"""Fully online (全程网办): filled in, scanned, confirmed and supplemented by the signed-in citizen (rules P01, P03, C07)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask, send
from gateway.context import current_gateway
from gateway.models import id_or_code
from gateway.pages.access import citizen
from gateway.pages.collecting.opening import offered, opening
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from gateway.uploads import chosen, framed
from kit.errors import Invalid
from tongban.federation.v1 import messages_pb2 as messages
from tongban.federation.v1 import service_pb2 as federation

blueprint = Blueprint("online", __name__)

SHOWN = 30


@blueprint.get("/online/<center_id>")
def listed(center_id: str) -> Response:
    """What other places decide and may be applied for online here, for anybody to see."""
    wanted = federation.ListOfferedItemsRequest(center_id=center_id, mode=messages.MODE_FULLY_ONLINE)
    items = ask(clients().federation.ListOfferedItems, wanted).items
    return page("online/listed.html", center=center(center_id), items=items)


@blueprint.get("/online/<center_id>/<agreement_id>")
def item(center_id: str, agreement_id: str) -> Response:
    """One of them: materials, where it is decided, and for the signed-in citizen the form."""
    return _item(center_id, agreement_id, Form.blank(**_own()))


@blueprint.post("/online/<center_id>/<agreement_id>")
@citizen
def begin(center_id: str, agreement_id: str) -> Response:
    """Begins an application; its scans come next."""

    def act(form: Form) -> Response:
        wanted = opening(form, center_id, agreement_id, messages.MODE_FULLY_ONLINE)
        opened = ask(clients().federation.OpenCrossing, wanted, idempotency_key=form.key).crossing
        return see("online.application", ref=opened.code, done="crossing_begun")

    return carry_out(act, lambda form: _item(center_id, agreement_id, form))


@blueprint.get("/my")
@citizen
def mine() -> Response:
    """The citizen's own applications for other places."""
    wanted = federation.ListCrossingsRequest(
        side=messages.SIDE_COLLECTING, limit=SHOWN, cursor=request.args.get("cursor", "")
    )
    answer = ask(clients().federation.ListCrossings, wanted)
    return page("online/mine.html", crossings=answer.crossings, more=answer.next_cursor)


@blueprint.get("/my/<ref>")
@citizen
def application(ref: str) -> Response:
    """One of them, with what may be done next; by its code, or by its id for whoever holds it."""
    return _show(ref, Form.blank())


@blueprint.post("/my/<ref>/materials/<key>/upload")
@citizen
def upload(ref: str, key: str) -> Response:
    """Adds a scan to a material."""

    def act(_form: Form) -> str:
        filename, file = chosen()
        crossing_id, code = id_or_code(ref)
        header = federation.ScanHeader(
            crossing_id=crossing_id, code=code, material_key=key, filename=filename, media_type=file.mimetype
        )
        frames = framed(federation.UploadScanRequest, header, file)
        send(clients().federation.UploadScan, frames, federation.UploadScanResponse)
        return "uploaded"

    return _done(ref, act)


@blueprint.post("/my/<ref>/materials/<key>/remove")
@citizen
def remove(ref: str, key: str) -> Response:
    """Takes a scan away again."""

    def act(form: Form) -> str:
        crossing_id, code = id_or_code(ref)
        wanted = federation.RemoveScanRequest(
            crossing_id=crossing_id,
            code=code,
            material_key=key,
            sha256=form.text("sha256"),
            expected_version=form.version,
        )
        ask(clients().federation.RemoveScan, wanted)
        return "scan_removed"

    return _done(ref, act)


@blueprint.post("/my/<ref>/send")
@citizen
def confirm(ref: str) -> Response:
    """Sends it to where it is decided, once the citizen has confirmed what it says."""

    def act(form: Form) -> str:
        if not form.flag("confirmed"):
            raise Invalid("not_confirmed", "请核对申请信息和材料，勾选确认后再提交。", field="confirmed")
        crossing_id, code = id_or_code(ref)
        wanted = federation.SendCrossingRequest(crossing_id=crossing_id, code=code, expected_version=form.version)
        ask(clients().federation.SendCrossing, wanted)
        return "crossing_handed_in"

    return _done(ref, act)


@blueprint.post("/my/<ref>/supplement")
@citizen
def supplement(ref: str) -> Response:
    """Sends what the deciding place's notice asked for."""

    def act(form: Form) -> str:
        crossing_id, code = id_or_code(ref)
        wanted = federation.SendCrossingSupplementRequest(
            crossing_id=crossing_id, code=code, expected_version=form.version
        )
        ask(clients().federation.SendCrossingSupplement, wanted)
        return "crossing_supplemented"

    return _done(ref, act)


@blueprint.post("/my/<ref>/withdraw")
@citizen
def withdraw(ref: str) -> Response:
    """Gives it up, or asks the deciding place for it back."""

    def act(form: Form) -> str:
        crossing_id, code = id_or_code(ref)
        wanted = federation.WithdrawCrossingRequest(
            crossing_id=crossing_id, code=code, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().federation.WithdrawCrossing, wanted)
        return "crossing_withdrawn"

    return _done(ref, act)


def _done(ref: str, act: Act) -> Response:
    return carry_out(lambda form: see("online.application", ref=ref, done=act(form)), lambda form: _show(ref, form))


def _show(ref: str, form: Form) -> Response:
    crossing_id, code = id_or_code(ref)
    wanted = federation.GetCrossingRequest(crossing_id=crossing_id, code=code)
    crossing = ask(clients().federation.GetCrossing, wanted).crossing
    return page("online/application.html", status=form.status, crossing=crossing, ref=ref, form=form)


def _own() -> dict[str, str]:
    """What a citizen who has signed in needn't type again; it may still be changed."""
    if not identity().actor.has("citizen"):
        return {}
    person = current_gateway().citizens.person(identity().session_token)
    return {"name": person.name, "id_type": "resident_id", "id_number": person.id_number} if person else {}


def _item(center_id: str, agreement_id: str, form: Form) -> Response:
    chosen = offered(center_id, agreement_id, messages.MODE_FULLY_ONLINE)
    return page(
        "online/item.html",
        status=form.status,
        item=chosen,
        terms=chosen.terms,
        center=center(center_id),
        form=form,
        signed_in=identity().actor.has("citizen"),
        clerk=identity().actor.has("clerk", "chief"),
    )
