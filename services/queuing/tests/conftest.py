"""Fixtures: an embedded store and a hall over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.store.sqlite import SqliteStore
from kit.testing import store
from reference import REFERENCE_KINDS
from services.queuing.handlers.kinds import KINDS
from services.queuing.tests.stage import Stage


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = store(tmp_path, [*KINDS, *REFERENCE_KINDS])
    yield opened
    opened.close()


@pytest.fixture
def stage(database: SqliteStore) -> Stage:
    return Stage(database)
