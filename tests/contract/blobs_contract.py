"""What every Blobs must keep. An adapter binds by giving a ``blobs_harness`` fixture; nothing is left out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Protocol

import pytest

from kit.blobs.port import Blobs
from kit.errors import Invalid, NotFound, Unavailable

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4000
ALLOWED = frozenset({"application/pdf", "image/png", "image/jpeg"})
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"


class BlobsHarness(Protocol):
    """How the suite gets at one adapter: one empty place for each test."""

    def open(self) -> Blobs:
        """Opens it, again too."""
        ...

    def stored(self) -> int:
        """How many files lie there, broken ones included."""
        ...

    def damage(self, sha256: str) -> None:
        """Flips a bit of a stored file."""
        ...


def chunks(content: bytes, size: int = 10_000) -> Iterator[bytes]:
    """Content as a stream."""
    return (content[start : start + size] for start in range(0, len(content), size))


def put(blobs: Blobs, content: bytes, filename: str = "a.pdf", max_bytes: int = 10_000_000) -> str:
    """Stores content and returns its address."""
    return blobs.put(chunks(content), filename=filename, max_bytes=max_bytes, allowed=ALLOWED).sha256


class BlobsContract:
    """The sentences of kit/blobs/port.py, one test each."""

    @pytest.fixture
    def blobs(self, blobs_harness: BlobsHarness) -> Blobs:
        return blobs_harness.open()

    def test_a_file_comes_back_byte_for_byte(self, blobs: Blobs) -> None:
        blob = blobs.put(chunks(PDF), filename="营业执照.pdf", max_bytes=10_000_000, allowed=ALLOWED)
        assert (blob.sha256, blob.size, blob.media_type) == (
            hashlib.sha256(PDF).hexdigest(),
            len(PDF),
            "application/pdf",
        )
        assert b"".join(blobs.get(blob.sha256)) == PDF
        assert blobs.has(blob.sha256)

    def test_the_same_content_is_kept_once(self, blobs: Blobs, blobs_harness: BlobsHarness) -> None:
        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(lambda _: put(blobs, PDF), range(8)))) == 1
        assert blobs_harness.stored() == 1

    def test_an_empty_file_is_refused(self, blobs: Blobs, blobs_harness: BlobsHarness) -> None:
        with pytest.raises(Invalid) as refused:
            put(blobs, b"")
        assert refused.value.code == "upload_empty"
        assert blobs_harness.stored() == 0

    def test_a_file_past_the_limit_is_refused_and_not_read_to_its_end(
        self, blobs: Blobs, blobs_harness: BlobsHarness
    ) -> None:
        read = 0

        def endless() -> Iterator[bytes]:
            nonlocal read
            yield PDF[:1000]
            for _ in range(10_000):
                read += 1
                yield b"x" * 1000

        with pytest.raises(Invalid) as refused:
            blobs.put(endless(), filename="a.pdf", max_bytes=50_000, allowed=ALLOWED)
        assert refused.value.code == "upload_too_large"
        assert read < 60
        assert blobs_harness.stored() == 0

    @pytest.mark.parametrize(
        ("content", "filename"),
        [
            (b"MZ\x90\x00" + b"\x00" * 200, "a.pdf"),
            (b"<html><script>alert(1)</script></html>", "a.pdf"),
            (b"plain text", "a.txt"),
            (PNG, "a.pdf"),
            (PDF, "a.png"),
            (b"PK\x03\x04" + b"\x00" * 100, "a.zip"),
        ],
    )
    def test_the_content_decides_the_type(
        self, blobs: Blobs, blobs_harness: BlobsHarness, content: bytes, filename: str
    ) -> None:
        with pytest.raises(Invalid) as refused:
            put(blobs, content, filename)
        assert refused.value.code == "upload_type"
        assert blobs_harness.stored() == 0

    def test_a_file_that_is_not_what_its_sender_says_is_refused(
        self, blobs: Blobs, blobs_harness: BlobsHarness
    ) -> None:
        with pytest.raises(Invalid) as refused:
            blobs.put(chunks(PDF), filename="a.pdf", max_bytes=10_000_000, allowed=ALLOWED, declared="image/png")
        assert refused.value.code == "upload_mislabelled"
        assert blobs_harness.stored() == 0

    def test_a_broken_upload_leaves_nothing_behind(self, blobs: Blobs, blobs_harness: BlobsHarness) -> None:
        def broken() -> Iterator[bytes]:
            yield PDF[:1000]
            raise ConnectionResetError

        with pytest.raises((ConnectionResetError, Unavailable)):
            blobs.put(broken(), filename="a.pdf", max_bytes=10_000_000, allowed=ALLOWED)
        assert blobs_harness.stored() == 0

    def test_a_damaged_file_is_not_passed_off_as_whole(self, blobs: Blobs, blobs_harness: BlobsHarness) -> None:
        address = put(blobs, PDF)
        blobs_harness.damage(address)
        with pytest.raises(Unavailable) as refused:
            list(blobs.get(address))
        assert refused.value.code == "blob_damaged"

    def test_what_is_put_again_over_a_damaged_file_is_whole(self, blobs: Blobs, blobs_harness: BlobsHarness) -> None:
        blobs_harness.damage(put(blobs, PDF))
        assert b"".join(blobs.get(put(blobs, PDF))) == PDF
        assert blobs_harness.stored() == 1

    @pytest.mark.parametrize("address", ["0" * 64, "", "../../etc/passwd", "0" * 63 + "/", "G" * 64])
    def test_an_unknown_address_is_not_found(self, blobs: Blobs, address: str) -> None:
        with pytest.raises(NotFound):
            list(blobs.get(address))

    def test_what_was_put_a_while_ago_is_discarded_and_may_be_put_anew(
        self, blobs: Blobs, blobs_harness: BlobsHarness
    ) -> None:
        address = put(blobs, PDF)
        assert blobs.discard(address, idle=timedelta(0))
        assert not blobs.has(address)
        assert blobs_harness.stored() == 0
        assert blobs.discard(address, idle=timedelta(0))
        assert b"".join(blobs.get(put(blobs, PDF))) == PDF

    def test_what_was_put_again_or_renewed_just_now_is_not_discarded(self, blobs: Blobs) -> None:
        address = put(blobs, PDF)
        assert not blobs.discard(address, idle=timedelta(minutes=1))
        time.sleep(0.3)  # the adapter's own clock: what is tested is that it goes on
        put(blobs, PDF)
        assert not blobs.discard(address, idle=timedelta(seconds=0.3))
        time.sleep(0.3)
        assert blobs.renew(address)
        assert not blobs.discard(address, idle=timedelta(seconds=0.3))
        assert b"".join(blobs.get(address)) == PDF

    def test_what_is_not_there_is_not_renewed(self, blobs: Blobs) -> None:
        assert not blobs.renew("0" * 64)
        assert not blobs.renew("../../etc/passwd")

    def test_who_puts_it_is_told_whether_it_was_there(self, blobs: Blobs) -> None:
        def again() -> bool:
            return blobs.put(chunks(PDF), filename="a.pdf", max_bytes=10_000_000, allowed=ALLOWED).again

        assert (again(), again()) == (False, True)
        blobs.discard(put(blobs, PDF), idle=timedelta(0))
        assert not again()

    def test_of_putting_and_discarding_at_once_what_was_put_last_stays(self, blobs: Blobs) -> None:
        """Whoever has put it may refer to it: ``idle`` is longer than any two steps here are apart."""
        address = put(blobs, PDF)
        with ThreadPoolExecutor(4) as pool:
            putting = [pool.submit(put, blobs, PDF) for _ in range(8)]
            refused = [pool.submit(blobs.discard, address, idle=timedelta(minutes=1)) for _ in range(8)]
            assert {each.result() for each in putting} == {address}
            assert not any(each.result() for each in refused)
        assert b"".join(blobs.get(address)) == PDF

    def test_a_reopened_place_has_everything(self, blobs_harness: BlobsHarness) -> None:
        address = put(blobs_harness.open(), PDF)
        assert b"".join(blobs_harness.open().get(address)) == PDF
