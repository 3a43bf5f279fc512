"""What every Pieces must keep. An adapter binds by giving a ``pieces_harness`` fixture; nothing is left out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import pytest

from kit.blobs.pieces import Begun, OutOfPlace, Pieces
from kit.errors import NotFound

ONE = "1" * 64
OTHER = "2" * 64


class PiecesHarness(Protocol):
    """How the suite gets at one adapter: one empty place for each test."""

    def open(self) -> Pieces:
        """Opens it, again too."""
        ...


class PiecesContract:
    """The sentences of kit/blobs/pieces.py, one test each."""

    @pytest.fixture
    def pieces(self, pieces_harness: PiecesHarness) -> Pieces:
        return pieces_harness.open()

    def test_pieces_come_out_as_one_run_of_bytes(self, pieces: Pieces) -> None:
        assert pieces.append(ONE, 0, b"one ") == 4
        assert pieces.append(ONE, 4, b"two") == 7
        assert b"".join(pieces.read(ONE)) == b"one two"
        assert pieces.size(ONE) == 7

    def test_a_file_goes_on_where_it_was_after_its_place_is_opened_anew(self, pieces_harness: PiecesHarness) -> None:
        pieces_harness.open().append(ONE, 0, b"one ")
        again = pieces_harness.open()
        assert again.size(ONE) == 4
        again.append(ONE, 4, b"two")
        assert b"".join(again.read(ONE)) == b"one two"

    @pytest.mark.parametrize("offset", [0, 3, 5])
    def test_a_piece_that_does_not_follow_is_refused_and_says_where_to_go_on(self, pieces: Pieces, offset: int) -> None:
        pieces.append(ONE, 0, b"one ")
        with pytest.raises(OutOfPlace) as refused:
            pieces.append(ONE, offset, b"more")
        assert refused.value.size == 4
        assert b"".join(pieces.read(ONE)) == b"one "

    def test_of_those_who_append_at_once_one_wins_each_place(self, pieces_harness: PiecesHarness) -> None:
        """Two links may bring one file."""
        pieces = pieces_harness.open()

        def bring(letter: bytes) -> int:
            refused = 0
            for _ in range(20):
                try:
                    pieces.append(ONE, pieces.size(ONE), letter * 10)
                except OutOfPlace:
                    refused += 1
            return refused

        with ThreadPoolExecutor(4) as pool:
            refused = sum(pool.map(bring, [b"a", b"b", b"c", b"d"]))
        content = b"".join(pieces.read(ONE))
        assert len(content) == pieces.size(ONE) == (80 - refused) * 10
        assert all(len(set(content[start : start + 10])) == 1 for start in range(0, len(content), 10))

    def test_files_are_kept_apart_listed_and_forgotten_one_by_one(self, pieces: Pieces) -> None:
        pieces.append(ONE, 0, b"one")
        pieces.append(OTHER, 0, b"other")
        pieces.append(OTHER, 5, b" more")
        assert list(pieces.begun()) == [Begun(ONE, 3), Begun(OTHER, 10)]
        pieces.discard(ONE)
        pieces.discard(ONE)
        assert list(pieces.begun()) == [Begun(OTHER, 10)]
        assert pieces.size(ONE) == 0
        assert list(pieces.read(ONE)) == []
        assert pieces.append(ONE, 0, b"anew") == 4

    @pytest.mark.parametrize("address", ["", "../../etc/passwd", "0" * 63 + "/", "G" * 64])
    def test_what_is_no_address_is_not_found(self, pieces: Pieces, address: str) -> None:
        with pytest.raises(NotFound):
            pieces.append(address, 0, b"x")
        with pytest.raises(NotFound):
            list(pieces.read(address))
