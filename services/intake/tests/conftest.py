"""Halls for the tests of intake."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.intake.tests.intake_hall import Hall, MakeHall, build_hall


@pytest.fixture
def make_hall(tmp_path: Path) -> Iterator[MakeHall]:
    """Builds a hall whose center has these settings; with ``items`` or ``centers`` for other reference data."""
    built: list[Hall] = []

    def make(policy: dict[str, Any] | None = None, **reference: Any) -> Hall:
        built.append(build_hall(tmp_path / f"hall-{len(built)}", policy, **reference))
        return built[-1]

    yield make
    for hall in built:
        hall.store.close()


@pytest.fixture
def hall(make_hall: MakeHall) -> Hall:
    """A hall with every setting at its default."""
    return make_hall()
