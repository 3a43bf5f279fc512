"""Pieces as files: the embedded default. One growing file for each that is on its way."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit.blobs.pieces import Begun, OutOfPlace
from kit.blobs.receiving import is_address
from kit.errors import NotFound, Unavailable

_CHUNK = 256 * 1024


class FilePieces:
    """Unfinished files of one service in one folder; its threads share them, other processes don't."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        with _translated("文件暂时无法保存，请稍后重试。"):
            folder.mkdir(parents=True, exist_ok=True)

    def size(self, sha256: str) -> int:
        """How many bytes are there."""
        with _translated("文件暂时无法读取，请稍后重试。"):
            return self._size(self._path(sha256))

    def append(self, sha256: str, offset: int, data: bytes) -> int:
        """Adds a piece. Raises ``OutOfPlace``, ``Unavailable``; then the file is as long as before."""
        path = self._path(sha256)
        with self._lock, _translated("文件暂时无法保存，请稍后重试。"):
            size = self._size(path)
            if offset != size:
                raise OutOfPlace(sha256, size)
            with path.open("ab", buffering=0) as file:
                try:
                    written = file.write(data)
                    while written < len(data):
                        written += file.write(data[written:])
                    os.fdatasync(file.fileno())
                except OSError:
                    file.truncate(size)  # a piece is there whole or not at all, e.g. on a full disk
                    raise
            if not size:
                self._sync_folder()
            return size + len(data)

    def read(self, sha256: str) -> Iterator[bytes]:
        """Streams out what is there."""
        with _translated("文件暂时无法读取，请稍后重试。"):
            try:
                file = self._path(sha256).open("rb")
            except FileNotFoundError:
                return
            with file:
                while chunk := file.read(_CHUNK):
                    yield chunk

    def discard(self, sha256: str) -> None:
        """Forgets a file."""
        with self._lock, _translated("文件暂时无法保存，请稍后重试。"):
            self._path(sha256).unlink(missing_ok=True)

    def begun(self) -> Iterator[Begun]:
        """Every file of which some is there."""
        with _translated("文件暂时无法读取，请稍后重试。"):
            found = sorted(each.name for each in self._folder.iterdir())
        for name in found:
            if size := self.size(name):
                yield Begun(name, size)

    def close(self) -> None:
        """Nothing is kept open between calls."""

    def _path(self, sha256: str) -> Path:
        if not is_address(sha256):
            raise NotFound("blob_not_found", "没有找到该文件。", sha256=sha256[:80])
        return self._folder / sha256

    @staticmethod
    def _size(path: Path) -> int:
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _translated(message: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("blobs_unavailable", message, reason=str(error)) from error
