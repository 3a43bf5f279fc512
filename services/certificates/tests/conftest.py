"""A library for every test."""

from pathlib import Path

import pytest

from services.certificates.tests.certificate_shelves import Shelves, build_shelves


@pytest.fixture
def shelves(tmp_path: Path) -> Shelves:
    return build_shelves(tmp_path)
