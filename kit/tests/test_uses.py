"""A file that several refer to goes with the last of them, and never before, wherever a process ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kit.actor import service_actor
from kit.alarms import Sweeper
from kit.blobs.port import Blob
from kit.blobs.uses import FILE_USES, GRACE, IDLE, KEPT_FILES, USES_KINDS, KeptFile, Uses
from kit.call import Call
from kit.clock import FixedClock
from kit.errors import NotFound
from kit.events import EventEncoder
from kit.store.repository import Repository
from kit.testing import MONDAY, examples, seeded_ids
from tests.contract.memory_store import MemoryStore

ACTOR = service_actor("federation")
A, B = hashlib.sha256(b"a").hexdigest(), hashlib.sha256(b"b").hexdigest()


class Crash(Exception):
    """The process ended here."""


@dataclass
class TimedBlobs:
    """Files of which only the times matter, by the clock of the test."""

    clock: FixedClock
    there: dict[str, object] = field(default_factory=dict)

    def put_address(self, sha256: str) -> bool:
        again = sha256 in self.there
        self.there[sha256] = self.clock.now()
        return again

    def has(self, sha256: str) -> bool:
        return sha256 in self.there

    def renew(self, sha256: str) -> bool:
        if sha256 in self.there:
            self.there[sha256] = self.clock.now()
        return sha256 in self.there

    def discard(self, sha256: str, *, idle: timedelta) -> bool:
        put = self.there.get(sha256)
        if put is not None and put > self.clock.now() - idle:  # type: ignore[operator]
            return False
        self.there.pop(sha256, None)
        return True

    def put(self, chunks: Iterable[bytes], **_: object) -> Blob:
        raise NotImplementedError

    def get(self, sha256: str) -> Iterator[bytes]:
        raise NotImplementedError

    def stored(self) -> Iterator[Blob]:
        raise NotImplementedError

    def put_back(self, sha256: str, chunks: Iterable[bytes]) -> None:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is open."""


class BreakingStore(MemoryStore):
    """Ends the process before a write, counted from now."""

    writes_left: int | None = None

    def __getattribute__(self, name: str) -> Any:
        if name in ("insert", "append", "save", "remove") and self.writes_left is not None:
            if not self.writes_left:
                self.writes_left = None
                raise Crash
            self.writes_left -= 1
        return super().__getattribute__(name)


class Ledger:
    def __init__(self) -> None:
        self.clock = FixedClock(MONDAY)
        self.store = BreakingStore(USES_KINDS)
        self.blobs = TimedBlobs(self.clock)
        files = Repository(self.store, KEPT_FILES, KeptFile, EventEncoder("s", "federation", {}), seeded_ids())
        self.uses = Uses("federation", files, self.blobs)

    @property
    def call(self) -> Call:
        return Call(ACTOR, self.clock.now())

    def put(self, sha256: str) -> None:
        self.uses.arrived(self.call, sha256, again=self.blobs.put_address(sha256))

    def sweep(self) -> None:
        Sweeper(self.uses.alarms(), self.clock, ACTOR).sweep()

    def used(self, sha256: str) -> bool:
        return any(each.body["sha256"] == sha256 for each in self.store.scan(FILE_USES.name))


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def test_a_shared_file_goes_with_the_last_who_refers_to_it(ledger: Ledger) -> None:
    ledger.put(A)
    ledger.uses.note(ledger.call, "crossing/1", [A])
    ledger.uses.note(ledger.call, "crossing/2", [A])
    ledger.clock.advance(IDLE + timedelta(minutes=1))
    ledger.uses.release(ledger.call, "crossing/1", [A])
    ledger.sweep()
    assert ledger.blobs.has(A)
    ledger.uses.release(ledger.call, "crossing/2", [A])
    ledger.sweep()
    assert not ledger.blobs.has(A)
    assert not list(ledger.store.scan(KEPT_FILES.name))


def test_an_upload_that_nobody_came_back_for_goes_after_a_while(ledger: Ledger) -> None:
    ledger.put(A)
    ledger.clock.advance(GRACE - timedelta(hours=2))
    ledger.sweep()
    assert ledger.blobs.has(A)
    ledger.clock.advance(timedelta(hours=3))
    ledger.sweep()
    assert not ledger.blobs.has(A)


