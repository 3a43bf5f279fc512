"""A county and the hub that is its parent, joined by a link."""

from __future__ import annotations

import pytest

from services.relay.domain.proposal import Direction
from services.relay.tests.world import COUNTY, HUB, Office, join, office


@pytest.fixture
def county() -> Office:
    return office(COUNTY, seed=1)


@pytest.fixture
def hub(county: Office) -> Office:
    hub = office(HUB, seed=2)
    join(county, hub, Direction.PARENT, 1)
    return hub
