"""``kill -9`` of any process at any moment, under load: nothing that was answered is lost, nothing happens twice."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy

import pytest

from cli.components import COMPONENTS
from tests.faults.accounts import differences
from tests.faults.crowd import RECOVERY, pause, progress, under_load
from tests.faults.load import Ledger
from tests.integration.conftest import to_monday
from tests.integration.people import Town
from tests.integration.site import LiveSite, live_site, until

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(400)]

#: Repeat a run with TONGBAN_FAULT_SEED; what the processes are doing when they die is never the same.
SEED = int(os.environ.get("TONGBAN_FAULT_SEED") or random.randrange(2**32))


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    with live_site() as started, closing(Town(started.address)) as town:
        to_monday(started, town)
        yield started


@pytest.fixture(scope="module")
def town(site: LiveSite) -> Iterator[Town]:
    with closing(Town(site.address)) as people:
        yield people


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def rng(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> random.Random:
    """The test's own chances, from the seed that it tells."""
    with capsys.disabled():
        sys.stdout.write(f"\nTONGBAN_FAULT_SEED={SEED}\n")
    return random.Random(f"{SEED} {request.node.name}")


def check(site: LiveSite, town: Town, ledger: Ledger) -> None:
    """The books balance."""
    until(lambda: site.running, "all processes", RECOVERY)
    site.settle(RECOVERY)
    assert not site.dead_letters()
    wrong = differences(town, ledger)
    assert not wrong, "\n".join(wrong)
    assert ledger.counted["lost"], "some answer was lost on the way: it was under load"


def test_the_books_balance_after_each_process_was_killed(
    site: LiveSite, town: Town, ledger: Ledger, rng: random.Random
) -> None:
    names = [component.name for component in COMPONENTS]
    rng.shuffle(names)
    with under_load([town], ledger, rng):
        for name in names:
            pause(rng)
            before = site.pids()[name]
            assert site.kill(name)
            until(lambda name=name, before=before: site.pids().get(name) not in (None, before), f"a new {name}")  # type: ignore[misc]
            until(lambda name=name: site.serves(name), f"{name} to serve", RECOVERY)  # type: ignore[misc]
            progress(ledger, 4)
    check(site, town, ledger)


def test_the_books_balance_after_several_died_at_once_and_again(
    site: LiveSite, town: Town, ledger: Ledger, rng: random.Random
) -> None:
    with under_load([town], ledger, rng):
        for _ in range(3):
            for name in rng.sample([component.name for component in COMPONENTS], rng.randint(2, 5)):
                site.kill(name)
                pause(rng, 0.2)
        until(lambda: site.running, "all processes", RECOVERY)
    check(site, town, ledger)


def test_the_books_balance_after_everything_was_killed_and_started_again(
    site: LiveSite, town: Town, ledger: Ledger, rng: random.Random
) -> None:
    with under_load([town], ledger, rng):
        for _ in range(2):
            pause(rng)
            site.kill_all()
            assert not site.running
            site.start()
            progress(ledger)
    check(site, town, ledger)


def test_books_that_do_not_balance_would_be_told(town: Town, ledger: Ledger) -> None:
    lost, doubled = deepcopy(ledger), deepcopy(ledger)
    for what, ids in ledger.ids.items():
        lost.add(what, "never-stored")
        doubled.ids[what] = ids[1:]
        doubled.counted[what] -= 1
    for planted, words in ((lost, "acknowledged 1 × more"), (doubled, "there 1 × more")):
        wrong = differences(town, planted)
        for what in ("tickets", "called tickets", "applications", "cases", "invitations"):
            assert any(line.startswith(what) and words in line for line in wrong), what
        for event in ("ticket_called", "application_received", "case_opened", "evaluation_submitted"):
            assert any(event in line for line in wrong), event
