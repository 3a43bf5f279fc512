"""Many documents of a service in its store, made by the domain and the store's own codec, without a write for each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from kit.store.groupcommit import connect
from kit.store.port import Body, Kind
from kit.store.sqlite_rows import Rows, create_kind

_BATCH: Final = 5000


def preload(path: Path, kind: Kind, documents: Iterator[tuple[str, Body]]) -> None:
    """Adds documents (id, body) of version 1 to a store that no process has open; its indexes are built afterwards."""
    connection = connect(str(path), cache_kb=65_536)
    bare = replace(kind, indexes=())
    try:
        create_kind(connection, bare)
        connection.execute("PRAGMA synchronous=OFF")
        while batch := list(itertools.islice(documents, _BATCH)):
            connection.execute("BEGIN")
            into, rows = Rows(bare).new(batch)
            connection.executemany(f"INSERT INTO {into} VALUES ({', '.join('?' * len(rows[0]))})", rows)
            connection.execute("COMMIT")
        create_kind(connection, kind)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
