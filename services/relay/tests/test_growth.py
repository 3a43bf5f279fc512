"""Whoever carries letters for years keeps no more of their files than what is on its way: rows and files stay as many."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kit.actor import service_actor
from kit.alarms import Sweeper
from kit.blobs.files import FileBlobs
from kit.blobs.pieces_files import FilePieces
from kit.blobs.uses import FILE_USES, KEPT_FILES, USES_KINDS, KeptFile, Uses
from kit.clock import FixedClock
from kit.events import EventEncoder
from kit.store.repository import Repository
from kit.testing import MONDAY, seeded_ids
from services.relay.domain.channel import Stop
from services.relay.domain.files import LinkFile, Way
from services.relay.domain.letter import Attachment, Letter
from services.relay.domain.proposal import Direction
from services.relay.domain.route import Route
from services.relay.handlers.attachments import FILES, Files
from services.relay.handlers.desk import KINDS
from services.relay.handlers.incoming import import_envelopes, receive
from services.relay.handlers.kept import HELD
from services.relay.handlers.outgoing import append_held, next_envelopes, post
from services.relay.handlers.reconciling import RECONCILE_KINDS
from services.relay.handlers.retention import rules
from services.relay.tests.crashing import Crash, CrashingMemory
from services.relay.tests.world import COUNTY, HUB, PARTNER, Office, join, office

DAY = timedelta(days=1)
KEPT = (FILES.name, HELD.name, FILE_USES.name, KEPT_FILES.name)


@dataclass
class Town:
    """A hub with its files, between a county that writes and a partner that is written to."""

    hub: Office
    county: Office
    partner: Office
    files: Files
    folder: Path

    @property
    def store(self) -> Any:
        return self.hub.store

    def write(self, content: bytes) -> Letter:
        """The county's letter with a file, come over its link."""
        named = Attachment(hashlib.sha256(content).hexdigest(), len(content), "text/plain", "a.txt")
        letter = self.county.letter(PARTNER, attachments=(named,))
        post(desk=self.county.desk, call=self.county.now, letter=letter)
        self.come()
        return letter

    def come(self) -> None:
        """What the county has written comes over its link."""
        link = self.hub.link_to(COUNTY)
        sent = next_envelopes(self.county.desk, self.county.link_to(HUB), 0, 1000, 1 << 24)
        receive(self.hub.desk, self.hub.now, link, [each.envelope() for each in sent])
        self.hub.pass_all()

    def fetch(self, content: bytes) -> None:
        """The hub gets the file, and passes its letter on."""
        self.files.whole(self.hub.now, self.hub.link_to(COUNTY).id)
        for wanted in self.files.wanted(self.hub.link_to(COUNTY).id, 9):
            self.files.take(self.hub.now, self.hub.link_to(COUNTY).id, wanted.sha256, wanted.offset, content)
        self.hub.pass_all()

    def give(self, content: bytes) -> None:
        """The partner gets it from the hub."""
        self.files.given(self.hub.now, self.hub.link_to(PARTNER).id, hashlib.sha256(content).hexdigest())

    def prune(self) -> None:
        """Every rule has its turn until there is no more, and files without a use go."""
        for rule in rules(self.files, letters_days=1000, reports_days=100, files_days=90):
            while rule.take_away(self.store, self.hub.now):
                pass
        for path in self.folder.rglob("*"):
            os.utime(path, (0, 0))
        Sweeper(self.files.uses.alarms(), self.hub.clock, service_actor("relay")).sweep()

    def rows(self) -> dict[str, int]:
        """How many documents of the kinds that come with traffic and go again."""
        return {kind: len(list(self.store.scan(kind))) for kind in KEPT}

    def has(self, content: bytes) -> bool:
        return self.files.blobs.has(hashlib.sha256(content).hexdigest())


