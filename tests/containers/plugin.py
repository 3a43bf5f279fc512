"""pytest, with the test servers as containers: ``pytest -p tests.containers.plugin …``; else the tests are the same.

Loaded before any test, so that whoever imports a server afterwards gets the one that runs in a container.
"""

from __future__ import annotations

import pytest

from tests.containers import servers
from tests.servers import kafka, mongo

kafka.KafkaServer = servers.ContainerKafka  # type: ignore[misc]
mongo.MongoServer = servers.ContainerMongo  # type: ignore[misc]
# The images are here already; a mongod or a server that the caller has isn't what is asked for.
kafka.fetch = mongo.fetch = lambda: None
kafka.missing = mongo.missing = lambda: ""
mongo.mongod = lambda: None
mongo.given = lambda: ""


def pytest_configure(config: pytest.Config) -> None:
    # A container takes longer to end and to begin than a process does.
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning:testcontainers")
    if not config.getoption("timeout", None):
        config.option.timeout = 240
