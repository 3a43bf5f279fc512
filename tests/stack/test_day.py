"""A day of visits at every window while processes are replaced, the broker is gone and the store is gone.

Nothing that was answered is lost, nothing happens twice, the backlog drains by itself. An outage takes
``TONGBAN_STACK_OUTAGE_SECONDS`` (8 in `make test`, 60 in `make test-stack-long`, which also cuts each server the other
way).
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from cli.components import COMPONENTS
from tests.faults.accounts import differences
from tests.faults.crowd import RECOVERY, progress, under_load
from tests.faults.load import Ledger
from tests.integration.people import Json, Town
from tests.integration.site import until
from tests.integration.visits import TOWNSHIP, UNEMPLOYMENT
from tests.servers.kafka import KafkaServer
from tests.servers.mongo import MongoServer
from tests.stack.hours import OUTAGE
from tests.stack.replica import Replica
from tests.stack.site import StackSite

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(600)]

SEED = int(os.environ.get("TONGBAN_FAULT_SEED") or random.randrange(2**32))
#: How long a server is gone, in seconds.
LONG = pytest.mark.skipif(OUTAGE < 60, reason="an outage the other way is part of `make test-stack-long`")
#: Within this time a request is answered, whatever is gone: the deadline of a call, and what a busy machine adds.
ANSWERED_WITHIN = 15.0
#: So many components are replaced at a time, one replica of each.
AT_ONCE = 5


@pytest.fixture(scope="module")
def towns(site: StackSite, town: Town) -> Iterator[Sequence[Town]]:
    """Everybody's way in: each gateway; no person comes by both, nor again in a later test."""
    with ExitStack() as stack:
        found = [stack.enter_context(closing(Town(address))) for address in site.addresses]
        for each in found:
            each._citizens = town._citizens
        yield found


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture(scope="module")
def kiosk(towns: Sequence[Town]) -> Kiosk:
    return Kiosk(towns)


@pytest.fixture
def rng(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> random.Random:
    """The test's own chances, from the seed that it tells."""
    with capsys.disabled():
        sys.stdout.write(f"\nTONGBAN_FAULT_SEED={SEED}\n")
    return random.Random(f"{SEED} {request.node.name}")


def check(site: StackSite, towns: Sequence[Town], ledger: Ledger) -> None:
    """The books balance."""
    until(lambda: all(each.serves for each in site.replicas), "all processes", RECOVERY)
    site.settle(RECOVERY)
    assert not site.dead_letters()
    wrong = differences(towns[0], ledger)
    assert not wrong, "\n".join(wrong)


# ── Processes ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_books_balance_after_every_process_was_replaced(
    site: StackSite, towns: Sequence[Town], ledger: Ledger, rng: random.Random
) -> None:
    """One replica of each is asked to leave, as a rolling upgrade does; the other is killed."""
    names = [component.name for component in COMPONENTS]
    with under_load(towns, ledger, rng):
        for number, end in enumerate((leave, kill)):
            rng.shuffle(names)
            for place in range(0, len(names), AT_ONCE):
                replicas = [site.of(name)[number] for name in names[place : place + AT_ONCE]]
                end(replicas)
                for each in replicas:
                    each.start()
                for each in replicas:
                    until(lambda each=each: each.serves, f"{each.name} to serve", RECOVERY)  # type: ignore[misc]
            progress(ledger, 4)
    check(site, towns, ledger)


def leave(replicas: Sequence[Replica]) -> None:
    """In good order."""
    for each in replicas:
        each.leave()
    for each in replicas:
        assert each.ended() == 0, each.log.read_text()[-2000:]


def kill(replicas: Sequence[Replica]) -> None:
    """As a power cut does."""
    for each in replicas:
        each.kill9()


# ── Servers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def killed(server: KafkaServer | MongoServer) -> Callable[[], None]:
    """Gone without a word; what brings it back on its data."""
    server.kill9()
    return server.start


def paused(server: KafkaServer | MongoServer) -> Callable[[], None]:
    """There, but silent; what lets it go on."""
    server.pause()
    return server.resume


