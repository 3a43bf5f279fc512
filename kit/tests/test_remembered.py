"""A repository that remembers answers what stands, whatever was refused meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from kit.actor import service_actor
from kit.call import Call
from kit.errors import Stale
from kit.events import EventEncoder
from kit.ids import Ids
from kit.store.port import Document, Kind
from kit.store.remembered import RememberingRepository
from kit.store.repository import Repository
from kit.testing import MONDAY
from tests.contract.memory_store import MemoryStore

THING = Kind("thing")
CALL = Call(service_actor("test"), MONDAY)


@dataclass(frozen=True)
class Thing:
    """What is kept."""

    id: str
    count: int = 0
    version: int = 0


class Counted(MemoryStore):
    """Counts its reads."""

    reads = 0

    def get(self, kind: str, id: str) -> Document | None:
        self.reads += 1
        return super().get(kind, id)


@pytest.fixture
def store() -> Counted:
    return Counted([THING])


def _on(store: Counted, of: type[Repository[Thing]]) -> Repository[Thing]:
    return of(store, THING, Thing, EventEncoder("site", "test", {}), Ids())


@pytest.fixture
def things(store: Counted) -> Repository[Thing]:
    return _on(store, RememberingRepository[Thing])


def test_what_was_written_is_not_read_again(store: Counted, things: Repository[Thing]) -> None:
    made = things.create(Thing("a"), [], CALL)
    saved = things.save(replace(made, count=1), [], CALL)
    assert things.get("a") == saved
    assert store.reads == 0


def test_what_was_read_is_not_read_again(store: Counted, things: Repository[Thing]) -> None:
    _on(store, Repository[Thing]).create(Thing("a"), [], CALL)
    assert things.get("a") == things.get("a")
    assert store.reads == 1


def test_no_more_is_remembered_than_was_asked_for(store: Counted) -> None:
    encoder = EventEncoder("site", "test", {})
    few = RememberingRepository[Thing](store, THING, Thing, encoder, Ids(), most=2)
    none = RememberingRepository[Thing](store, THING, Thing, encoder, Ids(), most=0)
    for id in ("a", "b", "c"):
        few.create(Thing(id), [], CALL)
    assert [few.get(id).id for id in ("c", "a", "c")] == ["c", "a", "c"]
    assert store.reads == 2
    none.save(none.get("a"), [], CALL)
    assert (none.get("a").version, store.reads) == (2, 4)


def test_what_the_store_has_is_read_on_request(store: Counted, things: Repository[Thing]) -> None:
    made = things.create(Thing("a"), [], CALL)
    changed = _on(store, Repository[Thing]).save(replace(made, count=7), [], CALL)
    assert (things.get("a"), things.stored("a")) == (made, changed)


def test_what_is_not_there_is_looked_for_again(store: Counted, things: Repository[Thing]) -> None:
    assert things.find_by_id("a") is None
    made = _on(store, Repository[Thing]).create(Thing("a"), [], CALL)
    assert things.find_by_id("a") == made


def test_after_a_lost_race_what_stands_is_read(store: Counted, things: Repository[Thing]) -> None:
    made = things.create(Thing("a"), [], CALL)
    won = _on(store, Repository[Thing]).save(replace(made, count=7), [], CALL)
    with pytest.raises(Stale):
        things.save(replace(made, count=1), [], CALL)
    assert things.get("a") == won


def test_a_save_that_nobody_heard_the_end_of_is_forgotten(store: Counted, things: Repository[Thing]) -> None:
    made = things.create(Thing("a"), [], CALL)
    steps = things.saving(replace(made, count=1), [], CALL)
    next(steps)
    saved = _on(store, Repository[Thing]).save(replace(made, count=1), [], CALL)
    steps.close()
    assert things.get("a") == saved


def test_an_older_reading_does_not_take_the_place_of_a_later_write(store: Counted) -> None:
    class Slow(RememberingRepository[Thing]):
        """Somebody saves while it reads."""

        def _entity(self, document: Document) -> Thing:
            read = super()._entity(document)
            if read.count == 0:
                self.save(replace(read, count=1), [], CALL)
            return read

    _on(store, Repository[Thing]).create(Thing("a"), [], CALL)
    slow = _on(store, Slow)
    assert slow.get("a").count == 0
    assert slow.get("a").count == 1