@pytest.fixture
def town(tmp_path: Path) -> Town:
    clock = FixedClock(MONDAY)
    store = CrashingMemory([*KINDS, FILES, *USES_KINDS, *RECONCILE_KINDS])
    hub, county = office(HUB, store=store, clock=clock), office(COUNTY, seed=2, clock=clock)
    partner = office(PARTNER, seed=3, clock=clock)
    join(county, hub, Direction.PARENT, 1)
    join(hub, partner, Direction.PARTNER, 2)
    county.desk.routes.create(Route("5*", county.link_to(HUB).id), [], county.now)
    encoder, blobs = EventEncoder(HUB, "relay", {}), FileBlobs(tmp_path / "blobs")
    ids = seeded_ids(9)
    uses = Uses("relay", Repository(store, KEPT_FILES, KeptFile, encoder, ids), blobs, grace=None)
    files = Files(Repository(store, FILES, LinkFile, encoder, ids), blobs, FilePieces(tmp_path / "pieces"), uses)
    hub.desk = replace(hub.desk, files=files)
    return Town(hub, county, partner, files, tmp_path / "blobs")


def test_copies_of_files_on_their_way_go_and_rows_stay_as_many(town: Town) -> None:
    for year in range(4):
        for number in range(3):
            content = b"papers %d %d" % (year, number)
            town.write(content)
            town.fetch(content)
            assert town.has(content)
            town.give(content)
        town.prune()
        assert town.has(content), "it may be asked for again"
        town.hub.clock.advance(91 * DAY)
        town.prune()
        assert not town.has(content)
        assert set(town.rows().values()) == {0}, year


def test_a_file_that_the_neighbour_has_not_got_stays(town: Town) -> None:
    town.write(b"papers")
    town.hub.clock.advance(91 * DAY)
    town.prune()
    assert town.files.wanted(town.hub.link_to(COUNTY).id, 9), "its letter waits for it"
    town.fetch(b"papers")
    town.hub.clock.advance(500 * DAY)
    town.prune()
    assert town.has(b"papers"), "nobody asked for it yet"
    assert town.files.offered(town.hub.link_to(PARTNER).id, hashlib.sha256(b"papers").hexdigest())


def test_a_letter_with_the_same_file_keeps_it_from_going(town: Town) -> None:
    town.write(b"papers")
    town.fetch(b"papers")
    town.give(b"papers")
    town.hub.clock.advance(89 * DAY)
    town.write(b"papers")
    town.hub.clock.advance(2 * DAY)
    town.prune()
    assert town.has(b"papers")
    town.give(b"papers")
    town.hub.clock.advance(91 * DAY)
    town.prune()
    assert not town.has(b"papers")


def test_a_letter_that_comes_again_after_its_copy_went_changes_nothing(town: Town) -> None:
    town.write(b"papers")
    town.fetch(b"papers")
    town.give(b"papers")
    town.hub.clock.advance(91 * DAY)
    town.prune()
    town.come()
    assert set(town.rows().values()) == {0}
    town.write(b"papers")
    assert town.files.wanted(town.hub.link_to(COUNTY).id, 9), "another letter with it brings it anew"


def test_files_of_a_letter_whose_time_was_over_go(town: Town) -> None:
    content = b"late"
    named = Attachment(hashlib.sha256(content).hexdigest(), len(content), "text/plain", "a.txt")
    letter = town.county.letter(PARTNER, attachments=(named,), expires_at=MONDAY + DAY)
    post(desk=town.county.desk, call=town.county.now, letter=letter)
    town.come()
    town.hub.clock.advance(2 * DAY)
    town.fetch(content)
    town.hub.clock.advance(91 * DAY)
    town.prune()
    assert not town.has(content)
    assert set(town.rows().values()) == {0}


