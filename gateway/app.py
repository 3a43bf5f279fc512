"""The Flask app: what happens before and after every request, and which routes there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from flask import Flask, Response, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from gateway import document, errors, headers, observe, routes
from gateway.auth import authenticate, identity
from gateway.context import Gateway, current_gateway, hang
from gateway.document import Document
from gateway.requests import StrictRequest, check_address, client_address
from kit.errors import Forbidden, TongbanError, Unauthenticated

#: What the pages and other parts add to the app.
Extension = Callable[[Flask], None]

#: Names of the endpoints that open for staff who must change their password first; pages add theirs.
OPEN_TO_NEWCOMERS = "OPEN_TO_NEWCOMERS"

#: Parts of an address that only those know who were told: codes, and ids.
_GUESSED = frozenset({"code", "ref", "id"})


def create_app(gateway: Gateway, extensions: Sequence[Extension] = ()) -> Document:
    """The whole web edge over these parts."""
    settings = gateway.settings
    app = Document()
    app.request_class = StrictRequest
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.config[OPEN_TO_NEWCOMERS] = {
        "sessions.current_session",
        "sessions.sign_out",
        "sessions.change_password",
    }
    app.url_map.strict_slashes = False
    hang(app, gateway)
    observe.install(app)
    app.before_request(_before)
    app.after_request(_after)
    headers.install(app, https=settings.https)
    errors.install(app)
    routes.register(app)
    document.install(app)
    for extend in extensions:
        extend(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _before() -> None:
    """Whether it can be read, who asks, and how much they have asked. Raises the errors of each."""
    if request.url_rule is None and request.method == "GET":
        _recognise()
    if request.url_rule is None or request.endpoint is None or request.endpoint.endswith("static"):
        return
    gateway = current_gateway()
    check_address()
    request.max_content_length = routes.body_limit(request.endpoint, gateway.settings)
    address = client_address()
    try:
        authenticate(gateway.authenticator, gateway.settings.base_url)
    except Unauthenticated:
        gateway.limits.request(address, "")
        gateway.limits.may_guess(address)
        raise
    gateway.limits.request(address, identity().session_id)
    # Whoever guesses shuts out who guesses, not the desks and kiosks that share their address.
    if identity().anonymous and ("code" in request.args or not _GUESSED.isdisjoint(request.view_args or ())):
        gateway.limits.may_guess(address)
    principal = identity().principal
    allowed = current_app.config[OPEN_TO_NEWCOMERS]
    if principal is not None and principal.must_change_password and request.endpoint not in allowed:
        raise Forbidden("password_change_required", "首次登录或密码被重置后，请先修改密码再办理业务。")


def _recognise() -> None:
    """Who looks for a page that isn't there, so that whoever is signed in is shown as signed in."""
    gateway = current_gateway()
    gateway.limits.request(client_address(), "")
    with suppress(TongbanError):
        authenticate(gateway.authenticator, gateway.settings.base_url)


def _after(response: Response) -> Response:
    """Counts what was asked for and isn't there: codes and tokens are not to be found by trying."""
    wrong_token = response.status_code == 401 and "Authorization" in request.headers
    if identity().anonymous and (wrong_token or response.status_code == 404):
        current_gateway().limits.missed(client_address())
    return response
