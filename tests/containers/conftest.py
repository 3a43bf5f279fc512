"""Skips, with the reason, what `make test-containers` has made nothing for: these tests are no part of `make test`."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/containers/" in item.path.as_posix() and os.environ.get("TONGBAN_TEST_TARGET") != "test-containers":
            item.add_marker(pytest.mark.skip(reason="run by `make test-containers`, which makes the images"))
