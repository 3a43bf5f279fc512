"""The licences of a center by state, searched; one of them with its history; and ending it before its time."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from gateway.wire import enum_names
from tongban.approval_routing.v1 import certificates_pb2 as certificates
from tongban.approval_routing.v1 import licences_pb2 as licences

blueprint = Blueprint("licences_desk", __name__)

SHOWN: Final = 30
ROLES: Final = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager")
STATES: Final = enum_names(licences.LicenceState.DESCRIPTOR)
KINDS: Final = enum_names(certificates.ResultEndKind.DESCRIPTOR)
#: What must be applied for within so many days (许可法 50).
SOON_DAYS: Final = 30


@blueprint.get("/licences")
@staff(*ROLES)
def listed() -> Response:
    """Those of a state, or those whose renewal is due."""
    at = center(principal().center_id)
    chosen = request.args.get("state", "")
    soon = chosen == "due"
    asked = licences.ListLicencesRequest(
        center_id=at.id,
        state=licences.LicenceState.ValueType(STATES.get(chosen, licences.LICENCE_STATE_VALID)),
        before=request.args.get("before", ""),
        apply_within_days=SOON_DAYS if soon else 0,
        query=request.args.get("query", ""),
        item_id=request.args.get("item", ""),
        limit=SHOWN,
        cursor=request.args.get("cursor", ""),
    )
    found = ask(clients().approval_routing.ListLicences, asked)
    return page(
        "licences/listed.html",
        center=at,
        departments=department_names(at),
        chosen=chosen if soon or chosen in STATES else "valid",
        asked=asked,
        licences=found.licences,
        more=found.next_cursor,
    )


@blueprint.get("/licences/<licence_id>")
@staff(*ROLES)
def show(licence_id: str) -> Response:
    """One of them, and what became of it."""
    return _show(licence_id, Form.blank())


@blueprint.post("/licences/<licence_id>/end")
@staff("chief", "approver")
def end(licence_id: str) -> Response:
    """Revokes it, or strikes it from the register (许可法 69, 70)."""

    def act(form: Form) -> Response:
        sent = certificates.EndResultRequest(
            case_id=licence_id,
            kind=certificates.ResultEndKind.ValueType(KINDS.get(form.text("kind"), 0)),
            reason=form.text("reason"),
            basis=form.text("basis"),
            expected_version=form.version,
        )
        ask(clients().approval_routing.EndResult, sent)
        return see("licences_desk.show", licence_id=licence_id, done="result_ended")

    return carry_out(act, lambda form: _show(licence_id, form))


def _show(licence_id: str, form: Form) -> Response:
    found = ask(clients().approval_routing.GetLicence, licences.GetLicenceRequest(licence_id=licence_id))
    at, actor = center(found.licence.center_id), identity().actor
    own = actor.department == found.licence.department_key
    return page(
        "licences/licence.html",
        status=form.status,
        found=found,
        licence=found.licence,
        departments=department_names(at),
        center=at,
        may_end=own and actor.has("chief", "approver") and not found.HasField("ended"),
        form=form,
    )