def test_a_sealed_copy_goes_once_it_was_opened_and_the_file_itself_stays(town: Town) -> None:
    """At the site that it was for: the plain file is the case's, the copy that came is nobody's."""
    plain, copy = b"plain", b"sealed"
    outside, inside = (hashlib.sha256(each).hexdigest() for each in (copy, plain))
    link = town.hub.link_to(COUNTY).id
    named = Attachment(outside, len(copy), "text/plain", "a.txt", b"key", inside)
    letter = Letter("l-1", COUNTY, HUB, "crossing.submitted", 1, "j", MONDAY, b"", attachments=(named,))
    town.files.claim(town.hub.now, letter, carried=False)
    town.files.want(town.hub.now, link, [named])
    town.files.take(town.hub.now, link, outside, 0, copy)
    town.hub.clock.advance(91 * DAY)
    town.prune()
    assert town.has(copy), "nobody has opened it yet"
    town.files.want(town.hub.now, link, [named])
    town.files.keep(town.hub.now, inside, [plain], max_bytes=9)
    town.files.opened(town.hub.now, link, outside)
    town.hub.clock.advance(91 * DAY)
    town.prune()
    assert (town.has(copy), town.has(plain)) == (False, True)
    assert town.files.records.find_by_id(f"{link}/{Way.IN}/{outside}") is None


@pytest.mark.parametrize("how", ["before", "after"])
def test_wherever_the_process_ends_a_copy_goes_once_and_never_too_early(town: Town, how: str) -> None:
    """Every write of taking in, passing on, giving and pruning is crashed at in turn; what comes again finds it so."""
    ends = itertools.count()
    for fuse in ends:
        content = b"papers %d" % fuse
        town.store.fuse, town.store.how = fuse, how
        steps: list[Callable[[], object]] = [
            lambda content=content: town.fetch(content),  # type: ignore[misc]
            lambda content=content: town.give(content),  # type: ignore[misc]
            lambda: town.hub.clock.advance(91 * DAY),
            town.prune,
            town.prune,
        ]
        crashed = not _alive(lambda content=content: town.write(content))  # type: ignore[misc]
        if crashed:
            town.come()
        for step in steps:
            if not _alive(step):
                crashed = True
                step()
        town.store.fuse = None
        assert not town.has(content)
        assert set(town.rows().values()) == {0}, fuse
        if not crashed:
            return


def _alive(step: Callable[[], object]) -> bool:
    try:
        step()
    except Crash:
        return False
    return True


# ── Held ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_came_before_its_predecessors_goes_once_it_stands_in_its_chain(town: Town) -> None:
    link = town.hub.link_to(COUNTY)
    for _ in range(4):
        post(desk=town.county.desk, call=town.county.now, letter=town.county.letter(HUB))
    one, two, three, four = (
        each.envelope() for each in next_envelopes(town.county.desk, town.county.link_to(HUB), 0, 9, 1 << 20)
    )
    import_envelopes(town.hub.desk, town.hub.now, link, [three])
    import_envelopes(town.hub.desk, town.hub.now, link, [four])
    town.hub.clock.advance(500 * DAY)
    town.prune()
    assert town.rows()[HELD.name] == 2, "the gap isn't closed"
    import_envelopes(town.hub.desk, town.hub.now, link, [one, two])
    town.prune()
    assert town.rows()[HELD.name] == 2, "it was looked at a moment ago"
    town.hub.clock.advance(2 * DAY)
    town.prune()
    assert town.rows()[HELD.name] == 0
    import_envelopes(town.hub.desk, town.hub.now, link, [three])
    assert town.rows()[HELD.name] == 0, "it comes again"


def test_letters_held_for_a_lane_that_stood_still_go_once_they_are_in_it(town: Town) -> None:
    link = town.county.link_to(HUB)
    store: Any = town.county.store
    town.county.desk.stop(town.county.now, link, Stop(Way.OUT, 0, "chain_forked", "", "", MONDAY))
    post(desk=town.county.desk, call=town.county.now, letter=town.county.letter(HUB))
    (rule,) = [
        each for each in rules(town.files, letters_days=0, reports_days=0, files_days=90) if each.kind.name == HELD.name
    ]
    town.hub.clock.advance(91 * DAY)
    rule.take_away(store, town.county.now)
    assert len(list(store.scan(HELD.name))) == 1
    town.county.desk.change(town.county.now, link, lambda channel: channel.reopened(Way.OUT))
    append_held(town.county.desk, town.county.now, link)
    town.hub.clock.advance(2 * DAY)
    rule.take_away(store, town.county.now)
    assert not list(store.scan(HELD.name))
