"""The Blobs contract on a folder of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.blobs.files import FileBlobs
from kit.blobs.port import Blobs
from tests.contract.blobs_contract import BlobsContract


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
    pass
