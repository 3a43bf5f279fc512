"""Case files after their term: held, proposed to be destroyed, decided on by another person."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from tongban.archive.v1 import destruction_pb2 as pb
from tongban.archive.v1 import service_pb2 as archive

blueprint = Blueprint("destructions_desk", __name__)

KEEPERS = ("archivist", "supervisor", "manager")
#: Files that are offered to be put on a list at once.
SHOWN = 100
LISTED = 30


@blueprint.get("/archive/destructions")
@staff(*KEEPERS)
def listed() -> Response:
    """A center's lists, and to an archivist the files whose term is over."""
    return _listed(Form.blank())


@blueprint.post("/archive/destructions")
@staff("archivist")
def propose() -> Response:
    """Puts the chosen files on a list."""

    def act(form: Form) -> Response:
        wanted = pb.ProposeDestructionRequest(
            center_id=principal().center_id, file_ids=request.form.getlist("file"), reason=form.text("reason")
        )
        made = ask(clients().archive.ProposeDestruction, wanted, idempotency_key=form.key).destruction
        return see("destructions_desk.show", destruction_id=made.id, done="destruction_proposed")

    return carry_out(act, _listed)


@blueprint.get("/archive/destructions/<destruction_id>")
@staff(*KEEPERS)
def show(destruction_id: str) -> Response:
    """One list, and what another person may say of it."""
    return _show(destruction_id, Form.blank())


@blueprint.post("/archive/destructions/<destruction_id>/decide")
@staff("manager")
def decide(destruction_id: str) -> Response:
    """Approves or rejects it."""

    def act(form: Form) -> Response:
        wanted = pb.DecideDestructionRequest(
            destruction_id=destruction_id,
            approved=form.text("word") == "approve",
            opinion=form.text("opinion"),
            expected_version=form.version,
        )
        ask(clients().archive.DecideDestruction, wanted)
        return see("destructions_desk.show", destruction_id=destruction_id, done="destruction_decided")

    return carry_out(act, lambda form: _show(destruction_id, form))


@blueprint.post("/archive/files/<file_id>/hold")
@staff(*KEEPERS)
def hold(file_id: str) -> Response:
    """Keeps a file whatever its term says, or lets that count again."""

    def act(form: Form) -> Response:
        lifts, reason = form.text("word") == "lift", form.text("hold_reason")
        if lifts:
            asked = pb.LiftHoldRequest(file_id=file_id, reason=reason, expected_version=form.version)
            ask(clients().archive.LiftHold, asked)
        else:
            wanted = pb.HoldCaseFileRequest(file_id=file_id, reason=reason, expected_version=form.version)
            ask(clients().archive.HoldCaseFile, wanted)
        return see("archive.show", file_id=file_id, done="hold_lifted" if lifts else "file_held")

    return carry_out(act, _listed)


def _listed(form: Form) -> Response:
    center_id = principal().center_id
    asked = pb.ListDestructionsRequest(center_id=center_id, limit=LISTED, cursor=request.args.get("cursor", ""))
    found = ask(clients().archive.ListDestructions, asked)
    over = []
    if identity().actor.has("archivist"):
        wanted = archive.ListCaseFilesRequest(center_id=center_id, expired=True, limit=SHOWN)
        over = list(ask(clients().archive.ListCaseFiles, wanted).files)
    return page(
        "archive/destructions.html",
        status=form.status,
        center=center(center_id),
        destructions=found.destructions,
        more=found.next_cursor,
        over=over,
        form=form,
    )


def _show(destruction_id: str, form: Form) -> Response:
    asked = pb.GetDestructionRequest(destruction_id=destruction_id)
    destruction = ask(clients().archive.GetDestruction, asked).destruction
    actor = identity().actor
    mine = actor.has("manager") and destruction.proposed_by_id != actor.id
    return page("archive/destruction.html", status=form.status, destruction=destruction, mine=mine, form=form)
