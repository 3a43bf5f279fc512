"""Staff sign in with a password; a first sign-in leads to a new one."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, redirect, request, url_for

from gateway.auth import clear_session_cookie, identity, set_session_cookie
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.pages.access import desks, local_path, to_sign_in
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import clients, limits
from gateway.pages.rendering import page, see
from gateway.requests import client_address
from kit.errors import Invalid
from tongban.workforce.v1 import service_pb2 as workforce

blueprint = Blueprint("signin", __name__)


@blueprint.get("/signin")
def form() -> Response:
    """Asks for the account."""
    return page("signin/form.html", form=Form.blank(next=request.args.get("next", "")))


@blueprint.post("/signin")
def enter() -> Response:
    """Signs in, and leads back to where somebody came from, or to their desk."""

    def act(sent: Form) -> Response:
        limits().sign_in(client_address())
        gateway = current_gateway()
        found = gateway.authenticator.sign_in(sent.text("username"), sent.values.get("password", ""))
        if found.principal is not None and found.principal.must_change_password:
            target = url_for("signin.password")
        else:
            target = local_path(sent.text("next")) or url_for("signin.home", done="signed_in")
        response = make_response(redirect(target, 303))
        set_session_cookie(response, found, https=gateway.settings.https)
        return response

    return carry_out(act, lambda sent: page("signin/form.html", status=sent.status, form=sent))


@blueprint.get("/home")
def home() -> Response:
    """Leads to the first desk that one may open."""
    if identity().anonymous:
        return to_sign_in()
    mine = desks()
    return see(mine[0].endpoint if mine else "front.index", done=request.args.get("done", ""))


@blueprint.post("/signout")
def out() -> Response:
    """Ends the session."""
    gateway = current_gateway()
    if not identity().anonymous:
        gateway.authenticator.sign_out(identity().session_token)
    response = see("front.index" if identity().actor.has("citizen") else "signin.form", done="signed_out")
    clear_session_cookie(response, https=gateway.settings.https)
    return response


@blueprint.get("/password")
def password() -> Response:
    """Asks for a new password."""
    return to_sign_in() if identity().principal is None else page("signin/password.html", form=Form.blank())


@blueprint.post("/password")
def change_password() -> Response:
    """Changes one's own password; other sessions end."""

    def act(sent: Form) -> Response:
        limits().sign_in(client_address())
        token = identity().session_token
        new = sent.values.get("new_password", "")
        if new != sent.values.get("repeated", ""):
            raise Invalid("password_repeated_wrong", "两次输入的新密码不一致，请重新输入。", field="repeated")
        change = workforce.ChangePasswordRequest(
            old_password=sent.values.get("old_password", ""), new_password=new, session_token=token
        )
        ask(clients().workforce.ChangePassword, change)
        current_gateway().authenticator.forget(token)
        return see("signin.home", done="password_changed")

    return carry_out(act, lambda sent: page("signin/password.html", status=sent.status, form=sent))
