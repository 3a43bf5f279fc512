"""Handing case files over: proposed at the window, confirmed or returned by the named receiver (rules J02)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from gateway.routes.case_files import FILING_SECONDS
from tongban.archive.v1 import messages_pb2 as messages
from tongban.archive.v1 import service_pb2 as archive

blueprint = Blueprint("archive_hand_overs_desk", __name__)

SIDES = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager", "archivist")
#: What begins the name of the field that says why a line is returned.
OF_LINE = "reason_of."
#: Files that are offered to be handed over at once.
SHOWN = 100
LISTED = 30


@blueprint.get("/archive/hand-overs")
@staff(*SIDES)
def listed() -> Response:
    """A center's hand-overs, or those that wait for the asker's word."""
    return _listed(Form.blank())


@blueprint.post("/archive/hand-overs")
@staff("clerk", "chief")
def propose() -> Response:
    """Hands the chosen files over to somebody by name."""

    def act(form: Form) -> Response:
        wanted = archive.ProposeArchiveHandOverRequest(
            center_id=principal().center_id,
            file_ids=request.form.getlist("file"),
            receiver_id=form.text("receiver_id"),
            receiver_name=form.text("receiver_name"),
        )
        client = clients().archive.ProposeArchiveHandOver
        hand_over = ask(client, wanted, idempotency_key=form.key).hand_over
        return see("archive_hand_overs_desk.show", hand_over_id=hand_over.id, done="handed_over")

    return carry_out(act, _listed)


@blueprint.get("/archive/hand-overs/<hand_over_id>")
@staff(*SIDES)
def show(hand_over_id: str) -> Response:
    """One hand-over with its list, and what its receiver may say."""
    return _show(hand_over_id, Form.blank())


@blueprint.post("/archive/hand-overs/<hand_over_id>/confirm")
@staff(*SIDES)
def confirm(hand_over_id: str) -> Response:
    """The receiver has it."""

    def act(form: Form) -> str:
        wanted = archive.ConfirmArchiveHandOverRequest(
            hand_over_id=hand_over_id, list_sha256=form.text("list_sha256"), expected_version=form.version
        )
        ask(clients().archive.ConfirmArchiveHandOver, wanted, timeout=FILING_SECONDS)
        return "hand_over_confirmed"

    return _done(hand_over_id, act)


@blueprint.post("/archive/hand-overs/<hand_over_id>/return")
@staff(*SIDES)
def send_back(hand_over_id: str) -> Response:
    """The receiver returns it with a reason, for all of it or by line."""

    def act(form: Form) -> str:
        wanted = archive.ReturnArchiveHandOverRequest(
            hand_over_id=hand_over_id,
            reason=form.text("reason"),
            expected_version=form.version,
            lines=[
                archive.ReturnedLine(file_id=name.removeprefix(OF_LINE), reason=said.strip())
                for name, said in request.form.items()
                if name.startswith(OF_LINE) and said.strip()
            ],
        )
        ask(clients().archive.ReturnArchiveHandOver, wanted)
        return "hand_over_returned"

    return _done(hand_over_id, act)


def _done(hand_over_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("archive_hand_overs_desk.show", hand_over_id=hand_over_id, done=act(form)),
        lambda form: _show(hand_over_id, form),
    )


def _listed(form: Form) -> Response:
    center_id = principal().center_id
    actor = identity().actor
    to_me = request.args.get("to") == "me"
    wanted = archive.ListArchiveHandOversRequest(
        center_id=center_id, to_me=to_me, limit=LISTED, cursor=request.args.get("cursor", "")
    )
    found = ask(clients().archive.ListArchiveHandOvers, wanted)
    ready = []
    if actor.has("clerk", "chief"):
        filed = archive.ListCaseFilesRequest(center_id=center_id, state=messages.CASE_FILE_STATE_FILED, limit=SHOWN)
        files = ask(clients().archive.ListCaseFiles, filed).files
        ready = [file for file in files if not file.hand_over_id]
    return page(
        "archive/hand_overs.html",
        status=form.status,
        center=center(center_id),
        hand_overs=found.hand_overs,
        more=found.next_cursor,
        to_me=to_me,
        ready=ready,
        form=form,
    )


def _show(hand_over_id: str, form: Form) -> Response:
    wanted = archive.GetArchiveHandOverRequest(hand_over_id=hand_over_id)
    hand_over = ask(clients().archive.GetArchiveHandOver, wanted).hand_over
    actor = identity().actor
    mine = hand_over.receiver_id == actor.id if hand_over.receiver_id else actor.has("archivist")
    mine = mine and hand_over.handed_by_id != actor.id
    checked = None
    if mine and request.args.get("check") and hand_over.state == messages.ARCHIVE_HAND_OVER_STATE_PROPOSED:
        asked = archive.CheckArchiveHandOverRequest(hand_over_id=hand_over_id)
        checked = ask(clients().archive.CheckArchiveHandOver, asked, timeout=FILING_SECONDS)
    return page(
        "archive/hand_over.html",
        status=form.status,
        hand_over=hand_over,
        mine=mine,
        side=actor.id in (hand_over.receiver_id, hand_over.handed_by_id) or actor.has("archivist"),
        checked=checked,
        of_line=OF_LINE,
        form=form,
    )
