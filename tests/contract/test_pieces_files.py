"""The Pieces contract on a folder of files, and what is only its own."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kit.blobs.pieces import Pieces
from kit.blobs.pieces_files import FilePieces
from kit.errors import Unavailable
from tests.contract.pieces_contract import ONE, PiecesContract


class FileHarness:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self) -> Pieces:
        return FilePieces(self._folder)


@pytest.fixture
def pieces_harness(tmp_path: Path) -> FileHarness:
    return FileHarness(tmp_path / "pieces")


class TestFilePieces(PiecesContract):
    def test_a_full_disk_leaves_no_half_piece(
        self, pieces_harness: FileHarness, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pieces = pieces_harness.open()
        pieces.append(ONE, 0, b"one ")

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fdatasync", full)
            with pytest.raises(Unavailable):
                pieces.append(ONE, 4, b"two")
        assert b"".join(pieces.read(ONE)) == b"one "
        assert pieces.append(ONE, 4, b"two") == 7
