"""Many documents of a service in its store, made by the domain and the store's own codec, without a write for each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import orjson

from kit.store.groupcommit import connect
from kit.store.port import Body, Kind
from kit.store.sqlite_rows import create_kind

_BATCH: Final = 5000


def preload(path: Path, kind: Kind, documents: Iterator[tuple[str, Body]]) -> None:
    """Adds documents (id, body) of version 1 to a store that no process has open; its indexes are built afterwards."""
    connection = connect(str(path), cache_kb=65_536)
    table = f"doc_{kind.name}"
    try:
        create_kind(connection, Kind(kind.name))
        connection.execute("PRAGMA synchronous=OFF")
        while batch := list(itertools.islice(documents, _BATCH)):
            connection.execute("BEGIN")
            rows = [(id, orjson.dumps(body).decode()) for id, body in batch]
            connection.executemany(f"INSERT INTO {table} (id, version, schema, body) VALUES (?, 1, 1, ?)", rows)
            connection.execute("COMMIT")
        create_kind(connection, kind)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
