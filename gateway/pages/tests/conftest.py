"""Pages over services that answer what a test wants; no socket is opened."""

from __future__ import annotations

import pytest

from gateway.pages import register_pages
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite, visit_app


@pytest.fixture
def site() -> FakeSite:
    return FakeSite()


@pytest.fixture
def visitor(site: FakeSite) -> Visitor:
    return Visitor(visit_app(site, register_pages, rate_address=0, rate_session=0, rate_tickets=0), site)
