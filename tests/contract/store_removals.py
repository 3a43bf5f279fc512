"""What every Store must keep of ``remove``: what was read goes, and nothing that was changed since."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kit.call import Idempotency
from kit.errors import NotFound
from kit.store.port import Query, Store
from tests.contract.store_things import KINDS

if TYPE_CHECKING:
    from tests.contract.store_contract import StoreHarness


class RemoveContract:
    """The sentences of kit/store/port.py on ``remove``, one test each."""

    @pytest.fixture
    def store(self, store_harness: StoreHarness) -> Store:
        return store_harness.open(KINDS)

    def test_what_is_removed_is_nowhere_any_more(self, store: Store) -> None:
        key = Idempotency("k-1", "f")
        store.insert("thing", "a", {"lane": "A", "rank": 1, "code": "x"}, idempotency=key)
        store.insert("thing", "b", {"lane": "A", "rank": 2})
        store.remove("thing", [("a", 1)])
        assert store.get("thing", "a") is None
        assert store.find_unique("thing", "code", ["x"]) is None
        assert store.find_created("thing", "k-1") is None
        assert [each.id for each in store.find(Query("thing", "by_lane", {"lane": "A"})).documents] == ["b"]
        with pytest.raises(NotFound):
            store.save("thing", "a", {}, 1)
        assert store.insert("thing", "a", {"lane": "A", "code": "x"}, idempotency=key).version == 1

    def test_what_was_saved_since_stays(self, store: Store) -> None:
        store.insert("thing", "a", {"rank": 1})
        store.save("thing", "a", {"rank": 2}, 1)
        store.remove("thing", [("a", 1)])
        found = store.get("thing", "a")
        assert found is not None
        assert found.body == {"rank": 2}

    def test_what_is_not_there_holds_up_nothing(self, store: Store) -> None:
        store.append("thing", [("a", {}), ("c", {})])
        store.remove("thing", [("a", 1), ("b", 1), ("c", 1)])
        assert store.get("thing", "a") is store.get("thing", "c") is None
        store.remove("thing", [])

    def test_what_is_removed_stays_away_after_reopening(self, store_harness: StoreHarness) -> None:
        store = store_harness.open(KINDS)
        store.append("thing", [("a", {}), ("b", {})])
        store.remove("thing", [("a", 1)])
        store.close()
        again = store_harness.open(KINDS)
        assert [each.id for each in again.scan("thing")] == ["b"]
