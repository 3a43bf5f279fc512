"""What every Store must keep of ``append``: many documents in their order, and after any failure the first of them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from kit.errors import NotFound, Stale
from kit.store.port import Append, Body, Document, Duplicate, Query, Range, Save, Store
from tests.contract.store_things import KINDS, event

if TYPE_CHECKING:
    from tests.contract.store_contract import StoreHarness


def _row(number: int, code: str | None = None) -> tuple[str, Body]:
    return f"r-{number:03}", {"lane": "A", "rank": number, "code": code}


def _ranks(store: Store) -> list[int]:
    return [found.body["rank"] for found in store.find(Query("thing", "by_lane", {"lane": "A"}, limit=500)).documents]


class AppendContract:
    """The sentences of kit/store/port.py on ``append``, one test each."""

    @pytest.fixture
    def store(self, store_harness: StoreHarness) -> Store:
        return store_harness.open(KINDS)

    def test_appended_documents_are_like_inserted_ones(self, store: Store) -> None:
        store.append("thing", [_row(1, "甲"), _row(2, "乙")])
        found = store.find_unique("thing", "code", ["乙"])
        assert found is not None
        assert (found.id, found.version, found.body["rank"]) == ("r-002", 1, 2)
        assert store.save("thing", "r-002", {"lane": "A", "rank": 3}, 1).version == 2
        assert _ranks(store) == [1, 3]
        assert store.pending_depth() == 0

    def test_appending_nothing_does_nothing(self, store: Store) -> None:
        store.append("thing", [])
        assert _ranks(store) == []

    def test_what_was_appended_is_there_after_reopening(self, store_harness: StoreHarness) -> None:
        store = store_harness.open(KINDS)
        store.append("thing", [_row(number) for number in range(300)])
        store.close()
        assert _ranks(store_harness.open(KINDS)) == list(range(300))

    def test_what_need_not_be_durable_by_itself_is_kept_like_the_rest(self, store_harness: StoreHarness) -> None:
        store = store_harness.open(KINDS)
        store.append("thing", [_row(1), _row(2)], durable=False)
        assert store.save("thing", "r-002", {"lane": "A", "rank": 3}, 1, durable=False).version == 2
        with pytest.raises(Duplicate):
            store.append("thing", [_row(0), _row(1)], durable=False)
        assert _ranks(store) == [0, 1, 3]
        store.close()
        assert _ranks(store_harness.open(KINDS)) == [0, 1, 3]

    @pytest.mark.parametrize("at", [0, 2, 4])
    def test_a_taken_id_is_named_and_exactly_those_before_it_stand(self, store: Store, at: int) -> None:
        store.insert("thing", f"r-{at:03}", {"lane": "A", "rank": 100})
        with pytest.raises(Duplicate) as refused:
            store.append("thing", [_row(number) for number in range(5)])
        assert (refused.value.index, refused.value.id) == ("id", f"r-{at:03}")
        assert _ranks(store) == [*range(at), 100]

    def test_a_taken_unique_key_is_named_and_exactly_those_before_it_stand(self, store: Store) -> None:
        store.insert("thing", "other", {"lane": "B", "code": "x"})
        with pytest.raises(Duplicate) as refused:
            store.append("thing", [_row(1, "a"), _row(2, "b"), _row(3, "x"), _row(4, "c")])
        assert (refused.value.index, refused.value.id) == ("code", "r-003")
        assert _ranks(store) == [1, 2]

    def test_documents_of_one_append_may_collide_with_each_other(self, store: Store) -> None:
        with pytest.raises(Duplicate) as refused:
            store.append("thing", [_row(1, "a"), _row(2, "b"), _row(3, "a"), _row(4, "c")])
        assert (refused.value.index, refused.value.id) == ("code", "r-003")
        assert _ranks(store) == [1, 2]

    # ── Several writes ───────────────────────────────────────────────────────────────────────────────────────

    def test_of_several_writes_each_stands_or_falls_by_itself(self, store: Store) -> None:
        for id in ("saved", "stale"):
            store.insert("thing", id, {"lane": "B"})
        answers = store.write_all(
            [
                Append("thing", [_row(1), _row(2, "x")]),
                Append("thing", [_row(3), ("saved", {"lane": "A", "rank": 100}), _row(4)]),
                Save("thing", "stale", {"lane": "C"}, 7),
                Save("thing", "saved", {"lane": "D"}, 1, [event(1)]),
                Save("thing", "nowhere", {"lane": "D"}, 1),
                Append("thing", []),
            ]
        )
        appended, refused, stale, saved, nowhere, nothing = answers
        assert (appended, nothing) == (None, None)
        assert isinstance(refused, Duplicate)
        assert (refused.index, refused.id) == ("id", "saved")
        assert isinstance(stale, Stale)
        assert isinstance(nowhere, NotFound)
        assert isinstance(saved, Document)
        assert (saved.version, saved.body) == (2, {"lane": "D"})
        assert _ranks(store) == [1, 2, 3]
        left = store.get("thing", "stale")
        assert left is not None
        assert left.body == {"lane": "B"}
        assert [each.event for each in store.pending(9)] == [event(1)]

    def test_several_writes_are_there_after_reopening_and_whoever_listens_is_told(
        self, store_harness: StoreHarness
    ) -> None:
        store = store_harness.open(KINDS)
        store.insert("thing", "saved", {"lane": "B"})
        told: list[bool] = []
        store.listen(lambda: told.append(True))
        writes = [Append("thing", [_row(number)], durable=number % 2 == 0) for number in range(150)]
        assert set(store.write_all(writes)) == {None}
        assert not told
        store.write_all([Save("thing", "saved", {"lane": "C"}, 1, [event(1)])])
        assert told
        store.close()
        assert _ranks(store_harness.open(KINDS)) == list(range(150))

    def test_several_writes_of_many_threads_hinder_no_others(self, store: Store) -> None:
        def write(who: int) -> int:
            answers: list[object] = []
            for at in range(0, 40, 8):
                rows = [(f"w{who}-{number}", {"lane": "A", "rank": number}) for number in range(at, at + 8)]
                answers += store.write_all([Append("thing", [row]) for row in rows])
                store.append("thing", [(f"w{who}-alone-{at}", {"lane": "A", "rank": -1})])
            return answers.count(None)

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(write, range(4))) == [40] * 4
        assert len(_ranks(store)) == 4 * 45

    def test_of_appends_of_the_same_numbers_each_stands_once_and_without_gaps(self, store: Store) -> None:
        gate = threading.Barrier(4)

        def append(who: int) -> list[int]:
            gate.wait()
            mine: list[int] = []
            at = 0
            while at < 40:
                rows = [(f"r-{number:03}", {"lane": "A", "rank": number, "who": who}) for number in range(at, at + 5)]
                try:
                    store.append("thing", rows)
                    refused = at + 5
                except Duplicate as error:
                    refused = int(error.id.removeprefix("r-"))
                mine += range(at, refused)
                page = store.find(Query("thing", "by_lane", {"lane": "A"}, Range(), descending=True, limit=1))
                at = page.documents[0].body["rank"] + 1
            return mine

        with ThreadPoolExecutor(4) as pool:
            each = list(pool.map(append, range(4)))
        present = _ranks(store)
        assert present == list(range(len(present)))
        assert sorted(number for mine in each for number in mine) == present
        for who, mine in enumerate(each):
            for number in mine:
                found = store.get("thing", f"r-{number:03}")
                assert found is not None
                assert found.body["who"] == who
