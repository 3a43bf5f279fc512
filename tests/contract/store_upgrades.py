"""What every Store must keep of schema versions, so that a release reads what the ones before it wrote."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from kit.call import Idempotency
from kit.errors import Unavailable
from kit.events import EventEncoder
from kit.store.port import Body, Index, Kind, Query, Store
from kit.store.repository import Repository
from kit.testing import actor, call, seeded_ids

if TYPE_CHECKING:
    from tests.contract.store_contract import StoreHarness


@dataclass(frozen=True, slots=True)
class Room:
    """A thing whose form has changed twice: its place became a floor and a number, and the floor got a word."""

    id: str
    floor: str
    number: int
    version: int = 0


def _split(body: Body) -> Body:
    floor, _, number = body["place"].partition("-")
    return {"level": int(floor), "number": int(number)}


def _named(body: Body) -> Body:
    return {"floor": f"{body['level']} 楼", "number": body["number"]}


FIRST = Kind("room")
THIRD = Kind("room", (Index("by_floor", ("floor", "number")),), schema_version=3)


#: Since its second form a house's rooms, which are many, are kept apart from what lists show of it.
WHOLE = Kind("house", (Index("by_street", ("street", "number")),))
PARTED = replace(WHOLE, schema_version=2, apart=("rooms",))


@dataclass(frozen=True, slots=True)
class Sign:
    """What a list shows of a house."""

    id: str
    street: str
    number: int
    doors: int
    version: int = 0


def _counted(body: Body) -> Body:
    return body | {"doors": len(body["rooms"])}


def signs(store: Store) -> tuple[Sign, ...]:
    encoder = EventEncoder("site", "test", {})
    houses = Repository(store, PARTED, Sign, encoder, seeded_ids(), upgrades={1: _counted})
    return houses.heads(Sign).find("by_street", descending=True, street="东大街").items


def rooms(store: Store, kind: Kind = THIRD) -> Repository[Room]:
    encoder = EventEncoder("site", "test", {})
    return Repository(store, kind, Room, encoder, seeded_ids(), upgrades={1: _split, 2: _named})


class UpgradeContract:
    """The part of the Store contract that is about documents of earlier and later releases."""

    def test_a_document_of_an_earlier_release_is_upgraded_when_it_is_read_and_kept_so_by_the_next_save(
        self, store_harness: StoreHarness
    ) -> None:
        before = store_harness.open([FIRST])
        before.insert("room", "a", {"place": "3-12"})
        before.close()

        store = store_harness.open([THIRD])
        read = rooms(store).get("a")
        assert read == Room("a", "3 楼", 12, version=1)
        kept = store.get("room", "a")
        assert kept is not None
        assert (kept.schema_version, kept.body) == (1, {"place": "3-12"})

        clerk = call(actor("clerk"))
        assert rooms(store).save(replace(read, number=13), [], clerk).version == 2
        kept = store.get("room", "a")
        assert kept is not None
        assert (kept.schema_version, kept.body) == (3, {"floor": "3 楼", "number": 13})
        assert rooms(store).find("by_floor", floor="3 楼").items == (Room("a", "3 楼", 13, version=2),)

    def test_lists_go_without_what_is_kept_apart_and_nothing_else_does(self, store_harness: StoreHarness) -> None:
        store = store_harness.open([PARTED])
        body = {"street": "东大街", "number": 1, "doors": 2, "rooms": ["前厅", "后院"]}
        store.insert("house", "a", body, idempotency=Idempotency("k", "f"))
        store.append("house", [("b", body | {"number": 2})])
        store.insert("house", "c", {"street": "西大街", "number": 3})
        heads = store.find(Query("house", "by_street", {"street": "东大街"}, limit=1, heads=True))
        assert [each.body for each in heads.documents] == [{"street": "东大街", "number": 1, "doors": 2}]
        again = store.find(Query("house", "by_street", {"street": "东大街"}, cursor=heads.cursor, heads=True))
        assert [each.id for each in again.documents] == ["b"]
        assert signs(store) == (Sign("b", "东大街", 2, 2, version=1), Sign("a", "东大街", 1, 2, version=1))

        saved = store.save("house", "a", body | {"rooms": ["前厅"], "doors": 1}, 1)
        created = store.find_created("house", "k")
        whole = [
            store.get("house", "a"),
            created,
            *store.find(Query("house", "by_street", {"number": 1, "street": "东大街"})).documents,
        ]
        assert [each and (each.body["rooms"], each.version) for each in whole] == [(["前厅"], saved.version)] * 3
        assert [each.body.get("rooms") for each in store.scan("house")] == [["前厅"], ["前厅", "后院"], None]

    def test_what_an_earlier_release_wrote_in_one_is_listed_and_parted_by_the_next_save(
        self, store_harness: StoreHarness
    ) -> None:
        before = store_harness.open([WHOLE])
        before.insert("house", "a", {"street": "东大街", "number": 1, "rooms": ["前厅", "后院"]})
        before.close()
        store = store_harness.open([PARTED])
        assert signs(store) == (Sign("a", "东大街", 1, 2, version=1),)
        store.save("house", "a", {"street": "东大街", "number": 1, "rooms": ["前厅"], "doors": 1}, 1)
        assert signs(store) == (Sign("a", "东大街", 1, 1, version=2),)
        [head] = store.find(Query("house", "by_street", {"street": "东大街"}, heads=True)).documents
        assert "rooms" not in head.body

    def test_a_document_of_a_newer_release_is_left_to_that_one(self, store_harness: StoreHarness) -> None:
        newer = store_harness.open([replace(THIRD, schema_version=4)])
        newer.insert("room", "a", {"floor": "3 楼", "number": 12, "colour": "红"})
        newer.close()
        store = store_harness.open([THIRD])
        with pytest.raises(Unavailable) as refused:
            rooms(store).get("a")
        assert refused.value.code == "document_of_newer_release"
        kept = store.get("room", "a")
        assert kept is not None
        assert kept.schema_version == 4
