"""Servers for what is tried on both: skipped, with the reason, where they can't run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kafka.broker import settings_for
from tests.servers import kafka, mongo


@pytest.fixture(scope="session")
def mongo_address() -> Iterator[str]:
    """A MongoDB, or what stands in for it."""
    if mongo.missing():
        pytest.skip(mongo.missing())
    if mongo.given():
        yield mongo.given()
        return
    with mongo.running() as server:
        yield server.address


@pytest.fixture(scope="session")
def kafka_address() -> Iterator[str]:
    """A broker."""
    if kafka.missing():
        pytest.skip(kafka.missing())
    with kafka.running() as server:
        assert settings_for(server.address())
        yield server.address()
