"""The snapshot contracts on MongoDB, and what only one instant of several databases shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from kit.blobs.gridfs import GridFsBlobs
from kit.snapshot import StoreSource
from kit.store.mongo.snapshot import MongoSource, MongoStoreTarget
from kit.store.mongo.store import MongoStore
from kit.store.port import Store
from kit.store.sqlite import SqliteStore
from kit.store.sqlite_snapshot import SqliteStoreSource
from tests.contract.snapshot_contract import BlobsSnapshotContract, StoreSnapshotContract
from tests.contract.store_things import KINDS, event
from tests.mongo.site import SERVICE, MongoHarness, fresh_prefix, settings_of


class MongoStores:
    def __init__(self, address: str) -> None:
        self.one = MongoHarness(settings_of(address, fresh_prefix()))
        self.other = MongoHarness(settings_of(address, fresh_prefix()))

    def store(self) -> Store:
        return self.one.open()

    def source(self) -> StoreSource:
        return MongoSource(self.one.settings).of(SERVICE)

    def target(self) -> MongoStoreTarget:
        return MongoStoreTarget(self.other.settings, SERVICE)

    def restored(self) -> Store:
        return self.other.open()

    def close(self) -> None:
        self.one.close()
        self.other.close()


class FromSqlite(MongoStores):
    """A township's archive restored into a hub's MongoDB."""

    def __init__(self, address: str, folder: str) -> None:
        super().__init__(address)
        from pathlib import Path

        self._path = Path(folder) / "one.db"
        self._opened: list[SqliteStore] = []

    def store(self) -> Store:
        self._opened.append(SqliteStore(self._path, KINDS))
        return self._opened[-1]

    def source(self) -> StoreSource:
        return SqliteStoreSource(self._path)

    def close(self) -> None:
        super().close()
        for store in self._opened:
            store.close()


class TestMongoStore(StoreSnapshotContract):
    @pytest.fixture
    def snapshot_harness(self, mongo_address: str) -> Iterator[MongoStores]:
        harness = MongoStores(mongo_address)
        yield harness
        harness.close()

    def test_two_databases_are_seen_at_one_instant(self, mongo_address: str) -> None:
        settings = settings_of(mongo_address, fresh_prefix())
        harness = MongoHarness(settings)
        first = harness.open()
        from kit.store.mongo import indexes

        list(indexes.prepare_service(settings, "second", KINDS, files=False))
        second = MongoStore(settings, "second", KINDS, "one")
        for store in (first, second):
            store.insert("thing", "a", {"n": 1})
        site = MongoSource(settings)
        with ExitStack() as kept:
            one = kept.enter_context(site.of(SERVICE).snapshot())
            for store in (first, second):
                store.save("thing", "a", {"n": 2}, 1, events=[event(1)])
            other = kept.enter_context(site.of("second").snapshot())
            for snapshot in (one, other):
                assert [each.document.body for each in snapshot.documents()] == [{"n": 1}]
                assert list(snapshot.pending()) == []
        second.close()
        from tests.mongo.site import database_of

        with database_of(settings) as database:
            database.client.drop_database(settings.database_of("second"))
        harness.close()


class TestFromSqlite(StoreSnapshotContract):
    @pytest.fixture
    def snapshot_harness(self, mongo_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FromSqlite]:
        harness = FromSqlite(mongo_address, str(tmp_path_factory.mktemp("sqlite")))
        yield harness
        harness.close()


class TestGridFsBlobs(BlobsSnapshotContract):
    @pytest.fixture
    def blobs(self, mongo_address: str) -> Iterator[GridFsBlobs]:
        harness = MongoHarness(settings_of(mongo_address, fresh_prefix()))
        harness.open()
        opened = GridFsBlobs(harness.settings, SERVICE)
        yield opened
        opened.close()
        harness.close()
