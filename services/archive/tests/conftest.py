"""An archive room for every test."""

from pathlib import Path

import pytest

from services.archive.tests.archive_rooms import Rooms, build_rooms


@pytest.fixture
def rooms(tmp_path: Path) -> Rooms:
    return build_rooms(tmp_path)