Cut = Callable[[KafkaServer | MongoServer], Callable[[], None]]


def refused_during(server: KafkaServer | MongoServer, cut: Cut, kiosk: Kiosk) -> Sequence[Newcomer]:
    """Who came to the kiosk during an outage and got no number; everybody who came was answered in time."""
    back = cut(server)
    try:
        newcomers = kiosk.newcomers()
    finally:
        back()
    assert max(each.seconds for each in newcomers) < ANSWERED_WITHIN
    return [each for each in newcomers if not each.ticket]


@pytest.mark.parametrize("cut", [killed, pytest.param(paused, marks=LONG)])
def test_visitors_are_served_while_the_broker_is_gone_and_events_follow(
    site: StackSite, towns: Sequence[Town], ledger: Ledger, kiosk: Kiosk, rng: random.Random, cut: Cut
) -> None:
    with under_load(towns, ledger, rng):
        refused = refused_during(site.broker, cut, kiosk)
    assert not refused, f"a number takes no broker: {refused[0].problem}"
    check(site, towns, ledger)
    kiosk.check()


@pytest.mark.parametrize("cut", [paused, pytest.param(killed, marks=LONG)])
def test_a_request_is_refused_clearly_while_the_store_is_gone_and_done_once_when_sent_again(
    site: StackSite, towns: Sequence[Town], ledger: Ledger, kiosk: Kiosk, rng: random.Random, cut: Cut
) -> None:
    with under_load(towns, ledger, rng):
        refused = refused_during(site.store, cut, kiosk)
        assert refused, "no store was missed"
        for each in refused:
            assert each.status == 503, each
            assert each.problem["retryable"], each
            assert "重试" in each.problem["detail"], each
        for each in refused:
            until(each.ask, "the ticket of who asks again", RECOVERY)
    check(site, towns, ledger)
    kiosk.check()


@dataclass
class Newcomer:
    """Somebody at the township's kiosk, and what they were told."""

    town: Town
    body: Json = field(repr=False)
    key: str = field(default_factory=lambda: uuid4().hex)
    ticket: Json = field(default_factory=dict, repr=False)
    problem: Json = field(default_factory=dict)
    status: int = 0
    seconds: float = 0.0

    def ask(self) -> bool:
        """Asks for a number, each time under the same key; whether there is one."""
        path, headers, began = f"centers/{TOWNSHIP}/tickets", {"Idempotency-Key": self.key}, time.monotonic()
        answer = self.town.public.ask("POST", path, json=self.body, headers=headers)
        self.seconds, self.status = time.monotonic() - began, answer.status_code
        self.ticket, self.problem = (answer.json(), {}) if answer.is_success else ({}, answer.json())
        return bool(self.ticket)


@dataclass
class Kiosk:
    """The township's: nobody else gives numbers there today."""

    towns: Sequence[Town]
    everybody: list[Newcomer] = field(default_factory=list)
    item: str = ""

    def __post_init__(self) -> None:
        found = self.towns[0].public.get(f"centers/{TOWNSHIP}/items", query=UNEMPLOYMENT.name)["items"]
        self.item = next(each["id"] for each in found if each["name"] == UNEMPLOYMENT.name)

    def newcomers(self) -> Sequence[Newcomer]:
        """A few a second ask, by each gateway in turn, until the outage is over."""
        end, wait, came = time.monotonic() + OUTAGE, threading.Event(), list[Newcomer]()
        while time.monotonic() < end:
            town = self.towns[len(came) % len(self.towns)]
            person = town.stranger()
            body = {"item_id": self.item, "id_number": person.id_number, "holder_name": person.name}
            came.append(Newcomer(town, body))
            came[-1].ask()
            wait.wait(0.3)
        self.everybody += came
        return came

    def check(self) -> None:
        """Each has one number, nobody else has any, and no two have the same."""
        there = self.towns[0].staff("hk-manager-01").pages(f"centers/{TOWNSHIP}/tickets")
        assert Counter(each["id"] for each in there) == Counter(each.ticket["id"] for each in self.everybody)
        assert len({each["number"] for each in there}) == len(there)
