"""The Store contract on one SQLite file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from kit.store.port import Kind, Store
from kit.store.sqlite import SqliteStore
from tests.contract.store_contract import StoreContract, writer_command
from tests.contract.store_things import KINDS


class SqliteHarness:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: list[SqliteStore] = []

    def open(self, kinds: Sequence[Kind] = KINDS) -> Store:
        store = SqliteStore(self._path, kinds)
        self._opened.append(store)
        return store

    def writer_command(self) -> list[str]:
        return writer_command("sqlite", str(self._path))

    def close(self) -> None:
        for store in self._opened:
            store.close()


@pytest.fixture
def store_harness(tmp_path: Path) -> Iterator[SqliteHarness]:
    harness = SqliteHarness(tmp_path / "store.db")
    yield harness
    harness.close()


class TestSqliteStore(StoreContract):
    pass
