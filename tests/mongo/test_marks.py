"""A write that reached the server twice is done once, and what a document remembers of events is bounded."""

from __future__ import annotations

from typing import Any

import pytest

from kit.store.mongo import store as adapter
from kit.store.mongo.store import MongoStore
from kit.store.port import AlreadyApplied, Mark
from tests.contract.store_things import event
from tests.mongo.site import MongoHarness


@pytest.fixture
def store(store_harness: MongoHarness) -> MongoStore:
    opened = store_harness.open()
    assert isinstance(opened, MongoStore)
    return opened


class Twice:
    """A collection whose server forgot what it had done when the driver sent it again: killed in between."""

    def __init__(self, documents: Any) -> None:
        self._documents = documents

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._documents, name)
        if name not in ("insert_one", "update_one"):
            return asked

        def twice(*given: Any) -> Any:
            asked(*given)
            return asked(*given)

        return twice


def test_a_write_whose_answer_was_lost_is_done_once_also_where_the_server_forgot_it(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_documents", Twice(store._documents))
    assert store.insert("thing", "a", {"n": 1, "code": "x"}, events=[event(1)], mark=Mark("g", "e1")).version == 1
    assert store.save("thing", "a", {"n": 2, "code": "x"}, 1, events=[event(2)], mark=Mark("g", "e2")).version == 2
    kept = store.get("thing", "a")
    assert kept is not None
    assert (kept.version, kept.body["n"]) == (2, 2)
    assert [pending.event.id for pending in store.pending(10)] == ["e000001", "e000002"]


def test_a_document_remembers_its_latest_effects_only(store: MongoStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "MARKS_KEPT", 5)
    store.insert("thing", "a", {}, mark=Mark("g", "e0"))
    for number in range(1, 8):
        store.save("thing", "a", {}, number, mark=Mark("g", f"e{number}"))
    assert [store.is_marked(Mark("g", f"e{number}")) for number in range(8)] == [False] * 3 + [True] * 5
    with pytest.raises(AlreadyApplied):
        store.insert("other", "b", {}, mark=Mark("g", "e3"))
