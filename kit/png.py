"""Pictures that somebody sends in: looked at here before anything else reads them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from kit.errors import Invalid

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = struct.Struct(">IIBBBBB")
#: Channels by the colour types that seals come in: grey, RGB, palette, grey and RGB with transparency.
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
#: What may stand beside the picture itself: nothing that moves, and no texts.
_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"bKGD"})


def checked_png(content: bytes, *, max_bytes: int, least_side: int, most_side: int) -> tuple[int, int]:
    """Width and height, in pixels, of a still PNG of eight bits a channel that isn't interlaced.

    It is inflated to the size that it says and no further, so that a small file can't become a huge one. Raises
    ``Invalid`` (``picture_too_large``, ``picture_not_png``, ``picture_broken``, ``picture_size``).
    """
    if len(content) > max_bytes:
        raise Invalid("picture_too_large", f"图片不能超过 {max_bytes // 1024} KB，请压缩后重新上传。", field="image")
    if not content.startswith(_SIGNATURE):
        raise Invalid("picture_not_png", "图片应为 PNG 格式，请转换后重新上传。", field="image")
    try:
        chunks = list(_chunks(content))
        width, height = _look(chunks, least_side, most_side)
    except (struct.error, zlib.error, IndexError, KeyError) as error:
        raise _broken() from error
    return width, height


def _look(chunks: list[tuple[bytes, bytes]], least: int, most: int) -> tuple[int, int]:
    names = [name for name, _ in chunks]
    if names[0] != b"IHDR" or names[-1] != b"IEND" or names.count(b"IHDR") != 1 or not set(names) <= _CHUNKS:
        raise _broken()
    width, height, depth, colours, packing, filters, interlaced = _HEADER.unpack(chunks[0][1])
    if not (least <= width <= most and least <= height <= most):
        raise Invalid("picture_size", f"图片的宽和高应为 {least} 至 {most} 像素，请调整后重新上传。", field="image")
    if (depth, packing, filters, interlaced) != (8, 0, 0, 0):
        raise _broken()
    expected = height * (1 + width * _CHANNELS[colours])
    unpacking = zlib.decompressobj()
    rows = unpacking.decompress(b"".join(body for name, body in chunks if name == b"IDAT"), expected)
    whole = len(rows) == expected and not unpacking.decompress(unpacking.unconsumed_tail, 1)
    if not whole or any(rows[start] > 4 for start in range(0, expected, 1 + width * _CHANNELS[colours])):
        raise _broken()
    return width, height


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        body = content[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack_from(">I", content, at + 8 + length)
        if checksum != zlib.crc32(name + body):
            raise _broken()
        yield name, body
        at += 12 + length


def _broken() -> Invalid:
    return Invalid("picture_broken", "图片文件不完整，或者不是 8 位非隔行的静态 PNG，请重新导出后上传。", field="image")
