"""Papers that applicants haven't fetched: where they lie, and how they are fetched (未取回的退补件; rules C16)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import clients
from gateway.pages.rendering import page, see
from gateway.pages.signing import signed
from tongban.intake.v1 import bundles_pb2 as bundles

blueprint = Blueprint("left_papers", __name__)

SHOWN = 50
_WINDOW = ("clerk", "chief")


@blueprint.get("/left-papers")
@staff(*_WINDOW, "supervisor", "manager")
def listed() -> Response:
    """What lies at the center, what has lain longest first."""
    return _listed(Form.blank())


@blueprint.get("/left-papers/<application_id>")
@staff(*_WINDOW, "reviewer", "approver", "supervisor", "manager")
def show(application_id: str) -> Response:
    """The papers of one application, and what may be left of them or fetched."""
    return _show(application_id, Form.blank())


@blueprint.post("/left-papers/<application_id>/leave")
@staff(*_WINDOW)
def leave(application_id: str) -> Response:
    """Registers originals that the applicant is to fetch."""

    def act(form: Form) -> Response:
        wanted = bundles.LeavePapersRequest(
            application_id=application_id,
            place=form.text("place"),
            reason=form.text("reason"),
            expected_version=form.version,
        )
        for each in _bundle(application_id).collected:
            originals = form.number(f"originals-{each.key}")
            if originals:
                wanted.pieces.add(key=each.key, originals=originals)
        ask(clients().keeping.LeavePapers, wanted)
        return see("left_papers.show", application_id=application_id, done="papers_left")

    return carry_out(act, lambda form: _show(application_id, form))


@blueprint.post("/left-papers/<application_id>/fetch")
@staff(*_WINDOW)
def fetch(application_id: str) -> Response:
    """They are fetched, with a signature."""

    def act(form: Form) -> Response:
        wanted = bundles.FetchLeftPapersRequest(
            application_id=application_id,
            fetched_by=form.text("fetched_by"),
            signature=signed(form),
            expected_version=form.version,
        )
        ask(clients().keeping.FetchLeftPapers, wanted)
        return see("left_papers.show", application_id=application_id, done="papers_fetched")

    return carry_out(act, lambda form: _show(application_id, form))


def _bundle(application_id: str) -> bundles.PaperBundle:
    wanted = bundles.GetPaperBundleRequest(application_id=application_id)
    return ask(clients().keeping.GetPaperBundle, wanted).bundle


def _show(application_id: str, form: Form) -> Response:
    bundle = _bundle(application_id)
    lies = bundle.HasField("left") and not bundle.left.HasField("fetched_at")
    return page(
        "keeping/left.html",
        status=form.status,
        bundle=bundle,
        application_id=application_id,
        lies=lies,
        window=identity().actor.has(*_WINDOW),
        form=form,
    )


def _listed(form: Form) -> Response:
    found = ask(
        clients().keeping.ListLeftPapers,
        bundles.ListLeftPapersRequest(
            center_id=principal().center_id, limit=SHOWN, cursor=request.args.get("cursor", "")
        ),
    )
    return page("keeping/left_listed.html", bundles=found.bundles, more=found.next_cursor, form=form)
