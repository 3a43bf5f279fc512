"""What was settled long ago leaves the register; what waits, what is open and every chain stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from kit.clock import FixedClock
from kit.events import EventEncoder
from kit.pruning import Rule
from kit.store.repository import Repository
from kit.testing import MONDAY, seeded_ids
from services.relay.domain.reconcile import Report
from services.relay.handlers.attachments import Files
from services.relay.handlers.desk import KINDS
from services.relay.handlers.incoming import receive
from services.relay.handlers.outgoing import next_envelopes, post
from services.relay.handlers.reconciling import RECONCILE_KINDS, REPORTS
from services.relay.handlers.retention import rules
from services.relay.settings import RelaySettings
from services.relay.tests.world import COUNTY, HUB, Office, join, office
from tests.contract.memory_store import MemoryStore

DAY = timedelta(days=1)
#: For rules that have nothing to do with files.
NO_FILES = Files(None, None, None, None)  # type: ignore[arg-type]


def rule(kind: str) -> Rule:
    return next(
        each for each in rules(NO_FILES, letters_days=100, reports_days=40, files_days=50) if each.kind.name == kind
    )


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(MONDAY)


@pytest.fixture
def county(clock: FixedClock) -> Office:
    return office(COUNTY, clock=clock, store=MemoryStore([*KINDS, *RECONCILE_KINDS]))


def exchanged(county: Office, clock: FixedClock) -> str:
    """A letter that a neighbour posts, over a link of its own, and the county has passed on; its id."""
    number = len(county.links.all) + 1
    neighbour = office(HUB, seed=number + 10, clock=clock)
    id = join(county, neighbour, number=number)
    letter = neighbour.letter(COUNTY)
    post(desk=neighbour.desk, call=neighbour.now, letter=letter)
    envelopes = next_envelopes(neighbour.desk, neighbour.links.all[id], 0, 10, 1 << 20)
    receive(county.desk, county.now, county.links.all[id], [each.envelope() for each in envelopes])
    county.pass_all()
    return letter.id


def test_an_entry_goes_long_after_its_last_word_and_its_envelope_stays(county: Office, clock: FixedClock) -> None:
    old = exchanged(county, clock)
    clock.advance(60 * DAY)
    young = exchanged(county, clock)
    envelopes = len(list(county.store.scan("envelope")))
    clock.advance(60 * DAY)
    assert not rule("letter").take_away(county.store, county.now)
    assert county.desk.register.find_by_id(old) is None
    assert county.desk.register.find_by_id(young) is not None
    assert len(list(county.store.scan("envelope"))) == envelopes


def test_a_letter_that_waits_for_its_operator_stays(county: Office, clock: FixedClock) -> None:
    aside = exchanged(county, clock)
    entry = county.desk.register.get(aside)
    county.desk.register.save(replace(entry, waits=True), [], county.now)
    clock.advance(1000 * DAY)
    rule("letter").take_away(county.store, county.now)
    assert county.desk.register.find_by_id(aside) is not None


def test_finished_reports_go_and_open_ones_stay(county: Office, clock: FixedClock) -> None:
    encoder, ids = EventEncoder(COUNTY, "relay", {}), seeded_ids()
    reports = Repository(county.store, REPORTS, Report, encoder, ids)
    for id, done in (("done", True), ("open", False)):
        report = Report(id, "l", HUB, clock.now(), "", "", adopt=False)
        reports.create(report.done((), clock.now()) if done else report, [], county.now)
    clock.advance(41 * DAY)
    rule("reconcile_report").take_away(county.store, county.now)
    assert reports.find_by_id("done") is None
    assert reports.find_by_id("open") is not None


def test_no_days_keep_for_ever() -> None:
    assert not list(rules(NO_FILES, letters_days=0, reports_days=0, files_days=0))


def test_a_register_does_not_forget_within_weeks() -> None:
    with pytest.raises(ValueError, match="TONGBAN_RELAY_KEEP_LETTERS_DAYS"):
        RelaySettings(relay_keep_letters_days=7)
