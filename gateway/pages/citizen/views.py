"""Citizens sign in with name, ID number and a code; in its demo form the code is shown on the page."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, request, url_for

from gateway.auth import set_session_cookie
from gateway.context import current_gateway
from gateway.pages.access import local_path
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import limits
from gateway.pages.rendering import page
from gateway.requests import client_address

blueprint = Blueprint("citizen", __name__)


@blueprint.get("/citizen/signin")
def form() -> Response:
    """Asks who it is."""
    return _form(Form.blank(next=request.args.get("next", "")))


@blueprint.post("/citizen/signin")
def send_code() -> Response:
    """Gives a code to whoever says who they are."""

    def act(sent: Form) -> Response:
        limits().sign_in(client_address())
        code = current_gateway().citizens.code(sent.text("id_number"), sent.text("name"))
        return _form(sent, code=code)

    return carry_out(act, _form)


@blueprint.post("/citizen/session")
def enter() -> Response:
    """Signs in with the code, and leads back to where somebody came from."""

    def act(sent: Form) -> Response:
        limits().sign_in(client_address())
        gateway = current_gateway()
        session = gateway.citizens.sign_in(sent.text("id_number"), sent.text("name"), sent.text("code"))
        target = local_path(sent.text("next")) or url_for("online.mine", done="signed_in")
        response = make_response(redirect(target, 303))
        set_session_cookie(response, gateway.authenticator.identify(session.token), https=gateway.settings.https)
        return response

    return carry_out(act, lambda sent: _form(sent, asked=True))


def _form(sent: Form, *, code: str = "", asked: bool = False) -> Response:
    """The form; ``code`` is shown where this is how a demo sends it, ``asked``: one was sent before."""
    return page("citizen/form.html", status=sent.status, form=sent, code=code, asked=asked or bool(code))
