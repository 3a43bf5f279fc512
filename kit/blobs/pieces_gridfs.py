"""Pieces in a service's MongoDB: one document each, whose ``_id`` is the file's address and where the piece begins.

A piece is written only where the one before it ends, and only once: so what is there is one run of bytes, whoever
writes. The replicas of a service share them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from pymongo import DESCENDING, MongoClient
from pymongo.errors import DuplicateKeyError, PyMongoError

from kit.blobs.pieces import Begun, OutOfPlace
from kit.blobs.receiving import is_address
from kit.errors import NotFound, Unavailable
from kit.store.mongo.client import Raw, connect, reason_of
from kit.store.mongo.settings import MongoSettings

#: Beside the collections of kit/blobs/gridfs.py; every query is by ``_id``, so that it needs no index of its own.
PIECES: Final = "blobs.pieces"


class GridFsPieces:
    """Unfinished files of one service."""

    def __init__(self, settings: MongoSettings, service: str) -> None:
        self._client: MongoClient[Raw] = connect(settings, f"{service}-pieces")
        self._pieces = self._client[settings.database_of(service)][PIECES]

    def size(self, sha256: str) -> int:
        """How many bytes are there."""
        with _translated("文件暂时无法读取，请稍后重试。"):
            last = self._pieces.find_one(_of(sha256), {"size": 1}, sort=[("_id", DESCENDING)])
        return 0 if last is None else _offset(last) + int(last["size"])

    def append(self, sha256: str, offset: int, data: bytes) -> int:
        """Adds a piece. Raises ``OutOfPlace``, ``Unavailable``."""
        size = self.size(sha256)
        if offset != size:
            raise OutOfPlace(sha256, size)
        piece = {"_id": f"{sha256}/{offset:015d}", "size": len(data), "data": data}
        with _translated("文件暂时无法保存，请稍后重试。"):
            try:
                self._pieces.insert_one(piece)
            except DuplicateKeyError:
                raise OutOfPlace(sha256, self.size(sha256)) from None
        return size + len(data)

    def read(self, sha256: str) -> Iterator[bytes]:
        """Streams out what is there: each piece by itself, so that no cursor is left open while the reader is slow."""
        offset = 0
        while True:
            with _translated("文件暂时无法读取，请稍后重试。"):
                piece = self._pieces.find_one({"_id": f"{_checked(sha256)}/{offset:015d}"})
            if piece is None:
                return
            yield bytes(piece["data"])
            offset += int(piece["size"])

    def discard(self, sha256: str) -> None:
        """Forgets a file: its end first, so that what a break leaves is a file's beginning."""
        with _translated("文件暂时无法保存，请稍后重试。"):
            pieces = self._pieces.find(_of(sha256), {"_id": 1}).sort("_id", DESCENDING)
            for piece in list(pieces):
                self._pieces.delete_one({"_id": piece["_id"]})

    def begun(self) -> Iterator[Begun]:
        """Every file of which some is there."""
        last = ""
        while True:
            with _translated("文件暂时无法读取，请稍后重试。"):
                first = self._pieces.find_one({"_id": {"$gt": last}}, {"_id": 1}, sort=[("_id", 1)])
            if first is None:
                return
            sha256 = str(first["_id"]).partition("/")[0]
            yield Begun(sha256, self.size(sha256))
            last = f"{sha256}0"  # '0' follows '/'

    def close(self) -> None:
        """Lets go of its connections."""
        self._client.close()


def _checked(sha256: str) -> str:
    if not is_address(sha256):
        raise NotFound("blob_not_found", "没有找到该文件。", sha256=sha256[:80])
    return sha256


def _of(sha256: str) -> dict[str, Any]:
    return {"_id": {"$gte": f"{_checked(sha256)}/", "$lt": f"{sha256}0"}}


def _offset(piece: Raw) -> int:
    return int(str(piece["_id"]).partition("/")[2])


@contextmanager
def _translated(message: str) -> Iterator[None]:
    try:
        yield
    except PyMongoError as error:
        raise Unavailable("blobs_unavailable", message, reason=reason_of(error)) from error
