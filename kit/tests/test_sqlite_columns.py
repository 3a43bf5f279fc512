"""What indexes stand on in the embedded store: kept beside the body, and made from the bodies that an earlier release wrote."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from kit.store.port import Duplicate, Index, Kind, Query
from kit.store.sqlite import SqliteStore

THING = Kind(
    "thing",
    (
        Index("by_place", ("place.floor", "at")),
        Index("by_code", ("code",), unique=True),
        Index("by_state", ("done", "at")),
    ),
)


def earlier(path: Path, *bodies: str) -> None:
    """A file as releases made it whose indexes stood on the bodies themselves."""
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS doc_thing (id TEXT PRIMARY KEY, version INTEGER NOT NULL, schema INTEGER NOT NULL,"
        " body TEXT NOT NULL, idempotency TEXT UNIQUE, fingerprint TEXT)"
    )
    connection.execute("DROP INDEX IF EXISTS ix_thing__by_code")
    connection.execute("CREATE UNIQUE INDEX ix_thing__by_code ON doc_thing (json_extract(body, '$.code'))")
    for body in bodies:
        sql = "INSERT INTO doc_thing (id, version, schema, body) VALUES (json_extract(?1, '$.code'), 1, 1, ?1)"
        connection.execute(sql, (body,))
    connection.commit()
    connection.close()


def on_floor(store: SqliteStore, floor: int) -> list[str]:
    found = store.find(Query("thing", "by_place", {"place.floor": floor}))
    return [document.id for document in found.documents]


def test_what_an_earlier_release_wrote_is_found(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    earlier(path, '{"code": "b", "place": {"floor": 3}, "at": 2}', '{"code": "a", "place": {"floor": 3}, "at": 1}')
    store = SqliteStore(path, [THING])
    assert on_floor(store, 3) == ["a", "b"]
    with pytest.raises(Duplicate) as refused:
        store.insert("thing", "c", {"code": "a"})
    assert refused.value.index == "by_code"
    store.close()


def test_what_an_earlier_release_wrote_in_between_is_found_too(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    store = SqliteStore(path, [THING])
    store.insert("thing", "a", {"code": "a", "place": {"floor": 3}, "at": 1})
    store.close()
    earlier(path, '{"code": "b", "place": {"floor": 3}, "at": 2}')
    connection = sqlite3.connect(path)
    connection.execute("DROP INDEX ix_thing__by_place")  # as that release would, which knew another of that name
    connection.execute("UPDATE doc_thing SET body = json_set(body, '$.place.floor', 4) WHERE id = 'a'")
    connection.commit()
    connection.close()
    again = SqliteStore(path, [THING])
    assert (on_floor(again, 3), on_floor(again, 4)) == (["b"], ["a"])
    again.close()


def test_a_save_writes_only_the_indexes_whose_fields_it_changes(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db", [THING])
    body = {"code": "a", "place": {"floor": 3}, "at": 1, "done": False}
    store.insert("thing", "a", body)
    said: list[str] = []
    store._writer.connection.set_trace_callback(said.append)
    store.save("thing", "a", body | {"done": True, "words": "长"}, 1)
    store._writer.connection.set_trace_callback(None)
    (update,) = [each for each in said if each.startswith("UPDATE")]
    assert '"body.done" = 1' in update
    assert not any(f'"body.{name}"' in update for name in ("code", "at", "place.floor"))
    assert store.count(Query("thing", "by_state", {"done": True}, limit=5)) == 1
    store.close()