def test_a_file_that_was_there_before_the_ledger_stays(ledger: Ledger) -> None:
    ledger.blobs.put_address(A)
    ledger.clock.advance(timedelta(days=400))
    ledger.put(A)
    ledger.uses.note(ledger.call, "crossing/1", [A])
    ledger.clock.advance(timedelta(days=400))
    ledger.uses.release(ledger.call, "crossing/1", [A])
    ledger.sweep()
    assert ledger.blobs.has(A)


def test_what_is_put_again_while_it_is_let_go_of_stays_until_its_grace_is_over(ledger: Ledger) -> None:
    ledger.put(A)
    ledger.uses.note(ledger.call, "crossing/1", [A])
    ledger.clock.advance(timedelta(days=30))
    ledger.uses.release(ledger.call, "crossing/1", [A])
    ledger.put(A)
    ledger.sweep()
    assert ledger.blobs.has(A)
    ledger.uses.note(ledger.call, "crossing/2", [A])
    ledger.clock.advance(timedelta(days=30))
    ledger.sweep()
    assert ledger.blobs.has(A)


def test_a_file_that_is_gone_is_not_referred_to(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        ledger.uses.note(ledger.call, "crossing/1", [A])


class Uploads(RuleBasedStateMachine):
    """Uploads, uses and ends of processes in any order: nothing that a document refers to is ever gone."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        #: What documents say: (holder, file).
        self.documents: set[tuple[str, str]] = set()
        #: What was taken out of documents and whose release isn't done: a consumer repeats it.
        self.let_go: set[tuple[str, str]] = set()

    @rule(
        file=st.sampled_from([A, B]), holder=st.sampled_from(["x", "y"]), crash=st.one_of(st.none(), st.integers(0, 5))
    )
    def upload_and_link(self, file: str, holder: str, crash: int | None) -> None:
        if (holder, file) in self.let_go:
            return  # a holder that has let go of its files takes none any more
        self.ledger.store.writes_left = crash
        try:
            self.ledger.put(file)
            self.ledger.uses.note(self.ledger.call, holder, [file])
        except Crash:
            return
        finally:
            self.ledger.store.writes_left = None
        self.documents.add((holder, file))

    @rule(holder=st.sampled_from(["x", "y"]))
    def take_out_of_documents(self, holder: str) -> None:
        gone = {each for each in self.documents if each[0] == holder}
        self.documents -= gone
        self.let_go |= gone

    @rule(crash=st.one_of(st.none(), st.integers(0, 3)))
    def release(self, crash: int | None) -> None:
        self.ledger.store.writes_left = crash
        try:
            for holder, file in sorted(self.let_go):
                self.ledger.uses.release(self.ledger.call, holder, [file])
                self.let_go.discard((holder, file))
        except Crash:
            return
        finally:
            self.ledger.store.writes_left = None

    @rule(hours=st.integers(0, 400), crash=st.one_of(st.none(), st.integers(0, 3)))
    def time_passes(self, hours: int, crash: int | None) -> None:
        self.ledger.clock.advance(timedelta(hours=hours))
        self.ledger.store.writes_left = crash
        self.ledger.sweep()
        self.ledger.store.writes_left = None

    @invariant()
    def what_documents_refer_to_is_there(self) -> None:
        for _, file in self.documents:
            assert self.ledger.blobs.has(file)

    def teardown(self) -> None:
        """In the end only what is referred to is left, and what was put before the ledger knew of it."""
        self.release(None)
        for _ in range(3):
            self.time_passes(400, None)
        pinned = {each.id for each in self.ledger.store.scan(KEPT_FILES.name) if each.body.get("pinned")}
        known = {each.id for each in self.ledger.store.scan(KEPT_FILES.name)}
        for file in {A, B} & known:
            assert file in pinned or self.ledger.used(file) == self.ledger.blobs.has(file)


TestUploads = Uploads.TestCase
TestUploads.settings = settings(max_examples=examples(60), stateful_step_count=30, deadline=None)
