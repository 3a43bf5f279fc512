"""The Bus contract on Apache Kafka, no test left out."""

from __future__ import annotations

import pytest

from tests.contract.bus_contract import BusContract
from tests.kafka.broker import fresh_topic


class TestKafkaBus(BusContract):
    @pytest.fixture
    def topic(self) -> str:
        return fresh_topic()
