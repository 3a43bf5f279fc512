"""A browser in front of pages whose services answer what a test wants."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from gateway.auth import COOKIE, CSRF_FIELD
from gateway.context import Gateway
from gateway.testing import FakeSite, signs_in, staff

TOKEN = "a-session"
CITIZEN = {"name": "例云帆", "id_number": "990101199003070015"}


class Visitor:
    """A browser: signed in as staff, or as nobody."""

    def __init__(self, app: Flask, site: FakeSite) -> None:
        self.app = app
        self.site = site
        self.client: FlaskClient = app.test_client()
        self.csrf = ""

    def sign_in(self, *roles: str) -> None:
        """From now on a member of staff with these roles."""
        signs_in(self.site, TOKEN, staff(*roles))
        self.client.set_cookie(COOKIE, TOKEN)
        gateway: Gateway = self.app.extensions["tongban"]
        self.csrf = gateway.authenticator.csrf_token("s-1")

    def sign_in_as_citizen(self) -> None:
        """From now on a citizen."""
        gateway: Gateway = self.app.extensions["tongban"]
        code = gateway.citizens.code(CITIZEN["id_number"], CITIZEN["name"])
        token = gateway.citizens.sign_in(CITIZEN["id_number"], CITIZEN["name"], code).token
        self.client.set_cookie(COOKIE, token)
        self.csrf = gateway.authenticator.csrf_token(gateway.authenticator.identify(token).session_id)

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text of a page."""
        response = self.client.get(path, headers={"Accept": "text/html", **headers})
        return response.status_code, response.get_data(as_text=True)

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Status and text of what a form answers with; where it leads to, when it leads on."""
        data = {CSRF_FIELD: self.csrf, **fields}
        response = self.client.post(path, data=data, headers={"Accept": "text/html"})
        return response.status_code, response.headers.get("Location", "") or response.get_data(as_text=True)
