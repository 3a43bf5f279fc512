"""The gateway over services that answer what a test wants."""

import pytest
from flask.testing import FlaskClient

from gateway.testing import FakeSite, bearer, client_of, signs_in, staff, visit_app


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
def client(site: FakeSite) -> FlaskClient:
    return client_of(visit_app(site))


@pytest.fixture
def clerk(site: FakeSite) -> dict[str, str]:
    """Headers of a signed-in clerk."""
    signs_in(site, "clerk-token", staff("clerk"))
    return bearer("clerk-token")
