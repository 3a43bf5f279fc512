"""The Blobs contract on a folder of files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kit.blobs.files import FileBlobs
from kit.blobs.port import Blobs
from kit.errors import Unavailable
from tests.contract.blobs_contract import PDF, BlobsContract, put


class FileHarness:
    def __init__(self, folder: Path, adapter: type[FileBlobs] = FileBlobs) -> None:
        self._folder = folder
        self._adapter = adapter

    def open(self) -> Blobs:
        return self._adapter(self._folder)

    def stored(self) -> int:
        return sum(1 for path in self._folder.rglob("*") if path.is_file())

    def damage(self, sha256: str) -> None:
        (path,) = self._folder.rglob(sha256)
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)


@pytest.fixture
def blobs_harness(tmp_path: Path) -> FileHarness:
    return FileHarness(tmp_path / "blobs")


class TestFileBlobs(BlobsContract):
    def test_a_file_that_cant_be_opened_now_isnt_said_to_be_missing(
        self, blobs_harness: FileHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        blobs = blobs_harness.open()
        address = put(blobs, PDF)

        def exhausted(path: Path, mode: str) -> None:
            raise OSError(errno.EMFILE, "Too many open files")

        with monkeypatch.context() as patched:
            patched.setattr(Path, "open", exhausted)
            with pytest.raises(Unavailable):
                next(iter(blobs.get(address)))
        assert b"".join(blobs.get(address)) == PDF

    def test_a_file_that_was_there_already_is_durable_too_when_it_is_answered(
        self, blobs_harness: FileHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever put it first may still be on the way to the disk, and never come there."""
        blobs = blobs_harness.open()
        address = put(blobs, PDF)
        synced: list[str] = []
        fsync = os.fsync
        monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.readlink(f"/proc/self/fd/{fd}")), fsync(fd)))
        assert put(blobs, PDF) == address
        assert any(path.endswith(f"/{address[:2]}") for path in synced)
