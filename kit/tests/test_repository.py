"""Repositories: entities in and out, idempotent creation, versions, upgrades of old documents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.wrappers_pb2 import StringValue

from kit.errors import Conflict, NotFound, Stale
from kit.events import Event, EventEncoder, Mapped, event_type
from kit.store.port import Duplicate, Index, Kind
from kit.store.repository import Repository, check_version
from kit.testing import MONDAY, actor, call, seeded_ids, store


class State(StrEnum):
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Thing:
    id: str
    lane: str
    state: State = State.OPEN
    parts: tuple[Part, ...] = ()
    tags: frozenset[str] = frozenset()
    at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class ThingDone:
    thing: Thing
    rules: str = "rules C05"


TABLE = {
    ThingDone: Mapped(
        subject=lambda event: event.thing.id,
        journey=lambda event: "j1",
        message=lambda event: StringValue(value="完成"),
    )
}
KIND = Kind("thing", (Index("by_queue", ("queue", "state")),))


@pytest.fixture
def things(tmp_path: Path) -> Repository[Thing]:
    return Repository(
        store(tmp_path, [KIND]),
        KIND,
        Thing,
        EventEncoder("site", "test", TABLE),
        seeded_ids(),
        keys=lambda thing: {"queue": f"q:{thing.lane}"},
    )


CLERK = call(actor("clerk"))


def test_an_entity_comes_back_as_it_was_saved(things: Repository[Thing]) -> None:
    thing = Thing("a", "A", State.DONE, (Part("申请表", MONDAY), Part("照片")), frozenset({"红"}), MONDAY)
    assert things.create(thing, [], CLERK) == replace(thing, version=1)
    assert things.get("a") == replace(thing, version=1)
    assert things.find("by_queue", queue="q:A", state="done").items == (replace(thing, version=1),)


def test_a_save_raises_the_version_and_writes_the_event(things: Repository[Thing]) -> None:
    saved = things.create(Thing("a", "A"), [], CLERK)
    done = things.save(replace(saved, state=State.DONE), [ThingDone(saved)], CLERK)
    assert done.version == 2
    (pending,) = things.store.pending(5)
    event: Event = pending.event
    assert (event.type, event.subject, event.journey) == ("tongban.test.thing_done.v1", "a", "j1")
    assert (event.actor_id, event.rules, event.at, event.source) == ("staff-1", "rules C05", MONDAY, "site/test")
    assert StringValue.FromString(event.data).value == "完成"
    with pytest.raises(Stale):
        things.save(saved, [], CLERK)


def test_the_same_creating_call_sent_twice_creates_once(things: Repository[Thing]) -> None:
    first = things.create(Thing("a", "A"), [ThingDone(Thing("a", "A"))], call(actor("clerk"), key="k", fingerprint="f"))
    again = things.create(Thing("b", "A"), [ThingDone(Thing("b", "A"))], call(actor("clerk"), key="k", fingerprint="f"))
    assert again == first
    assert things.find_by_id("b") is None
    assert things.store.pending_depth() == 1
    with pytest.raises(Conflict) as refused:
        things.create(Thing("c", "A"), [], call(actor("clerk"), key="k", fingerprint="another"))
    assert refused.value.code == "idempotency_key_reused"
    assert things.find_by_id("c") is None


def test_the_same_creating_call_sent_twice_at_once_creates_once_whatever_key_refuses_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = Kind("thing", (Index("one_per_lane", ("lane",), unique=True),))
    things = Repository(store(tmp_path, [kind]), kind, Thing, EventEncoder("site", "test", TABLE), seeded_ids())
    twice = call(actor("clerk"), key="k", fingerprint="f")
    insert = things.store.insert

    def overtaken(*args: Any, **named: Any) -> Any:
        monkeypatch.undo()
        insert("thing", "a", {"lane": "A"}, idempotency=twice.idempotency)  # the first sending ends just now
        return insert(*args, **named)

    monkeypatch.setattr(things.store, "insert", overtaken)
    assert things.create(Thing("b", "A"), [], twice).id == "a"
    assert things.find_by_id("b") is None
    with pytest.raises(Duplicate):
        things.create(Thing("c", "A"), [], call(actor("clerk"), key="another", fingerprint="f"))


def test_what_is_not_there_is_not_found(things: Repository[Thing]) -> None:
    with pytest.raises(NotFound) as refused:
        things.get("nobody")
    assert refused.value.code == "thing_not_found"
    with pytest.raises(NotFound):
        things.get("")


def test_a_caller_who_saw_an_old_version_is_refused(things: Repository[Thing]) -> None:
    saved = things.create(Thing("a", "A"), [], CLERK)
    check_version(saved, 0)
    check_version(saved, 1)
    with pytest.raises(Stale):
        check_version(saved, 2)


def test_a_document_of_an_earlier_release_is_upgraded_on_read(tmp_path: Path) -> None:
    opened = store(tmp_path, [KIND])
    opened.insert("thing", "old", {"line": "A"})
    now = Kind("thing", KIND.indexes, schema_version=2)
    things = Repository(
        opened,
        now,
        Thing,
        EventEncoder("site", "test", TABLE),
        seeded_ids(),
        upgrades={1: lambda body: {"lane": body["line"]}},
    )
    assert things.get("old").lane == "A"


def test_event_types_are_named_after_their_class() -> None:
    assert event_type("approval_routing", "CaseOpened") == "tongban.approval_routing.case_opened.v1"
