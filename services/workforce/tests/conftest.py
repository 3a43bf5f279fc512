"""Fixtures: a workforce, its store, its real clock, and a way to hire."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kit.call import Call
from kit.clock import FixedClock
from kit.store.sqlite import SqliteStore
from kit.testing import store
from reference import REFERENCE_KINDS
from services.workforce import handlers
from services.workforce.domain.staff import Role, Staff
from services.workforce.handlers import KINDS, NewAccount, Workforce
from services.workforce.tests.wiring import CLERK, COUNTY, OPERATOR, PASSWORD, Hire, built


@pytest.fixture
def database(tmp_path: Path) -> SqliteStore:
    return store(tmp_path, [*KINDS, *REFERENCE_KINDS])


@pytest.fixture
def workforce(database: SqliteStore) -> Workforce:
    return built(database)


@pytest.fixture
def clock(workforce: Workforce) -> FixedClock:
    assert isinstance(workforce.real, FixedClock)
    return workforce.real


@pytest.fixture
def hire(workforce: Workforce) -> Hire:
    """Adds somebody: a clerk of the county unless said otherwise."""

    def add(
        username: str = "hb-clerk-01", *roles: Role, center: str = COUNTY, as_call: Call = OPERATOR, **changes: object
    ) -> Staff:
        final = as_call.actor.has("admin")
        details = replace(CLERK, roles=roles or CLERK.roles, **changes)  # type: ignore[arg-type]
        return handlers.add_staff(
            workforce=workforce,
            call=as_call,
            center_id=center,
            account=NewAccount(username, PASSWORD, password_is_final=final),
            details=details,
        )

    return add
