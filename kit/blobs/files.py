"""Blobs as files: the embedded default. A file's name is its SHA-256; it appears whole or not at all."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from kit.blobs.port import Blob
from kit.blobs.receiving import Receiving, is_address, verified
from kit.errors import NotFound, Unavailable

_CHUNK = 256 * 1024


class FileBlobs:
    """Files of one service under one folder, spread over 256 subfolders.

    ``beside_its_service``: opened by an operator's tool while the service may be putting files in.
    """

    def __init__(self, folder: Path, *, beside_its_service: bool = False) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        #: Between what comes to a place and what goes from it; a folder belongs to one process.
        self._places = threading.Lock()
        if not beside_its_service:
            self._incoming.mkdir(parents=True, exist_ok=True)
            for left_over in self._incoming.iterdir():
                left_over.unlink(missing_ok=True)

    def put(
        self,
        chunks: Iterable[bytes],
        *,
        filename: str,
        max_bytes: int,
        allowed: frozenset[str],
        declared: str = "",
    ) -> Blob:
        """Streams a file in. Raises ``Invalid`` as ``Receiving`` says; ``Unavailable``."""
        incoming = self._incoming / uuid.uuid4().hex
        receiving = Receiving(max_bytes)
        try:
            with incoming.open("wb") as file:
                for chunk in receiving.passing(chunks):
                    file.write(chunk)
                blob = receiving.received(filename, allowed, declared)
                file.flush()
                os.fsync(file.fileno())
            again = self._place(incoming, blob.sha256)
        except OSError as error:
            raise Unavailable("blobs_unavailable", "文件暂时无法保存，请稍后重试。", reason=str(error)) from error
        finally:
            incoming.unlink(missing_ok=True)
        return replace(blob, again=again)

    def _place(self, incoming: Path, sha256: str) -> bool:
        """Also over one that is there: it may be damaged, or not yet on the disk. Whether one was.

        The time of the file is that of its last ``put``.
        """
        target = self._path(sha256)
        target.parent.mkdir(exist_ok=True)
        with self._places:
            again = target.exists()
            os.utime(incoming)
            incoming.rename(target)
        for folder in (target.parent, self._folder):
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return again

    def get(self, sha256: str) -> Iterator[bytes]:
        """Streams a file out. Raises ``NotFound``; ``Unavailable`` (``blob_damaged``) when it isn't what it was."""
        try:
            file = self._path(sha256).open("rb")
        except FileNotFoundError as error:
            raise NotFound("blob_not_found", "没有找到该文件。", sha256=sha256) from error
        except OSError as error:
            raise Unavailable("blobs_unavailable", "文件暂时无法读取，请稍后重试。", reason=str(error)) from error
        with file:
            chunks = iter(lambda: file.read(_CHUNK), b"")
            yield from verified(chunks, sha256, "文件已损坏，请联系管理员从备份恢复。")

    def has(self, sha256: str) -> bool:
        """Whether it is stored."""
        return self._path(sha256).exists()

    def renew(self, sha256: str) -> bool:
        """Gives it the present time."""
        try:
            with self._places:
                os.utime(self._path(sha256))
        except (FileNotFoundError, NotFound):
            return False
        except OSError as error:
            raise Unavailable("blobs_unavailable", "文件暂时无法保存，请稍后重试。", reason=str(error)) from error
        return True

    def discard(self, sha256: str, *, idle: timedelta) -> bool:
        """Removes the file, unless its time is within ``idle``."""
        path = self._path(sha256)
        try:
            with self._places:
                if path.stat().st_mtime > time.time() - idle.total_seconds():
                    return False
                path.unlink()
        except FileNotFoundError:
            return True
        except OSError as error:
            raise Unavailable("blobs_unavailable", "文件暂时无法删除，请稍后重试。", reason=str(error)) from error
        return True

    def stored(self) -> Iterator[Blob]:
        """Every file, folder by folder."""
        if not self._folder.exists():
            return
        for folder in sorted(each for each in self._folder.iterdir() if each != self._incoming and each.is_dir()):
            for path in sorted(folder.iterdir()):
                with suppress(FileNotFoundError):  # discarded meanwhile
                    yield Blob(path.name, path.stat().st_size, "")

    def put_back(self, sha256: str, chunks: Iterable[bytes]) -> None:
        """Streams in a file from a backup. Raises ``Unavailable`` (``blob_damaged``) when it is another."""
        incoming = self._incoming / uuid.uuid4().hex
        try:
            with incoming.open("wb") as file:
                for chunk in verified(chunks, sha256, "文件已损坏，请换用另一份备份。"):
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            self._place(incoming, sha256)
        except OSError as error:
            raise Unavailable("blobs_unavailable", "文件暂时无法保存，请稍后重试。", reason=str(error)) from error
        finally:
            incoming.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is kept open between calls."""

    def _path(self, sha256: str) -> Path:
        if not is_address(sha256):
            raise NotFound("blob_not_found", "没有找到该文件。", sha256=sha256[:80])
        return self._folder / sha256[:2] / sha256
