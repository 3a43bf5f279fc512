"""Collecting for another place (异地代收代办): checklist, scans, sending, result; and what came from elsewhere (rules P01–P04)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask, send
from gateway.pages.access import principal, staff
from gateway.pages.collecting.opening import offered, opening
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from gateway.pages.sites import sites
from gateway.uploads import chosen, framed
from gateway.wire import enum_names
from tongban.federation.v1 import messages_pb2 as messages
from tongban.federation.v1 import service_pb2 as federation

blueprint = Blueprint("collecting", __name__)

STATES = enum_names(messages.CrossingState.DESCRIPTOR)
SIDES = enum_names(messages.Side.DESCRIPTOR)
SHOWN = 30
_ROLES = ("clerk", "chief")


@blueprint.get("/collecting")
@staff(*_ROLES)
def listed() -> Response:
    """What is collected here for other places, or came here from them; and what may be begun."""
    mine = principal()
    side = "handling" if request.args.get("side") == "handling" else "collecting"
    answer = ask(
        clients().federation.ListCrossings,
        federation.ListCrossingsRequest(
            center_id=mine.center_id,
            side=messages.Side.ValueType(SIDES[side]),
            state=messages.CrossingState.ValueType(STATES.get(request.args.get("state", ""), 0)),
            limit=SHOWN,
            cursor=request.args.get("cursor", ""),
        ),
    )
    wanted = federation.ListOfferedItemsRequest(center_id=mine.center_id)
    items = ask(clients().federation.ListOfferedItems, wanted).items
    return page(
        "collecting/listed.html",
        crossings=answer.crossings,
        more=answer.next_cursor,
        offered=items,
        side=side,
        visit={name: request.args.get(name) for name in ("ticket", "journey")},
    )


@blueprint.get("/collecting/new/<agreement_id>")
@staff(*_ROLES)
def new(agreement_id: str) -> Response:
    """The form that begins a crossing, for a visitor whose ticket may be at a window."""
    return _new(agreement_id, Form.blank(**request.args.to_dict()))


@blueprint.post("/collecting/new/<agreement_id>")
@staff(*_ROLES)
def begin(agreement_id: str) -> Response:
    """Begins a crossing: who applies, and how the result is to come; collected here, or assisted online."""

    def act(form: Form) -> Response:
        sent = opening(form, principal().center_id, agreement_id, _mode(form))
        opened = ask(clients().federation.OpenCrossing, sent, idempotency_key=form.key).crossing
        return see("collecting.show", crossing_id=opened.id, done="crossing_opened")

    return carry_out(act, lambda form: _new(agreement_id, form))


@blueprint.get("/collecting/<crossing_id>")
@staff(*_ROLES)
def show(crossing_id: str) -> Response:
    """One crossing with what may be done next; at the handling place its sender learns that it was looked at."""
    return _show(crossing_id, Form.blank())


@blueprint.post("/collecting/<crossing_id>/materials/<key>/upload")
@staff(*_ROLES)
def upload(crossing_id: str, key: str) -> Response:
    """Adds a scan to a material."""

    def act(_form: Form) -> str:
        filename, file = chosen()
        header = federation.ScanHeader(
            crossing_id=crossing_id, material_key=key, filename=filename, media_type=file.mimetype
        )
        frames = framed(federation.UploadScanRequest, header, file)
        send(clients().federation.UploadScan, frames, federation.UploadScanResponse)
        return "scan_added"

    return done(crossing_id, act)


@blueprint.post("/collecting/<crossing_id>/materials/<key>/remove")
@staff(*_ROLES)
def remove(crossing_id: str, key: str) -> Response:
    """Takes a scan away again."""

    def act(form: Form) -> str:
        wanted = federation.RemoveScanRequest(
            crossing_id=crossing_id, material_key=key, sha256=form.text("sha256"), expected_version=form.version
        )
        ask(clients().federation.RemoveScan, wanted)
        return "scan_removed"

    return done(crossing_id, act)


@blueprint.post("/collecting/<crossing_id>/materials/<key>/check")
@staff(*_ROLES)
def check(crossing_id: str, key: str) -> Response:
    """Says that scan, original and form standard were compared."""

    def act(form: Form) -> str:
        wanted = federation.CheckScannedMaterialRequest(
            crossing_id=crossing_id,
            material_key=key,
            checked=form.flag("checked"),
            originals=form.number("originals"),
            copies=form.number("copies"),
            expected_version=form.version,
        )
        ask(clients().federation.CheckScannedMaterial, wanted)
        return "material_checked"

    return done(crossing_id, act)


@blueprint.post("/collecting/<crossing_id>/send")
@staff(*_ROLES)
def dispatch(crossing_id: str) -> Response:
    """Sends it to the handling place."""

    def act(form: Form) -> str:
        ask(
            clients().federation.SendCrossing,
            federation.SendCrossingRequest(crossing_id=crossing_id, expected_version=form.version),
        )
        return "crossing_sent"

    return done(crossing_id, act)


@blueprint.post("/collecting/<crossing_id>/supplement")
@staff(*_ROLES)
def supplement(crossing_id: str) -> Response:
    """Sends what the handling place's notice asked for."""

    def act(form: Form) -> str:
        ask(
            clients().federation.SendCrossingSupplement,
            federation.SendCrossingSupplementRequest(crossing_id=crossing_id, expected_version=form.version),
        )
        return "crossing_supplemented"

    return done(crossing_id, act)


