"""The snapshot contracts on SQLite files and folders."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.blobs.files import FileBlobs
from kit.bus.sqlite import SqliteBus
from kit.bus.sqlite_snapshot import SqliteBusSource, SqliteBusTarget
from kit.store.sqlite import SqliteStore
from kit.store.sqlite_snapshot import SqliteStoreSource, SqliteStoreTarget
from tests.contract.snapshot_contract import BlobsSnapshotContract, BusSnapshotContract, StoreSnapshotContract
from tests.contract.store_things import KINDS


class SqliteStores:
    def __init__(self, folder: Path) -> None:
        self._one, self._other = folder / "one.db", folder / "other.db"
        self._opened: list[SqliteStore] = []

    def _open(self, path: Path) -> SqliteStore:
        self._opened.append(SqliteStore(path, KINDS))
        return self._opened[-1]

    def store(self) -> SqliteStore:
        return self._open(self._one)

    def source(self) -> SqliteStoreSource:
        return SqliteStoreSource(self._one)

    def target(self) -> SqliteStoreTarget:
        return SqliteStoreTarget(self._other)

    def restored(self) -> SqliteStore:
        return self._open(self._other)

    def close(self) -> None:
        for store in self._opened:
            store.close()


class SqliteBuses:
    topics = ("t1", "t2")
    group = "g"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._one, self._other = folder / "one.db", folder / "other.db"
        self._opened: list[SqliteBus] = []

    def _open(self, path: Path) -> SqliteBus:
        self._opened.append(SqliteBus(path, self._folder))
        return self._opened[-1]

    def bus(self) -> SqliteBus:
        return self._open(self._one)

    def source(self) -> SqliteBusSource:
        return SqliteBusSource(self._one)

    def target(self) -> SqliteBusTarget:
        return SqliteBusTarget(self._other, keep_positions=False)

    def restored(self) -> SqliteBus:
        return self._open(self._other)

    def close(self) -> None:
        for bus in self._opened:
            bus.close()


class TestSqliteStore(StoreSnapshotContract):
    @pytest.fixture
    def snapshot_harness(self, tmp_path: Path) -> Iterator[SqliteStores]:
        harness = SqliteStores(tmp_path)
        yield harness
        harness.close()


class TestSqliteBus(BusSnapshotContract):
    @pytest.fixture
    def snapshot_harness(self) -> Iterator[SqliteBuses]:
        with tempfile.TemporaryDirectory(prefix="tongban-") as folder:
            harness = SqliteBuses(Path(folder))
            yield harness
            harness.close()


class TestFileBlobs(BlobsSnapshotContract):
    @pytest.fixture
    def blobs(self, tmp_path: Path) -> FileBlobs:
        return FileBlobs(tmp_path / "blobs")
