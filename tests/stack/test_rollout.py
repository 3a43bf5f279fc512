"""Replicas leave under load, as they do in a roll-out: nobody has to ask again."""

from __future__ import annotations

import random
from contextlib import closing

import pytest

from tests.faults.crowd import RECOVERY, progress, under_load
from tests.faults.load import Ledger
from tests.integration.people import Town
from tests.integration.site import until
from tests.servers.proxy import Proxy
from tests.stack.hours import OUTAGE
from tests.stack.replica import GATEWAY
from tests.stack.site import StackSite

pytestmark = [
    pytest.mark.fault,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    # On a machine that other suites keep busy a call may take longer than its deadline, which isn't what is asked here.
    pytest.mark.skipif(OUTAGE < 60, reason="a roll-out is part of `make test-stack-long`"),
]


def test_nobody_asks_again_while_a_replica_of_each_leaves(site: StackSite, town: Town) -> None:
    """New connections are led to the gateway that stays, as a Service does; those that are open are its own affair."""
    ledger = Ledger()
    leaving, staying = site.of(GATEWAY)
    others = [each for each in site.replicas if each.number == leaving.number and each.name != GATEWAY]
    with Proxy(leaving.port) as door, closing(Town(f"http://127.0.0.1:{door.port}")) as visitors:
        visitors._citizens = town._citizens  # nobody comes again who was in another test
        with under_load([visitors], ledger, random.Random(1)):
            for each in others:
                each.leave()
            for each in others:
                assert each.ended() == 0, each.log.read_text()[-2000:]
            progress(ledger)
            door.lead_to(staying.port)
            leaving.leave()
            assert leaving.ended() == 0, leaving.log.read_text()[-2000:]
        for each in (leaving, *others):
            each.start()
        for each in (leaving, *others):
            until(lambda each=each: each.serves, f"{each.name} to serve", RECOVERY)  # type: ignore[misc]
    site.settle(RECOVERY)
    assert not ledger.losses, "\n".join(ledger.losses)  # what was acknowledged is there: test_day.py