@blueprint.post("/collecting/<crossing_id>/withdraw")
@staff(*_ROLES)
def withdraw(crossing_id: str) -> Response:
    """Gives it up, or asks the handling place for it back."""

    def act(form: Form) -> str:
        wanted = federation.WithdrawCrossingRequest(
            crossing_id=crossing_id, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().federation.WithdrawCrossing, wanted)
        return "crossing_withdrawn"

    return done(crossing_id, act)


@blueprint.post("/collecting/<crossing_id>/arrival")
@staff(*_ROLES)
def arrival(crossing_id: str) -> Response:
    """The result reached this center."""

    def act(form: Form) -> str:
        ask(
            clients().federation.ReceiveCrossingResult,
            federation.ReceiveCrossingResultRequest(crossing_id=crossing_id, expected_version=form.version),
        )
        return "result_arrived"

    return done(crossing_id, act)


@blueprint.post("/collecting/<crossing_id>/hand-over")
@staff(*_ROLES)
def hand_over(crossing_id: str) -> Response:
    """The applicant has the result."""

    def act(form: Form) -> str:
        wanted = federation.HandOverCrossingResultRequest(
            crossing_id=crossing_id, received_by=form.text("received_by"), expected_version=form.version
        )
        ask(clients().federation.HandOverCrossingResult, wanted)
        return "result_handed_over"

    return done(crossing_id, act)


def done(crossing_id: str, act: Act) -> Response:
    """Does something to a crossing, and shows it again."""
    return carry_out(
        lambda form: see("collecting.show", crossing_id=crossing_id, done=act(form)),
        lambda form: _show(crossing_id, form),
    )


def _show(crossing_id: str, form: Form) -> Response:
    wanted = federation.GetCrossingRequest(crossing_id=crossing_id)
    crossing = ask(clients().federation.GetCrossing, wanted).crossing
    if crossing.side == messages.SIDE_HANDLING:
        ask(clients().federation.ReadCrossing, federation.ReadCrossingRequest(crossing_id=crossing_id))
    named = sites(crossing.ownership.offer.to_site)
    return page("collecting/crossing.html", status=form.status, crossing=crossing, form=form, sites=named)


def _mode(form: Form) -> messages.Mode.ValueType:
    """How it is to cross: collected at the window, unless the clerk assists with the online way."""
    return messages.MODE_FULLY_ONLINE if form.text("mode") == "fully_online" else messages.MODE_COLLECT_FOR


def _new(agreement_id: str, form: Form) -> Response:
    mine = principal()
    chosen = offered(mine.center_id, agreement_id, _mode(form))
    return page(
        "collecting/new.html",
        status=form.status,
        item=chosen,
        terms=chosen.terms,
        center=center(mine.center_id),
        online=_mode(form) == messages.MODE_FULLY_ONLINE,
        form=form,
    )
