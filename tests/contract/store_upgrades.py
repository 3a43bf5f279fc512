"""What every Store must keep of schema versions, so that a release reads what the ones before it wrote."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from kit.errors import Unavailable
from kit.events import EventEncoder
from kit.store.port import Body, Index, Kind, Store
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
