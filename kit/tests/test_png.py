"""A picture that somebody sends in is looked at before anything else reads it."""

from __future__ import annotations

import struct
import zlib

import pytest

from kit.errors import Invalid
from kit.png import checked_png

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    width: int = 100,
    height: int = 100,
    *,
    colours: int = 6,
    depth: int = 8,
    interlaced: int = 0,
    rows: bytes | None = None,
) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, interlaced)
    if rows is None:
        rows = (b"\0" + b"\x80" * (width * 4)) * height
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def checked(content: bytes) -> tuple[int, int]:
    return checked_png(content, max_bytes=100_000, least_side=100, most_side=1200)


def test_a_still_picture_is_taken_and_its_size_told() -> None:
    assert checked(png(120, 100)) == (120, 100)


GOOD = png()
MOVING = GOOD[:-12] + chunk(b"acTL", bytes(8)) + GOOD[-12:]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "picture_not_png"),
        (b"\xff\xd8\xff\xe0 JPEG", "picture_not_png"),
        (SIGNATURE, "picture_broken"),
        (GOOD[:60], "picture_broken"),
        (GOOD[:40] + b"x" + GOOD[41:], "picture_broken"),
        (GOOD + b"<script>", "picture_broken"),
        (MOVING, "picture_broken"),
        (png(interlaced=1), "picture_broken"),
        (png(depth=16), "picture_broken"),
        (png(colours=5), "picture_broken"),
        (png(rows=bytes(100)), "picture_broken"),
        (png(rows=bytes(10_000_000)), "picture_broken"),
        (png(rows=(b"\x09" + b"\x80" * 400) * 100), "picture_broken"),
        (png(99), "picture_size"),
        (png(2**31 - 1, 2**31 - 1, rows=b""), "picture_size"),
        (GOOD + bytes(100_000), "picture_too_large"),
    ],
    ids=[
        "empty",
        "a JPEG",
        "nothing after the signature",
        "cut off",
        "changed",
        "something behind it",
        "moving",
        "interlaced",
        "sixteen bits",
        "colours that there aren't",
        "fewer rows than it says",
        "more rows than it says",
        "a filter that there isn't",
        "too small",
        "too wide",
        "too many bytes",
    ],
)
def test_what_is_no_such_picture_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        checked(content)
