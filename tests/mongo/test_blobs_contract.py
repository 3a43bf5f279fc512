"""The Blobs contract on MongoDB, with no test left out, and what is only its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId
from pymongo.collection import Collection

from kit.blobs.gridfs import GridFsBlobs
from kit.blobs.port import Blobs
from kit.store.mongo.settings import MongoSettings
from tests.contract.blobs_contract import PDF, BlobsContract, chunks, put
from tests.mongo.site import SERVICE, database_of, fresh_prefix, prepare, settings_of


class GridFsHarness:
    def __init__(self, settings: MongoSettings) -> None:
        self._settings = settings
        self._database = database_of(settings)
        self.database = self._database.__enter__()
        self._opened: list[GridFsBlobs] = []
        prepare(settings)

    @property
    def chunks(self) -> Collection[dict[str, Any]]:
        return self.database["blobs.chunks"]

    def open(self) -> Blobs:
        self._opened.append(GridFsBlobs(self._settings, SERVICE))
        return self._opened[-1]

    def stored(self) -> int:
        files = {each["_id"] for each in self.database["blobs.files"].find()}
        return len(
            files | set(self.chunks.distinct("files_id")) | {e["_id"] for e in self.database["blobs.uploads"].find()}
        )

    def damage(self, sha256: str) -> None:
        file = self.database["blobs"].find_one({"_id": sha256})
        assert file is not None
        last = self.chunks.find_one({"files_id": file["file"]}, sort=[("n", -1)])
        assert last is not None
        content = bytearray(last["data"])
        content[-1] ^= 1
        self.chunks.update_one({"_id": last["_id"]}, {"$set": {"data": bytes(content)}})

    def close(self) -> None:
        for blobs in self._opened:
            blobs.close()
        self.database.client.drop_database(self.database.name)
        self._database.__exit__(None, None, None)


@pytest.fixture
def blobs_harness(mongo_address: str) -> Iterator[GridFsHarness]:
    harness = GridFsHarness(settings_of(mongo_address, fresh_prefix()))
    yield harness
    harness.close()


class TestGridFsBlobs(BlobsContract):
    def test_a_lost_chunk_is_damage(self, blobs_harness: GridFsHarness) -> None:
        blobs = blobs_harness.open()
        address = put(blobs, PDF)
        blobs_harness.chunks.delete_one({"n": 1})
        with pytest.raises(Exception, match="blob_damaged"):
            list(blobs.get(address))

    def test_other_tools_read_it_as_gridfs(self, blobs_harness: GridFsHarness) -> None:
        import gridfs

        address = put(blobs_harness.open(), PDF)
        bucket = gridfs.GridFSBucket(blobs_harness.database, "blobs")
        assert bucket.open_download_stream_by_name(address).read() == PDF

    def test_what_a_killed_process_left_is_cleared_away_after_a_while_and_what_is_at_work_is_not(
        self, blobs_harness: GridFsHarness
    ) -> None:
        address = put(blobs_harness.open(), PDF)
        old, new = ObjectId.from_datetime(datetime(2026, 1, 1, tzinfo=UTC)), ObjectId()
        for upload in (old, new):
            blobs_harness.database["blobs.uploads"].insert_one({"_id": upload})
            blobs_harness.chunks.insert_one({"files_id": upload, "n": 0, "data": b"half"})
        blobs = blobs_harness.open()
        assert {chunk["files_id"] for chunk in blobs_harness.chunks.find()} >= {new}
        assert blobs_harness.chunks.find_one({"files_id": old}) is None
        assert b"".join(blobs.get(address)) == PDF

    def test_a_file_that_was_named_just_before_a_kill_stays(self, blobs_harness: GridFsHarness) -> None:
        address = put(blobs_harness.open(), PDF)
        old = ObjectId.from_datetime(datetime(2026, 1, 1, tzinfo=UTC))
        database = blobs_harness.database
        (named,) = database["blobs"].find()
        blobs_harness.chunks.update_many({"files_id": named["file"]}, {"$set": {"files_id": old}})
        file = database["blobs.files"].find_one({"_id": named["file"]})
        assert file is not None
        database["blobs.files"].insert_one(file | {"_id": old})
        database["blobs"].update_one({"_id": address}, {"$set": {"file": old}})
        database["blobs.uploads"].insert_one({"_id": old})
        assert b"".join(blobs_harness.open().get(address)) == PDF
        assert database["blobs.uploads"].find_one({"_id": old}) is None

    def test_every_file_is_listed_and_put_back(self, blobs_harness: GridFsHarness) -> None:
        blobs = blobs_harness.open()
        address = put(blobs, PDF)
        assert [(blob.sha256, blob.size) for blob in blobs.stored()] == [(address, len(PDF))]
        blobs_harness.damage(address)
        blobs.put_back(address, chunks(PDF))
        assert b"".join(blobs.get(address)) == PDF
        with pytest.raises(Exception, match="blob_damaged"):
            blobs.put_back(address, chunks(PDF[:-1]))
        assert blobs_harness.stored() == 1
