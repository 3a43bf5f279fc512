"""Two towns for every test that asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.federation.tests.towns import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A collecting and a handling town."""
    made = World.at(tmp_path)
    yield made
    for town in (made.here, made.there):
        town.desk.crossings.store.close()
