"""A browser in front of pages whose services answer what a test wants."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from gateway.auth import COOKIE, CSRF_FIELD
from gateway.context import Gateway
from gateway.testing import FakeSite, signs_in, staff

TOKEN = "a-session"


class Visitor:
    """A browser: signed in as staff, or as nobody."""

    def __init__(self, app: Flask, site: FakeSite) -> None:
        self.app = app
        self.site = site
        self.client: FlaskClient = app.test_client()
        self._csrf = ""

    def sign_in(self, *roles: str) -> None:
        """From now on a member of staff with these roles."""
        signs_in(self.site, TOKEN, staff(*roles))
        self.client.set_cookie(COOKIE, TOKEN)
        gateway: Gateway = self.app.extensions["tongban"]
        self._csrf = gateway.authenticator.csrf_token("s-1")

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and text of a page."""
        response = self.client.get(path, headers={"Accept": "text/html", **headers})
        return response.status_code, response.get_data(as_text=True)

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Status and text of what a form answers with; where it leads to, when it leads on."""
        data = {CSRF_FIELD: self._csrf, **fields}
        response = self.client.post(path, data=data, headers={"Accept": "text/html"})
        return response.status_code, response.headers.get("Location", "") or response.get_data(as_text=True)
