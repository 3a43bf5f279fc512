"""Blobs in a service's MongoDB, laid out as GridFS: chunks and a file document, which other tools read too.

A file's address is its SHA-256, known only when all of it has come. So an upload is written under an id of its own and
then named by one write: the document of ``blobs`` whose ``_id`` is the address (``put_at``: when it was last put). What
broke off before that is nobody's file; it is noted in ``blobs.uploads`` before its first chunk and cleared away an hour
later. Chunks are written and read a few at a time, so that a large file takes no more memory than a small one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bson import ObjectId
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError, PyMongoError

from kit.blobs.port import Blob
from kit.blobs.receiving import Receiving, is_address, verified
from kit.errors import NotFound, Unavailable
from kit.store.mongo.client import Raw, connect, reason_of
from kit.store.mongo.documents import wall_clock
from kit.store.mongo.indexes import CHUNKS, OF_CHUNKS, check
from kit.store.mongo.settings import MongoSettings

#: The layout's usual size of a chunk, in bytes.
_CHUNK: Final = 255 * 1024
#: Chunks that are read at a time.
_READ_AHEAD: Final = 4
#: When an upload that hasn't ended counts as broken off; a call lasts a minute.
_BROKEN_OFF: Final = timedelta(hours=1)
_SWEPT_AT_START: Final = 1000
_PAGE: Final = 500


class GridFsBlobs:
    """Files of one service; threads and replicas share them.

    ``shared``: a client that the process has anyway, of the same settings; whoever made it closes it.
    """

    def __init__(self, settings: MongoSettings, service: str, shared: MongoClient[Raw] | None = None) -> None:
        client = connect(settings, f"{service}-files") if shared is None else shared
        self._own = client if shared is None else None
        try:
            database = client[settings.database_of(service)]
            check(database[CHUNKS], OF_CHUNKS)
        except BaseException:
            self.close()
            raise
        self._blobs = database["blobs"]
        self._uploads = database["blobs.uploads"]
        self._files = database["blobs.files"]
        self._chunks = database[CHUNKS]
        with _translated("文件暂时无法读取，请稍后重试。"):
            self._clear_broken_off()

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────

    def put(
        self,
        chunks: Iterable[bytes],
        *,
        filename: str,
        max_bytes: int,
        allowed: frozenset[str],
        declared: str = "",
    ) -> Blob:
        """Streams a file in. Raises ``Invalid`` as the port says; ``Unavailable``."""
        receiving = Receiving(max_bytes)
        with _translated("文件暂时无法保存，请稍后重试。"):
            with self._upload() as upload:
                self._write(upload, receiving.passing(chunks))
                blob = receiving.received(filename, allowed, declared)
            again = self._name(upload, blob.sha256, blob.size)
        return replace(blob, again=again)

    def put_back(self, sha256: str, chunks: Iterable[bytes]) -> None:
        """Streams in a file from a backup. Raises ``Unavailable`` (``blob_damaged``) when it is another."""
        content = verified(chunks, sha256, "文件已损坏，请换用另一份备份。")
        with _translated("文件暂时无法保存，请稍后重试。"):
            with self._upload() as upload:
                size = self._write(upload, content)
            self._name(upload, sha256, size)

    @contextmanager
    def _upload(self) -> Iterator[ObjectId]:
        """An upload that is nobody's file yet; it goes with whatever breaks it off."""
        upload = ObjectId()
        self._uploads.insert_one({"_id": upload})
        try:
            yield upload
        except BaseException:
            with suppress(PyMongoError):  # else it is cleared away later
                self._remove(upload)
            raise

    def _write(self, upload: ObjectId, content: Iterable[bytes]) -> int:
        """The bytes written."""
        held, number, size = bytearray(), 0, 0
        for part in content:
            held += part
            size += len(part)
            while len(held) >= _CHUNK:
                self._write_chunk(upload, number, bytes(held[:_CHUNK]))
                del held[:_CHUNK]
                number += 1
        if held:
            self._write_chunk(upload, number, bytes(held))
        return size

    def _write_chunk(self, upload: ObjectId, number: int, data: bytes) -> None:
        with suppress(DuplicateKeyError):  # its answer was lost, and the driver sent it again
            self._chunks.insert_one({"files_id": upload, "n": number, "data": data})

    def _name(self, upload: ObjectId, sha256: str, size: int) -> bool:
        """Makes an upload the file of this address, unless a whole one is there; a damaged one is replaced.

        Whether one was there.
        """
        described = {"_id": upload, "filename": sha256, "length": size, "chunkSize": _CHUNK, "uploadDate": wall_clock()}
        with suppress(DuplicateKeyError):
            self._files.insert_one(described)
        again = False
        # From here on a failure leaves all as it is: the name may have been written, and somebody have read it.
        while True:
            there = self._blobs.find_one({"_id": sha256})
            if there is None:
                again = False
                with suppress(DuplicateKeyError):
                    self._blobs.insert_one({"_id": sha256, "file": upload, "length": size, "put_at": wall_clock()})
            elif there["file"] == upload:
                self._uploads.delete_one({"_id": upload})
                return again
            elif self._is_whole(there["file"], sha256):
                if self._renew({"_id": sha256, "file": there["file"]}):
                    self._remove(upload)
                    return True
            else:
                again = True
                mine = {"$set": {"file": upload, "length": size, "put_at": wall_clock()}}
                if self._blobs.update_one({"_id": sha256, "file": there["file"]}, mine).matched_count:
                    self._remove(there["file"])

    def _is_whole(self, file: ObjectId, sha256: str) -> bool:
        digest = hashlib.sha256()
        for data in self._read(file):
            digest.update(data)
        return digest.hexdigest() == sha256

    def _remove(self, file: ObjectId) -> None:
        self._files.delete_one({"_id": file})
        self._chunks.delete_many({"files_id": file})
        self._uploads.delete_one({"_id": file})

    def _clear_broken_off(self) -> None:
        """Removes what uploads left that broke off; of one that was named, only the note is left."""
        before = ObjectId.from_datetime(wall_clock() - _BROKEN_OFF)
        for upload in list(self._uploads.find({"_id": {"$lt": before}}, limit=_SWEPT_AT_START)):
            file = self._files.find_one({"_id": upload["_id"]})
            named = None if file is None else self._blobs.find_one({"_id": file["filename"]})
            if named is not None and named["file"] == upload["_id"]:
                self._uploads.delete_one({"_id": upload["_id"]})
            else:
                self._remove(upload["_id"])

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, sha256: str) -> Iterator[bytes]:
        """Streams a file out. Raises ``NotFound``; ``Unavailable`` (``blob_damaged``) when it isn't what it was."""
        with _translated("文件暂时无法读取，请稍后重试。"):
            named = self._blobs.find_one({"_id": sha256}) if is_address(sha256) else None
            if named is None:
                raise NotFound("blob_not_found", "没有找到该文件。", sha256=sha256[:80])
            yield from verified(self._read(named["file"]), sha256, "文件已损坏，请联系管理员从备份恢复。")

    def _read(self, file: ObjectId) -> Iterator[bytes]:
        """A few chunks at a time, each time anew: no cursor is left open while the reader is slow."""
        start = 0
        while True:
            few = {"files_id": file, "n": {"$gte": start, "$lt": start + _READ_AHEAD}}
            found = [bytes(chunk["data"]) for chunk in self._chunks.find(few).sort("n")]
            yield from found
            if len(found) < _READ_AHEAD:
                return
            start += _READ_AHEAD

    def has(self, sha256: str) -> bool:
        """Whether it is stored."""
        with _translated("文件暂时无法读取，请稍后重试。"):
            return is_address(sha256) and self._blobs.find_one({"_id": sha256}) is not None

    def renew(self, sha256: str) -> bool:
        """Gives it the present time."""
        with _translated("文件暂时无法保存，请稍后重试。"):
            return is_address(sha256) and self._renew({"_id": sha256})

    def _renew(self, which: Raw) -> bool:
        return self._blobs.update_one(which, {"$set": {"put_at": wall_clock()}}).matched_count > 0

    def discard(self, sha256: str, *, idle: timedelta) -> bool:
        """Takes away the name, then what it stood for; that is noted first, as an upload that broke off is."""
        before = wall_clock() - idle
        with _translated("文件暂时无法删除，请稍后重试。"):
            there = self._blobs.find_one({"_id": sha256})
            if there is None:
                return True
            # One that was put by a release which didn't write that down: when it was first put.
            if there.get("put_at", there["file"].generation_time) > before:
                return False
            with suppress(DuplicateKeyError):
                self._uploads.insert_one({"_id": there["file"]})
            same = {"_id": sha256, "file": there["file"], "put_at": there.get("put_at")}
            if self._blobs.delete_one(same).deleted_count:
                self._remove(there["file"])
                return True
            self._uploads.delete_one({"_id": there["file"]})
            return False

    def stored(self) -> Iterator[Blob]:
        """Every file, in the order of addresses."""
        last = ""
        while True:
            with _translated("文件暂时无法读取，请稍后重试。"):
                page = list(self._blobs.find({"_id": {"$gt": last}}, limit=_PAGE).sort("_id"))
            yield from (Blob(each["_id"], each["length"], "") for each in page)
            if len(page) < _PAGE:
                return
            last = page[-1]["_id"]

    def close(self) -> None:
        """Lets go of its own connections."""
        if self._own is not None:
            self._own.close()


@contextmanager
def _translated(message: str) -> Iterator[None]:
    try:
        yield
    except PyMongoError as error:
        raise Unavailable("blobs_unavailable", message, reason=reason_of(error)) from error
